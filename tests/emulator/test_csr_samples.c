/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The samples of tests/wire/csr, which script/make-wire-csr makes with the openssl command. */
#include "tests/testing.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/files.h"
#include "common/text.h"
#include "csr_draft.h"
#include "emulator/pki/csr_rules.h"

static const struct csr_expectation plain_vm = {DRAFT_CLIENT_ID, DRAFT_TENANT_ID, DRAFT_VM_ID,
                                                NULL};
static const struct csr_expectation scale_set = {DRAFT_CLIENT_ID, DRAFT_TENANT_ID, DRAFT_VM_ID,
                                                 DRAFT_VMSS_ID};

/* What each sample is about; RULE_COUNT = nothing at all to say. */
static const struct sample {
	const char *name;
	enum rule_id rule;
} samples[] = {
        {"good_dc_cn.b64", RULE_COUNT},
        {"good_vmss_dc_cn.b64", RULE_COUNT},
        {"good_cn_dc.b64", RULE_CSR_RDN_ORDER},
        {"good_vmss_spaces.b64", RULE_CSR_CUID_COMPACT},
        {"good_utf8_strings.b64", RULE_CSR_STRING_USUAL},
        {"good_dc_printable.b64", RULE_CSR_STRING_USUAL},
        {"good_pss_hash_null.b64", RULE_CSR_PSS_HASH_NULL},
        {"good_pss_trailer.b64", RULE_CSR_PSS_TRAILER},
        {"good_unknown_attribute.b64", RULE_CSR_UNKNOWN_ATTRIBUTE},
        {"bad_version_1.b64", RULE_CSR_VERSION},
        {"bad_key_1024.b64", RULE_CSR_KEY_SIZE},
        {"bad_key_ec.b64", RULE_CSR_SPKI},
        {"bad_pkcs1_v15.b64", RULE_CSR_SIGNATURE_ALGORITHM},
        {"bad_salt_20.b64", RULE_CSR_PSS_PARAMETERS},
        {"bad_salt_not_as_said.b64", RULE_CSR_SIGNATURE},
        {"bad_signature.b64", RULE_CSR_SIGNATURE},
        {"bad_cn.b64", RULE_CSR_SUBJECT},
        {"bad_dc.b64", RULE_CSR_SUBJECT},
        {"bad_cn_bmp.b64", RULE_CSR_STRING_TYPES},
        {"bad_multi_valued_rdn.b64", RULE_CSR_SUBJECT_MULTI_VALUED},
        {"bad_cuid_missing.b64", RULE_CSR_CUID_ATTRIBUTE},
        {"bad_attributes_left_out.b64", RULE_CSR_ATTRIBUTES_TAG},
        {"bad_cuid_twice.b64", RULE_CSR_CUID_ATTRIBUTE},
        {"bad_cuid_two_values.b64", RULE_CSR_CUID_ATTRIBUTE},
        {"bad_cuid_ia5.b64", RULE_CSR_CUID_TYPE},
        {"bad_cuid_not_json.b64", RULE_CSR_CUID_JSON},
        {"bad_cuid_duplicate.b64", RULE_CSR_CUID_JSON},
        {"bad_cuid_stranger.b64", RULE_CSR_CUID_JSON},
        {"bad_cuid_other_vm.b64", RULE_CSR_CUID_VALUE},
        {"bad_cuid_empty_vmssid.b64", RULE_CSR_EMPTY_VMSSID},
        {"bad_vmss_without.b64", RULE_CSR_CUID_VALUE},
        {"bad_trailing_byte.b64", RULE_CSR_TRAILING},
        {"bad_newline.b64", RULE_CSR_BASE64},
        {"bad_folded.b64", RULE_CSR_BASE64},
        {"bad_pem.b64", RULE_CSR_BASE64},
        {"bad_base64url.b64", RULE_CSR_BASE64},
        {"bad_cut_short.b64", RULE_CSR_DER},
};

static bool is_listed(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(samples); i++) {
		if (text_equal(samples[i].name, name))
			return true;
	}
	return false;
}

static void read_sample(const char *name, struct bytes *out)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/csr/%s", TESTS_WIRE_DIR, name);
	assert_int_equal(files_read(path, 1 << 16, MSIV2_CONFIG, out, NULL), MSIV2_OK);
}

static void expect_finding(const struct sample *sample, const struct findings *findings, bool good)
{
	bool found = false;

	if (sample->rule == RULE_COUNT) {
		assert_int_equal(findings->count, 0);
		return;
	}
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].rule == sample->rule)
			found = findings->items[i].rejected != good;
	}
	assert_true(found);
}

static void judge_sample(const struct sample *sample)
{
	bool good = text_starts(sample->name, "good_");
	const struct csr_expectation *host =
	        strstr(sample->name, "_vmss_") != NULL ? &scale_set : &plain_vm;
	struct rule_modes modes;
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	struct findings findings = {0};

	print_message("  %s\n", sample->name);
	read_sample(sample->name, &text);
	assert_true(rule_modes_profile(&modes, "default"));
	assert_int_equal(
	        csr_judge(bytes_text(&text), text.len, host, &modes, &findings, &verdict, NULL),
	        MSIV2_OK);
	assert_int_equal(verdict.accepted, good);
	expect_finding(sample, &findings, good);
}

static void samples_are_judged_as_their_names_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(samples); i++)
		judge_sample(&samples[i]);
}

static void no_sample_is_left_out(void **state)
{
	DIR *dir = opendir(TESTS_WIRE_DIR "/csr");
	const struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && !is_listed(entry->d_name))
			fail_msg("%s is not judged", entry->d_name);
	}
	(void)closedir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(samples_are_judged_as_their_names_say),
	        cmocka_unit_test(no_sample_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
