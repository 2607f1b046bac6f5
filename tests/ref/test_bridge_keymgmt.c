/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/text.h"
#include "common/x509.h"
#include "mem_fault.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"

#define SIG_LEN (KEY_RSA_BITS / 8)

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

/* KEY-05, number by number. */
static void no_private_number_can_be_read(void **state)
{
	static const char *const names[] = {
	        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
	        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
	        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	OWNED(BIGNUM) *n = NULL;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		OWNED(BIGNUM) *number = NULL;

		assert_int_not_equal(EVP_PKEY_get_bn_param(pkey, names[i], &number), 1);
		assert_null(number);
	}
	assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(BN_num_bits(n), 2048);
	ERR_clear_error();
}

static int count_params(const OSSL_PARAM params[], void *count)
{
	for (; params->key != NULL; params++)
		++*(unsigned *)count;
	return 1;
}

/* KEY-05, by every serialiser. */
static void no_private_key_can_be_exported(void **state)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	OSSL_PARAM *params = NULL;
	uint8_t *der = NULL;
	char *text = NULL;
	unsigned count = 0;

	(void)state;
	assert_true(i2d_PrivateKey(pkey, &der) <= 0);
	assert_null(der);
	assert_int_not_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_not_equal(
	        PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_not_equal(
	        PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_256_cbc(), "pw", 2, NULL, NULL),
	        1);
	assert_int_not_equal(i2d_PKCS8PrivateKey_bio(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(BIO_get_mem_data(bio, &text), 0);
	assert_null(EVP_PKEY2PKCS8(pkey));
	assert_int_not_equal(EVP_PKEY_todata(pkey, EVP_PKEY_KEYPAIR, &params), 1);
	assert_null(params);
	assert_int_not_equal(EVP_PKEY_export(pkey, EVP_PKEY_KEYPAIR, count_params, &count), 1);
	assert_int_not_equal(
	        EVP_PKEY_export(pkey, OSSL_KEYMGMT_SELECT_PRIVATE_KEY, count_params, &count), 1);
	assert_int_equal(count, 0);
	ERR_clear_error();
}

static void the_public_key_can_be_exported(void **state)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	OWNED(EVP_PKEY) *read = NULL;
	uint8_t *der = NULL;
	uint8_t *expected = NULL;
	unsigned count = 0;
	int len;

	(void)state;
	assert_int_equal(EVP_PKEY_export(pkey, EVP_PKEY_PUBLIC_KEY, count_params, &count), 1);
	assert_int_equal(count, 2);
	assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
	read = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_int_equal(EVP_PKEY_eq(read, key_public(key)), 1);
	len = i2d_PUBKEY(pkey, &der);
	assert_int_equal(len, i2d_PUBKEY(key_public(key), &expected));
	assert_memory_equal(der, expected, (size_t)len);
	OPENSSL_free(der);
	OPENSSL_free(expected);
}

static void it_looks_like_any_rsa_key(void **state)
{
	char digest[32] = "";

	(void)state;
	assert_true(EVP_PKEY_is_a(pkey, "RSA"));
	assert_int_equal(EVP_PKEY_get_bits(pkey), 2048);
	assert_int_equal(EVP_PKEY_get_size(pkey), SIG_LEN);
	assert_int_equal(EVP_PKEY_get_security_bits(pkey), 112);
	assert_true(EVP_PKEY_get_default_digest_name(pkey, digest, sizeof(digest)) > 0);
	assert_string_equal(digest, "SHA256");
	assert_true(EVP_PKEY_can_sign(pkey));
}

static void a_copy_signs_as_the_original(void **state)
{
	OWNED(EVP_PKEY) *copy = EVP_PKEY_dup(pkey);

	(void)state;
	assert_non_null(copy);
	assert_int_equal(EVP_PKEY_eq(copy, pkey), 1);
	assert_true(signs_well(copy, KEY_PADDING_PSS, EVP_sha256()));
}

static void keys_are_equal_when_their_public_halves_are(void **state)
{
	OWNED(EVP_PKEY) *other = certificate_rsa_key(2048);
	OWNED(EVP_PKEY) *ec = certificate_p256_key();
	OWNED(EVP_PKEY) *again = NULL;

	(void)state;
	assert_int_equal(openssl_bridge_pkey(bridge, key, &again, NULL), MSIV2_OK);
	assert_int_equal(EVP_PKEY_eq(pkey, again), 1);
	assert_int_equal(EVP_PKEY_eq(pkey, key_public(key)), 1);
	assert_int_equal(EVP_PKEY_eq(key_public(key), pkey), 1);
	assert_int_not_equal(EVP_PKEY_eq(pkey, other), 1);
	assert_int_not_equal(EVP_PKEY_eq(other, pkey), 1);
	assert_int_not_equal(EVP_PKEY_eq(pkey, ec), 1);
	ERR_clear_error();
}

