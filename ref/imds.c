/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/text.h"
#include "imds_error.h"
#include "net/exchange.h"

#define METADATA_WHERE "imds.getplatformmetadata"
#define ISSUE_WHERE    "imds.issuecredential"
#define PROBE_WHERE    "imds.probe"

/* META-01, META-04, ISSUE-06. */
static void add_url(struct bytes *url, const struct imds *imds, const char *leaf, bool bypass)
{
	bytes_addf(url, "%s/metadata/identity/%s?cred-api-version=2.0", imds->base, leaf);
	identity_add_selector(imds->identity, url);
	if (bypass)
		bytes_add_text(url, "&bypass_cache=true");
}

/* ISSUE-05: status, code and words of the service go to the caller. */
static enum msiv2_rc refused(const struct http_answer *answer, const char *where,
                             struct msiv2_error *err)
{
	struct imds_error said;

	imds_error_parse(answer->body.data, answer->body.len, &said);
	(void)err_set(err, MSIV2_IMDS_REFUSED, where, "HTTP %d%s%s%s%s", answer->status,
	              said.code[0] != '\0' ? " " : "", said.code,
	              said.message[0] != '\0' ? ": " : "", said.message);
	err_add_service(err, answer->status, said.code);
	return MSIV2_IMDS_REFUSED;
}

/* META-06 */
static enum msiv2_rc check_server(const struct http_answer *answer, struct msiv2_error *err)
{
	const char *server = http_answer_header(answer, "Server");

	if (server != NULL && strcasestr(server, "IMDS") != NULL)
		return MSIV2_OK;
	(void)err_set(err, MSIV2_IMDS_MALFORMED, METADATA_WHERE,
	              "this is not IMDS: the answer's Server header is \"%s\"",
	              server != NULL ? server : "");
	err_add_service(err, answer->status, NULL);
	return MSIV2_IMDS_MALFORMED;
}

static enum msiv2_rc no_v2_here(const struct http_answer *answer, const char *where,
                                struct msiv2_error *err)
{
	(void)err_set(err, MSIV2_UNSUPPORTED, where,
	              "this host has no managed identity v2 (HTTP %d)", answer->status);
	err_add_service(err, answer->status, NULL);
	return MSIV2_UNSUPPORTED;
}

static enum msiv2_rc metadata_exchange(const struct imds *imds, const struct errand *errand,
                                       struct metadata *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(http_answer) answer = {0};
	const struct http_header headers[] = {
	        {"Metadata", "true"},                              /* META-02 */
	        {"x-ms-client-request-id", errand->correlation_id} /* META-03 */
	};
	struct http_request request = {.where = METADATA_WHERE,
	                               .malformed = MSIV2_IMDS_MALFORMED,
	                               .method = "GET",
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .patience = &errand->patience};

	add_url(&url, imds, "getplatformmetadata", false);
	TRY(bytes_done(&url, METADATA_WHERE, err));
	request.url = bytes_text(&url);
	TRY(exchange_run(imds->pool, &request, RETRY_IMDS, &errand->log, &answer, err));
	if (answer.status == 404)
		return no_v2_here(&answer, METADATA_WHERE, err); /* META-07 */
	if (answer.status != 200)
		return refused(&answer, METADATA_WHERE, err);
	TRY(check_server(&answer, err));
	return metadata_parse(answer.body.data, answer.body.len, out, err);
}

enum msiv2_rc imds_metadata(const struct imds *imds, const struct errand *errand,
                            struct metadata *out, struct msiv2_error *err)
{
	enum msiv2_rc rc = metadata_exchange(imds, errand, out, err);

	if (rc != MSIV2_OK)
		err_add_correlation(err, errand->correlation_id);
	return rc;
}

/* ATT-02: without attestation there is no attestation_token member at all. */
static enum msiv2_rc issue_body(const char *csr_base64, const char *attestation_token,
                                struct bytes *out, struct msiv2_error *err)
{
	/* base64 and JWTs are JSON text as they are; a JSON tree would hold copies of the token. */
	bytes_addf(out, "{\"csr\":\"%s\"", csr_base64);
	if (attestation_token != NULL) {
		bytes_add_text(out, ",\"attestation_token\":\"");
		bytes_add_text(out, attestation_token);
		bytes_add_text(out, "\"");
	}
	bytes_add_text(out, "}");
	return bytes_done(out, ISSUE_WHERE, err);
}

static enum msiv2_rc issue_exchange(const struct imds *imds, const struct errand *errand,
                                    const char *csr_base64, const char *attestation_token,
                                    bool bypass_cache, struct issue *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(bytes) body = {.secret = true};
	OWNED_STRUCT(http_answer) answer = {0};
	const struct http_header headers[] = {
	        {"Metadata", "true"},
	        {"x-ms-client-request-id", errand->correlation_id},
	        {"Content-Type", "application/json"},
	};
	struct http_request request = {.where = ISSUE_WHERE,
	                               .malformed = MSIV2_IMDS_MALFORMED,
	                               .method = "POST",
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .patience = &errand->patience};

	add_url(&url, imds, "issuecredential", bypass_cache);
	TRY(bytes_done(&url, ISSUE_WHERE, err));
	TRY(issue_body(csr_base64, attestation_token, &body, err));
	request.url = bytes_text(&url);
	request.body = body.data;
	request.body_len = body.len;
	TRY(exchange_run(imds->pool, &request, RETRY_IMDS, &errand->log, &answer, err));
	if (answer.status != 200)
		return refused(&answer, ISSUE_WHERE, err);
	return issue_parse(answer.body.data, answer.body.len, out, err);
}

enum msiv2_rc imds_issue(const struct imds *imds, const struct errand *errand,
                         const char *csr_base64, const char *attestation_token, bool bypass_cache,
                         struct issue *out, struct msiv2_error *err)
{
	enum msiv2_rc rc =
	        issue_exchange(imds, errand, csr_base64, attestation_token, bypass_cache, out, err);

	if (rc != MSIV2_OK)
		err_add_correlation(err, errand->correlation_id);
	return rc;
}

static enum msiv2_rc probe_exchange(const struct imds *imds, const struct errand *errand,
                                    struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(http_answer) answer = {0};
	const struct http_header headers[] = {{"x-ms-client-request-id", errand->correlation_id}};
	struct http_request request = {.where = PROBE_WHERE,
	                               .malformed = MSIV2_IMDS_MALFORMED,
	                               .method = "GET",
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .patience = &errand->patience};

	/* Without the Metadata header, v2 refuses with 400; nothing else knows the path. */
	add_url(&url, imds, "getplatformmetadata", false);
	TRY(bytes_done(&url, PROBE_WHERE, err));
	request.url = bytes_text(&url);
	TRY(exchange_run(imds->pool, &request, RETRY_PROBE, &errand->log, &answer, err));
	return answer.status == 400 ? MSIV2_OK : no_v2_here(&answer, PROBE_WHERE, err);
}

enum msiv2_rc imds_probe(const struct imds *imds, const struct errand *errand,
                         struct msiv2_error *err)
{
	enum msiv2_rc rc = probe_exchange(imds, errand, err);

	if (rc != MSIV2_OK)
		err_add_correlation(err, errand->correlation_id);
	return rc;
}
