/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/err.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "csr_variants.h"
#include "emulator/pki/csr_rules.h"
#include "faults.h"

static const struct csr_expectation plain_vm = {DRAFT_CLIENT_ID, DRAFT_TENANT_ID, DRAFT_VM_ID,
                                                NULL};
static const struct csr_expectation scale_set = {DRAFT_CLIENT_ID, DRAFT_TENANT_ID, DRAFT_VM_ID,
                                                 DRAFT_VMSS_ID};

static int make_keys(void **state)
{
	static struct draft_keys keys;

	draft_keys_new(&keys);
	*state = &keys;
	return 0;
}

static int free_keys(void **state)
{
	draft_keys_free(*state);
	return 0;
}

static struct rule_modes profile(const char *name)
{
	struct rule_modes modes;

	assert_true(rule_modes_profile(&modes, name));
	return modes;
}

static void judge_text(const char *text, size_t len, const struct csr_expectation *expected,
                       const struct rule_modes *modes, struct findings *findings,
                       struct csr_verdict *verdict)
{
	struct msiv2_error err = {0};

	findings->count = 0;
	assert_int_equal(csr_judge(text, len, expected, modes, findings, verdict, &err), MSIV2_OK);
	assert_int_equal(err.rc, MSIV2_OK);
	/* A verdict is one thing or the other. */
	assert_true(verdict->accepted == (verdict->subject != NULL));
	assert_true(verdict->accepted == (verdict->public_key != NULL));
	assert_true(verdict->accepted == text_empty(verdict->reason));
	assert_int_equal(ERR_peek_error(), 0);
}

static void judge_der(const struct bytes *der, const struct csr_expectation *expected,
                      const struct rule_modes *modes, struct findings *findings,
                      struct csr_verdict *verdict)
{
	OWNED_STRUCT(bytes) text = {0};

	base64_encode(der->data, der->len, &text);
	judge_text(bytes_text(&text), text.len, expected, modes, findings, verdict);
}

static const struct finding *find(const struct findings *findings, enum rule_id rule)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].rule == rule)
			return &findings->items[i];
	}
	return NULL;
}

static void make_good(const struct draft_keys *keys, struct bytes *der)
{
	OWNED_STRUCT(csr_draft) draft = {0};

	csr_draft_begin(keys, &draft);
	csr_draft_finish(&draft, der);
}

static void a_good_csr_is_accepted_by_the_strict_profile_without_a_finding(void **state)
{
	struct rule_modes strict = profile("strict");
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) cn = {0};
	struct findings findings = {0};

	make_good(*state, &der);
	judge_der(&der, &plain_vm, &strict, &findings, &verdict);
	assert_string_equal(verdict.reason, "");
	assert_true(verdict.accepted);
	assert_int_equal(findings.count, 0);
	assert_true(x509_name_value(verdict.subject, NID_commonName, &cn));
	assert_string_equal(bytes_text(&cn), DRAFT_CLIENT_ID);
	assert_int_equal(EVP_PKEY_eq(verdict.public_key, ((struct draft_keys *)*state)->rsa_2048),
	                 1);
}

/* The drafts are written by hand; OpenSSL says whether they are what they claim. */
static void openssl_verifies_the_good_draft(void **state)
{
	OWNED_STRUCT(bytes) der = {0};
	OWNED(X509_REQ) *request = NULL;
	const uint8_t *at;

	make_good(*state, &der);
	at = der.data;
	request = d2i_X509_REQ(NULL, &at, (long)der.len);
	assert_non_null(request);
	assert_ptr_equal(at, der.data + der.len);
	assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
	assert_int_equal(X509_REQ_get_attr_count(request), 1);
}

static void the_subject_is_handed_on_byte_for_byte(void **state)
{
	struct rule_modes modes = profile("default");
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct findings findings = {0};
	const uint8_t *name;
	size_t len;

	csr_draft_begin(*state, &draft);
	draft_set_subject(&draft, true, TAG_UTF8, DRAFT_CLIENT_ID, TAG_PRINTABLE, DRAFT_TENANT_ID);
	csr_draft_finish(&draft, &der);
	judge_der(&der, &plain_vm, &modes, &findings, &verdict);
	assert_true(verdict.accepted);
	assert_int_equal(X509_NAME_get0_der(verdict.subject, &name, &len), 1);
	assert_int_equal(len, draft.name.len);
	assert_memory_equal(name, draft.name.data, len);
}

