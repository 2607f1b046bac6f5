/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The device CA: what it certifies, what it accepts, where it is kept. */
#include "tests/testing.h"

#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "attest_lab.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"
#include "faults.h"
#include "state_dir.h"

#define FOREVER_S INT64_C(32503679999) /* 2999-12-31 */

static struct attest_lab lab;

static int make_lab(void **state)
{
	(void)state;
	attest_lab_new(&lab);
	return 0;
}

static int drop_lab(void **state)
{
	(void)state;
	attest_lab_free(&lab);
	return 0;
}

static const char *fault(X509 *cert, enum attest_kind kind)
{
	return device_ca_fault(device_ca_certificate(lab.ca), cert, kind, LAB_NOW_S);
}

static void expect_name(X509 *cert, const char *wanted)
{
	OWNED_STRUCT(bytes) name = {0};

	assert_true(x509_name_value(X509_get_subject_name(cert), NID_commonName, &name));
	assert_string_equal(bytes_text(&name), wanted);
}

static void an_identity_says_its_kind_and_what_it_is_not_for(void **state)
{
	static const char *const names[] = {
	        [ATTEST_KEYGUARD] = "keyguard identity NOT FOR PRODUCTION",
	        [ATTEST_TPM] = "tpm identity NOT FOR PRODUCTION",
	};

	(void)state;
	expect_name(device_ca_certificate(lab.ca), "msiv2 device CA NOT FOR PRODUCTION");
	for (int kind = 0; kind < ATTEST_KIND_COUNT; kind++) {
		OWNED(X509) *cert = lab_certify(lab.ca, (enum attest_kind)kind, lab.identity);
		int64_t not_before_s, not_after_s;

		expect_name(cert, names[kind]);
		assert_true(x509_validity(cert, &not_before_s, &not_after_s));
		assert_int_equal(not_before_s, 0);
		assert_int_equal(not_after_s, FOREVER_S);
		assert_int_equal(X509_check_ca(cert), 0);
		assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
		assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), lab.identity), 1);
		assert_int_equal(X509_verify(cert, X509_get0_pubkey(device_ca_certificate(lab.ca))),
		                 1);
	}
}

static void an_identity_is_accepted_for_its_own_kind_only(void **state)
{
	OWNED(X509) *keyguard = lab_certify(lab.ca, ATTEST_KEYGUARD, lab.identity);
	OWNED(X509) *tpm = lab_certify(lab.ca, ATTEST_TPM, lab.identity);
	OWNED(X509) *other = lab_certify(lab.other_ca, ATTEST_KEYGUARD, lab.identity);

	(void)state;
	assert_null(fault(keyguard, ATTEST_KEYGUARD));
	assert_null(fault(tpm, ATTEST_TPM));
	assert_non_null(strstr(fault(keyguard, ATTEST_TPM), "kind"));
	assert_non_null(strstr(fault(tpm, ATTEST_KEYGUARD), "kind"));
	assert_non_null(strstr(fault(other, ATTEST_KEYGUARD), "device CA"));
	assert_non_null(strstr(fault(device_ca_certificate(lab.ca), ATTEST_KEYGUARD), "kind"));
	assert_non_null(device_ca_fault(device_ca_certificate(lab.ca), keyguard, ATTEST_KEYGUARD,
	                                FOREVER_S + 1));
	assert_non_null(
	        device_ca_fault(device_ca_certificate(lab.ca), keyguard, ATTEST_KEYGUARD, -1));
}

/* The CA of client certificates is another one. */
static void a_client_certificate_is_no_identity(void **state)
{
	OWNED_STRUCT(ca) *ca = NULL;
	OWNED(X509) *cert = NULL;
	const struct ca_options options = {.rng = rng_system()};
	struct ca_leaf leaf = {.public_key = lab.identity, .not_after_s = FOREVER_S};

	(void)state;
	assert_int_equal(ca_new(&options, &ca, NULL), MSIV2_OK);
	leaf.subject = X509_get_subject_name(device_ca_certificate(lab.ca));
	assert_int_equal(ca_issue(ca, &leaf, &cert, NULL), MSIV2_OK);
	assert_non_null(fault(cert, ATTEST_KEYGUARD));
}

static void enrol_refused(const void *spki, size_t len)
{
	struct msiv2_error err = {0};
	X509 *cert = NULL;

	assert_int_equal(device_ca_enrol(lab.ca, ATTEST_KEYGUARD, spki, len, &cert, &err),
	                 MSIV2_CONFIG);
	assert_string_equal(err.where, "public_key");
	assert_null(cert);
}

static void enrol_key_refused(EVP_PKEY *key, size_t longer)
{
	OWNED_STRUCT(bytes) raw = {0};
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	assert_true(len > 0);
	bytes_add(&raw, spki, (size_t)len);
	for (size_t i = 0; i < longer; i++)
		bytes_add_byte(&raw, 0);
	enrol_refused(raw.data, raw.len);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
}

static void only_one_rsa_key_of_2048_bits_is_certified(void **state)
{
	(void)state;
	enrol_refused("", 0);
	enrol_refused("x", 1);
	enrol_refused("0\0", 2);
	enrol_key_refused(EVP_RSA_gen(1024), 0);
	enrol_key_refused(EVP_RSA_gen(3072), 0);
	enrol_key_refused(EVP_EC_gen("P-256"), 0);
	enrol_key_refused(EVP_RSA_gen(2048), 1);
}

