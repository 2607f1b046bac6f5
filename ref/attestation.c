/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attestation.h"

#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "endpoint.h"
#include "flight.h"
#include "imds_error.h"
#include "net/exchange.h"

#define WHERE       ATTESTATION_WHERE
#define API_VERSION "2023-04-01-preview" /* ATT-03 */

struct attestation {
	struct http_pool *pool;
	struct attested_list *tokens;
	struct flight_board board;
};

enum msiv2_rc attestation_new(X509_STORE *trust, const struct msiv2_clock *clock,
                              struct attestation **out, struct msiv2_error *err)
{
	const struct http_pool_config config = {.clock = clock, .trust = trust};
	OWNED_STRUCT(attestation) *attestation = mem_alloc(sizeof(*attestation));

	if (attestation == NULL)
		return err_no_memory(err, WHERE);
	flight_board_init(&attestation->board);
	attestation->tokens = attested_list_new();
	if (attestation->tokens == NULL)
		return err_no_memory(err, WHERE);
	TRY(http_pool_new(&config, &attestation->pool, err));
	*out = steal(&attestation);
	return MSIV2_OK;
}

void attestation_free(struct attestation *attestation)
{
	if (attestation == NULL)
		return;
	attested_list_free(attestation->tokens);
	http_pool_free(attestation->pool);
	flight_board_destroy(&attestation->board);
	mem_free(attestation);
}

void attestation_forget(struct attestation *attestation)
{
	attested_list_clear(attestation->tokens);
}

/* One caller's wish. */
struct wish {
	struct attestation *attestation;
	const struct errand *errand;
	const char *endpoint;
	struct key *key;
	const char *name; /* endpoint and public key */
};

/* ---- the exchange ---- */

/* Which path judges the evidence of a kind (ATT-03; the TPM's is ours). */
static const struct {
	const char *kind;
	const char *leaf;
} evidence_rows[] = {{"keyguard", "keyguard"}, {"hardware", "tpm"}};

static enum msiv2_rc find_leaf(const struct key *key, const char **leaf, struct msiv2_error *err)
{
	for (size_t i = 0; i < TEXT_COUNT(evidence_rows); i++) {
		if (text_equal(evidence_rows[i].kind, key_kind(key))) {
			*leaf = evidence_rows[i].leaf;
			return MSIV2_OK;
		}
	}
	return err_set(err, MSIV2_ATTESTATION_FAILED, WHERE, "nobody judges evidence of %s keys",
	               key_kind(key));
}

static enum msiv2_rc send(const struct wish *wish, const char *method, const char *leaf,
                          const struct bytes *body, struct http_answer *answer,
                          struct msiv2_error *err)
{
	const struct errand *errand = wish->errand;
	size_t base_len = strlen(wish->endpoint);
	OWNED_STRUCT(bytes) url = {0};
	const struct http_header headers[] = {
	        {"Accept", "application/json"},
	        {"x-ms-client-request-id", errand->correlation_id}, /* META-03 */
	        {"Content-Type", "application/json"},               /* of a body only */
	};
	struct http_request request = {.where = WHERE,
	                               .malformed = MSIV2_ATTESTATION_FAILED,
	                               .method = method,
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers) - (body == NULL),
	                               .patience = &errand->patience};

	while (base_len > 0 && wish->endpoint[base_len - 1] == '/')
		base_len--;
	bytes_add(&url, wish->endpoint, base_len);
	bytes_addf(&url, "/attest/%s?api-version=" API_VERSION, leaf);
	TRY(bytes_done(&url, WHERE, err));
	request.url = bytes_text(&url);
	request.body = body != NULL ? body->data : NULL;
	request.body_len = body != NULL ? body->len : 0;
	TRY(http_send(wish->attestation->pool, &request, answer, err));
	log_line(&errand->log, MSIV2_LOG_DEBUG, WHERE ": %s: HTTP %d", leaf, answer->status);
	return MSIV2_OK;
}

/* What the device says is told in the words of this stage. */
static enum msiv2_rc evidence(const struct wish *wish, const struct attestation_nonce *nonce,
                              struct bytes *body, struct msiv2_error *err)
{
	int64_t now_s = clock_now_s(wish->errand->patience.clock);
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	bytes_add_text(body, "{\"AttestationInfo\":");
	rc = key_attest(wish->key, nonce->text, now_s, body, &why);
	if (rc != MSIV2_OK)
		return err_set(
		        err,
		        rc == MSIV2_TIMEOUT || rc == MSIV2_INTERNAL ? rc : MSIV2_ATTESTATION_FAILED,
		        WHERE, "the %s key gives no evidence: %s", key_kind(wish->key),
		        why.message);
	bytes_add_text(body, "}");
	return bytes_done(body, WHERE, err);
}

/* One nonce and what comes of it. MSIV2_OK with the last answer, whatever its status; *judged says
 * that it is the one to the evidence. */