static void expect_refusal(const struct csr_verdict *verdict, const struct findings *findings,
                           enum rule_id rule)
{
	const struct finding *finding = find(findings, rule);

	assert_false(verdict->accepted);
	assert_true(text_starts(verdict->reason, "CSR is invalid"));
	assert_non_null(finding);
	assert_true(finding->rejected);
	assert_true(finding->detail[0] != '\0');
}

static void expect_note(const struct csr_verdict *verdict, const struct findings *findings,
                        enum rule_id rule)
{
	assert_string_equal(verdict->reason, "");
	assert_true(verdict->accepted);
	assert_non_null(find(findings, rule));
	for (size_t i = 0; i < findings->count; i++)
		assert_false(findings->items[i].rejected);
}

/* Without the rules it breaks, nothing is wrong with it: each variant differs from a good CSR by
 * what its row says and no more. */
static void expect_silence_when_off(const struct csr_variant *variant, const struct bytes *der,
                                    const struct findings *broken)
{
	const struct csr_expectation *host = variant->host_has_vmss ? &scale_set : &plain_vm;
	struct rule_modes modes = profile("default");
	OWNED_STRUCT(csr_verdict) verdict = {0};
	struct findings findings = {0};

	for (size_t i = 0; i < broken->count; i++)
		modes.mode[broken->items[i].rule] = RULE_OFF;
	judge_der(der, host, &modes, &findings, &verdict);
	if (variant->outcome == CSR_FATAL) {
		expect_refusal(&verdict, &findings, variant->rule);
		return;
	}
	assert_string_equal(verdict.reason, "");
	assert_true(verdict.accepted);
	assert_int_equal(findings.count, 0);
}

static void judge_variant(const struct csr_variant *variant, const struct draft_keys *keys)
{
	const struct csr_expectation *host = variant->host_has_vmss ? &scale_set : &plain_vm;
	struct rule_modes by_default = profile("default");
	struct rule_modes strict = profile("strict");
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(csr_verdict) strictly = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct findings findings = {0}, strict_findings = {0};

	print_message("  %s\n", variant->name);
	csr_draft_begin(keys, &draft);
	variant->spoil(&draft);
	csr_draft_finish(&draft, &der);
	judge_der(&der, host, &by_default, &findings, &verdict);
	if (variant->outcome == CSR_NOTED)
		expect_note(&verdict, &findings, variant->rule);
	else
		expect_refusal(&verdict, &findings, variant->rule);
	judge_der(&der, host, &strict, &strict_findings, &strictly);
	expect_refusal(&strictly, &strict_findings, variant->rule);
	expect_silence_when_off(variant, &der, &findings);
}

static void every_variant_of_key_and_signature_breaks_its_rule(void **state)
{
	for (size_t i = 0; i < csr_variants_crypto_count; i++)
		judge_variant(&csr_variants_crypto[i], *state);
}

static void every_variant_of_subject_and_attributes_breaks_its_rule(void **state)
{
	for (size_t i = 0; i < csr_variants_content_count; i++)
		judge_variant(&csr_variants_content[i], *state);
}

static bool has_variant(const struct csr_variant *rows, size_t count, enum rule_id rule)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].rule == rule)
			return true;
	}
	return false;
}

static void every_csr_rule_has_a_variant_that_breaks_it(void **state)
{
	size_t rules = 0;

	(void)state;
	for (enum rule_id rule = 0; rule < RULE_COUNT; rule++) {
		/* These two are about the text around the DER; they have tests of their own. */
		if (!text_starts(rule_get(rule)->id, "CSR-") || rule == RULE_CSR_SIZE ||
		    rule == RULE_CSR_BASE64)
			continue;
		rules++;
		if (!has_variant(csr_variants_crypto, csr_variants_crypto_count, rule) &&
		    !has_variant(csr_variants_content, csr_variants_content_count, rule))
			fail_msg("no variant breaks %s", rule_get(rule)->name);
	}
	assert_true(rules >= 20);
}