/* A key of our provider made of numbers, as OpenSSL makes one when it compares. */
static EVP_PKEY *from_numbers(int selection, const char *names[], EVP_PKEY *source)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[4] = {NULL};
	OSSL_PARAM *params;
	EVP_PKEY *made = NULL;

	for (size_t i = 0; names[i] != NULL; i++) {
		assert_int_equal(EVP_PKEY_get_bn_param(source, names[i], &numbers[i]), 1);
		assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]), 1);
	}
	params = OSSL_PARAM_BLD_to_param(builder);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	if (EVP_PKEY_fromdata(ctx, &made, selection, params) != 1)
		made = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	for (size_t i = 0; i < TEXT_COUNT(numbers); i++)
		BN_clear_free(numbers[i]);
	ERR_clear_error();
	return made;
}

static void a_public_key_can_be_brought_in_but_not_sign(void **state)
{
	const char *names[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, NULL};
	OWNED(EVP_PKEY) *public_only = from_numbers(EVP_PKEY_PUBLIC_KEY, names, key_public(key));
	OWNED(EVP_PKEY) *copy = NULL;
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	(void)state;
	assert_non_null(public_only);
	assert_int_equal(EVP_PKEY_eq(public_only, pkey), 1);
	copy = EVP_PKEY_dup(public_only);
	assert_int_equal(EVP_PKEY_eq(copy, pkey), 1);
	assert_false(signs(public_only, KEY_PADDING_PKCS1, EVP_sha256(), sig, &sig_len));
	sig_len = sizeof(sig);
	assert_true(signs(pkey, KEY_PADDING_PKCS1, EVP_sha256(), sig, &sig_len));
	assert_true(verifies(public_only, KEY_PADDING_PKCS1, EVP_sha256(), sig, sig_len));
	ERR_clear_error();
}

static void a_private_key_cannot_be_brought_in(void **state)
{
	const char *all[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	                     NULL};
	const char *incomplete[] = {OSSL_PKEY_PARAM_RSA_E, NULL};
	OWNED(EVP_PKEY) *plain = certificate_rsa_key(2048);

	(void)state;
	assert_null(from_numbers(EVP_PKEY_KEYPAIR, all, plain));
	assert_null(from_numbers(EVP_PKEY_PUBLIC_KEY, incomplete, plain));
	assert_null(from_numbers(OSSL_KEYMGMT_SELECT_PRIVATE_KEY, all, plain));
}

static void a_null_handle_is_no_key(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	void *nothing = NULL;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_ptr("msiv2-key", &nothing, 0),
	                       OSSL_PARAM_construct_end()};
	EVP_PKEY *made = NULL;

	(void)state;
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_not_equal(EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, params), 1);
	ERR_clear_error();
}

static bool lists(const OSSL_PARAM *params, const char *name)
{
	return params != NULL && OSSL_PARAM_locate_const(params, name) != NULL;
}

/* What the provider says of itself. */
static void no_list_of_parameters_has_a_private_number(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	const OSSL_PARAM *readable = EVP_PKEY_gettable_params(pkey);
	const OSSL_PARAM *settable;

	(void)state;
	assert_true(lists(readable, OSSL_PKEY_PARAM_RSA_N));
	assert_true(lists(readable, OSSL_PKEY_PARAM_BITS));
	assert_false(lists(readable, OSSL_PKEY_PARAM_RSA_D));
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	settable = EVP_PKEY_fromdata_settable(ctx, EVP_PKEY_KEYPAIR);
	assert_true(lists(settable, OSSL_PKEY_PARAM_RSA_N));
	assert_false(lists(settable, OSSL_PKEY_PARAM_RSA_D));
	assert_null(EVP_PKEY_fromdata_settable(ctx, OSSL_KEYMGMT_SELECT_PRIVATE_KEY));
}

static X509 *own_certificate(void)
{
	OWNED(EVP_PKEY) *ca = certificate_p256_key();

	return certificate_make(&(struct certificate_recipe){
	        .subject_key = pkey, .issuer_key = ca, .cn = "x", .not_after_s = 86400});
}

static void a_certificate_for_the_key_matches_it(void **state)
{
	OWNED(X509) *cert = own_certificate();
	OWNED(EVP_PKEY) *other = certificate_rsa_key(2048);

	(void)state;
	assert_int_equal(X509_check_private_key(cert, pkey), 1);
	assert_int_not_equal(X509_check_private_key(cert, other), 1);
	ERR_clear_error();
}

