/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "challenge.h"
#include "command.h"
#include "common/text.h"
#include "json_report.h"
#include "ref/net/address.h"
#include "ref/resource.h"
#include "session.h"
#include "text_report.h"

static bool succeeded(const struct msiv2_response *response)
{
	return msiv2_response_status(response) / 100 == 2;
}

static const char *text_or_null(const char *text)
{
	return text != NULL && text_is_utf8(text, strlen(text)) ? text : NULL;
}

/* What the resource wants instead, or NULL. One that sends the token back is not repeated (SEC-01).
 */
static const char *challenge_of(const struct msiv2_response *response)
{
	const char *header = msiv2_response_header(response, "WWW-Authenticate");

	if (header == NULL ||
	    strstr(header, msiv2_token_secret(msiv2_response_token(response))) != NULL)
		return NULL;
	return header;
}

static void add_challenge(struct json_report *report, cJSON *object, const char *challenge)
{
	OWNED_STRUCT(bytes) claims = {0};
	bool any = challenge != NULL && challenge_claims(challenge, &claims);

	json_report_text(report, object, "www_authenticate", text_or_null(challenge));
	json_report_text(report, object, "claims", any ? bytes_text(&claims) : NULL);
}

/* A body that is no text has no place in JSON. */
static void add_response(struct json_report *report, const struct msiv2_response *response)
{
	cJSON *object = json_report_object(report, NULL, "response");
	size_t len;
	const char *body = msiv2_response_body(response, &len);

	json_report_number(report, object, "status", msiv2_response_status(response));
	json_report_text(report, object, "content_type",
	                 text_or_null(msiv2_response_header(response, "Content-Type")));
	add_challenge(report, object, challenge_of(response));
	json_report_number(report, object, "body_bytes", (double)len);
	json_report_text(report, object, "body", strlen(body) == len ? text_or_null(body) : NULL);
}

/* The shape of every other failure, with a class of its own: only the resource knows what its
 * refusal means. */
static void add_refusal(struct json_report *report, const struct msiv2_response *response)
{
	struct msiv2_error refusal = {0};
	int status = msiv2_response_status(response);

	(void)err_set(&refusal, MSIV2_TRANSPORT, "resource", "the resource answered HTTP %d",
	              status);
	err_add_service(&refusal, status, NULL);
	json_report_error(report, "resource_refused", &refusal);
}

static struct msiv2_timings legs_of(const struct msiv2_response *response)
{
	struct msiv2_timings timings;

	msiv2_token_timings(msiv2_response_token(response), &timings);
	timings.resource_us = msiv2_response_time_us(response);
	timings.total_us += timings.resource_us;
	return timings;
}

static enum msiv2_rc as_json(const struct arguments *args, const struct msiv2_response *response,
                             struct bytes *out, struct msiv2_error *err)
{
	const struct msiv2_timings timings = legs_of(response);
	OWNED_STRUCT(json_report) report = {0};

	json_report_begin(&report, succeeded(response));
	json_report_token(&report, msiv2_response_token(response), args->show_token);
	json_report_timings(&report, &timings);
	add_response(&report, response);
	if (!succeeded(response))
		add_refusal(&report, response);
	return json_report_print(&report, out, err);
}

static void say_refusal(const struct arguments *args, const struct msiv2_response *response,
                        struct bytes *notes)
{
	const char *challenge = challenge_of(response);
	OWNED_STRUCT(bytes) line = {0};
	OWNED_STRUCT(bytes) claims = {0};

	bytes_addf(notes, "msiv2: resource_refused: HTTP %d from %s\n",
	           msiv2_response_status(response), args->url);
	if (challenge == NULL)
		return;
	challenge_line(challenge, &line);
	text_report_line(notes, "  challenge", "%s", bytes_text(&line));
	if (challenge_claims(challenge, &claims))
		text_report_line(notes, "  --claims", "%s", bytes_text(&claims));
}

/* The body is the product and goes to stdout alone; what was done goes to stderr. */
static enum msiv2_rc for_people(const struct arguments *args, const struct msiv2_response *response,
                                struct command_result *result, struct msiv2_error *err)
{
	const struct msiv2_token *token = msiv2_response_token(response);
	const struct msiv2_timings timings = legs_of(response);
	size_t len;
	const char *body = msiv2_response_body(response, &len);

	text_report_legs(&result->notes, &timings, msiv2_token_certificate(token));
	text_report_token(&result->notes, token, args->show_token);
	text_report_line(&result->notes, "resource", "HTTP %d, %zu bytes from %s",
	                 msiv2_response_status(response), len, args->url);
	if (!succeeded(response))
		say_refusal(args, response, &result->notes);
	bytes_add(&result->out, body, len);
	return bytes_done(&result->out, "output", err);
}

/* A resource that is not named is the one called: the origin of the URL. */
static enum msiv2_rc name_resource(const struct arguments *args, struct bytes *origin,
                                   struct msiv2_request *request, struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, "URL"};

	if (request->resource != NULL)
		return MSIV2_OK;
	TRY(address_origin(args->url, true, &blame, origin, err));
	request->resource = bytes_text(origin);
	return MSIV2_OK;
}

enum msiv2_rc command_call(const struct arguments *args, struct command_result *result,
                           struct msiv2_error *err)
{
	const struct msiv2_call call = {.url = args->url,
	                                .method = args->method,
	                                .body = args->data,
	                                .content_type = args->content_type};
	struct msiv2_request request = session_request(args);
	OWNED_STRUCT(bytes) origin = {0};
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(msiv2_response) *response = NULL;

	TRY(name_resource(args, &origin, &request, err));
	TRY(session_open(&session, args, err));
	TRY(msiv2_client_call(session.client, &request, &call, &response, err));
	result->exit_code = succeeded(response) ? 0 : EXIT_RESOURCE_REFUSED;
	if (args->json)
		return as_json(args, response, &result->out, err);
	return for_people(args, response, result, err);
}
