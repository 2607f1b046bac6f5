/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

#include "common/text.h"
#include "common/x509.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"

#define THREADS    8
#define SIGNATURES 20
#define SIG_LEN    (KEY_RSA_BITS / 8)

static const uint8_t message[] = "a message";

/* Made once: keys are slow. */
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

static void set_options(EVP_PKEY_CTX *options, enum key_padding padding)
{
	if (padding != KEY_PADDING_PSS)
		return;
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
}

/* Not a word about properties or library contexts: as any program would sign. */
static bool signs(EVP_PKEY *with, enum key_padding padding, const EVP_MD *md, uint8_t *sig,
                  size_t *sig_len)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;

	if (EVP_DigestSignInit(ctx, &options, md, NULL, with) != 1)
		return false;
	set_options(options, padding);
	return EVP_DigestSign(ctx, sig, sig_len, message, sizeof(message)) == 1;
}

static bool verifies(EVP_PKEY *with, enum key_padding padding, const EVP_MD *md, const uint8_t *sig,
                     size_t sig_len)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;

	assert_int_equal(EVP_DigestVerifyInit(ctx, &options, md, NULL, with), 1);
	set_options(options, padding);
	return EVP_DigestVerify(ctx, sig, sig_len, message, sizeof(message)) == 1;
}

static bool signs_well(EVP_PKEY *with, enum key_padding padding, const EVP_MD *md)
{
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	return signs(with, padding, md, sig, &sig_len) && sig_len == sizeof(sig) &&
	       verifies(key_public(key), padding, md, sig, sig_len) &&
	       verifies(with, padding, md, sig, sig_len);
}

static void every_digest_is_signed_and_verified_with_either_padding(void **state)
{
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		assert_true(signs_well(pkey, KEY_PADDING_PSS, digests[i]));
		assert_true(signs_well(pkey, KEY_PADDING_PKCS1, digests[i]));
	}
}

static void a_changed_signature_does_not_verify(void **state)
{
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	(void)state;
	assert_true(signs(pkey, KEY_PADDING_PSS, EVP_sha256(), sig, &sig_len));
	sig[17] ^= 1;
	assert_false(verifies(pkey, KEY_PADDING_PSS, EVP_sha256(), sig, sig_len));
	assert_false(verifies(key_public(key), KEY_PADDING_PSS, EVP_sha256(), sig, sig_len));
}

static void a_signature_can_be_made_in_pieces_and_gone_on_with(void **state)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	uint8_t first[SIG_LEN];
	uint8_t second[SIG_LEN];
	size_t first_len = 0;
	size_t second_len = sizeof(second);

	(void)state;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	assert_int_equal(EVP_DigestSignUpdate(ctx, message, 4), 1);
	assert_int_equal(EVP_DigestSignFinal(ctx, NULL, &first_len), 1);
	assert_int_equal(first_len, sizeof(first));
	assert_int_equal(EVP_DigestSignFinal(ctx, first, &first_len), 1);
	assert_int_equal(EVP_DigestSignUpdate(ctx, message + 4, sizeof(message) - 4), 1);
	assert_int_equal(EVP_DigestSignFinal(ctx, second, &second_len), 1);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_true(verifies(key_public(key), KEY_PADDING_PKCS1, EVP_sha256(), second, second_len));
}

/* EVP_PKEY_sign(): the caller brings a digest. */
struct ready {
	const char *md_name; /* NULL = none is set */
	int padding;
	int salt_len;
	size_t digest_len;
};

static EVP_PKEY_CTX *ready_context(int (*init)(EVP_PKEY_CTX *ctx), const struct ready *ready)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	assert_int_equal(init(ctx), 1);
	if (ready->md_name != NULL &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(ready->md_name)) != 1)
		return NULL;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, ready->padding) != 1)
		return NULL;
	if (ready->padding == RSA_PKCS1_PSS_PADDING &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, ready->salt_len) != 1)
		return NULL;
	return steal(&ctx);
}