/* OpenSSL keeps what it handed to our provider in the certificate, for as long as that lives. */
static void a_certificate_that_was_compared_may_outlive_the_bridge(void **state)
{
	OWNED(X509) *cert = own_certificate();
	struct openssl_bridge *short_lived = NULL;
	EVP_PKEY *ours = NULL;

	(void)state;
	assert_int_equal(openssl_bridge_new(&short_lived, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(short_lived, key, &ours, NULL), MSIV2_OK);
	assert_int_equal(X509_check_private_key(cert, ours), 1);
	EVP_PKEY_free(ours);
	openssl_bridge_free(short_lived);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), key_public(key)), 1);
}

/* A key whose state counts how often it was freed. */
static enum msiv2_rc counted_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	(void)state;
	(void)err;
	*out = key_public(key);
	return EVP_PKEY_up_ref(*out) == 1 ? MSIV2_OK : MSIV2_INTERNAL;
}

static void counted_free(void *state)
{
	++*(unsigned *)state;
}

static void the_key_lives_until_its_last_evp_pkey_and_signature(void **state)
{
	static const struct key_ops ops = {
	        .kind = "counted", .public_key = counted_public, .free = counted_free};
	unsigned freed = 0;
	struct key *counted = NULL;
	EVP_PKEY *ours = NULL;
	EVP_PKEY *copy = NULL;
	EVP_MD_CTX *signing = EVP_MD_CTX_new();

	(void)state;
	assert_int_equal(key_new(&ops, &freed, &counted, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, counted, &ours, NULL), MSIV2_OK);
	key_free(counted);
	copy = EVP_PKEY_dup(ours);
	EVP_PKEY_free(ours);
	assert_int_equal(EVP_DigestSignInit(signing, NULL, EVP_sha256(), NULL, copy), 1);
	EVP_PKEY_free(copy);
	assert_int_equal(freed, 0);
	EVP_MD_CTX_free(signing);
	assert_int_equal(freed, 1);
}

static void the_host_programs_openssl_is_unchanged(void **state)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", "provider=msiv2");

	(void)state;
	assert_null(ctx);
	assert_int_equal(OSSL_PROVIDER_available(NULL, "msiv2"), 0);
	ERR_clear_error();
}

static void bridges_do_not_meet(void **state)
{
	OWNED_STRUCT(openssl_bridge) *other = NULL;
	OWNED(EVP_PKEY) *from_other = NULL;

	(void)state;
	assert_int_equal(openssl_bridge_new(&other, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(other, key, &from_other, NULL), MSIV2_OK);
	assert_int_equal(EVP_PKEY_eq(from_other, pkey), 1);
	assert_true(signs_well(from_other, KEY_PADDING_PSS, EVP_sha384()));
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	uint8_t sig[SIG_LEN];
	bool done = false;

	(void)state;
	for (unsigned nth = 1; !done; nth++) {
		struct openssl_bridge *short_lived = NULL;
		EVP_PKEY *ours = NULL;
		EVP_PKEY *copy = NULL;
		size_t sig_len = sizeof(sig);

		assert_true(nth < 50);
		mem_fault_at(nth);
		done = openssl_bridge_new(&short_lived, NULL) == MSIV2_OK &&
		       openssl_bridge_pkey(short_lived, key, &ours, NULL) == MSIV2_OK &&
		       (copy = EVP_PKEY_dup(ours)) != NULL &&
		       signs(copy, KEY_PADDING_PKCS1, EVP_sha256(), sig, &sig_len);
		assert_true(done != mem_fault_fired());
		mem_fault_at(0);
		EVP_PKEY_free(copy);
		EVP_PKEY_free(ours);
		openssl_bridge_free(short_lived);
	}
	ERR_clear_error();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_private_number_can_be_read),
	        cmocka_unit_test(no_private_key_can_be_exported),
	        cmocka_unit_test(the_public_key_can_be_exported),
	        cmocka_unit_test(it_looks_like_any_rsa_key),
	        cmocka_unit_test(a_copy_signs_as_the_original),
	        cmocka_unit_test(keys_are_equal_when_their_public_halves_are),
	        cmocka_unit_test(a_public_key_can_be_brought_in_but_not_sign),
	        cmocka_unit_test(a_private_key_cannot_be_brought_in),
	        cmocka_unit_test(a_null_handle_is_no_key),
	        cmocka_unit_test(no_list_of_parameters_has_a_private_number),
	        cmocka_unit_test(a_certificate_for_the_key_matches_it),
	        cmocka_unit_test(a_certificate_that_was_compared_may_outlive_the_bridge),
	        cmocka_unit_test(the_key_lives_until_its_last_evp_pkey_and_signature),
	        cmocka_unit_test(the_host_programs_openssl_is_unchanged),
	        cmocka_unit_test(bridges_do_not_meet),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("bridge_keymgmt", tests, set_up, tear_down);
}
