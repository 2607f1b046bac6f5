/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* KEY-05: that a keyguard key does not leave is tried, not believed. */
#include "tests/testing.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "common/x509.h"
#include "keyguard_bench.h"
#include "prime_hunt.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"
#include "ref/keys/pkcs11_object.h"
#include "softhsm_token.h"

static struct softhsm_token token;
static struct key *key;

static int set_up(void **state)
{
	(void)state;
	softhsm_token_make(&token);
	key = keyguard_bench_open();
	return key != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	key_free(key);
	softhsm_token_drop(&token);
	return 0;
}

/* An attempt with a session of our own, logged in as the user, on the private key. */
typedef void (*attempt_fn)(const struct pkcs11_session *session, CK_OBJECT_HANDLE object);

static enum msiv2_rc attempt_act(struct pkcs11_session *session, void *ctx,
                                 struct pkcs11_trouble *trouble)
{
	attempt_fn *attempt = ctx;
	struct pkcs11_objects objects = {0};

	TRY(pkcs11_objects_named(session, CKO_PRIVATE_KEY, "msiv2", &objects, trouble));
	assert_int_equal(objects.count, 1);
	(*attempt)(session, objects.handle[0]);
	return MSIV2_OK;
}

static void attempt(attempt_fn what)
{
	const struct pkcs11_patience patience = {clock_system(), CLOCK_NEVER};
	struct pkcs11_trouble trouble = {0};
	struct pkcs11_module *module = NULL;
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;

	assert_int_equal(pkcs11_module_open(softhsm_module(), &patience, &module, &trouble),
	                 MSIV2_OK);
	assert_int_equal(pkcs11_pool_new(module, SOFTHSM_LABEL, NULL, &pool, &trouble), MSIV2_OK);
	assert_int_equal(pkcs11_pool_run(pool, &patience, attempt_act, &what, &trouble), MSIV2_OK);
}

static void read_private_parts(const struct pkcs11_session *session, CK_OBJECT_HANDLE object)
{
	static const CK_ATTRIBUTE_TYPE parts[] = {CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
	                                          CKA_PRIME_2,          CKA_EXPONENT_1,
	                                          CKA_EXPONENT_2,       CKA_COEFFICIENT};

	for (size_t i = 0; i < TEXT_COUNT(parts); i++) {
		CK_BYTE value[512] = {0};
		CK_ATTRIBUTE part = {parts[i], value, sizeof(value)};

		assert_int_equal(
		        session->functions->C_GetAttributeValue(session->handle, object, &part, 1),
		        CKR_ATTRIBUTE_SENSITIVE);
		assert_int_equal(part.ulValueLen, (CK_ULONG)-1);
		assert_int_equal(value[0], 0);
	}
}

static void the_private_parts_cannot_be_read(void **state)
{
	(void)state;
	attempt(read_private_parts);
}

static CK_RV set_flag(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                      CK_ATTRIBUTE_TYPE type, CK_BBOOL value)
{
	CK_ATTRIBUTE flag = {type, &value, sizeof(value)};

	return session->functions->C_SetAttributeValue(session->handle, object, &flag, 1);
}

