/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the CA issues and what it accepts. Its state directory: test_ca_state.c. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/ca_certificate.h"
#include "emulator/pki/private_key.h"
#include "faults.h"
#include "state_dir.h"

#define NOW_S     INT64_C(1795230000) /* 2026-11-21 */
#define WEEK_S    INT64_C(604800)
#define FOREVER_S INT64_C(32503679999) /* 2999-12-31T23:59:59Z */

static struct ca *new_ca(enum ca_key_type type)
{
	const struct ca_options options = {.key_type = type, .rng = rng_system()};
	struct msiv2_error err = {0};
	struct ca *ca = NULL;

	if (ca_new(&options, &ca, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
	return ca;
}

static X509_NAME *new_subject(void)
{
	X509_NAME *name = X509_NAME_new();

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "DC", V_ASN1_IA5STRING,
	                                            (const uint8_t *)"tenant", -1, -1, 0),
	                 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING,
	                                            (const uint8_t *)"client", -1, -1, 0),
	                 1);
	return name;
}

static X509 *issue(const struct ca *ca, EVP_PKEY *key, int64_t not_before_s, int64_t not_after_s)
{
	OWNED(X509_NAME) *subject = new_subject();
	const struct ca_leaf leaf = {subject, key, not_before_s, not_after_s, NULL};
	struct msiv2_error err = {0};
	X509 *cert = NULL;

	assert_int_equal(ca_issue(ca, &leaf, &cert, &err), MSIV2_OK);
	return cert;
}

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = NULL;

	assert_int_equal(private_key_make_p256(&key, NULL), MSIV2_OK);
	return key;
}

/* OpenSSL's own path validation, strict, at a moment. */
static int path_error(const struct ca *ca, X509 *cert, X509 *intermediate, int purpose,
                      int64_t at_s)
{
	OWNED(X509_STORE) *store = X509_STORE_new();
	OWNED(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	int error;

	if (intermediate != NULL)
		assert_true(sk_X509_push(untrusted, intermediate) > 0);
	assert_int_equal(X509_STORE_add_cert(store, ca_root(ca)), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, untrusted), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_STORE_CTX_set_time(ctx, 0, (time_t)at_s);
	assert_int_equal(X509_STORE_CTX_set_purpose(ctx, purpose), 1);
	(void)X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	sk_X509_free(untrusted);
	return error;
}

static void expect_common_name(X509 *cert, const char *wanted)
{
	OWNED_STRUCT(bytes) name = {0};

	assert_true(x509_name_value(X509_get_subject_name(cert), NID_commonName, &name));
	assert_string_equal(bytes_text(&name), wanted);
	assert_true(name.len <= 64);
}

static void every_subject_says_not_for_production(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);

	(void)state;
	expect_common_name(ca_root(ca), "msiv2 emulator root NOT FOR PRODUCTION");
	expect_common_name(ca_issuer(ca),
	                   "managedidentitysnissuer.login.microsoft.com NOT FOR PRODUCTION");
	expect_common_name(ca_server(ca), "msiv2 emulator server NOT FOR PRODUCTION");
}

static void expect_chains(enum ca_key_type type)
{
	OWNED_STRUCT(ca) *ca = new_ca(type);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509) *leaf = issue(ca, key, 0, FOREVER_S);
	static const int64_t moments_s[] = {0, NOW_S, INT64_C(2556143999), INT64_C(2556144000),
	                                    FOREVER_S - 1};

	for (size_t i = 0; i < TEXT_COUNT(moments_s); i++) {
		assert_int_equal(
		        path_error(ca, ca_server(ca), NULL, X509_PURPOSE_SSL_SERVER, moments_s[i]),
		        X509_V_OK);
		assert_int_equal(
		        path_error(ca, leaf, ca_issuer(ca), X509_PURPOSE_SSL_CLIENT, moments_s[i]),
		        X509_V_OK);
	}
	assert_int_equal(path_error(ca, ca_server(ca), NULL, X509_PURPOSE_SSL_CLIENT, NOW_S),
	                 X509_V_ERR_INVALID_PURPOSE);
	assert_int_equal(path_error(ca, leaf, ca_issuer(ca), X509_PURPOSE_SSL_SERVER, NOW_S),
	                 X509_V_ERR_INVALID_PURPOSE);
}

static void openssl_validates_every_chain_from_1970_to_2999(void **state)
{
	(void)state;
	expect_chains(CA_KEY_EC_P256);
}

static void rsa_by_option_makes_the_same_chains(void **state)
{
	(void)state;
	expect_chains(CA_KEY_RSA_2048);
}