static bool sign_digest(const struct ready *ready)
{
	static const uint8_t digest[EVP_MAX_MD_SIZE] = {7};
	OWNED(EVP_PKEY_CTX) *ctx = ready_context(EVP_PKEY_sign_init, ready);
	OWNED(EVP_PKEY_CTX) *check = NULL;
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	if (ctx == NULL || EVP_PKEY_sign(ctx, sig, &sig_len, digest, ready->digest_len) != 1)
		return false;
	check = ready_context(EVP_PKEY_verify_init, ready);
	assert_int_equal(EVP_PKEY_verify(check, sig, sig_len, digest, ready->digest_len), 1);
	return true;
}

static void a_ready_digest_is_signed(void **state)
{
	static const struct ready rows[] = {
	        {"SHA256", RSA_PKCS1_PADDING, 0, 32},
	        {"SHA256", RSA_PKCS1_PSS_PADDING, 32, 32},
	        {"SHA512", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST, 64},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		assert_true(sign_digest(&rows[i]));
}

static void what_the_protocol_does_not_need_is_refused(void **state)
{
	static const struct ready rows[] = {
	        {"SHA1", RSA_PKCS1_PADDING, 0, 20},
	        {"MD5-SHA1", RSA_PKCS1_PADDING, 0, 36},
	        {"SHA256", RSA_PKCS1_PADDING, 0, 31},
	        {"SHA256", RSA_PKCS1_PSS_PADDING, 20, 32},
	        {"SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX, 32},
	        {"SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_AUTO, 32},
	        {"SHA256", RSA_NO_PADDING, 0, 32},
	        {"SHA256", RSA_X931_PADDING, 0, 32},
	        /* A bare RSA operation without any digest. */
	        {NULL, RSA_PKCS1_PADDING, 0, 32},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		if (sign_digest(&rows[i]))
			fail_msg("row %zu", i);
	}
	ERR_clear_error();
}

static void options_are_taken_as_numbers_and_as_words(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	(void)state;
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "digest", "SHA384"), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_padding_mode", "pss"), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_pss_saltlen", "digest"), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_pss_saltlen", "48"), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_mgf1_md", "SHA384"), 1);
	assert_int_not_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_mgf1_md", "SHA256"), 1);
	assert_int_not_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_padding_mode", "oaep"), 1);
	assert_int_not_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_pss_saltlen", "max"), 1);
	ERR_clear_error();
}

static void what_was_set_can_be_read(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	const EVP_MD *md = NULL;
	int padding = 0;
	int salt_len = 0;

	(void)state;
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_true(EVP_PKEY_CTX_get_rsa_padding(ctx, &padding) > 0);
	assert_int_equal(padding, RSA_PKCS1_PADDING);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha512()), 1);
	set_options(ctx, KEY_PADDING_PSS);
	assert_true(EVP_PKEY_CTX_get_rsa_padding(ctx, &padding) > 0);
	assert_int_equal(padding, RSA_PKCS1_PSS_PADDING);
	assert_true(EVP_PKEY_CTX_get_rsa_pss_saltlen(ctx, &salt_len) > 0);
	assert_int_equal(salt_len, RSA_PSS_SALTLEN_DIGEST);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 64), 1);
	assert_true(EVP_PKEY_CTX_get_rsa_pss_saltlen(ctx, &salt_len) > 0);
	assert_int_equal(salt_len, 64);
	assert_int_equal(EVP_PKEY_CTX_get_signature_md(ctx, &md), 1);
	assert_int_equal(EVP_MD_get_type(md), NID_sha512);
}

static int set_int(EVP_PKEY_CTX *ctx, const char *name, int value)
{
	OSSL_PARAM params[] = {OSSL_PARAM_construct_int(name, &value), OSSL_PARAM_construct_end()};

	return EVP_PKEY_CTX_set_params(ctx, params);
}

static int get_int(EVP_PKEY_CTX *ctx, const char *name, int *value)
{
	OSSL_PARAM params[] = {OSSL_PARAM_construct_int(name, value), OSSL_PARAM_construct_end()};

	return EVP_PKEY_CTX_get_params(ctx, params);
}

static int set_text(EVP_PKEY_CTX *ctx, const char *name, const char *text)
{
	char value[32];
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(name, value, 0),
	                       OSSL_PARAM_construct_end()};

	assert_true(text_copy(value, sizeof(value), text));
	params[0].data_size = strlen(value);
	return EVP_PKEY_CTX_set_params(ctx, params);
}