static void weaken(const struct pkcs11_session *session, CK_OBJECT_HANDLE object)
{
	struct pkcs11_trouble trouble = {0};
	bool extractable = true;
	bool sensitive = false;

	assert_int_equal(set_flag(session, object, CKA_EXTRACTABLE, CK_TRUE),
	                 CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(set_flag(session, object, CKA_SENSITIVE, CK_FALSE),
	                 CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(
	        pkcs11_object_flag(session, object, CKA_EXTRACTABLE, &extractable, &trouble),
	        MSIV2_OK);
	assert_int_equal(pkcs11_object_flag(session, object, CKA_SENSITIVE, &sensitive, &trouble),
	                 MSIV2_OK);
	assert_false(extractable);
	assert_true(sensitive);
}

static void its_protection_cannot_be_lowered(void **state)
{
	(void)state;
	attempt(weaken);
}

static void copy_weaker(const struct pkcs11_session *session, CK_OBJECT_HANDLE object)
{
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE weaker[] = {{CKA_EXTRACTABLE, &yes, sizeof(yes)},
	                         {CKA_SENSITIVE, &no, sizeof(no)}};
	CK_OBJECT_HANDLE copy = CK_INVALID_HANDLE;

	for (CK_ULONG i = 0; i < TEXT_COUNT(weaker); i++)
		assert_int_not_equal(session->functions->C_CopyObject(session->handle, object,
		                                                      &weaker[i], 1, &copy),
		                     CKR_OK);
}

static void no_copy_of_it_is_weaker(void **state)
{
	(void)state;
	attempt(copy_weaker);
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void wrap(const struct pkcs11_session *session, CK_OBJECT_HANDLE object)
{
	CK_MECHANISM make = {CKM_AES_KEY_GEN, NULL, 0};
	CK_MECHANISM wrapping = {CKM_AES_KEY_WRAP_PAD, NULL, 0};
	CK_ULONG len = 32;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE attributes[] = {{CKA_VALUE_LEN, &len, sizeof(len)},
	                             {CKA_WRAP, &yes, sizeof(yes)}};
	CK_OBJECT_HANDLE aes = CK_INVALID_HANDLE;
	CK_BYTE wrapped[4096];
	CK_ULONG wrapped_len = sizeof(wrapped);

	assert_int_equal(session->functions->C_GenerateKey(session->handle, &make, attributes,
	                                                   TEXT_COUNT(attributes), &aes),
	                 CKR_OK);
	assert_int_equal(session->functions->C_WrapKey(session->handle, &wrapping, aes, object,
	                                               wrapped, &wrapped_len),
	                 CKR_KEY_UNEXTRACTABLE);
}

static void it_cannot_be_wrapped(void **state)
{
	(void)state;
	attempt(wrap);
}

static void openssl_cannot_export_it(void **state)
{
	OWNED_STRUCT(openssl_bridge) *bridge = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;
	OWNED(BIO) *out = BIO_new(BIO_s_mem());
	OWNED(BIGNUM) *number = NULL;
	unsigned char *der = NULL;

	(void)state;
	assert_int_equal(openssl_bridge_new(&bridge, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, key, &pkey, NULL), MSIV2_OK);
	assert_int_not_equal(PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(BIO_ctrl_pending(out), 0);
	assert_true(i2d_PrivateKey(pkey, &der) <= 0);
	assert_int_not_equal(EVP_PKEY_get_bn_param(pkey, "d", &number), 1);
	assert_null(number);
	ERR_clear_error();
}

/* ---- where its primes are ---- */

static void its_primes_are_in_no_file_of_the_token(void **state)
{
	(void)state;
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), NULL));
	assert_int_equal(prime_hunt_files(key_public(key), token.dir), 0);
}

/* The hunt itself: what is there is found. A memory key is in the process, as it says (KEY-03). */
static void the_hunt_finds_the_primes_of_a_memory_key(void **state)
{
	OWNED_STRUCT(key) *memory = NULL;
	OWNED(EVP_PKEY) *own = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)KEY_RSA_BITS);
	OWNED(BIGNUM) *prime = NULL;
	uint8_t bytes[7 + 128];

	(void)state;
	memset(bytes, 0xFF, sizeof(bytes));
	assert_int_equal(EVP_PKEY_get_bn_param(own, "rsa-factor1", &prime), 1);
	assert_int_equal(BN_bn2binpad(prime, bytes + 7, 128), 128);
	assert_int_equal(prime_hunt_bytes(own, bytes, sizeof(bytes)), 1);
	assert_int_equal(BN_bn2lebinpad(prime, bytes + 3, 128), 128);
	assert_int_equal(prime_hunt_bytes(own, bytes, sizeof(bytes)), 1);
	assert_int_equal(memory_key_create(&memory, NULL), MSIV2_OK);
	assert_true(prime_hunt_memory(key_public(memory)) > 0);
}

/* SoftHSM2 computes inside our process, so while it signs the primes are there; a device's never
 * are. Before, between and after signatures nothing of ours, of OpenSSL's or of SoftHSM2's has
 * them: a core image of a client that waits is worth nothing. */
static void its_primes_are_not_in_the_process_before_between_and_after_signatures(void **state)
{
	OWNED(EVP_PKEY) *public_key = EVP_PKEY_dup(key_public(key));

	(void)state;
	assert_int_equal(prime_hunt_memory(public_key), 0);
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), NULL));
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PKCS1, EVP_sha256(), NULL));
	assert_int_equal(prime_hunt_memory(public_key), 0);
	key_free(key);
	key = NULL;
	assert_int_equal(prime_hunt_memory(public_key), 0);
}

#define WITH_KEY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_KEY(the_private_parts_cannot_be_read),
	        WITH_KEY(its_protection_cannot_be_lowered),
	        WITH_KEY(no_copy_of_it_is_weaker),
	        WITH_KEY(it_cannot_be_wrapped),
	        WITH_KEY(openssl_cannot_export_it),
	        WITH_KEY(its_primes_are_in_no_file_of_the_token),
	        cmocka_unit_test(the_hunt_finds_the_primes_of_a_memory_key),
	        WITH_KEY(its_primes_are_not_in_the_process_before_between_and_after_signatures),
	};

	return cmocka_run_group_tests_name("keyguard_secrecy", tests, NULL, NULL);
}
