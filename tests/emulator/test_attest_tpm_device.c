/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-03: evidence made by a real TPM 2.0 (swtpm), by TPM2_Certify over ESYS. */
#include "tests/testing.h"

#include <stdlib.h>
#include <string.h>

#include "attest_lab.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_tpm.h"
#include "emulator/pki/rsa_numbers.h"
#include "tpm_evidence.h"
#include "tpm_recordings.h"

static struct attest_lab lab;
static struct tpm_device device;
static bool there;

static int make_device(void **state)
{
	(void)state;
	attest_lab_new(&lab);
	there = tpm_device_new(&device);
	return 0;
}

static int drop_device(void **state)
{
	(void)state;
	tpm_device_free(&device);
	attest_lab_free(&lab);
	return 0;
}

static void need_device(void)
{
	if (!there) {
		print_message("swtpm is not installed\n");
		skip();
	}
}

static void what_a_tpm_says_is_judged_by_its_rules(void **state)
{
	(void)state;
	need_device();
	for (size_t i = 0; i < tpm_recording_count; i++) {
		const struct tpm_recording *recording = &tpm_recordings[i];
		OWNED_STRUCT(bytes) body = {0};

		recording->make(&device, &lab, &body);
		lab_expect(attest_tpm_judge, device_ca_certificate(lab.ca), recording->name, &body,
		           recording->rule, recording->fatal);
	}
}

static void the_attested_key_is_the_tpms(void **state)
{
	struct rule_modes modes = lab_modes("strict", RULE_COUNT, RULE_OFF);
	struct findings findings = {0};
	const struct attest_bench bench =
	        lab_bench(device_ca_certificate(lab.ca), &modes, &findings);
	const TPMT_PUBLIC key_template = tpm_public_template(false);
	OWNED_STRUCT(attest_verdict) verdict = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};
	OWNED(EVP_PKEY) *public_key = NULL;
	struct tpm_key key;

	(void)state;
	need_device();
	tpm_recordings[0].make(&device, &lab, &body);
	/* A primary key of the same template is the same key. */
	tpm_device_make(&device, &key_template, &key);
	public_key = tpm_key_public(&key);
	tpm_device_drop(&device, &key);
	assert_int_equal(attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL), MSIV2_OK);
	assert_false(verdict.refused);
	assert_int_equal(rsa_numbers(public_key, &n, &e, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&verdict.n), bytes_text(&n));
	assert_string_equal(bytes_text(&verdict.e), bytes_text(&e));
}

/* What the whole format stands on. */
static void a_restricted_key_signs_nothing_of_ours(void **state)
{
	static const uint8_t forged_word[] = {0xff, 'T', 'C', 'G', 0x80, 0x17};
	const TPMT_PUBLIC ak_template = tpm_public_template(true);
	TPMT_SIGNATURE signature;
	struct tpm_key ak;

	(void)state;
	need_device();
	tpm_device_make(&device, &ak_template, &ak);
	assert_false(tpm_device_sign(&device, &ak, forged_word, sizeof(forged_word), &signature));
	tpm_device_drop(&device, &ak);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_a_tpm_says_is_judged_by_its_rules),
	        TEST(the_attested_key_is_the_tpms),
	        TEST(a_restricted_key_signs_nothing_of_ours),
	};

	/* The TPM stack logs what it is meant to refuse. */
	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests_name("attest_tpm_device", tests, make_device, drop_device);
}
