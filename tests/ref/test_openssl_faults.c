/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* OpenSSL's own allocations fail, one by one, under everything that calls it: each failure must be
 * an error of ours, never a wrong result, and nothing may be lost or freed twice. */
#include "tests/testing.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "common/x509.h"
#include "ref/csr.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"

#define MOST_ALLOCATIONS 4000

static unsigned long countdown; /* 0 = nothing fails */
static bool fired;

static bool fails_now(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	fired = true;
	return true;
}

static void *faulty_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : malloc(size);
}

static void *faulty_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : realloc(old, size);
}

static void plain_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* OpenSSL 3.0 frees a part of the request itself when it cannot decode the AlgorithmIdentifier for
 * want of memory (ASN1_item_sign_ctx), and frees it again with the request: that is not ours to
 * test. */
int __real_X509_REQ_sign_ctx(X509_REQ *req, EVP_MD_CTX *ctx);
int __wrap_X509_REQ_sign_ctx(X509_REQ *req, EVP_MD_CTX *ctx);

int __wrap_X509_REQ_sign_ctx(X509_REQ *req, EVP_MD_CTX *ctx)
{
	unsigned long armed = countdown;
	int rc;

	countdown = 0;
	rc = __real_X509_REQ_sign_ctx(req, ctx);
	countdown = armed;
	return rc;
}

static struct openssl_bridge *bridge;
static struct key *key;
static EVP_PKEY *pkey;

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

/* Runs a step until it gets through without its fault. Some failures OpenSSL bears in silence (a
 * cache that is not filled), so a step may succeed although a fault fired. */
static void fail_everywhere(enum msiv2_rc (*step)(struct msiv2_error *err), unsigned long stride)
{
	unsigned long refusals = 0;

	assert_int_equal(step(NULL), MSIV2_OK);
	for (unsigned long nth = 1;; nth += stride) {
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		assert_true(nth < MOST_ALLOCATIONS * stride);
		fired = false;
		countdown = nth;
		rc = step(&err);
		countdown = 0;
		ERR_clear_error();
		if (!fired) {
			assert_int_equal(rc, MSIV2_OK);
			break;
		}
		if (rc != MSIV2_OK) {
			refusals++;
			assert_true(rc == MSIV2_INTERNAL || rc == MSIV2_KEY_UNAVAILABLE);
			assert_int_not_equal(err.message[0], '\0');
		}
	}
	assert_true(refusals > 0);
	assert_int_equal(step(NULL), MSIV2_OK);
}

static enum msiv2_rc build_request(struct msiv2_error *err)
{
	char id[] = "a1a1a1a1-0000-4000-8000-000000000001";
	struct metadata host = {id, id, id, NULL, NULL};
	OWNED_STRUCT(bytes) der = {0};
	OWNED(X509_REQ) *req = NULL;
	const uint8_t *at;
	unsigned long armed;

	TRY(csr_build(&host, pkey, &der, err));
	/* What was called good is good. */
	armed = countdown;
	countdown = 0;
	at = der.data;
	req = d2i_X509_REQ(NULL, &at, (long)der.len);
	assert_int_equal(X509_REQ_verify(req, key_public(key)), 1);
	countdown = armed;
	return MSIV2_OK;
}

static enum msiv2_rc make_bridge(struct msiv2_error *err)
{
	OWNED_STRUCT(openssl_bridge) *short_lived = NULL;
	OWNED(EVP_PKEY) *wrapped = NULL;

	TRY(openssl_bridge_new(&short_lived, err));
	TRY(openssl_bridge_pkey(short_lived, key, &wrapped, err));
	EVP_PKEY_free(steal(&wrapped));
	return MSIV2_OK;
}

static enum msiv2_rc make_key(struct msiv2_error *err)
{
	OWNED_STRUCT(key) *short_lived = NULL;

	return memory_key_create(&short_lived, err);
}

static enum msiv2_rc sign(struct msiv2_error *err)
{
	uint8_t digest[KEY_DIGEST_LEN] = {0};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);

	return key_sign(key, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest), sig, &sig_len,
	                err);
}

static const uint8_t message[] = "a message";

static bool sign_message(EVP_MD_CTX *ctx, uint8_t *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *options = NULL;

	return EVP_DigestSignInit(ctx, &options, EVP_sha256(), NULL, pkey) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_DigestSignUpdate(ctx, message, sizeof(message)) == 1 &&
	       EVP_DigestSignFinal(ctx, sig, sig_len) == 1;
}

static bool verify_message(EVP_MD_CTX *ctx, const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY_CTX *options = NULL;

	return EVP_DigestVerifyInit(ctx, &options, EVP_sha256(), NULL, pkey) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_DigestVerify(ctx, sig, sig_len, message, sizeof(message)) == 1;
}

static enum msiv2_rc sign_and_verify(struct msiv2_error *err)
{
	OWNED(EVP_MD_CTX) *signing = EVP_MD_CTX_new();
	OWNED(EVP_MD_CTX) *verifying = EVP_MD_CTX_new();
	OWNED(EVP_PKEY) *copy = EVP_PKEY_dup(pkey);
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);

	if (signing == NULL || verifying == NULL || copy == NULL ||
	    !sign_message(signing, sig, &sig_len) || !verify_message(verifying, sig, sig_len) ||
	    EVP_PKEY_eq(copy, key_public(key)) != 1)
		return err_openssl(err, MSIV2_KEY_UNAVAILABLE, "test", "refused");
	return MSIV2_OK;
}

static void an_evp_pkey_signs_and_verifies_or_says_why_not(void **state)
{
	(void)state;
	fail_everywhere(sign_and_verify, 1);
}

static void a_request_is_built_whole_or_not_at_all(void **state)
{
	(void)state;
	fail_everywhere(build_request, 1);
}

/* There under LeakSanitizer only. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* A library context of OpenSSL 3.0 that runs out of memory while it is filled loses some of its
 * own. What is ours is watched for leaks with faults of our own, in test_bridge_keymgmt. */
static void a_bridge_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	if (__lsan_disable != NULL)
		__lsan_disable();
	fail_everywhere(make_bridge, 1);
	if (__lsan_enable != NULL)
		__lsan_enable();
}

static void a_key_signs_or_says_why_not(void **state)
{
	(void)state;
	fail_everywhere(sign, 1);
}

/* The search for primes allocates at every turn: a sample of its faults is enough. */
static void a_key_is_made_or_says_why_not(void **state)
{
	(void)state;
	fail_everywhere(make_key, 37);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_request_is_built_whole_or_not_at_all),
	        cmocka_unit_test(a_bridge_is_made_whole_or_not_at_all),
	        cmocka_unit_test(an_evp_pkey_signs_and_verifies_or_says_why_not),
	        cmocka_unit_test(a_key_signs_or_says_why_not),
	        cmocka_unit_test(a_key_is_made_or_says_why_not),
	};

	/* Before OpenSSL allocates for the first time. */
	if (CRYPTO_set_mem_functions(faulty_malloc, faulty_realloc, plain_free) != 1)
		return 1;
	return cmocka_run_group_tests_name("openssl_faults", tests, set_up, tear_down);
}