static void keys_are_of_the_type_asked_for(void **state)
{
	OWNED_STRUCT(ca) *ec = new_ca(CA_KEY_EC_P256);

	(void)state;
	assert_true(EVP_PKEY_is_a(ca_server_key(ec), "EC"));
	assert_int_equal(EVP_PKEY_get_bits(ca_server_key(ec)), 256);
	assert_int_equal(X509_check_private_key(ca_server(ec), ca_server_key(ec)), 1);
}

static void far_dates_are_written_as_x509_demands(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);

	(void)state;
	assert_int_equal(X509_get0_notBefore(ca_root(ca))->type, V_ASN1_UTCTIME);
	assert_int_equal(X509_get0_notAfter(ca_root(ca))->type, V_ASN1_GENERALIZEDTIME);
	assert_memory_equal(X509_get0_notAfter(ca_root(ca))->data, "29991231235959Z", 15);
	assert_memory_equal(X509_get0_notBefore(ca_root(ca))->data, "700101000000Z", 13);
}

static void an_issued_certificate_is_what_issue_03_says(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509_NAME) *subject = new_subject();
	OWNED(X509) *cert = issue(ca, key, NOW_S - 300, NOW_S + WEEK_S);
	int64_t from_s, to_s;

	(void)state;
	assert_int_equal(X509_get_version(cert), X509_VERSION_3);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(cert), subject), 0);
	assert_int_equal(
	        X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(ca_issuer(ca))), 0);
	assert_true(x509_validity(cert, &from_s, &to_s));
	assert_true(from_s == NOW_S - 300 && to_s == NOW_S + WEEK_S);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), key), 1);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(cert),
	                                       X509_get0_subject_key_id(ca_issuer(ca))),
	                 0);
	assert_non_null(X509_get0_subject_key_id(cert));
}

static void serial_numbers_are_positive_long_and_never_the_same(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	X509 *certs[16];

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(certs); i++) {
		const ASN1_INTEGER *serial;

		certs[i] = issue(ca, key, NOW_S, NOW_S + WEEK_S);
		serial = X509_get0_serialNumber(certs[i]);
		assert_int_equal(serial->type, V_ASN1_INTEGER);
		assert_int_equal(serial->length, 16);
		assert_in_range(serial->data[0], 0x40, 0x7f);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(
			        ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certs[j])), 0);
	}
	for (size_t i = 0; i < TEXT_COUNT(certs); i++)
		X509_free(certs[i]);
}

static void validity_ends_are_included(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509) *cert = issue(ca, key, NOW_S, NOW_S + WEEK_S);

	(void)state;
	assert_int_equal(ca_verify_client(ca, cert, NOW_S - 1), CA_NOT_YET_VALID);
	assert_int_equal(ca_verify_client(ca, cert, NOW_S), CA_OK);
	assert_int_equal(ca_verify_client(ca, cert, NOW_S + WEEK_S), CA_OK);
	assert_int_equal(ca_verify_client(ca, cert, NOW_S + WEEK_S + 1), CA_EXPIRED);
}

static void a_certificate_of_another_ca_is_foreign(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED_STRUCT(ca) *other = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509) *cert = issue(other, key, NOW_S, NOW_S + WEEK_S);

	(void)state;
	assert_int_equal(ca_verify_client(ca, cert, NOW_S), CA_FOREIGN);
	/* Foreign comes before every other complaint. */
	assert_int_equal(ca_verify_client(ca, cert, NOW_S + 2 * WEEK_S), CA_FOREIGN);
	assert_int_equal(ca_verify_client(ca, ca_server(other), NOW_S), CA_FOREIGN);
}

/* The same certificate with one bit changed. */
static X509 *altered(X509 *cert, size_t bit)
{
	OWNED_STRUCT(bytes) der = {0};
	const uint8_t *at;

	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	if (bit >= der.len * 8)
		fail();
	der.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	at = der.data;
	return d2i_X509(NULL, &at, (long)der.len);
}

static void an_altered_certificate_is_foreign(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509) *cert = issue(ca, key, NOW_S, NOW_S + WEEK_S);
	OWNED_STRUCT(bytes) der = {0};
	size_t parsed = 0;

	(void)state;
	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	for (size_t bit = 0; bit < der.len * 8; bit += 5) {
		OWNED(X509) *changed = altered(cert, bit);

		if (changed == NULL)
			continue;
		parsed++;
		assert_int_equal(ca_verify_client(ca, changed, NOW_S), CA_FOREIGN);
	}
	assert_true(parsed > 100);
}

