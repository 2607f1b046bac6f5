/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest_keyguard.h"

#include <inttypes.h>

#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_evidence.h"

#define FORMAT          "msiv2-keyguard-1"
#define STATEMENT_MAX   ((size_t)8 * 1024)
#define SIGNATURE_MAX   ((size_t)1024)
#define CERTIFICATE_MAX ((size_t)8 * 1024)
#define NUMBER_MAX      ((size_t)1024)
#define NONCE_MAX       ((size_t)256)
#define SKEW_MAX_S      INT64_C(300)
#define TIME_MAX_S      INT64_C(253402300799) /* 9999-12-31 */

static const struct blame blame = {MSIV2_CONFIG, "statement"};

/* KEY-05: what a key's PKCS#11 attributes must say. */
static const struct protection {
	const char *name;
	bool wanted;
} protections[] = {
        {"sensitive", true},
        {"always_sensitive", true},
        {"never_extractable", true},
        {"local", true},
        {"token", true},
        {"extractable", false},
};

struct keyguard_evidence {
	struct bytes statement;
	struct bytes signature;
	struct bytes certificate;
};

static void evidence_free(struct keyguard_evidence *evidence)
{
	bytes_free(&evidence->statement);
	bytes_free(&evidence->signature);
	bytes_free(&evidence->certificate);
}
DEFINE_OWNED_VALUE(keyguard_evidence, evidence_free)

/* What the statement says. */
struct keyguard_statement {
	bool protection[TEXT_COUNT(protections)];
	struct bytes n;
	struct bytes e;
	struct bytes nonce;
	int64_t time_s;
};

static void statement_free(struct keyguard_statement *statement)
{
	bytes_free(&statement->n);
	bytes_free(&statement->e);
	bytes_free(&statement->nonce);
}
DEFINE_OWNED_VALUE(keyguard_statement, statement_free)

static enum msiv2_rc read_evidence(const void *body, size_t len, struct keyguard_evidence *out,
                                   struct msiv2_error *err)
{
	const struct attest_member members[] = {
	        {"statement", STATEMENT_MAX, false, &out->statement},
	        {"signature", SIGNATURE_MAX, false, &out->signature},
	        {"certificate", CERTIFICATE_MAX, false, &out->certificate},
	};

	return attest_evidence_read(body, len, FORMAT, members, TEXT_COUNT(members), err);
}

static enum msiv2_rc read_protections(const cJSON *json, struct keyguard_statement *out,
                                      struct msiv2_error *err)
{
	for (size_t i = 0; i < TEXT_COUNT(protections); i++) {
		const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, protections[i].name);

		if (!cJSON_IsBool(member))
			return err_blame(err, &blame, "%s is not true or false",
			                 protections[i].name);
		out->protection[i] = cJSON_IsTrue(member);
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_bytes(const cJSON *json, const char *name, size_t max_len,
                                struct bytes *out, struct msiv2_error *err)
{
	const char *text = NULL;

	TRY(json_need_string(json, name, &blame, &text, err));
	return attest_decode(name, text, max_len, out, err);
}

static enum msiv2_rc check_members(const cJSON *json, struct msiv2_error *err)
{
	static const char *const others[] = {"version", "kty", "n", "e", "nonce", "time"};
	const cJSON *member;

	cJSON_ArrayForEach(member, json)
	{
		bool known = false;

		for (size_t i = 0; i < TEXT_COUNT(others); i++)
			known = known || text_equal(member->string, others[i]);
		for (size_t i = 0; i < TEXT_COUNT(protections); i++)
			known = known || text_equal(member->string, protections[i].name);
		if (!known)
			return err_blame(err, &blame, "unknown member \"%.40s\"", member->string);
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_statement(const struct bytes *text, struct keyguard_statement *out,
                                    struct msiv2_error *err)
{
	OWNED(cJSON) *json = NULL;
	const char *kty = NULL;
	int64_t version;

	TRY(json_parse_object(text->data, text->len, &blame, &json, err));
	TRY(check_members(json, err));
	TRY(json_need_integer(json, "version", 1, 1, false, &blame, &version, err));
	TRY(json_need_string(json, "kty", &blame, &kty, err));
	if (!text_equal(kty, "RSA"))
		return err_blame(err, &blame, "kty is not RSA");
	TRY(read_bytes(json, "n", NUMBER_MAX, &out->n, err));
	TRY(read_bytes(json, "e", NUMBER_MAX, &out->e, err));
	TRY(read_bytes(json, "nonce", NONCE_MAX, &out->nonce, err));
	TRY(json_need_integer(json, "time", 0, TIME_MAX_S, false, &blame, &out->time_s, err));
	return read_protections(json, out, err);
}

static bool refuses_protection(const struct attest_bench *bench,
                               const struct keyguard_statement *statement,
                               struct attest_verdict *verdict)
{
	for (size_t i = 0; i < TEXT_COUNT(protections); i++) {
		if (statement->protection[i] == protections[i].wanted)
			continue;
		if (attest_breach(bench, verdict, RULE_ATT_PROTECTION, "%s is %s",
		                  protections[i].name, protections[i].wanted ? "false" : "true"))
			return true;
	}
	return false;
}

static bool refuses_time(const struct attest_bench *bench, int64_t time_s,
                         struct attest_verdict *verdict)
{
	int64_t off_s = time_s - bench->now_s;

	return (off_s > SKEW_MAX_S || off_s < -SKEW_MAX_S) &&
	       attest_breach(bench, verdict, RULE_ATT_TIME,
	                     "the statement's time is %" PRId64 " s away from the service's",
	                     off_s);
}

/* Judges a statement whose signature was looked at. */
static enum msiv2_rc judge_statement(const struct bytes *text, const struct attest_bench *bench,
                                     struct attest_verdict *out, struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_statement) statement = {0};
	struct msiv2_error why = {0};
	enum msiv2_rc rc = read_statement(text, &statement, &why);

	if (rc != MSIV2_OK)
		return attest_refuse_unread(bench, rc, &why, out, err);
	if (refuses_protection(bench, &statement, out) ||
	    attest_refuses_key(bench, &statement.n, &statement.e, out) ||
	    attest_refuses_nonce(bench, statement.nonce.data, statement.nonce.len, out) ||
	    refuses_time(bench, statement.time_s, out))
		return MSIV2_OK;
	return attest_verdict_done(out, err);
}

enum msiv2_rc attest_keyguard_judge(const void *body, size_t len, const struct attest_bench *bench,
                                    struct attest_verdict *out, struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_evidence) evidence = {0};
	OWNED(X509) *cert = NULL;
	struct msiv2_error why = {0};
	enum msiv2_rc rc = read_evidence(body, len, &evidence, &why);
	const struct attest_signature signature = {&evidence.statement, evidence.signature.data,
	                                           evidence.signature.len, true};

	if (rc != MSIV2_OK)
		return attest_refuse_unread(bench, rc, &why, out, err);
	if (attest_refuses_certificate(bench, ATTEST_KEYGUARD, &evidence.certificate, &cert, out))
		return MSIV2_OK;
	/* Nothing of the statement is looked at before its signature. */
	if (attest_refuses_signature(bench, cert, &signature, out))
		return MSIV2_OK;
	return judge_statement(&evidence.statement, bench, out, err);
}
