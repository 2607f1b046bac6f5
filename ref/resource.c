/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "resource.h"

#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "net/address.h"
#include "net/http.h"

#define RESOURCE_WHERE "resource"

struct msiv2_response {
	struct http_answer answer;
	struct msiv2_token *token;
	int64_t time_us;
};

void msiv2_response_free(struct msiv2_response *response)
{
	if (response == NULL)
		return;
	http_answer_free(&response->answer);
	msiv2_token_free(response->token);
	mem_free(response);
}

int msiv2_response_status(const struct msiv2_response *response)
{
	return response->answer.status;
}

const char *msiv2_response_body(const struct msiv2_response *response, size_t *len)
{
	if (len != NULL)
		*len = response->answer.body.len;
	return bytes_text(&response->answer.body);
}

const char *msiv2_response_header(const struct msiv2_response *response, const char *name)
{
	return http_answer_header(&response->answer, name);
}

const struct msiv2_token *msiv2_response_token(const struct msiv2_response *response)
{
	return response->token;
}

int64_t msiv2_response_time_us(const struct msiv2_response *response)
{
	return response->time_us;
}

static const char *method_of(const struct msiv2_call *call)
{
	if (call->method != NULL)
		return call->method;
	return call->body != NULL ? "POST" : "GET";
}

static bool is_method(const char *method)
{
	size_t len = strlen(method);

	return len > 0 && len <= 32 &&
	       strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") == len;
}

/* One header line cannot become two. */
static bool is_header_value(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((uint8_t)*text < 0x20 || *text == 0x7F)
			return false;
	}
	return true;
}

enum msiv2_rc resource_check(const struct msiv2_call *call, struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, "url"};
	OWNED_STRUCT(bytes) origin = {0};

	if (call == NULL || text_empty(call->url))
		return err_blame(err, &blame, "is required");
	if (!is_header_value(call->url) || strchr(call->url, ' ') != NULL)
		return err_blame(err, &blame, "holds a space or a control character");
	TRY(address_origin(call->url, true, &blame, &origin, err));
	if (!is_method(method_of(call)))
		return err_set(err, MSIV2_CONFIG, "method", "not a method: %s", call->method);
	if (call->content_type != NULL && !is_header_value(call->content_type))
		return err_set(err, MSIV2_CONFIG, "content type", "holds a control character");
	return MSIV2_OK;
}

static enum msiv2_rc send(const struct msiv2_call *call, const struct credential *credential,
                          const struct errand *errand, struct http_answer *answer,
                          struct msiv2_error *err)
{
	const struct grant *grant = credential_grant(credential);
	OWNED_STRUCT(bytes) authorization = {.secret = true};
	struct http_header headers[] = {
	        {"Authorization", NULL},
	        {"client-request-id", errand->correlation_id},
	        {"Content-Type",
	         call->content_type != NULL ? call->content_type : "application/json"},
	};
	struct http_request request = {.where = RESOURCE_WHERE,
	                               .malformed = MSIV2_TRANSPORT,
	                               .method = method_of(call),
	                               .url = call->url,
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .patience = &errand->patience};

	/* TOK-03: the scheme is the token's type. */
	bytes_addf(&authorization, "%s %s", grant_type(grant), grant_secret(grant));
	TRY(bytes_done(&authorization, RESOURCE_WHERE, err));
	headers[0].value = bytes_text(&authorization);
	if (call->body == NULL)
		request.header_count--;
	request.body = call->body;
	request.body_len = call->body != NULL ? strlen(call->body) : 0;
	return http_send(binding_pool(credential_binding(credential)), &request, answer, err);
}

enum msiv2_rc resource_call(const struct msiv2_call *call, const struct credential *credential,
                            const struct errand *errand, struct msiv2_token *token,
                            struct msiv2_response **out, struct msiv2_error *err)
{
	OWNED_STRUCT(msiv2_token) *taken = token;
	OWNED_STRUCT(msiv2_response) *response = mem_alloc(sizeof(*response));
	int64_t started_us = clock_mono_us(errand->patience.clock);
	enum msiv2_rc rc;

	if (response == NULL)
		return err_no_memory(err, RESOURCE_WHERE);
	rc = send(call, credential, errand, &response->answer, err);
	if (rc != MSIV2_OK) {
		err_add_correlation(err, errand->correlation_id);
		return rc;
	}
	response->time_us = clock_mono_us(errand->patience.clock) - started_us;
	response->token = steal(&taken);
	*out = steal(&response);
	return MSIV2_OK;
}
