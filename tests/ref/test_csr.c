/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "mem_fault.h"
#include "ref/csr.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"

#define CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"
#define VM_ID     "11111111-2222-4333-8444-555555555555"
#define VMSS_ID   "99999999-2222-4333-8444-555555555555"
#define SIG_LEN   (KEY_RSA_BITS / 8)

static struct openssl_bridge *bridge;
static struct key *key;
static EVP_PKEY *pkey;

static char client_id[] = CLIENT_ID;
static char tenant_id[] = TENANT_ID;
static char vm_id[] = VM_ID;
static char vmss_id[] = VMSS_ID;
static const struct metadata host = {
        .client_id = client_id, .tenant_id = tenant_id, .vm_id = vm_id};

static int set_up(void **state)
{
	(void)state;
	if (openssl_bridge_new(&bridge, NULL) != MSIV2_OK ||
	    memory_key_create(&key, NULL) != MSIV2_OK ||
	    openssl_bridge_pkey(bridge, key, &pkey, NULL) != MSIV2_OK)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(pkey);
	key_free(key);
	openssl_bridge_free(bridge);
	return 0;
}

/* ---- what the DER must be, byte by byte (X.690; nothing of OpenSSL) ---- */

static void der_add(struct bytes *out, uint8_t tag, const void *content, size_t len)
{
	bytes_add_byte(out, tag);
	if (len > 255) {
		bytes_add_byte(out, 0x82);
		bytes_add_byte(out, (uint8_t)(len >> 8));
	} else if (len > 127) {
		bytes_add_byte(out, 0x81);
	}
	bytes_add_byte(out, (uint8_t)len);
	bytes_add(out, content, len);
}

/* Puts what a buffer holds into one more TLV. */
static void der_wrap(struct bytes *buffer, uint8_t tag)
{
	OWNED_STRUCT(bytes) content = steal(buffer);

	der_add(buffer, tag, content.data, content.len);
}

/* SET { SEQUENCE { oid, text } } */
static void expect_rdn(struct bytes *out, const void *oid, size_t oid_len, uint8_t tag,
                       const char *text)
{
	OWNED_STRUCT(bytes) rdn = {0};

	der_add(&rdn, 0x06, oid, oid_len);
	der_add(&rdn, tag, text, strlen(text));
	der_wrap(&rdn, 0x30);
	der_wrap(&rdn, 0x31);
	bytes_add(out, rdn.data, rdn.len);
}

static void expect_subject(struct bytes *out, uint8_t cn_tag, const char *cn)
{
	OWNED_STRUCT(bytes) subject = {0};

	/* 0.9.2342.19200300.100.1.25 and 2.5.4.3 */
	expect_rdn(&subject, "\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", 10, 0x16, TENANT_ID);
	expect_rdn(&subject, "\x55\x04\x03", 3, cn_tag, cn);
	der_wrap(&subject, 0x30);
	bytes_add(out, subject.data, subject.len);
}

/* [0] { SEQUENCE { 1.3.6.1.4.1.311.90.2.10, SET { UTF8String } } } */
static void expect_attributes(struct bytes *out, const char *json)
{
	OWNED_STRUCT(bytes) attribute = {0};
	OWNED_STRUCT(bytes) values = {0};

	der_add(&attribute, 0x06, "\x2B\x06\x01\x04\x01\x82\x37\x5A\x02\x0A", 10);
	der_add(&values, 0x0C, json, strlen(json));
	der_add(&attribute, 0x31, values.data, values.len);
	der_wrap(&attribute, 0x30);
	der_wrap(&attribute, 0xA0);
	bytes_add(out, attribute.data, attribute.len);
}

/* SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { n, 65537 } } } */
static void expect_spki(struct bytes *out)
{
	OWNED_STRUCT(bytes) numbers = {0};
	OWNED_STRUCT(bytes) spki = {0};
	OWNED(BIGNUM) *n = NULL;
	uint8_t modulus[1 + SIG_LEN] = {0};

	assert_int_equal(EVP_PKEY_get_bn_param(key_public(key), "n", &n), 1);
	assert_int_equal(BN_bn2binpad(n, modulus + 1, SIG_LEN), SIG_LEN);
	der_add(&numbers, 0x02, modulus, sizeof(modulus));
	der_add(&numbers, 0x02, "\x01\x00\x01", 3);
	der_wrap(&numbers, 0x30);
	bytes_add(&spki,
	          "\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00\x03\x82\x01\x0F"
	          "\x00",
	          20);
	bytes_add(&spki, numbers.data, numbers.len);
	der_wrap(&spki, 0x30);
	bytes_add(out, spki.data, spki.len);
}

static const uint8_t pss_sha256_salt_32[] =
        "\x30\x3D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A\x30\x30"
        "\xA0\x0D\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
        "\xA1\x1A\x30\x18\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08"
        "\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
        "\xA2\x03\x02\x01\x20";

