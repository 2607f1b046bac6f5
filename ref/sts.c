/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sts.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "grant.h"
#include "net/address.h"
#include "net/exchange.h"
#include "sts_error.h"

#define STS_WHERE   "sts.token"
#define SCOPE_TAIL  "/.default"
#define TAIL_LENGTH (sizeof(SCOPE_TAIL) - 1)

size_t sts_resource_len(const char *resource)
{
	size_t len = strlen(resource);

	if (len > TAIL_LENGTH && strcmp(resource + len - TAIL_LENGTH, SCOPE_TAIL) == 0)
		len -= TAIL_LENGTH;
	while (len > 0 && resource[len - 1] == '/')
		len--;
	return len;
}

void sts_add_scope(struct bytes *out, const char *resource)
{
	bytes_add(out, resource, sts_resource_len(resource));
	bytes_add_text(out, SCOPE_TAIL);
}

/* STS-01 */
static enum msiv2_rc add_url(const struct binding *binding, struct bytes *url,
                             struct msiv2_error *err)
{
	const char *endpoint = binding_endpoint(binding);
	size_t len = strlen(endpoint);

	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	bytes_add(url, endpoint, len);
	bytes_add_byte(url, '/');
	address_add_encoded(url, binding_tenant_id(binding));
	bytes_add_text(url, "/oauth2/v2.0/token");
	return bytes_done(url, STS_WHERE, err);
}

static void add_field(struct bytes *form, const char *name, const char *value)
{
	if (form->len > 0)
		bytes_add_byte(form, '&');
	bytes_addf(form, "%s=", name);
	address_add_encoded(form, value);
}

/* STS-02 */
static enum msiv2_rc add_form(const struct sts_request *request, struct bytes *form,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) scope = {0};

	sts_add_scope(&scope, request->resource);
	TRY(bytes_done(&scope, STS_WHERE, err));
	add_field(form, "client_id", binding_client_id(request->binding));
	add_field(form, "scope", bytes_text(&scope));
	add_field(form, "grant_type", "client_credentials");
	if (request->type == MSIV2_TOKEN_MTLS_POP)
		add_field(form, "token_type", "mtls_pop");
	if (request->claims != NULL)
		add_field(form, "claims", request->claims);
	return bytes_done(form, STS_WHERE, err);
}

/* STS-04, STS-05 */
static enum msiv2_rc refused(const struct http_answer *answer, struct sts_refusal *refusal,
                             struct msiv2_error *err)
{
	struct sts_error said;

	sts_error_parse(answer->body.data, answer->body.len, &said);
	refusal->certificate = sts_error_is_certificate_rejection(&said);
	refusal->may_repeat = sts_error_may_repeat(&said);
	(void)err_set(err, MSIV2_STS_REFUSED, STS_WHERE, "HTTP %d%s%s%s%s", answer->status,
	              said.error[0] != '\0' ? " " : "", said.error,
	              said.description[0] != '\0' ? ": " : "", said.description);
	err_add_service(err, answer->status, said.error);
	return MSIV2_STS_REFUSED;
}

static enum msiv2_rc token_exchange(const struct sts_request *asked, const struct errand *errand,
                                    struct token_answer *out, struct sts_refusal *refusal,
                                    struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(bytes) form = {0};
	OWNED_STRUCT(http_answer) answer = {0};
	const struct http_header headers[] = {
	        {"Content-Type", "application/x-www-form-urlencoded"},
	        {"Accept", "application/json"},
	        {"client-request-id", errand->correlation_id}, /* META-03 */
	        {"return-client-request-id", "true"},
	        {"x-client-SKU", "msiv2"},
	        {"x-client-Ver", msiv2_version()},
	};
	struct http_request request = {.where = STS_WHERE,
	                               .malformed = MSIV2_STS_MALFORMED,
	                               .method = "POST",
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .patience = &errand->patience};
	enum msiv2_rc rc;

	TRY(add_url(asked->binding, &url, err));
	TRY(add_form(asked, &form, err));
	request.url = bytes_text(&url);
	request.body = form.data;
	request.body_len = form.len;
	rc = exchange_run(binding_pool(asked->binding), &request, RETRY_TOKEN, &errand->log,
	                  &answer, err);
	refusal->certificate = answer.certificate_refused;
	TRY(rc);
	if (answer.status != 200)
		return refused(&answer, refusal, err);
	return token_answer_parse(answer.body.data, answer.body.len, grant_type_name(asked->type),
	                          out, err);
}

enum msiv2_rc sts_token(const struct sts_request *request, const struct errand *errand,
                        struct token_answer *out, struct sts_refusal *refusal,
                        struct msiv2_error *err)
{
	enum msiv2_rc rc;

	*refusal = (struct sts_refusal){0};
	rc = token_exchange(request, errand, out, refusal, err);
	if (rc != MSIV2_OK)
		err_add_correlation(err, errand->correlation_id);
	return rc;
}
