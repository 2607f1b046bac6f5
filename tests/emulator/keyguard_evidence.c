/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_evidence.h"

#include "tests/testing.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/rsa_numbers.h"

#define NONCE_31    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"
#define NONCE_OTHER "_____wQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

#define ATT(rule) RULE_ATT_##rule
#define STATEMENT(name, rule, fatal, patch)                                                        \
	{                                                                                          \
		name, ATT(rule), fatal, KEYGUARD_GOOD, patch, NULL                                 \
	}
#define INFO(name, rule, fatal, patch)                                                             \
	{                                                                                          \
		name, ATT(rule), fatal, KEYGUARD_GOOD, NULL, patch                                 \
	}
#define SPOILT(name, rule, fatal, spoil)                                                           \
	{                                                                                          \
		name, ATT(rule), fatal, KEYGUARD_##spoil, NULL, NULL                               \
	}

const struct keyguard_variant keyguard_variants[] = {
        {"good", RULE_COUNT, false, KEYGUARD_GOOD, NULL, NULL},
        {"good_late", RULE_COUNT, false, KEYGUARD_GOOD, "{\"time\":1795230300}", NULL},
        {"good_early", RULE_COUNT, false, KEYGUARD_GOOD, "{\"time\":1795229700}", NULL},
        SPOILT("bad_statement_flipped", SIGNATURE, false, FLIP_STATEMENT),
        SPOILT("bad_signature_flipped", SIGNATURE, false, FLIP_SIGNATURE),
        SPOILT("bad_signature_pkcs1", SIGNATURE, false, PKCS1),
        SPOILT("bad_signature_salt_20", SIGNATURE, false, SALT_20),
        SPOILT("bad_signature_sha512", SIGNATURE, false, SHA512),
        SPOILT("bad_signature_other_key", SIGNATURE, false, OTHER_SIGNER),
        SPOILT("bad_certificate_other_ca", CERTIFICATE, false, OTHER_CA),
        SPOILT("bad_certificate_of_a_tpm", CERTIFICATE, false, OTHER_KIND),
        SPOILT("bad_certificate_cut", EVIDENCE, true, CUT_CERTIFICATE),
        SPOILT("bad_certificate_long", EVIDENCE, true, LONG_CERTIFICATE),
        SPOILT("bad_key_1024", KEY, false, SMALL_SUBJECT),
        SPOILT("bad_key_2047", KEY, false, TOP_BIT_CLEAR),
        SPOILT("bad_key_even", KEY, false, MODULUS_EVEN),
        SPOILT("bad_key_leading_zero", EVIDENCE, true, LEADING_ZERO),
        SPOILT("bad_statement_duplicate", EVIDENCE, true, DUPLICATE),
        SPOILT("bad_statement_not_json", EVIDENCE, true, NOT_JSON),
        STATEMENT("bad_exponent_1", KEY, false, "{\"e\":\"AQ\"}"),
        STATEMENT("bad_exponent_even", KEY, false, "{\"e\":\"AQAA\"}"),
        STATEMENT("bad_exponent_long", KEY, false, "{\"e\":\"AQAAAAAAAAAB\"}"),
        STATEMENT("bad_exponent_empty", EVIDENCE, true, "{\"e\":\"\"}"),
        STATEMENT("bad_modulus_missing", EVIDENCE, true, "{\"n\":null}"),
        STATEMENT("bad_version", EVIDENCE, true, "{\"version\":2}"),
        STATEMENT("bad_version_text", EVIDENCE, true, "{\"version\":\"1\"}"),
        STATEMENT("bad_version_missing", EVIDENCE, true, "{\"version\":null}"),
        STATEMENT("bad_kty", EVIDENCE, true, "{\"kty\":\"EC\"}"),
        STATEMENT("bad_stranger", EVIDENCE, true, "{\"colour\":\"red\"}"),
        STATEMENT("bad_sensitive", PROTECTION, false, "{\"sensitive\":false}"),
        STATEMENT("bad_always_sensitive", PROTECTION, false, "{\"always_sensitive\":false}"),
        STATEMENT("bad_never_extractable", PROTECTION, false, "{\"never_extractable\":false}"),
        STATEMENT("bad_local", PROTECTION, false, "{\"local\":false}"),
        STATEMENT("bad_token", PROTECTION, false, "{\"token\":false}"),
        STATEMENT("bad_extractable", PROTECTION, false, "{\"extractable\":true}"),
        STATEMENT("bad_sensitive_missing", EVIDENCE, true, "{\"sensitive\":null}"),
        STATEMENT("bad_extractable_missing", EVIDENCE, true, "{\"extractable\":null}"),
        STATEMENT("bad_sensitive_text", EVIDENCE, true, "{\"sensitive\":\"true\"}"),
        STATEMENT("bad_extractable_number", EVIDENCE, true, "{\"extractable\":0}"),
        STATEMENT("bad_nonce_other", NONCE, false, "{\"nonce\":\"" NONCE_OTHER "\"}"),
        STATEMENT("bad_nonce_short", NONCE, false, "{\"nonce\":\"" NONCE_31 "\"}"),
        STATEMENT("bad_nonce_padded", EVIDENCE, true, "{\"nonce\":\"" NONCE_OTHER "=\"}"),
        STATEMENT("bad_nonce_missing", EVIDENCE, true, "{\"nonce\":null}"),
        STATEMENT("bad_time_late", TIME, false, "{\"time\":1795230301}"),
        STATEMENT("bad_time_early", TIME, false, "{\"time\":1795229699}"),
        STATEMENT("bad_time_zero", TIME, false, "{\"time\":0}"),
        STATEMENT("bad_time_negative", EVIDENCE, true, "{\"time\":-1}"),
        STATEMENT("bad_time_text", EVIDENCE, true, "{\"time\":\"1795230000\"}"),
        STATEMENT("bad_time_missing", EVIDENCE, true, "{\"time\":null}"),
        INFO("bad_format", EVIDENCE, true, "{\"format\":\"msiv2-tpm-1\"}"),
        INFO("bad_format_missing", EVIDENCE, true, "{\"format\":null}"),
        INFO("bad_statement_missing", EVIDENCE, true, "{\"statement\":null}"),
        INFO("bad_statement_not_base64url", EVIDENCE, true, "{\"statement\":\"e30=\"}"),
        INFO("bad_signature_missing", EVIDENCE, true, "{\"signature\":null}"),
        INFO("bad_signature_number", EVIDENCE, true, "{\"signature\":1}"),
        INFO("bad_signature_short", SIGNATURE, false, "{\"signature\":\"AAAA\"}"),
        INFO("bad_certificate_missing", EVIDENCE, true, "{\"certificate\":null}"),
        INFO("bad_info_stranger", EVIDENCE, true, "{\"colour\":\"red\"}"),
        /* Without that rule it does not verify the signature. */
        SPOILT("bad_certificate_of_the_ca", CERTIFICATE, true, CA_ITSELF),
};
const size_t keyguard_variant_count = TEXT_COUNT(keyguard_variants);