static void the_ca_is_told_as_pem_without_its_key(void **state)
{
	OWNED_STRUCT(bytes) pem = {0};

	(void)state;
	assert_int_equal(device_ca_pem(lab.ca, &pem, NULL), MSIV2_OK);
	assert_non_null(strstr(bytes_text(&pem), "NOT FOR PRODUCTION"));
	assert_non_null(strstr(bytes_text(&pem), "BEGIN CERTIFICATE"));
	assert_null(strstr(bytes_text(&pem), "PRIVATE"));
}

static void it_is_found_again_in_the_state_directory(void **state)
{
	struct state_dir dir;
	OWNED_STRUCT(device_ca) *one = NULL;
	OWNED_STRUCT(device_ca) *two = NULL;
	struct stat st;
	char path[160];

	(void)state;
	state_dir_new(&dir);
	assert_int_equal(device_ca_new(dir.path, rng_system(), &one, NULL), MSIV2_OK);
	assert_int_equal(device_ca_new(dir.path, rng_system(), &two, NULL), MSIV2_OK);
	assert_int_equal(X509_cmp(device_ca_certificate(one), device_ca_certificate(two)), 0);
	assert_int_equal(state_dir_count(&dir), 1);
	assert_int_equal(stat(state_dir_file(&dir, "device-ca.pem", path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	state_dir_free(&dir);
}

struct racer {
	const struct state_dir *dir;
	struct device_ca *ca;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	if (device_ca_new(racer->dir->path, rng_system(), &racer->ca, NULL) != MSIV2_OK)
		racer->ca = NULL;
	return NULL;
}

static void emulators_that_start_together_agree_on_one(void **state)
{
	enum { RACERS = 8 };
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	struct state_dir dir;

	(void)state;
	state_dir_new(&dir);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){&dir, NULL};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < RACERS; i++) {
		assert_non_null(racers[i].ca);
		assert_int_equal(X509_cmp(device_ca_certificate(racers[0].ca),
		                          device_ca_certificate(racers[i].ca)),
		                 0);
	}
	for (int i = 0; i < RACERS; i++)
		device_ca_free(racers[i].ca);
	assert_int_equal(state_dir_count(&dir), 1);
	state_dir_free(&dir);
}

static void a_spoilt_file_is_a_configuration_error_and_stays(void **state)
{
	static const char *const contents[] = {
	        "", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
	struct state_dir dir;
	OWNED_STRUCT(device_ca) *made = NULL;

	(void)state;
	state_dir_new(&dir);
	assert_int_equal(device_ca_new(dir.path, rng_system(), &made, NULL), MSIV2_OK);
	for (size_t i = 0; i < TEXT_COUNT(contents); i++) {
		struct device_ca *none = NULL;
		struct msiv2_error err = {0};
		OWNED_STRUCT(bytes) kept = {0};

		state_dir_write(&dir, "device-ca.pem", contents[i], strlen(contents[i]));
		assert_int_equal(device_ca_new(dir.path, rng_system(), &none, &err), MSIV2_CONFIG);
		assert_non_null(strstr(err.where, "device-ca.pem"));
		assert_null(none);
		state_dir_read(&dir, "device-ca.pem", &kept);
		assert_string_equal(bytes_text(&kept), contents[i]);
	}
	state_dir_free(&dir);
}

/* The authority of client certificates under the device CA's name is refused. */
static void another_authoritys_file_is_refused(void **state)
{
	struct state_dir dir;
	OWNED_STRUCT(ca) *ca = NULL;
	OWNED_STRUCT(bytes) pem = {0};
	struct device_ca *none = NULL;
	struct ca_options options = {.rng = rng_system()};

	(void)state;
	state_dir_new(&dir);
	options.state_dir = dir.path;
	assert_int_equal(ca_new(&options, &ca, NULL), MSIV2_OK);
	state_dir_read(&dir, "authority.pem", &pem);
	state_dir_write(&dir, "device-ca.pem", pem.data, pem.len);
	assert_int_equal(device_ca_new(dir.path, rng_system(), &none, NULL), MSIV2_CONFIG);
	state_dir_free(&dir);
}

static void every_failing_call_leaves_nothing_behind(void **state)
{
	(void)state;
	for (int seam = FAULT_MEMORY; seam <= FAULT_FILES; seam++) {
		bool happened = true;

		for (unsigned nth = 1; happened; nth++) {
			struct state_dir dir;
			OWNED_STRUCT(device_ca) *ca = NULL;
			enum msiv2_rc rc;

			state_dir_new(&dir);
			fault_at((enum fault_seam)seam, nth);
			rc = device_ca_new(dir.path, rng_system(), &ca, NULL);
			happened = fault_disarm();
			assert_true(rc == MSIV2_OK ? ca != NULL : ca == NULL);
			if (!happened)
				assert_int_equal(rc, MSIV2_OK);
			state_dir_free(&dir);
		}
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_identity_says_its_kind_and_what_it_is_not_for),
	        TEST(an_identity_is_accepted_for_its_own_kind_only),
	        TEST(a_client_certificate_is_no_identity),
	        TEST(only_one_rsa_key_of_2048_bits_is_certified),
	        TEST(the_ca_is_told_as_pem_without_its_key),
	        TEST(it_is_found_again_in_the_state_directory),
	        TEST(emulators_that_start_together_agree_on_one),
	        TEST(a_spoilt_file_is_a_configuration_error_and_stays),
	        TEST(another_authoritys_file_is_refused),
	        TEST(every_failing_call_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("device_ca", tests, make_lab, drop_lab);
}