/* Signed by a key of its own, with the issuer's name on it. */
static void a_certificate_that_only_names_the_issuer_is_foreign(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED(EVP_PKEY) *key = new_key();
	OWNED(X509_NAME) *subject = new_subject();
	OWNED(X509) *cert = NULL;
	const struct ca_certificate what = {.profile = &ca_profile_client,
	                                    .subject = subject,
	                                    .public_key = key,
	                                    .issuer = ca_issuer(ca),
	                                    .issuer_key = key,
	                                    .not_before_s = NOW_S,
	                                    .not_after_s = NOW_S + WEEK_S,
	                                    .rng = rng_system()};

	(void)state;
	assert_int_equal(ca_certificate_make(&what, &cert, NULL), MSIV2_OK);
	assert_int_equal(ca_verify_client(ca, cert, NOW_S), CA_FOREIGN);
}

static void our_own_other_certificates_are_not_for_clients(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);

	(void)state;
	assert_int_equal(ca_verify_client(ca, ca_server(ca), NOW_S), CA_NOT_FOR_CLIENT);
	assert_int_equal(ca_verify_client(ca, ca_issuer(ca), NOW_S), CA_NOT_FOR_CLIENT);
	assert_int_equal(ca_verify_client(ca, ca_root(ca), NOW_S), CA_NOT_FOR_CLIENT);
}

/* The issuer's private key, out of the state directory: the second one of the file. */
static EVP_PKEY *issuer_key(const struct state_dir *dir)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	OWNED(BIO) *bio = NULL;

	state_dir_read(dir, "authority.pem", &pem);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY_free(private_key_from_pem(bio));
	return private_key_from_pem(bio);
}

static enum ca_verdict verdict_on(const struct ca *ca, EVP_PKEY *signer,
                                  const struct ca_profile *profile)
{
	OWNED(X509) *cert = NULL;
	const struct ca_certificate what = {.profile = profile,
	                                    .public_key = signer,
	                                    .issuer = ca_issuer(ca),
	                                    .issuer_key = signer,
	                                    .not_before_s = NOW_S,
	                                    .not_after_s = NOW_S + WEEK_S,
	                                    .rng = rng_system()};

	assert_int_equal(ca_certificate_make(&what, &cert, NULL), MSIV2_OK);
	return ca_verify_client(ca, cert, NOW_S);
}

static void a_usage_that_is_not_granted_is_refused(void **state)
{
	static const struct {
		struct ca_profile profile;
		enum ca_verdict verdict;
	} rows[] = {
	        {{"c", "CA:FALSE", "digitalSignature", "clientAuth"}, CA_OK},
	        {{"c", "CA:FALSE", "digitalSignature,keyEncipherment", "serverAuth,clientAuth"},
	         CA_OK},
	        {{"c", "CA:FALSE", "keyEncipherment", "clientAuth"}, CA_NOT_FOR_CLIENT},
	        {{"c", "CA:FALSE", NULL, "clientAuth"}, CA_NOT_FOR_CLIENT},
	        {{"c", "CA:FALSE", "digitalSignature", "serverAuth"}, CA_NOT_FOR_CLIENT},
	        {{"c", "CA:FALSE", "digitalSignature", NULL}, CA_NOT_FOR_CLIENT},
	        {{"c", "CA:TRUE", "digitalSignature,keyCertSign", "clientAuth"}, CA_NOT_FOR_CLIENT},
	};
	struct state_dir dir;
	struct ca_options options = {.rng = rng_system()};
	OWNED_STRUCT(ca) *ca = NULL;
	OWNED(EVP_PKEY) *signer = NULL;

	(void)state;
	state_dir_new(&dir);
	options.state_dir = dir.path;
	assert_int_equal(ca_new(&options, &ca, NULL), MSIV2_OK);
	signer = issuer_key(&dir);
	assert_int_equal(EVP_PKEY_eq(signer, X509_get0_pubkey(ca_issuer(ca))), 1);
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		assert_int_equal(verdict_on(ca, signer, &rows[i].profile), rows[i].verdict);
	state_dir_free(&dir);
}

static void the_bundle_is_two_marked_pem_certificates(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	OWNED_STRUCT(bytes) pem = {0};
	OWNED(BIO) *bio = NULL;
	OWNED(X509) *first = NULL;
	OWNED(X509) *second = NULL;

	(void)state;
	assert_int_equal(ca_bundle_pem(ca, &pem, NULL), MSIV2_OK);
	assert_null(strstr(bytes_text(&pem), "PRIVATE"));
	assert_true(text_starts(bytes_text(&pem), "# msiv2 emulator root, NOT FOR PRODUCTION\n"));
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	first = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	second = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_int_equal(X509_cmp(first, ca_root(ca)), 0);
	assert_int_equal(X509_cmp(second, ca_issuer(ca)), 0);
}

/* ---- server names ---- */

static struct ca *new_named(const char *const *names, size_t count)
{
	const struct ca_options options = {
	        .names = names, .name_count = count, .rng = rng_system()};
	struct ca *ca = NULL;