/* The whole request but for the signature's own bytes, which are taken from `der`. */
static void expect_request(struct bytes *out, uint8_t cn_tag, const char *cn, const char *json,
                           const struct bytes *der)
{
	bytes_add(out, "\x02\x01\x00", 3);
	expect_subject(out, cn_tag, cn);
	expect_spki(out);
	expect_attributes(out, json);
	der_wrap(out, 0x30);
	bytes_add(out, pss_sha256_salt_32, sizeof(pss_sha256_salt_32) - 1);
	bytes_add(out, "\x03\x82\x01\x01\x00", 5);
	assert_true(der->len > SIG_LEN);
	bytes_add(out, der->data + der->len - SIG_LEN, SIG_LEN);
	der_wrap(out, 0x30);
}

static void check_request(const struct metadata *metadata, uint8_t cn_tag, const char *json)
{
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) expected = {0};
	OWNED(X509_REQ) *req = NULL;
	struct msiv2_error err = {0};
	const uint8_t *at;

	if (csr_build(metadata, pkey, &der, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
	expect_request(&expected, cn_tag, metadata->client_id, json, &der);
	assert_int_equal(der.len, expected.len);
	assert_memory_equal(der.data, expected.data, der.len);
	/* Proof of possession, by OpenSSL's own reading of the bytes (CSR-05). */
	at = der.data;
	req = d2i_X509_REQ(NULL, &at, (long)der.len);
	assert_non_null(req);
	assert_ptr_equal(at, der.data + der.len);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
}

static void a_plain_vms_request_is_exactly_as_the_protocol_says(void **state)
{
	(void)state;
	check_request(&host, 0x13, "{\"vmId\":\"" VM_ID "\"}");
}

static void a_scale_set_instance_sends_both_ids_in_order(void **state)
{
	struct metadata both = host;

	(void)state;
	both.vmss_id = vmss_id;
	check_request(&both, 0x13, "{\"vmId\":\"" VM_ID "\",\"vmssId\":\"" VMSS_ID "\"}");
}

static void an_absent_vm_id_is_left_out(void **state)
{
	struct metadata vmss_only = host;

	(void)state;
	vmss_only.vm_id = NULL;
	vmss_only.vmss_id = vmss_id;
	check_request(&vmss_only, 0x13, "{\"vmssId\":\"" VMSS_ID "\"}");
}

static void a_client_id_that_is_not_printable_becomes_utf8(void **state)
{
	static const char *const ids[] = {"a_b", "a@b", "a*b", "caf\xC3\xA9"};
	char text[16];
	struct metadata odd = host;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(ids); i++) {
		assert_true(text_copy(text, sizeof(text), ids[i]));
		odd.client_id = text;
		check_request(&odd, 0x0C, "{\"vmId\":\"" VM_ID "\"}");
	}
	/* Every character that PrintableString has. */
	assert_true(text_copy(text, sizeof(text), "aZ09 '()+,-./:="));
	odd.client_id = text;
	check_request(&odd, 0x13, "{\"vmId\":\"" VM_ID "\"}");
}

static void cuid_texts_are_escaped_as_json(void **state)
{
	char odd_id[] = "a\"b\\c/d\xC3\xA9";
	struct metadata odd = {.vm_id = odd_id};
	OWNED_STRUCT(bytes) json = {0};

	(void)state;
	assert_int_equal(csr_cuid_json(&odd, &json, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&json), "{\"vmId\":\"a\\\"b\\\\c/d\xC3\xA9\"}");
}

static enum msiv2_rc build(const struct metadata *metadata, EVP_PKEY *with, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) der = {0};
	enum msiv2_rc rc = csr_build(metadata, with, &der, err);

	if (rc != MSIV2_OK)
		assert_int_equal(der.len, 0);
	return rc;
}

static void names_that_no_subject_may_have_are_refused(void **state)
{
	char long_id[66];
	char odd_tenant[] = "caf\xC3\xA9";
	struct metadata odd = host;
	struct msiv2_error err = {0};

	(void)state;
	memset(long_id, 'a', sizeof(long_id));
	long_id[64] = '\0';
	odd.client_id = long_id;
	assert_int_equal(build(&odd, pkey, NULL), MSIV2_OK);
	long_id[64] = 'a';
	long_id[65] = '\0';
	assert_int_equal(build(&odd, pkey, &err), MSIV2_IMDS_MALFORMED);
	assert_string_equal(err.message,
	                    "member \"clientId\" is longer than 64 bytes and cannot be a CN");
	odd = host;
	odd.tenant_id = odd_tenant;
	assert_int_equal(build(&odd, pkey, &err), MSIV2_IMDS_MALFORMED);
	assert_string_equal(err.message, "member \"tenantId\" is not ASCII and cannot be a DC");
}