static void options_are_taken_and_given_as_parameters(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	uint8_t der[64];
	OSSL_PARAM id[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der,
	                                                     sizeof(der)),
	                   OSSL_PARAM_construct_end()};
	int value = 0;

	(void)state;
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	/* Without a digest there is no algorithm to name. */
	assert_int_not_equal(EVP_PKEY_CTX_get_params(ctx, id), 1);
	assert_int_equal(set_int(ctx, OSSL_SIGNATURE_PARAM_PAD_MODE, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(set_int(ctx, OSSL_SIGNATURE_PARAM_PSS_SALTLEN, 32), 1);
	assert_int_equal(get_int(ctx, OSSL_SIGNATURE_PARAM_PAD_MODE, &value), 1);
	assert_int_equal(value, RSA_PKCS1_PSS_PADDING);
	assert_int_equal(get_int(ctx, OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &value), 1);
	assert_int_equal(value, 32);
	assert_int_equal(set_text(ctx, OSSL_SIGNATURE_PARAM_PAD_MODE, "pkcs1"), 1);
	assert_int_equal(get_int(ctx, OSSL_SIGNATURE_PARAM_PAD_MODE, &value), 1);
	assert_int_equal(value, RSA_PKCS1_PADDING);
	assert_int_equal(set_text(ctx, OSSL_SIGNATURE_PARAM_DIGEST, "SHA-512"), 1);
	assert_int_not_equal(set_text(ctx, OSSL_SIGNATURE_PARAM_DIGEST, "SHA3-256"), 1);
	assert_int_not_equal(set_int(ctx, OSSL_SIGNATURE_PARAM_DIGEST, 1), 1);
	assert_int_not_equal(set_int(ctx, OSSL_SIGNATURE_PARAM_MGF1_DIGEST, 1), 1);
	assert_int_not_equal(set_int(ctx, OSSL_SIGNATURE_PARAM_PAD_MODE, RSA_NO_PADDING), 1);
	ERR_clear_error();
}

static void options_may_come_with_the_start(void **state)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	int pss = RSA_PKCS1_PSS_PADDING;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &pss),
	                       OSSL_PARAM_construct_end()};
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	(void)state;
	/* No digest named: SHA-256. */
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, params), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, message, sizeof(message)), 1);
	assert_true(verifies(key_public(key), KEY_PADDING_PSS, EVP_sha256(), sig, sig_len));
	pss = RSA_NO_PADDING;
	assert_int_not_equal(EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, params), 1);
	ERR_clear_error();
}

static void a_digest_under_way_cannot_be_changed(void **state)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;

	(void)state;
	assert_int_equal(EVP_DigestSignInit(ctx, &options, EVP_sha256(), NULL, pkey), 1);
	assert_int_not_equal(set_text(options, OSSL_SIGNATURE_PARAM_DIGEST, "SHA512"), 1);
	ERR_clear_error();
}

/* The expected DER is OpenSSL's own structures, filled in as RFC 4055 section 3.1 says. */
static X509_ALGOR *hash_without_null(int nid)
{
	X509_ALGOR *hash = X509_ALGOR_new();

	assert_int_equal(X509_ALGOR_set0(hash, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL), 1);
	return hash;
}

static int expected_pss(int nid, int salt_len, uint8_t **der)
{
	RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
	OWNED(X509_ALGOR) *outer = X509_ALGOR_new();
	OWNED(X509_ALGOR) *mgf1_hash = hash_without_null(nid);
	ASN1_STRING *packed = NULL;

	pss->hashAlgorithm = hash_without_null(nid);
	pss->maskGenAlgorithm = X509_ALGOR_new();
	assert_non_null(ASN1_item_pack(mgf1_hash, ASN1_ITEM_rptr(X509_ALGOR), &packed));
	X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, packed);
	pss->saltLength = ASN1_INTEGER_new();
	ASN1_INTEGER_set(pss->saltLength, salt_len);
	packed = NULL;
	assert_non_null(ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &packed));
	X509_ALGOR_set0(outer, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, packed);
	RSA_PSS_PARAMS_free(pss);
	return i2d_X509_ALGOR(outer, der);
}

