/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "mem_fault.h"
#include "ref/keys/memory.h"

#define THREADS    8
#define SIGNATURES 20

static struct key *shared; /* one key for the tests that only sign */

static int make_shared(void **state)
{
	(void)state;
	return memory_key_create(&shared, NULL) == MSIV2_OK ? 0 : -1;
}

static int free_shared(void **state)
{
	(void)state;
	key_free(shared);
	return 0;
}

/* OpenSSL itself judges, with the public half only. */
static bool verifies(struct key *key, enum key_padding padding, const EVP_MD *md,
                     const uint8_t *digest, size_t digest_len, const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_public(key), NULL);
	bool pss = padding == KEY_PADDING_PSS;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(
	        EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
	        1);
	if (pss)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, EVP_MD_get_size(md)), 1);
	return EVP_PKEY_verify(ctx, sig, sig_len, digest, digest_len) == 1;
}

static bool signs_and_verifies(struct key *key, enum key_padding padding, const EVP_MD *md)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t digest_len = (size_t)EVP_MD_get_size(md);
	size_t sig_len = sizeof(sig);

	memset(digest, 0x5A, sizeof(digest));
	if (key_sign(key, padding, md, digest, digest_len, sig, &sig_len, NULL) != MSIV2_OK ||
	    sig_len != sizeof(sig) || !verifies(key, padding, md, digest, digest_len, sig, sig_len))
		return false;
	digest[0] ^= 1;
	return !verifies(key, padding, md, digest, digest_len, sig, sig_len);
}

static void a_new_key_is_rsa_2048_and_says_memory(void **state)
{
	(void)state;
	assert_int_equal(key_bits(shared), 2048);
	assert_string_equal(key_kind(shared), "memory");
	assert_true(EVP_PKEY_is_a(key_public(shared), "RSA"));
}

static void two_keys_differ(void **state)
{
	OWNED_STRUCT(key) *other = NULL;

	(void)state;
	assert_int_equal(memory_key_create(&other, NULL), MSIV2_OK);
	assert_int_equal(EVP_PKEY_eq(key_public(other), key_public(shared)), 0);
}

static void every_digest_is_signed_with_either_padding(void **state)
{
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		assert_true(signs_and_verifies(shared, KEY_PADDING_PSS, digests[i]));
		assert_true(signs_and_verifies(shared, KEY_PADDING_PKCS1, digests[i]));
	}
}

static void the_public_half_has_no_private_numbers(void **state)
{
	static const char *const names[] = {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
	                                    OSSL_PKEY_PARAM_RSA_FACTOR2,
	                                    OSSL_PKEY_PARAM_RSA_EXPONENT1};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		OWNED(BIGNUM) *number = NULL;

		assert_int_not_equal(EVP_PKEY_get_bn_param(key_public(shared), names[i], &number),
		                     1);
		assert_null(number);
	}
}

static void a_digest_of_the_wrong_length_is_refused(void **state)
{
	uint8_t digest[KEY_DIGEST_LEN] = {0};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_sign(shared, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest) - 1,
	                          sig, &sig_len, &err),
	                 MSIV2_INTERNAL);
	assert_non_null(strstr(err.message, "31 bytes"));
}

static void too_little_room_for_a_signature_is_refused(void **state)
{
	uint8_t digest[KEY_DIGEST_LEN] = {0};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig) - 1;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_sign(shared, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest),
	                          sig, &sig_len, &err),
	                 MSIV2_INTERNAL);
	assert_non_null(strstr(err.message, "255"));
}