static void an_empty_vmss_id_gets_the_observed_words_and_nothing_more(void **state)
{
	struct rule_modes modes = profile("default");
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct findings findings = {0};

	csr_draft_begin(*state, &draft);
	draft_set_cuid(&draft, TAG_UTF8, "{\"vmId\":\"" DRAFT_VM_ID "\",\"vmssId\":\"\"}");
	csr_draft_finish(&draft, &der);
	judge_der(&der, &plain_vm, &modes, &findings, &verdict);
	assert_string_equal(verdict.reason, "CSR is invalid");
}

static void both_members_of_cuid_are_compared(void **state)
{
	struct rule_modes strict = profile("strict");
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct findings findings = {0};

	csr_draft_begin(*state, &draft);
	draft_set_cuid(&draft, TAG_UTF8,
	               "{\"vmId\":\"" DRAFT_VM_ID "\",\"vmssId\":\"" DRAFT_VMSS_ID "\"}");
	csr_draft_finish(&draft, &der);
	judge_der(&der, &scale_set, &strict, &findings, &verdict);
	assert_string_equal(verdict.reason, "");
	assert_true(verdict.accepted);
}

/* ---- CSR-06: the text ---- */

static void expect_bad_text(const char *text, size_t len, enum rule_id rule)
{
	struct rule_modes lenient = profile("lenient");
	OWNED_STRUCT(csr_verdict) verdict = {0};
	struct findings findings = {0};

	judge_text(text, len, &plain_vm, &lenient, &findings, &verdict);
	expect_refusal(&verdict, &findings, rule);
	assert_int_equal(findings.count, 1);
}

static void text_that_is_not_one_line_of_base64_is_refused_by_any_profile(void **state)
{
	static const char *const texts[] = {
	        "",
	        "=",
	        "====",
	        "MIIC",
	        "MII",
	        "MA==\n",
	        " MA==",
	        "MA",
	        "MB==",
	        "MA=A",
	        "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n",
	        "MA-_",
	        "\xff\xff\xff\xff",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		bool decodes = strcmp(texts[i], "MIIC") == 0;

		expect_bad_text(texts[i], strlen(texts[i]),
		                decodes ? RULE_CSR_DER : RULE_CSR_BASE64);
	}
}

static void folded_base64_is_refused(void **state)
{
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) folded = {0};

	make_good(*state, &der);
	base64_encode(der.data, der.len, &text);
	for (size_t i = 0; i < text.len; i += 64) {
		size_t line = text.len - i < 64 ? text.len - i : 64;

		bytes_add(&folded, text.data + i, line);
		bytes_add_byte(&folded, '\n');
	}
	expect_bad_text(bytes_text(&folded), folded.len, RULE_CSR_BASE64);
}

static void more_than_16_kib_are_refused_unread(void **state)
{
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	while (text.len < (size_t)16 * 1024)
		bytes_add_text(&text, "AAAA");
	expect_bad_text(bytes_text(&text), text.len, RULE_CSR_DER);
	bytes_add_text(&text, "AAAA");
	expect_bad_text(bytes_text(&text), text.len, RULE_CSR_SIZE);
}

/* ---- hostile DER ---- */

static void ber_that_is_not_der_is_refused(void **state)
{
	struct rule_modes modes = profile("lenient");
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) ber = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	struct findings findings = {0};

	make_good(*state, &der);
	assert_int_equal(der.data[1], 0x82);
	/* The same length in one byte more. */
	bytes_add(&ber, "\x30\x83\x00", 3);
	bytes_add(&ber, der.data + 2, der.len - 2);
	judge_der(&ber, &plain_vm, &modes, &findings, &verdict);
	expect_refusal(&verdict, &findings, RULE_CSR_DER);
	/* Indefinite length. */
	bytes_clear(&ber);
	bytes_add(&ber, "\x30\x80", 2);
	bytes_add(&ber, der.data + 4, der.len - 4);
	bytes_add(&ber, "\0\0", 2);
	judge_der(&ber, &plain_vm, &modes, &findings, &verdict);
	expect_refusal(&verdict, &findings, RULE_CSR_DER);
}

