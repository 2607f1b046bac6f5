/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "mem_fault.h"
#include "ref/sts_error.h"
#include "wire_samples.h"

static void read_sample(const char *name, struct sts_error *out)
{
	OWNED_STRUCT(bytes) body = {0};

	wire_sample_read("sts_error", name, &body);
	sts_error_parse(body.data, body.len, out);
}

static void assert_shown(const char *name, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < 0x20 || *c >= 0x7F)
			fail_msg("%s: byte %d", name, *c);
	}
	assert_null(strstr(text, "eyJ"));
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	struct sts_error answer;

	memset(&answer, 'x', sizeof(answer));
	sts_error_parse(body->data, body->len, &answer);
	if (text_empty(answer.error) == good)
		fail_msg("%s: error \"%s\"", name, answer.error);
	if (!good) {
		assert_int_equal(answer.code_count, 0);
		assert_string_equal(answer.description, "");
		assert_false(sts_error_is_certificate_rejection(&answer));
		assert_false(sts_error_may_repeat(&answer));
	}
	assert_shown(name, answer.error);
	assert_shown(name, answer.description);
	assert_shown(name, answer.trace_id);
	assert_shown(name, answer.correlation_id);
}

static void every_sample_is_read_and_garbage_gives_an_empty_object(void **state)
{
	(void)state;
	wire_samples_judge("sts_error", judge);
}

static void a_refusal_is_read_whole(void **state)
{
	struct sts_error answer;

	(void)state;
	read_sample("good_attestation_time.json", &answer);
	assert_string_equal(answer.error, "invalid_client");
	assert_true(text_starts(answer.description, "AADSTS1000610: The attestation token"));
	assert_int_equal(answer.code_count, 1);
	assert_int_equal(answer.codes[0], 1000610);
	assert_string_equal(answer.trace_id, "11111111-1111-4111-8111-111111111111");
	assert_string_equal(answer.correlation_id, "22222222-2222-4222-8222-222222222222");
}

static void a_token_in_the_description_is_removed_and_lines_stay_one(void **state)
{
	struct sts_error answer;

	(void)state;
	read_sample("good_leaks_token.json", &answer);
	assert_string_equal(answer.description,
	                    "AADSTS50027: JWT [removed] is invalid forged log line ?[31m");
}

static void only_the_first_eight_codes_are_kept(void **state)
{
	struct sts_error answer;

	(void)state;
	read_sample("good_many_codes.json", &answer);
	assert_int_equal(answer.code_count, STS_ERROR_MAX_CODES);
	assert_int_equal(answer.codes[0], 1);
	assert_int_equal(answer.codes[7], 8);
}

static void invalid_client_rejects_the_certificate_and_nothing_else_does(void **state)
{
	static const struct {
		const char *sample;
		bool rejected;
		bool may_repeat;
	} rows[] = {
	        {"good_attestation_time.json", true, true},
	        {"good_attestation_signature.json", true, true},
	        {"good_no_codes.json", true, true},
	        {"good_empty_codes.json", true, true},
	        {"good_error_only.json", true, true},
	        {"good_certificate_missing.json", true, false},
	        {"good_many_codes.json", true, false},
	        {"good_invalid_request.json", false, false},
	        {"bad_html.json", false, false},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct sts_error answer;

		read_sample(rows[i].sample, &answer);
		if (sts_error_is_certificate_rejection(&answer) != rows[i].rejected ||
		    sts_error_may_repeat(&answer) != rows[i].may_repeat)
			fail_msg("%s", rows[i].sample);
	}
}

static bool may_repeat_with(long code)
{
	char body[80];
	struct sts_error answer;

	(void)snprintf(body, sizeof(body), "{\"error\":\"invalid_client\",\"error_codes\":[%ld]}",
	               code);
	sts_error_parse(body, strlen(body), &answer);
	assert_int_equal(answer.code_count, 1);
	return sts_error_may_repeat(&answer);
}

static void attestation_codes_are_610_to_614(void **state)
{
	(void)state;
	assert_false(may_repeat_with(1000609));
	for (long code = 1000610; code <= 1000614; code++)
		assert_true(may_repeat_with(code));
	assert_false(may_repeat_with(1000615));
}

/* Reading a body of several members allocates once, to look for duplicates. */
static void without_memory_the_object_is_empty(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	struct sts_error answer;

	(void)state;
	wire_sample_read("sts_error", "good_attestation_time.json", &body);
	mem_fault_at(1);
	sts_error_parse(body.data, body.len, &answer);
	assert_true(mem_fault_fired());
	assert_string_equal(answer.error, "");
	assert_int_equal(answer.code_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_read_and_garbage_gives_an_empty_object),
	        cmocka_unit_test(a_refusal_is_read_whole),
	        cmocka_unit_test(a_token_in_the_description_is_removed_and_lines_stay_one),
	        cmocka_unit_test(only_the_first_eight_codes_are_kept),
	        cmocka_unit_test(invalid_client_rejects_the_certificate_and_nothing_else_does),
	        cmocka_unit_test(attestation_codes_are_610_to_614),
	        cmocka_unit_test(without_memory_the_object_is_empty),
	};

	return cmocka_run_group_tests_name("sts_error", tests, NULL, NULL);
}