static void a_digest_the_key_cannot_pad_is_an_error_with_openssls_reason(void **state)
{
	/* SHAKE-256 has 32 bytes too, but no RSA signature. */
	uint8_t digest[KEY_DIGEST_LEN] = {0};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_sign(shared, KEY_PADDING_PSS, EVP_shake256(), digest, sizeof(digest),
	                          sig, &sig_len, &err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(err.where, "key.memory");
	assert_non_null(strstr(err.message, "error:"));
}

static void *sign_often(void *failures)
{
	for (int i = 0; i < SIGNATURES; i++) {
		if (!signs_and_verifies(shared, i % 2 == 0 ? KEY_PADDING_PSS : KEY_PADDING_PKCS1,
		                        EVP_sha256()))
			++*(unsigned *)failures;
		key_free(key_ref(shared));
	}
	return NULL;
}

static void eight_threads_share_one_key(void **state)
{
	pthread_t threads[THREADS];
	unsigned failures[THREADS] = {0};

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &failures[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failures[i], 0);
	}
}

/* A provider whose state counts how often it was freed. */
struct broken {
	EVP_PKEY *public_key; /* NULL = cannot be read */
	unsigned freed;
};

static enum msiv2_rc broken_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	struct broken *broken = state;

	if (broken->public_key == NULL)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, "key.broken", "the device is on fire");
	*out = broken->public_key;
	return EVP_PKEY_up_ref(*out) == 1 ? MSIV2_OK : MSIV2_INTERNAL;
}

static void broken_free(void *state)
{
	((struct broken *)state)->freed++;
}

static const struct key_ops broken_ops = {
        .kind = "broken", .public_key = broken_public, .free = broken_free};

static void a_provider_without_a_public_key_gives_no_key_and_is_freed(void **state)
{
	struct broken broken = {0};
	struct key *key = NULL;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_new(&broken_ops, &broken, &key, &err), MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(err.message, "the device is on fire");
	assert_null(key);
	assert_int_equal(broken.freed, 1);
}

static void a_key_that_is_not_rsa_is_refused(void **state)
{
	OWNED(EVP_PKEY) *ec = certificate_p256_key();
	struct broken broken = {.public_key = ec};
	struct key *key = NULL;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_new(&broken_ops, &broken, &key, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "not RSA"));
	assert_null(key);
	assert_int_equal(broken.freed, 1);
}

static void the_last_owner_frees_the_state_once(void **state)
{
	struct broken broken = {.public_key = key_public(shared)};
	struct key *key = NULL;

	(void)state;
	assert_int_equal(key_new(&broken_ops, &broken, &key, NULL), MSIV2_OK);
	assert_ptr_equal(key_ref(key), key);
	key_free(key);
	assert_int_equal(broken.freed, 0);
	key_free(key);
	assert_int_equal(broken.freed, 1);
	key_free(NULL);
}

static void without_memory_there_is_no_key_and_its_state_is_freed(void **state)
{
	struct broken broken = {.public_key = key_public(shared)};
	struct key *key = NULL;
	struct msiv2_error err = {0};

	(void)state;
	mem_fault_at(1);
	assert_int_equal(key_new(&broken_ops, &broken, &key, &err), MSIV2_INTERNAL);
	assert_true(mem_fault_fired());
	assert_string_equal(err.message, "out of memory");
	assert_null(key);
	assert_int_equal(broken.freed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_new_key_is_rsa_2048_and_says_memory),
	        cmocka_unit_test(two_keys_differ),
	        cmocka_unit_test(every_digest_is_signed_with_either_padding),
	        cmocka_unit_test(the_public_half_has_no_private_numbers),
	        cmocka_unit_test(a_digest_of_the_wrong_length_is_refused),
	        cmocka_unit_test(too_little_room_for_a_signature_is_refused),
	        cmocka_unit_test(a_digest_the_key_cannot_pad_is_an_error_with_openssls_reason),
	        cmocka_unit_test(eight_threads_share_one_key),
	        cmocka_unit_test(a_provider_without_a_public_key_gives_no_key_and_is_freed),
	        cmocka_unit_test(a_key_that_is_not_rsa_is_refused),
	        cmocka_unit_test(the_last_owner_frees_the_state_once),
	        cmocka_unit_test(without_memory_there_is_no_key_and_its_state_is_freed),
	};

	return cmocka_run_group_tests_name("key_memory", tests, make_shared, free_shared);
}
