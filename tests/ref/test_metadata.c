/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "mem_fault.h"
#include "ref/metadata.h"
#include "wire_samples.h"

#define VM_ID   "11111111-2222-4333-8444-555555555555"
#define VMSS_ID "99999999-2222-4333-8444-555555555555"

static void assert_all_zero(const struct metadata *metadata)
{
	static const struct metadata zero;

	assert_memory_equal(metadata, &zero, sizeof(zero));
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(metadata) metadata = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = metadata_parse(body->data, body->len, &metadata, &err);

	if (rc != (good ? MSIV2_OK : MSIV2_IMDS_MALFORMED))
		fail_msg("%s: %s: %s", name, msiv2_rc_name(rc), err.message);
	if (good)
		return;
	assert_all_zero(&metadata);
	assert_string_equal(err.where, "imds.getplatformmetadata");
	assert_true(strlen(err.message) > 10);
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("metadata", judge);
}

static enum msiv2_rc parse_sample(const char *name, struct metadata *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) body = {0};

	wire_sample_read("metadata", name, &body);
	return metadata_parse(body.data, body.len, out, err);
}

static void the_answer_for_a_plain_vm_has_no_scale_set(void **state)
{
	OWNED_STRUCT(metadata) metadata = {0};

	(void)state;
	assert_int_equal(parse_sample("good_vm.json", &metadata, NULL), MSIV2_OK);
	assert_string_equal(metadata.client_id, "a1a1a1a1-0000-4000-8000-000000000001");
	assert_string_equal(metadata.tenant_id, "72f988bf-0000-4000-8000-00000000aaaa");
	assert_string_equal(metadata.vm_id, VM_ID);
	assert_null(metadata.vmss_id);
	assert_string_equal(metadata.attestation_endpoint, "https://localhost:8443/maa");
}

static void a_scale_set_instance_has_both_ids(void **state)
{
	OWNED_STRUCT(metadata) metadata = {0};

	(void)state;
	assert_int_equal(parse_sample("good_vmss.json", &metadata, NULL), MSIV2_OK);
	assert_string_equal(metadata.vm_id, VM_ID);
	assert_string_equal(metadata.vmss_id, VMSS_ID);
}

static void a_scale_set_id_alone_is_enough(void **state)
{
	OWNED_STRUCT(metadata) metadata = {0};

	(void)state;
	assert_int_equal(parse_sample("good_vmss_only.json", &metadata, NULL), MSIV2_OK);
	assert_null(metadata.vm_id);
	assert_string_equal(metadata.vmss_id, VMSS_ID);
}

static void an_empty_or_null_scale_set_id_counts_as_absent(void **state)
{
	static const char *const names[] = {"good_vmss_null.json", "good_vmss_empty.json"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		OWNED_STRUCT(metadata) metadata = {0};

		assert_int_equal(parse_sample(names[i], &metadata, NULL), MSIV2_OK);
		assert_string_equal(metadata.vm_id, VM_ID);
		assert_null(metadata.vmss_id);
	}
}

static void escapes_are_decoded(void **state)
{
	OWNED_STRUCT(metadata) metadata = {0};

	(void)state;
	assert_int_equal(parse_sample("good_escapes.json", &metadata, NULL), MSIV2_OK);
	assert_string_equal(metadata.client_id, "a1a1a1a1-0000-4000-8000-000000000001");
	assert_string_equal(metadata.vm_id, "a\"b\\c/\xC3\xA9");
	assert_string_equal(metadata.attestation_endpoint, "https://localhost/maa");
}

static void the_message_names_the_member(void **state)
{
	static const struct {
		const char *sample;
		const char *message;
	} rows[] = {
	        {"bad_no_clientId.json", "member \"clientId\" is missing"},
	        {"bad_empty_tenantId.json", "member \"tenantId\" is empty"},
	        {"bad_number_attestationEndpoint.json",
	         "member \"attestationEndpoint\" is not a string"},
	        {"bad_cuId_text.json", "member \"cuId\" is not an object"},
	        {"bad_cuId_number.json", "member \"cuId.vmId\" is not a string"},
	        {"bad_vmssId_object.json", "member \"cuId.vmssId\" is not a string"},
	        {"bad_cuId_empty.json",
	         "member \"cuId\" has neither \"cuId.vmId\" nor \"cuId.vmssId\""},
	        {"bad_duplicate.json", "JSON: member \"clientId\" is given twice"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(metadata) metadata = {0};
		struct msiv2_error err = {0};

		assert_int_equal(parse_sample(rows[i].sample, &metadata, &err),
		                 MSIV2_IMDS_MALFORMED);
		assert_string_equal(err.message, rows[i].message);
	}
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	bool done = false;

	(void)state;
	wire_sample_read("metadata", "good_vmss.json", &body);
	for (unsigned nth = 1; !done; nth++) {
		OWNED_STRUCT(metadata) metadata = {0};
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = metadata_parse(body.data, body.len, &metadata, &err);
		done = !mem_fault_fired();
		assert_int_equal(rc, done ? MSIV2_OK : MSIV2_INTERNAL);
		if (!done)
			assert_all_zero(&metadata);
		assert_true(nth < 50);
	}
	mem_fault_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(the_answer_for_a_plain_vm_has_no_scale_set),
	        cmocka_unit_test(a_scale_set_instance_has_both_ids),
	        cmocka_unit_test(a_scale_set_id_alone_is_enough),
	        cmocka_unit_test(an_empty_or_null_scale_set_id_counts_as_absent),
	        cmocka_unit_test(escapes_are_decoded),
	        cmocka_unit_test(the_message_names_the_member),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
