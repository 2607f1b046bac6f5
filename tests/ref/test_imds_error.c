/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "ref/imds_error.h"
#include "wire_samples.h"

static void judge(const char *name, bool good, const struct bytes *body)
{
	struct imds_error answer;

	memset(&answer, 'x', sizeof(answer));
	imds_error_parse(body->data, body->len, &answer);
	if (text_empty(answer.code) == good)
		fail_msg("%s: code \"%s\"", name, answer.code);
	if (!good)
		assert_string_equal(answer.message, "");
	assert_true(strlen(answer.code) < sizeof(answer.code));
	assert_true(strlen(answer.message) < sizeof(answer.message));
	assert_null(strstr(answer.message, "eyJ"));
}

static void every_sample_is_read_and_garbage_gives_empty_texts(void **state)
{
	(void)state;
	wire_samples_judge("imds_error", judge);
}

static void code_and_message_are_found_where_services_put_them(void **state)
{
	static const struct {
		const char *sample;
		const char *code;
		const char *message;
	} rows[] = {
	        {"good_missing_header.json", "invalid_request",
	         "Required metadata header not specified"},
	        {"good_identity_not_found.json", "identity_not_found", "Identity not found"},
	        {"good_nested.json", "TooManyRequests", "Slow down"},
	        {"good_message.json", "server_error", "Service unavailable"},
	        {"good_leaks_token.json", "invalid_request",
	         "attestation token [removed] refused ???"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) body = {0};
		struct imds_error answer;

		wire_sample_read("imds_error", rows[i].sample, &body);
		imds_error_parse(body.data, body.len, &answer);
		assert_string_equal(answer.code, rows[i].code);
		assert_string_equal(answer.message, rows[i].message);
	}
}

static void long_texts_are_cut(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	struct imds_error answer;

	(void)state;
	wire_sample_read("imds_error", "good_long.json", &body);
	imds_error_parse(body.data, body.len, &answer);
	assert_int_equal(strlen(answer.code), sizeof(answer.code) - 1);
	assert_int_equal(strlen(answer.message), sizeof(answer.message) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_read_and_garbage_gives_empty_texts),
	        cmocka_unit_test(code_and_message_are_found_where_services_put_them),
	        cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests_name("imds_error", tests, NULL, NULL);
}