static int expected_pkcs1(int nid, uint8_t **der)
{
	OWNED(X509_ALGOR) *outer = X509_ALGOR_new();
	int signature_nid = NID_undef;

	assert_int_equal(OBJ_find_sigid_by_algs(&signature_nid, nid, NID_rsaEncryption), 1);
	X509_ALGOR_set0(outer, OBJ_nid2obj(signature_nid), V_ASN1_NULL, NULL);
	return i2d_X509_ALGOR(outer, der);
}

static void check_algorithm_id(const EVP_MD *md, enum key_padding padding)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	uint8_t der[128];
	uint8_t *expected = NULL;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
	                                                         der, sizeof(der)),
	                       OSSL_PARAM_construct_end()};
	int nid = EVP_MD_get_type(md);
	int len;

	assert_int_equal(EVP_DigestSignInit(ctx, &options, md, NULL, pkey), 1);
	set_options(options, padding);
	assert_int_equal(EVP_PKEY_CTX_get_params(options, params), 1);
	len = padding == KEY_PADDING_PSS ? expected_pss(nid, EVP_MD_get_size(md), &expected)
	                                 : expected_pkcs1(nid, &expected);
	assert_int_equal(params[0].return_size, len);
	assert_memory_equal(der, expected, (size_t)len);
	OPENSSL_free(expected);
}

static void algorithm_identifiers_are_those_of_rfc_4055(void **state)
{
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		check_algorithm_id(digests[i], KEY_PADDING_PSS);
		check_algorithm_id(digests[i], KEY_PADDING_PKCS1);
	}
}

static void *sign_often(void *failures)
{
	for (int i = 0; i < SIGNATURES; i++) {
		if (!signs_well(pkey, i % 2 == 0 ? KEY_PADDING_PSS : KEY_PADDING_PKCS1,
		                EVP_sha256()))
			++*(unsigned *)failures;
	}
	return NULL;
}

static void eight_threads_sign_with_one_evp_pkey(void **state)
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

/* A key whose device refuses. */
static enum msiv2_rc refusing_sign(void *state, enum key_padding padding, const EVP_MD *md,
                                   const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                   size_t *sig_len, struct msiv2_error *err)
{
	(void)state;
	(void)padding;
	(void)md;
	(void)digest;
	(void)digest_len;
	(void)sig;
	(void)sig_len;
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

static void a_refusing_device_fails_the_signature_with_its_reason(void **state)
{
	static const struct key_ops ops = {.kind = "refusing",
	                                   .sign = refusing_sign,
	                                   .public_key = refusing_public,
	                                   .free = refusing_free};
	OWNED_STRUCT(key) *refusing = NULL;
	OWNED(EVP_PKEY) *ours = NULL;
	const char *data = "";
	int flags = 0;
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	(void)state;
	assert_int_equal(key_new(&ops, NULL, &refusing, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, refusing, &ours, NULL), MSIV2_OK);
	ERR_clear_error();
	assert_false(signs(ours, KEY_PADDING_PSS, EVP_sha256(), sig, &sig_len));
	assert_int_not_equal(ERR_peek_error_data(&data, &flags), 0);
	assert_string_equal(data, "the device is on fire");
	ERR_clear_error();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_digest_is_signed_and_verified_with_either_padding),
	        cmocka_unit_test(a_changed_signature_does_not_verify),
	        cmocka_unit_test(a_signature_can_be_made_in_pieces_and_gone_on_with),
	        cmocka_unit_test(a_ready_digest_is_signed),
	        cmocka_unit_test(what_the_protocol_does_not_need_is_refused),
	        cmocka_unit_test(options_are_taken_as_numbers_and_as_words),
	        cmocka_unit_test(what_was_set_can_be_read),
	        cmocka_unit_test(options_are_taken_and_given_as_parameters),
	        cmocka_unit_test(options_may_come_with_the_start),
	        cmocka_unit_test(a_digest_under_way_cannot_be_changed),
	        cmocka_unit_test(algorithm_identifiers_are_those_of_rfc_4055),
	        cmocka_unit_test(eight_threads_sign_with_one_evp_pkey),
	        cmocka_unit_test(a_refusing_device_fails_the_signature_with_its_reason),
	};

	return cmocka_run_group_tests_name("openssl_bridge", tests, set_up, tear_down);
}
