/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-03: evidence of keyguard keys. Recorded evidence: test_attest_samples.c. */
#include "tests/testing.h"

#include <string.h>

#include "attest_lab.h"
#include "common/encoding.h"
#include "common/text.h"
#include "emulator/pki/attest_keyguard.h"
#include "emulator/pki/rsa_numbers.h"
#include "faults.h"
#include "keyguard_evidence.h"

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

static void each_fault_is_refused_for_its_own_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < keyguard_variant_count; i++) {
		const struct keyguard_variant *variant = &keyguard_variants[i];
		OWNED_STRUCT(bytes) body = {0};

		keyguard_evidence_make(&lab, variant, &body);
		lab_expect(attest_keyguard_judge, device_ca_certificate(lab.ca), variant->name,
		           &body, variant->rule, variant->fatal);
	}
}

static void judge(const struct bytes *body, const struct rule_modes *modes,
                  struct findings *findings, struct attest_verdict *verdict)
{
	const struct attest_bench bench = lab_bench(device_ca_certificate(lab.ca), modes, findings);

	assert_int_equal(attest_keyguard_judge(body->data, body->len, &bench, verdict, NULL),
	                 MSIV2_OK);
}

static void a_good_verdict_tells_nonce_and_key(void **state)
{
	struct rule_modes modes = lab_modes("strict", RULE_COUNT, RULE_OFF);
	struct findings findings = {0};
	OWNED_STRUCT(attest_verdict) verdict = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};

	(void)state;
	keyguard_evidence_make(&lab, &keyguard_variants[0], &body);
	judge(&body, &modes, &findings, &verdict);
	assert_false(verdict.refused);
	assert_int_equal(findings.count, 0);
	base64url_encode(lab_nonce, sizeof(lab_nonce), &nonce);
	assert_int_equal(rsa_numbers(lab.subject, &n, &e, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&verdict.nonce), bytes_text(&nonce));
	assert_string_equal(bytes_text(&verdict.n), bytes_text(&n));
	assert_string_equal(bytes_text(&verdict.e), bytes_text(&e));
}

static void the_cas_own_certificate_is_no_identity(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	struct findings findings = {0};
	OWNED_STRUCT(attest_verdict) verdict = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	keyguard_evidence_make(&lab, &keyguard_variants[keyguard_variant_count - 1], &body);
	judge(&body, &modes, &findings, &verdict);
	assert_true(verdict.refused);
	assert_int_equal(verdict.rule, RULE_ATT_CERTIFICATE);
}

/* A nonce must not be burnt by somebody who cannot sign. */
static void a_bad_signature_does_not_reach_the_nonce(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	struct findings findings = {0};
	struct attest_bench bench = lab_bench(device_ca_certificate(lab.ca), &modes, &findings);
	OWNED_STRUCT(attest_verdict) verdict = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	bench.use_nonce = NULL; /* would crash */
	for (size_t i = 0; i < keyguard_variant_count; i++) {
		if (keyguard_variants[i].spoil != KEYGUARD_FLIP_STATEMENT)
			continue;
		keyguard_evidence_make(&lab, &keyguard_variants[i], &body);
		assert_int_equal(attest_keyguard_judge(body.data, body.len, &bench, &verdict, NULL),
		                 MSIV2_OK);
		assert_true(verdict.refused);
		return;
	}
	fail();
}

static void a_body_that_is_not_evidence_is_refused_in_any_mode(void **state)
{
	static const char *const bodies[] = {
	        "",
	        "x",
	        "{}",
	        "[]",
	        "null",
	        "{\"AttestationInfo\":null}",
	        "{\"AttestationInfo\":[]}",
	        "{\"AttestationInfo\":\"e30\"}",
	        "{\"AttestationInfo\":{}}",
	        "{\"AttestationInfo\":{\"format\":\"msiv2-keyguard-1\"}}",
	        "{\"AttestationInfo\":{},\"AttestationInfo\":{}}",
	        "{\"attestationinfo\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		OWNED_STRUCT(bytes) body = {0};

		bytes_add_text(&body, bodies[i]);
		lab_expect(attest_keyguard_judge, device_ca_certificate(lab.ca), bodies[i], &body,
		           RULE_ATT_EVIDENCE, true);
	}
}

static void members_have_a_longest_length(void **state)
{
	static const struct {
		const char *member;
		size_t max_len;
	} members[] = {{"statement", 8192}, {"signature", 1024}, {"certificate", 8192}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		OWNED_STRUCT(bytes) body = {0};
		OWNED_STRUCT(bytes) changed = {0};
		OWNED_STRUCT(bytes) filler = {0};
		OWNED(cJSON) *json = NULL;

		keyguard_evidence_make(&lab, &keyguard_variants[0], &body);
		json = cJSON_Parse(bytes_text(&body));
		for (size_t j = 0; j <= members[i].max_len; j++)
			bytes_add_byte(&filler, 'x');
		lab_set_bytes(cJSON_GetObjectItem(json, "AttestationInfo"), members[i].member,
		              filler.data, filler.len);
		json_print(json, &changed);
		lab_expect(attest_keyguard_judge, device_ca_certificate(lab.ca), members[i].member,
		           &changed, RULE_ATT_EVIDENCE, true);
	}
}

/* Every bit of a small part of the statement, one after another. */
static void no_flipped_bit_of_the_evidence_is_taken(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	keyguard_evidence_make(&lab, &keyguard_variants[0], &body);
	for (size_t at = 0; at < body.len; at += 7) {
		struct findings findings = {0};
		OWNED_STRUCT(attest_verdict) verdict = {0};

		body.data[at] ^= 1;
		judge(&body, &modes, &findings, &verdict);
		if (!verdict.refused)
			fail_msg("byte %zu may be changed", at);
		body.data[at] ^= 1;
	}
}

static void running_out_of_memory_is_an_error_never_a_good_verdict(void **state)
{
	struct rule_modes modes = lab_modes("default", RULE_COUNT, RULE_OFF);
	OWNED_STRUCT(bytes) body = {0};
	bool happened = true;

	(void)state;
	keyguard_evidence_make(&lab, &keyguard_variants[0], &body);
	for (unsigned nth = 1; happened; nth++) {
		struct findings findings = {0};
		OWNED_STRUCT(attest_verdict) verdict = {0};
		const struct attest_bench bench =
		        lab_bench(device_ca_certificate(lab.ca), &modes, &findings);
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = attest_keyguard_judge(body.data, body.len, &bench, &verdict, NULL);
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
	        TEST(the_cas_own_certificate_is_no_identity),
	        TEST(a_bad_signature_does_not_reach_the_nonce),
	        TEST(a_body_that_is_not_evidence_is_refused_in_any_mode),
	        TEST(members_have_a_longest_length),
	        TEST(no_flipped_bit_of_the_evidence_is_taken),
	        TEST(running_out_of_memory_is_an_error_never_a_good_verdict),
	};

	return cmocka_run_group_tests_name("attest_keyguard", tests, make_lab, drop_lab);
}