/* The modulus as text becomes one that is none. */
static void spoil_modulus(enum keyguard_spoil spoil, struct bytes *n)
{
	OWNED_STRUCT(bytes) raw = {0};

	if (spoil == KEYGUARD_LEADING_ZERO)
		bytes_add_byte(&raw, 0);
	assert_true(base64url_decode(bytes_text(n), n->len, &raw));
	if (spoil == KEYGUARD_TOP_BIT_CLEAR)
		raw.data[0] = 0x7f;
	if (spoil == KEYGUARD_MODULUS_EVEN)
		raw.data[raw.len - 1] &= 0xfe;
	bytes_clear(n);
	base64url_encode(raw.data, raw.len, n);
}

static void add_statement(EVP_PKEY *subject, const char *nonce, int64_t time_s,
                          const struct keyguard_variant *variant, struct bytes *out)
{
	OWNED(cJSON) *statement = cJSON_CreateObject();
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};

	assert_int_equal(rsa_numbers(subject, &n, &e, NULL), MSIV2_OK);
	spoil_modulus(variant->spoil, &n);
	cJSON_AddNumberToObject(statement, "version", 1);
	cJSON_AddStringToObject(statement, "kty", "RSA");
	cJSON_AddStringToObject(statement, "n", bytes_text(&n));
	cJSON_AddStringToObject(statement, "e", bytes_text(&e));
	cJSON_AddTrueToObject(statement, "sensitive");
	cJSON_AddTrueToObject(statement, "always_sensitive");
	cJSON_AddTrueToObject(statement, "never_extractable");
	cJSON_AddTrueToObject(statement, "local");
	cJSON_AddTrueToObject(statement, "token");
	cJSON_AddFalseToObject(statement, "extractable");
	cJSON_AddStringToObject(statement, "nonce", nonce);
	cJSON_AddNumberToObject(statement, "time", (double)time_s);
	lab_patch(statement, variant->statement);
	if (variant->spoil == KEYGUARD_DUPLICATE)
		cJSON_AddTrueToObject(statement, "local");
	if (variant->spoil == KEYGUARD_NOT_JSON)
		bytes_add_text(out, "statement: ");
	json_print(statement, out);
}