	assert_int_equal(ca_new(&options, &ca, NULL), MSIV2_OK);
	return ca;
}

static void the_server_answers_to_localhost_and_to_names_given(void **state)
{
	static const char *const names[] = {"sts.example", "*.wild.example", "container_1",
	                                    "10.1.2.3", "fd00::7"};
	OWNED_STRUCT(ca) *ca = new_named(names, TEXT_COUNT(names));
	X509 *cert = ca_server(ca);

	(void)state;
	assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
	assert_int_equal(X509_check_host(cert, "sts.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(cert, "a.wild.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(cert, "10.1.2.3", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "fd00::7", 0), 1);
	assert_int_equal(X509_check_host(cert, "other.example", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(cert, "10.1.2.4", 0), 0);
}

static void what_is_no_name_is_a_configuration_error(void **state)
{
	static const char *const names[] = {
	        "",
	        " ",
	        "a b",
	        "-a.example",
	        "a-.example",
	        "a..b",
	        ".a",
	        "a.",
	        "*",
	        "*.",
	        "a.*.b",
	        "a,DNS:b",
	        "caf\xc3\xa9",
	        "1.2.3.4/8",
	        "a\nb",
	        "a-",
	        "x:80",
	        "::g",
	        "https://a",
	        "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.example",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		const struct ca_options options = {
		        .names = &names[i], .name_count = 1, .rng = rng_system()};
		struct msiv2_error err = {0};
		struct ca *ca = NULL;

		if (ca_new(&options, &ca, &err) != MSIV2_CONFIG)
			fail_msg("accepted: \"%s\"", names[i]);
		assert_string_equal(err.where, "--name");
		assert_null(ca);
	}
}

/* ---- threads, memory, randomness ---- */

static void *issue_many(void *arg)
{
	const struct ca *ca = arg;
	OWNED(EVP_PKEY) *key = new_key();

	for (int i = 0; i < 25; i++) {
		OWNED(X509) *cert = issue(ca, key, NOW_S, NOW_S + WEEK_S);

		assert_int_equal(ca_verify_client(ca, cert, NOW_S), CA_OK);
	}
	return NULL;
}

static void threads_issue_and_verify_at_the_same_time(void **state)
{
	OWNED_STRUCT(ca) *ca = new_ca(CA_KEY_EC_P256);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, issue_many, ca), 0);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void no_memory_is_an_error(void **state)
{
	const struct ca_options options = {.rng = rng_system()};
	struct msiv2_error err = {0};
	struct ca *ca = NULL;

	(void)state;
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(ca_new(&options, &ca, &err), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_null(ca);
	assert_int_equal(err.rc, MSIV2_INTERNAL);
}

static bool no_bytes(void *ctx, void *out, size_t n)
{
	(void)ctx;
	(void)out;
	(void)n;
	return false;
}

static void no_randomness_is_an_error(void **state)
{
	const struct rng broken = {no_bytes, NULL};
	const struct ca_options options = {.rng = &broken};
	struct msiv2_error err = {0};
	struct ca *ca = NULL;

	(void)state;
	assert_int_equal(ca_new(&options, &ca, &err), MSIV2_INTERNAL);
	assert_null(ca);
	assert_true(text_starts(err.message, "no randomness"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_subject_says_not_for_production),
	        cmocka_unit_test(openssl_validates_every_chain_from_1970_to_2999),
	        cmocka_unit_test(rsa_by_option_makes_the_same_chains),
	        cmocka_unit_test(keys_are_of_the_type_asked_for),
	        cmocka_unit_test(far_dates_are_written_as_x509_demands),
	        cmocka_unit_test(an_issued_certificate_is_what_issue_03_says),
	        cmocka_unit_test(serial_numbers_are_positive_long_and_never_the_same),
	        cmocka_unit_test(validity_ends_are_included),
	        cmocka_unit_test(a_certificate_of_another_ca_is_foreign),
	        cmocka_unit_test(an_altered_certificate_is_foreign),
	        cmocka_unit_test(a_certificate_that_only_names_the_issuer_is_foreign),
	        cmocka_unit_test(our_own_other_certificates_are_not_for_clients),
	        cmocka_unit_test(a_usage_that_is_not_granted_is_refused),
	        cmocka_unit_test(the_bundle_is_two_marked_pem_certificates),
	        cmocka_unit_test(the_server_answers_to_localhost_and_to_names_given),
	        cmocka_unit_test(what_is_no_name_is_a_configuration_error),
	        cmocka_unit_test(threads_issue_and_verify_at_the_same_time),
	        cmocka_unit_test(no_memory_is_an_error),
	        cmocka_unit_test(no_randomness_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
