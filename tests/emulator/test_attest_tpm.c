/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-03: evidence of hardware keys, every field of it. By a real TPM: test_attest_tpm_device.c. */
#include "tests/testing.h"

#include <string.h>

#include "attest_lab.h"
#include "common/encoding.h"
#include "common/text.h"
#include "emulator/pki/attest_tpm.h"
#include "emulator/pki/rsa_numbers.h"
#include "faults.h"
#include "tpm_evidence.h"

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

static X509 *authority(void)
{
	return device_ca_certificate(lab.ca);
}

static const struct tpm_variant *variant_named(const char *name)
{
	for (size_t i = 0; i < tpm_variant_count; i++)
		if (text_equal(tpm_variants[i].name, name))
			return &tpm_variants[i];
	fail_msg("%s", name);
	return NULL;
}

static void each_fault_is_refused_for_its_own_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < tpm_variant_count; i++) {
		OWNED_STRUCT(bytes) body = {0};

		tpm_evidence_make(&lab, &tpm_variants[i], &body);
		lab_expect(attest_tpm_judge, authority(), tpm_variants[i].name, &body,
		           tpm_variants[i].rule, tpm_variants[i].fatal);
	}
}

static void a_good_verdict_tells_nonce_and_key(void **state)
{
	struct rule_modes modes = lab_modes("strict", RULE_COUNT, RULE_OFF);
	struct findings findings = {0};
	const struct attest_bench bench = lab_bench(authority(), &modes, &findings);
	OWNED_STRUCT(attest_verdict) verdict = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};

	(void)state;
	tpm_evidence_make(&lab, variant_named("good"), &body);
	assert_int_equal(attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL), MSIV2_OK);
	assert_false(verdict.refused);
	assert_int_equal(findings.count, 0);
	base64url_encode(lab_nonce, sizeof(lab_nonce), &nonce);
	assert_int_equal(rsa_numbers(lab.subject, &n, &e, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&verdict.nonce), bytes_text(&nonce));
	assert_string_equal(bytes_text(&verdict.n), bytes_text(&n));
	assert_string_equal(bytes_text(&verdict.e), bytes_text(&e));
}

static void a_hidden_identity_is_noted_and_strictly_refused(void **state)
{
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	tpm_evidence_make(&lab, variant_named("good_identity_hidden"), &body);
	for (int strict = 0; strict < 2; strict++) {
		struct rule_modes modes =
		        lab_modes(strict ? "strict" : "default", RULE_COUNT, RULE_OFF);
		struct findings findings = {0};
		const struct attest_bench bench = lab_bench(authority(), &modes, &findings);
		OWNED_STRUCT(attest_verdict) verdict = {0};

		assert_int_equal(attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL),
		                 MSIV2_OK);
		assert_int_equal(verdict.refused, strict);
		assert_true(lab_found(&findings, RULE_ATT_TPM_IDENTITY_SHOWN, strict));
	}
}

/* Nothing an unrestricted key signed can reach the nonce either. */
static void what_fails_before_the_nonce_does_not_use_it(void **state)
{
	static const char *const names[] = {"bad_attest_flipped", "bad_magic", "bad_name_other",
	                                    "bad_certificate_other_ca", "bad_key_not_fixed_tpm"};
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		struct findings findings = {0};
		struct attest_bench bench = lab_bench(authority(), &modes, &findings);
		OWNED_STRUCT(attest_verdict) verdict = {0};
		OWNED_STRUCT(bytes) body = {0};

		bench.use_nonce = NULL; /* would crash */
		tpm_evidence_make(&lab, variant_named(names[i]), &body);
		assert_int_equal(attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL),
		                 MSIV2_OK);
		assert_true(verdict.refused);
	}
}

static void no_changed_byte_of_the_evidence_is_taken(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	tpm_evidence_make(&lab, variant_named("good"), &body);
	for (size_t at = 0; at < body.len; at += 7) {
		struct findings findings = {0};
		const struct attest_bench bench = lab_bench(authority(), &modes, &findings);
		OWNED_STRUCT(attest_verdict) verdict = {0};

		body.data[at] ^= 1;
		assert_int_equal(attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL),
		                 MSIV2_OK);
		if (!verdict.refused)
			fail_msg("byte %zu of %s may be changed", at, bytes_text(&body) + at);
		body.data[at] ^= 1;
	}
}

static void running_out_of_memory_is_an_error_never_a_good_verdict(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	OWNED_STRUCT(bytes) body = {0};
	bool happened = true;

	(void)state;
	tpm_evidence_make(&lab, variant_named("good"), &body);
	for (unsigned nth = 1; happened; nth++) {
		struct findings findings = {0};
		const struct attest_bench bench = lab_bench(authority(), &modes, &findings);
		OWNED_STRUCT(attest_verdict) verdict = {0};
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = attest_tpm_judge(body.data, body.len, &bench, &verdict, NULL);
		happened = fault_disarm();
		if (happened)
			assert_true(rc == MSIV2_INTERNAL || verdict.refused);
		else
			assert_true(rc == MSIV2_OK && !verdict.refused);
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_fault_is_refused_for_its_own_rule),
	        TEST(a_good_verdict_tells_nonce_and_key),
	        TEST(a_hidden_identity_is_noted_and_strictly_refused),
	        TEST(what_fails_before_the_nonce_does_not_use_it),
	        TEST(no_changed_byte_of_the_evidence_is_taken),
	        TEST(running_out_of_memory_is_an_error_never_a_good_verdict),
	};

	return cmocka_run_group_tests_name("attest_tpm", tests, make_lab, drop_lab);
}
