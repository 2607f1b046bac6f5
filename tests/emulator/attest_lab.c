/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attest_lab.h"

#include "tests/testing.h"

#include <openssl/rsa.h>
#include <string.h>

#include "common/encoding.h"
#include "common/rng.h"
#include "common/x509.h"

const uint8_t lab_nonce[ATTEST_NONCE_LEN] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                             11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                             22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

void attest_lab_new(struct attest_lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	assert_int_equal(device_ca_new(NULL, rng_system(), &lab->ca, NULL), MSIV2_OK);
	assert_int_equal(device_ca_new(NULL, rng_system(), &lab->other_ca, NULL), MSIV2_OK);
	lab->identity = EVP_RSA_gen(2048);
	lab->other = EVP_RSA_gen(2048);
	lab->subject = EVP_RSA_gen(2048);
	assert_non_null(lab->identity);
	assert_non_null(lab->other);
	assert_non_null(lab->subject);
}

void attest_lab_free(struct attest_lab *lab)
{
	device_ca_free(lab->ca);
	device_ca_free(lab->other_ca);
	EVP_PKEY_free(lab->identity);
	EVP_PKEY_free(lab->other);
	EVP_PKEY_free(lab->subject);
}

static const char *use_nonce(void *ctx, const uint8_t nonce[ATTEST_NONCE_LEN])
{
	(void)ctx;
	return memcmp(nonce, lab_nonce, ATTEST_NONCE_LEN) == 0 ? NULL : "unknown";
}

struct attest_bench lab_bench(X509 *device_ca, const struct rule_modes *modes,
                              struct findings *findings)
{
	return (struct attest_bench){.device_ca = device_ca,
	                             .now_s = LAB_NOW_S,
	                             .use_nonce = use_nonce,
	                             .modes = modes,
	                             .findings = findings};
}

struct rule_modes lab_modes(const char *profile, enum rule_id rule, enum rule_mode mode)
{
	struct rule_modes modes;

	assert_true(rule_modes_profile(&modes, profile));
	if (rule != RULE_COUNT)
		modes.mode[rule] = mode;
	return modes;
}

X509 *lab_certify(const struct device_ca *ca, enum attest_kind kind, EVP_PKEY *key)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	struct msiv2_error err = {0};
	X509 *cert = NULL;

	assert_true(len > 0);
	if (device_ca_enrol(ca, kind, spki, (size_t)len, &cert, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
	OPENSSL_free(spki);
	return cert;
}

void lab_add_certificate(X509 *cert, struct bytes *out)
{
	OWNED_STRUCT(bytes) der = {0};

	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	base64url_encode(der.data, der.len, out);
}

void lab_add_signature(EVP_PKEY *key, const void *data, size_t len, bool pss, int salt_len,
                       const EVP_MD *md, struct bytes *out)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	uint8_t signature[512];
	size_t signature_len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit(ctx, &pctx, md, NULL, key), 1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt_len), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, signature, &signature_len, data, len), 1);
	bytes_add(out, signature, signature_len);
}

void lab_patch(cJSON *object, const char *patch)
{
	OWNED(cJSON) *members = patch ? cJSON_Parse(patch) : NULL;
	const cJSON *member;

	if (!patch)
		return;
	assert_non_null(members);
	cJSON_ArrayForEach(member, members)
	{
		cJSON_DeleteItemFromObjectCaseSensitive(object, member->string);
		if (!cJSON_IsNull(member))
			cJSON_AddItemToObject(object, member->string, cJSON_Duplicate(member, 1));
	}
}

void lab_set_bytes(cJSON *object, const char *name, const void *data, size_t len)
{
	OWNED_STRUCT(bytes) text = {0};

	base64url_encode(data, len, &text);
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, bytes_text(&text));
}

bool lab_found(const struct findings *findings, enum rule_id rule, bool rejected)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].rule == rule && findings->items[i].rejected == rejected)
			return true;
	return false;
}

/* Judges with these modes; true when it is taken, and then the verdict is complete. */
static bool taken(lab_judge_fn judge, X509 *device_ca, const struct bytes *body,
                  const struct rule_modes *modes, struct findings *findings,
                  enum rule_id *refused_for)
{
	const struct attest_bench bench = lab_bench(device_ca, modes, findings);
	OWNED_STRUCT(attest_verdict) verdict = {0};
	struct msiv2_error err = {0};

	*findings = (struct findings){0};
	if (judge(body->data, body->len, &bench, &verdict, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
	*refused_for = verdict.refused ? verdict.rule : RULE_COUNT;
	if (verdict.refused) {
		assert_true(strlen(verdict.reason) > 0);
		return false;
	}
	assert_true(verdict.n.len > 0 && verdict.e.len > 0);
	return true;
}

void lab_expect(lab_judge_fn judge, X509 *device_ca, const char *name, const struct bytes *body,
                enum rule_id rule, bool fatal)
{
	struct rule_modes by_default = lab_modes("default", RULE_COUNT, RULE_OFF);
	struct rule_modes without = lab_modes("default", rule, RULE_OFF);
	struct rule_modes noting = lab_modes("default", rule, RULE_NOTE);
	struct findings findings;
	enum rule_id refused_for;

	taken(judge, device_ca, body, &by_default, &findings, &refused_for);
	if (refused_for != rule)
		fail_msg("%s: refused for %s, not for %s", name,
		         refused_for == RULE_COUNT ? "nothing" : rule_get(refused_for)->name,
		         rule == RULE_COUNT ? "nothing" : rule_get(rule)->name);
	if (rule == RULE_COUNT)
		return;
	if (!lab_found(&findings, rule, true))
		fail_msg("%s: no finding of %s", name, rule_get(rule)->name);
	if (taken(judge, device_ca, body, &without, &findings, &refused_for) == fatal)
		fail_msg("%s: %s without %s", name, fatal ? "taken" : "refused",
		         rule_get(rule)->name);
	if (taken(judge, device_ca, body, &noting, &findings, &refused_for) == fatal)
		fail_msg("%s: %s though %s only notes", name, fatal ? "taken" : "refused",
		         rule_get(rule)->name);
	if (!lab_found(&findings, rule, false))
		fail_msg("%s: %s was not noted", name, rule_get(rule)->name);
}
