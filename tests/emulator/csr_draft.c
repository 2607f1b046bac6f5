/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"
#include "csr_draft.h"

/* RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt 32; no NULL, no trailerField (CSR-04). */
#define PSS_ALGORITHM                                                                              \
	"303d06092a864886f70d01010a3030a00d300b0609608648016503040201"                             \
	"a11a301806092a864886f70d010108300b0609608648016503040201a203020120"

static EVP_PKEY *make_rsa(size_t bits)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);

	assert_non_null(key);
	return key;
}

void draft_keys_new(struct draft_keys *keys)
{
	keys->rsa_2048 = make_rsa(2048);
	keys->other_2048 = make_rsa(2048);
	keys->rsa_1024 = make_rsa(1024);
	keys->rsa_3072 = make_rsa(3072);
	keys->ec = EVP_EC_gen("P-256");
	assert_non_null(keys->ec);
}

void draft_keys_free(struct draft_keys *keys)
{
	EVP_PKEY_free(keys->rsa_2048);
	EVP_PKEY_free(keys->other_2048);
	EVP_PKEY_free(keys->rsa_1024);
	EVP_PKEY_free(keys->rsa_3072);
	EVP_PKEY_free(keys->ec);
	memset(keys, 0, sizeof(*keys));
}

void draft_element(struct bytes *out, uint8_t tag, const void *content, size_t len)
{
	bytes_add_byte(out, tag);
	if (len >= 0x10000) {
		bytes_add_byte(out, 0x83);
		bytes_add_byte(out, (uint8_t)(len >> 16));
		bytes_add_byte(out, (uint8_t)(len >> 8));
	} else if (len >= 0x100) {
		bytes_add_byte(out, 0x82);
		bytes_add_byte(out, (uint8_t)(len >> 8));
	} else if (len >= 0x80) {
		bytes_add_byte(out, 0x81);
	}
	bytes_add_byte(out, (uint8_t)len);
	if (len > 0)
		bytes_add(out, content, len);
}

static void wrap(struct bytes *out, uint8_t tag, const struct bytes *content)
{
	draft_element(out, tag, content->data, content->len);
}

void draft_hex(struct bytes *out, const char *hex)
{
	assert_true(hex_decode(hex, strlen(hex), out));
}

/* An OID given as hex of its content. */
static void add_oid(struct bytes *out, const char *oid)
{
	OWNED_STRUCT(bytes) content = {0};

	draft_hex(&content, oid);
	wrap(out, TAG_OID, &content);
}

void draft_rdn(struct bytes *rdns, const char *oid, uint8_t tag, const char *value)
{
	OWNED_STRUCT(bytes) attribute = {0};
	OWNED_STRUCT(bytes) set = {0};

	add_oid(&attribute, oid);
	draft_element(&attribute, tag, value, strlen(value));
	wrap(&set, TAG_SEQUENCE, &attribute);
	wrap(rdns, TAG_SET, &set);
}

void draft_set_name(struct csr_draft *draft, const struct bytes *rdns)
{
	bytes_clear(&draft->name);
	wrap(&draft->name, TAG_SEQUENCE, rdns);
}

void draft_set_subject(struct csr_draft *draft, bool cn_first, uint8_t cn_tag, const char *cn,
                       uint8_t dc_tag, const char *dc)
{
	OWNED_STRUCT(bytes) rdns = {0};

	if (cn_first)
		draft_rdn(&rdns, OID_CN, cn_tag, cn);
	draft_rdn(&rdns, OID_DC, dc_tag, dc);
	if (!cn_first)
		draft_rdn(&rdns, OID_CN, cn_tag, cn);
	draft_set_name(draft, &rdns);
}

void draft_set_key(struct csr_draft *draft, EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	bytes_clear(&draft->spki);
	bytes_add(&draft->spki, der, (size_t)len);
	OPENSSL_free(der);
	draft->signer = key;
}

void draft_attribute(struct csr_draft *draft, const char *oid, const struct bytes *values)
{
	OWNED_STRUCT(bytes) attribute = {0};

	add_oid(&attribute, oid);
	wrap(&attribute, TAG_SET, values);
	wrap(&draft->attributes, TAG_SEQUENCE, &attribute);
}

void draft_set_cuid(struct csr_draft *draft, uint8_t tag, const char *json)
{
	OWNED_STRUCT(bytes) value = {0};

	bytes_clear(&draft->attributes);
	draft_element(&value, tag, json, strlen(json));
	draft_attribute(draft, OID_CUID, &value);
}

void csr_draft_begin(const struct draft_keys *keys, struct csr_draft *draft)
{
	*draft = (struct csr_draft){.keys = keys,
	                            .attributes_tag = TAG_ATTRIBUTES,
	                            .padding = RSA_PKCS1_PSS_PADDING,
	                            .md = EVP_sha256(),
	                            .mgf_md = EVP_sha256(),
	                            .salt_len = 32};
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_IA5, DRAFT_TENANT_ID);
	draft_set_key(draft, keys->rsa_2048);
	draft_set_cuid(draft, TAG_UTF8, DRAFT_CUID);
	draft_hex(&draft->signature_algorithm, PSS_ALGORITHM);
}

static void sign(struct csr_draft *draft, const struct bytes *info, struct bytes *bits)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *padding = NULL;
	uint8_t signature[1024];
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit(ctx, &padding, draft->md, NULL, draft->signer), 1);
	if (draft->padding != 0)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(padding, draft->padding), 1);
	if (draft->padding == RSA_PKCS1_PSS_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(padding, draft->mgf_md), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, draft->salt_len), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, info->data, info->len), 1);
	if (draft->break_signature)
		signature[len / 2] ^= 0x10;
	bytes_add_byte(bits, draft->unused_bits);
	bytes_add(bits, signature, len);
}

void csr_draft_finish(struct csr_draft *draft, struct bytes *der)
{
	OWNED_STRUCT(bytes) content = {0};
	OWNED_STRUCT(bytes) info = {0};
	OWNED_STRUCT(bytes) bits = {0};
	OWNED_STRUCT(bytes) request = {0};

	draft_element(&content, TAG_INTEGER, &draft->version, 1);
	bytes_add(&content, draft->name.data, draft->name.len);
	bytes_add(&content, draft->spki.data, draft->spki.len);
	if (draft->attributes_tag != 0)
		wrap(&content, draft->attributes_tag, &draft->attributes);
	wrap(&info, TAG_SEQUENCE, &content);
	sign(draft, &info, &bits);
	bytes_add(&request, info.data, info.len);
	bytes_add(&request, draft->signature_algorithm.data, draft->signature_algorithm.len);
	wrap(&request, TAG_BIT_STRING, &bits);
	bytes_add(&request, draft->extra.data, draft->extra.len);
	wrap(der, TAG_SEQUENCE, &request);
	bytes_add(der, draft->trailing.data, draft->trailing.len);
	assert_false(der->failed);
}

void csr_draft_free(struct csr_draft *draft)
{
	bytes_free(&draft->name);
	bytes_free(&draft->spki);
	bytes_free(&draft->attributes);
	bytes_free(&draft->signature_algorithm);
	bytes_free(&draft->extra);
	bytes_free(&draft->trailing);
}