static void keys_other_than_rsa_2048_are_refused(void **state)
{
	OWNED(EVP_PKEY) *small = certificate_rsa_key(1024);
	OWNED(EVP_PKEY) *ec = certificate_p256_key();
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(build(&host, small, &err), MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(err.message, "the key is not RSA with 2048 bits");
	assert_int_equal(build(&host, ec, &err), MSIV2_KEY_UNAVAILABLE);
}

static enum msiv2_rc refusing_sign(void *state, enum key_padding padding, const EVP_MD *md,
                                   const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                   size_t *sig_len, struct msiv2_error *err)
{
	(void)state;
	(void)digest;
	(void)digest_len;
	(void)sig;
	(void)sig_len;
	assert_int_equal(padding, KEY_PADDING_PSS);
	assert_int_equal(EVP_MD_get_type(md), NID_sha256);
	return err_set(err, MSIV2_KEY_UNAVAILABLE, "key.refusing", "the device is on fire");
}

static enum msiv2_rc refusing_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	(void)state;
	(void)err;
	*out = key_public(key);
	return EVP_PKEY_up_ref(*out) == 1 ? MSIV2_OK : MSIV2_INTERNAL;
}

static void refusing_free(void *state)
{
	(void)state;
}

static void a_key_that_refuses_is_named_with_its_reason(void **state)
{
	static const struct key_ops ops = {.kind = "refusing",
	                                   .sign = refusing_sign,
	                                   .public_key = refusing_public,
	                                   .free = refusing_free};
	OWNED_STRUCT(key) *refusing = NULL;
	OWNED(EVP_PKEY) *refusing_pkey = NULL;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_new(&ops, NULL, &refusing, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, refusing, &refusing_pkey, NULL), MSIV2_OK);
	/* An old error in the queue is not taken for the key's. */
	ERR_raise_data(ERR_LIB_USER, ERR_R_INTERNAL_ERROR, "old news");
	assert_int_equal(build(&host, refusing_pkey, &err), MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(err.message, "the key did not sign: the device is on fire");
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_key_without_a_private_half_cannot_sign(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(build(&host, key_public(key), &err), MSIV2_KEY_UNAVAILABLE);
	assert_true(text_starts(err.message, "the key did not sign"));
}

static void any_other_openssl_key_can_be_used_too(void **state)
{
	OWNED(EVP_PKEY) *plain = certificate_rsa_key(2048);

	(void)state;
	assert_int_equal(build(&host, plain, NULL), MSIV2_OK);
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	bool done = false;

	(void)state;
	for (unsigned nth = 1; !done; nth++) {
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = build(&host, pkey, NULL);
		done = !mem_fault_fired();
		assert_true(done ? rc == MSIV2_OK : rc != MSIV2_OK);
		assert_true(nth < 50);
	}
	mem_fault_at(0);
	ERR_clear_error();
}

/* cJSON's own allocations. */
static unsigned json_countdown;

static void *faulty_json_malloc(size_t size)
{
	if (json_countdown > 0 && --json_countdown == 0)
		return NULL;
	return malloc(size);
}

static void a_cuid_is_written_whole_or_not_at_all(void **state)
{
	cJSON_Hooks faulty = {.malloc_fn = faulty_json_malloc, .free_fn = free};
	enum msiv2_rc rc = MSIV2_INTERNAL;
	unsigned nth;

	(void)state;
	cJSON_InitHooks(&faulty);
	for (nth = 1; rc != MSIV2_OK; nth++) {
		OWNED_STRUCT(bytes) json = {0};

		assert_true(nth < 50);
		json_countdown = nth;
		rc = csr_cuid_json(&host, &json, NULL);
		assert_true(rc == MSIV2_INTERNAL || rc == MSIV2_OK);
	}
	cJSON_InitHooks(NULL);
	json_countdown = 0;
	assert_true(nth > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_plain_vms_request_is_exactly_as_the_protocol_says),
	        cmocka_unit_test(a_scale_set_instance_sends_both_ids_in_order),
	        cmocka_unit_test(an_absent_vm_id_is_left_out),
	        cmocka_unit_test(a_client_id_that_is_not_printable_becomes_utf8),
	        cmocka_unit_test(cuid_texts_are_escaped_as_json),
	        cmocka_unit_test(a_cuid_is_written_whole_or_not_at_all),
	        cmocka_unit_test(names_that_no_subject_may_have_are_refused),
	        cmocka_unit_test(keys_other_than_rsa_2048_are_refused),
	        cmocka_unit_test(a_key_that_refuses_is_named_with_its_reason),
	        cmocka_unit_test(a_key_without_a_private_half_cannot_sign),
	        cmocka_unit_test(any_other_openssl_key_can_be_used_too),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("csr", tests, set_up, tear_down);
}