static enum msiv2_rc try_once(const struct wish *wish, const char *leaf, struct http_answer *answer,
                              bool *judged, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) body = {0};
	struct attestation_nonce nonce;

	*judged = false;
	TRY(send(wish, "GET", "nonce", NULL, answer, err));
	if (answer->status != 200)
		return MSIV2_OK;
	TRY(attestation_nonce_parse(answer->body.data, answer->body.len, &nonce, err));
	TRY(evidence(wish, &nonce, &body, err));
	http_answer_free(answer);
	TRY(send(wish, "POST", leaf, &body, answer, err));
	*judged = true;
	return MSIV2_OK;
}

/* ATT-01: in the service's words. */
static enum msiv2_rc refused(const struct http_answer *answer, const char *leaf,
                             struct msiv2_error *err)
{
	struct imds_error said;

	imds_error_parse(answer->body.data, answer->body.len, &said);
	(void)err_set(err, MSIV2_ATTESTATION_FAILED, WHERE, "%s: HTTP %d%s%s%s%s", leaf,
	              answer->status, said.code[0] != '\0' ? " " : "", said.code,
	              said.message[0] != '\0' ? ": " : "", said.message);
	err_add_service(err, answer->status, said.code);
	return MSIV2_ATTESTATION_FAILED;
}

/* A nonce is good for one use and a few minutes, so that every try begins with a new one. */
static enum msiv2_rc ask(const struct wish *wish, struct attestation_answer *out,
                         struct msiv2_error *err)
{
	const struct errand *errand = wish->errand;
	const struct http_request pace = {.where = WHERE, .patience = &errand->patience};
	OWNED_STRUCT(http_answer) answer = {.body = {.secret = true}};
	struct retry_history history = {0};
	const char *leaf = NULL;
	bool judged = false;
	bool again = true;

	TRY(find_leaf(wish->key, &leaf, err));
	while (again) {
		TRY(try_once(wish, leaf, &answer, &judged, err));
		if (judged && answer.status == 200)
			return attestation_answer_parse(answer.body.data, answer.body.len, out,
			                                err);
		TRY(exchange_pause(&pace, RETRY_ATTESTATION, &errand->log, &answer, &history,
		                   &again, err));
	}
	return refused(&answer, judged ? leaf : "nonce", err);
}

/* ---- sharing it ---- */

static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	const struct wish *wish = ctx;
	struct attested_list *tokens = wish->attestation->tokens;
	int64_t now_s = clock_now_s(wish->errand->patience.clock);
	OWNED_STRUCT(attestation_answer) answer = {0};
	struct attested *attested = attested_list_find(tokens, wish->name, now_s);

	/* The second look: somebody else's flight may have landed since the first. */
	if (attested == NULL) {
		TRY(ask(wish, &answer, err));
		attested = attested_new(wish->name, &answer);
		if (attested == NULL)
			return err_no_memory(err, WHERE);
		now_s = clock_now_s(wish->errand->patience.clock);
		if (attested_is_usable(attested, now_s))
			attested_list_put(tokens, attested, now_s);
		else
			log_line(&wish->errand->log, MSIV2_LOG_WARN,
			         WHERE ": the token runs out in less than %d minutes and is not "
			               "kept",
			         (int)(ATTESTED_FRESH_LEFT_S / 60));
	}
	*cargo = attested;
	return MSIV2_OK;
}

static void *cargo_ref(void *cargo)
{
	return attested_ref(cargo);
}

static void cargo_free(void *cargo)
{
	attested_free(cargo);
}

/* Endpoint and public key, as one text. */
static enum msiv2_rc add_name(const struct key *key, const char *endpoint, struct bytes *name,
                              struct msiv2_error *err)
{
	uint8_t digest[X509_SHA256_LEN];

	TRY(x509_key_sha256(key_public(key), digest, err));
	bytes_addf(name, "%s ", endpoint);
	hex_encode(digest, sizeof(digest), name);
	return bytes_done(name, WHERE, err);
}

static enum msiv2_rc get(struct attestation *attestation, const struct errand *errand,
                         const char *endpoint, struct key *key, struct attested **out,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) name = {0};
	struct wish wish = {
	        .attestation = attestation, .errand = errand, .endpoint = endpoint, .key = key};
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = &wish};
	const char *complaint = endpoint_complaint(endpoint);
	void *cargo = NULL;

	if (complaint != NULL)
		return err_set(err, MSIV2_IMDS_MALFORMED, WHERE,
		               "member \"attestationEndpoint\" of the metadata %s", complaint);
	TRY(add_name(key, endpoint, &name, err));
	wish.name = bytes_text(&name);
	*out = attested_list_find(attestation->tokens, wish.name,
	                          clock_now_s(errand->patience.clock));
	if (*out != NULL)
		return MSIV2_OK;
	TRY(flight_share(&attestation->board, wish.name, &plan, &errand->patience, WHERE, &cargo,
	                 err));
	*out = cargo;
	return MSIV2_OK;
}

enum msiv2_rc attestation_get(struct attestation *attestation, const struct errand *errand,
                              const char *endpoint, struct key *key, struct attested **out,
                              struct msiv2_error *err)
{
	enum msiv2_rc rc = get(attestation, errand, endpoint, key, out, err);

	if (rc != MSIV2_OK)
		err_add_correlation(err, errand->correlation_id);
	return rc;
}