static void every_truncation_is_refused(void **state)
{
	struct rule_modes modes = profile("lenient");
	OWNED_STRUCT(bytes) der = {0};

	make_good(*state, &der);
	for (size_t len = 1; len < der.len; len++) {
		/* An exact copy, so that reading past the end is seen. */
		OWNED_STRUCT(bytes) cut = {0};
		OWNED_STRUCT(csr_verdict) verdict = {0};
		struct findings findings = {0};

		bytes_add(&cut, der.data, len);
		judge_der(&cut, &plain_vm, &modes, &findings, &verdict);
		expect_refusal(&verdict, &findings, RULE_CSR_DER);
	}
}

static void every_flipped_bit_is_refused(void **state)
{
	struct rule_modes modes = profile("default");
	struct rule_modes lenient = profile("lenient");
	OWNED_STRUCT(bytes) der = {0};

	make_good(*state, &der);
	for (size_t i = 0; i < der.len * 8; i += 3) {
		OWNED_STRUCT(csr_verdict) verdict = {0};
		OWNED_STRUCT(csr_verdict) leniently = {0};
		struct findings findings = {0};

		der.data[i / 8] ^= (uint8_t)(1U << (i % 8));
		judge_der(&der, &plain_vm, &modes, &findings, &verdict);
		assert_false(verdict.accepted);
		judge_der(&der, &plain_vm, &lenient, &findings, &leniently);
		assert_true(findings.count > 0);
		der.data[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
}

static void details_never_carry_control_characters_or_raw_bytes(void **state)
{
	struct rule_modes modes = profile("default");
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct findings findings = {0};

	csr_draft_begin(*state, &draft);
	draft_set_cuid(&draft, TAG_UTF8, "{\"\xc3\xa9\\n\":1,\"\xc3\xa9\\n\":2}");
	csr_draft_finish(&draft, &der);
	judge_der(&der, &plain_vm, &modes, &findings, &verdict);
	expect_refusal(&verdict, &findings, RULE_CSR_CUID_JSON);
	for (const char *at = verdict.reason; *at != '\0'; at++)
		assert_in_range(*at, ' ', '~');
}

/* ---- memory ---- */

static void running_out_of_memory_anywhere_is_an_error_not_a_verdict(void **state)
{
	struct rule_modes modes = profile("default");
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) text = {0};
	unsigned nth = 0;
	bool fired;

	make_good(*state, &der);
	base64_encode(der.data, der.len, &text);
	do {
		OWNED_STRUCT(csr_verdict) verdict = {0};
		struct findings findings = {0};
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, ++nth);
		rc = csr_judge(bytes_text(&text), text.len, &plain_vm, &modes, &findings, &verdict,
		               &err);
		fired = fault_disarm();
		assert_int_equal(rc, fired ? MSIV2_INTERNAL : MSIV2_OK);
		assert_int_equal(verdict.accepted, !fired);
		assert_int_equal(err.rc, rc);
	} while (fired);
	assert_true(nth > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_csr_is_accepted_by_the_strict_profile_without_a_finding),
	        cmocka_unit_test(openssl_verifies_the_good_draft),
	        cmocka_unit_test(the_subject_is_handed_on_byte_for_byte),
	        cmocka_unit_test(every_variant_of_key_and_signature_breaks_its_rule),
	        cmocka_unit_test(every_variant_of_subject_and_attributes_breaks_its_rule),
	        cmocka_unit_test(every_csr_rule_has_a_variant_that_breaks_it),
	        cmocka_unit_test(an_empty_vmss_id_gets_the_observed_words_and_nothing_more),
	        cmocka_unit_test(both_members_of_cuid_are_compared),
	        cmocka_unit_test(text_that_is_not_one_line_of_base64_is_refused_by_any_profile),
	        cmocka_unit_test(folded_base64_is_refused),
	        cmocka_unit_test(more_than_16_kib_are_refused_unread),
	        cmocka_unit_test(ber_that_is_not_der_is_refused),
	        cmocka_unit_test(every_truncation_is_refused),
	        cmocka_unit_test(every_flipped_bit_is_refused),
	        cmocka_unit_test(details_never_carry_control_characters_or_raw_bytes),
	        cmocka_unit_test(running_out_of_memory_anywhere_is_an_error_not_a_verdict),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
