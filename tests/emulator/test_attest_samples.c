/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The samples of tests/wire/attest_keyguard and attest_tpm, recorded by make_wire_attest.c from
 * OpenSSL and from a real TPM: judged long after, since nonce and time are given. */
#include "tests/testing.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "attest_lab.h"
#include "common/files.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_keyguard.h"
#include "emulator/pki/attest_tpm.h"
#include "keyguard_evidence.h"
#include "tpm_evidence.h"
#include "tpm_recordings.h"

static X509 *device_ca;

static int read_ca(void **state)
{
	FILE *file = fopen(TESTS_WIRE_DIR "/attest_ca/device_ca.pem", "r");

	(void)state;
	assert_non_null(file);
	device_ca = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(device_ca);
	return fclose(file);
}

static int free_ca(void **state)
{
	(void)state;
	X509_free(device_ca);
	return 0;
}

static void judge(const char *kind, const char *name, lab_judge_fn judge_fn, enum rule_id rule,
                  bool fatal)
{
	char path[512];
	OWNED_STRUCT(bytes) body = {0};

	(void)snprintf(path, sizeof(path), TESTS_WIRE_DIR "/%s/%s.json", kind, name);
	assert_int_equal(files_read(path, 65536, MSIV2_CONFIG, &body, NULL), MSIV2_OK);
	assert_true(text_starts(name, rule == RULE_COUNT ? "good" : "bad"));
	lab_expect(judge_fn, device_ca, name, &body, rule, fatal);
}

static size_t files_of(const char *kind)
{
	char path[512];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), TESTS_WIRE_DIR "/%s", kind);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

static void recorded_evidence_of_keyguard_keys_is_judged_as_its_name_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < keyguard_variant_count; i++)
		judge("attest_keyguard", keyguard_variants[i].name, attest_keyguard_judge,
		      keyguard_variants[i].rule, keyguard_variants[i].fatal);
	assert_int_equal(files_of("attest_keyguard"), keyguard_variant_count);
}

static void recorded_evidence_of_hardware_keys_is_judged_as_its_name_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < tpm_variant_count; i++)
		judge("attest_tpm", tpm_variants[i].name, attest_tpm_judge, tpm_variants[i].rule,
		      tpm_variants[i].fatal);
	for (size_t i = 0; i < tpm_recording_count; i++)
		judge("attest_tpm", tpm_recordings[i].name, attest_tpm_judge,
		      tpm_recordings[i].rule, tpm_recordings[i].fatal);
	assert_int_equal(files_of("attest_tpm"), tpm_variant_count + tpm_recording_count);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(recorded_evidence_of_keyguard_keys_is_judged_as_its_name_says),
	        TEST(recorded_evidence_of_hardware_keys_is_judged_as_its_name_says),
	};

	return cmocka_run_group_tests_name("attest_samples", tests, read_ca, free_ca);
}