static void add_certificate(const struct attest_lab *lab, enum keyguard_spoil spoil, cJSON *info)
{
	const struct device_ca *ca = spoil == KEYGUARD_OTHER_CA ? lab->other_ca : lab->ca;
	enum attest_kind kind = spoil == KEYGUARD_OTHER_KIND ? ATTEST_TPM : ATTEST_KEYGUARD;
	OWNED(X509) *cert = lab_certify(ca, kind, lab->identity);
	X509 *shown = spoil == KEYGUARD_CA_ITSELF ? device_ca_certificate(ca) : cert;
	OWNED_STRUCT(bytes) der = {0};

	assert_int_equal(x509_to_der(shown, &der, NULL), MSIV2_OK);
	if (spoil == KEYGUARD_CUT_CERTIFICATE)
		der.len--;
	if (spoil == KEYGUARD_LONG_CERTIFICATE)
		bytes_add_byte(&der, 0);
	lab_set_bytes(info, "certificate", der.data, der.len);
}

static void sign(const struct attest_lab *lab, enum keyguard_spoil spoil,
                 const struct bytes *statement, struct bytes *out)
{
	EVP_PKEY *key = spoil == KEYGUARD_OTHER_SIGNER ? lab->other : lab->identity;

	lab_add_signature(key, statement->data, statement->len, spoil != KEYGUARD_PKCS1,
	                  spoil == KEYGUARD_SALT_20 ? 20 : 32,
	                  spoil == KEYGUARD_SHA512 ? EVP_sha512() : EVP_sha256(), out);
	if (spoil == KEYGUARD_FLIP_SIGNATURE)
		out->data[100] ^= 1;
}

static void make(const struct attest_lab *lab, EVP_PKEY *subject, const char *nonce, int64_t time_s,
                 const struct keyguard_variant *variant, struct bytes *out)
{
	OWNED(cJSON) *body = cJSON_CreateObject();
	cJSON *info = cJSON_AddObjectToObject(body, "AttestationInfo");
	OWNED_STRUCT(bytes) statement = {0};
	OWNED_STRUCT(bytes) signature = {0};

	add_statement(subject, nonce, time_s, variant, &statement);
	sign(lab, variant->spoil, &statement, &signature);
	if (variant->spoil == KEYGUARD_FLIP_STATEMENT) /* "time":... becomes another time */
		statement.data[statement.len - 2] ^= 1;
	cJSON_AddStringToObject(info, "format", "msiv2-keyguard-1");
	lab_set_bytes(info, "statement", statement.data, statement.len);
	lab_set_bytes(info, "signature", signature.data, signature.len);
	add_certificate(lab, variant->spoil, info);
	lab_patch(info, variant->info);
	json_print(body, out);
	assert_false(out->failed);
}

void keyguard_evidence_make(const struct attest_lab *lab, const struct keyguard_variant *variant,
                            struct bytes *out)
{
	bool small = variant->spoil == KEYGUARD_SMALL_SUBJECT;
	OWNED(EVP_PKEY) *small_key = small ? EVP_RSA_gen(1024) : NULL;
	OWNED_STRUCT(bytes) nonce = {0};

	base64url_encode(lab_nonce, sizeof(lab_nonce), &nonce);
	make(lab, small ? small_key : lab->subject, bytes_text(&nonce), LAB_NOW_S, variant, out);
}

void keyguard_evidence_good(const struct attest_lab *lab, EVP_PKEY *subject, const char *nonce,
                            int64_t time_s, struct bytes *out)
{
	make(lab, subject, nonce, time_s, &keyguard_variants[0], out);
}
