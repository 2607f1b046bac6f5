/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/err.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"

static void every_class_has_its_own_word(void **state)
{
	(void)state;
	for (int a = 0; a < MSIV2_RC_COUNT; a++) {
		assert_string_not_equal(msiv2_rc_name((enum msiv2_rc)a), "unknown");
		for (int b = 0; b < a; b++)
			assert_string_not_equal(msiv2_rc_name((enum msiv2_rc)a),
			                        msiv2_rc_name((enum msiv2_rc)b));
	}
	assert_string_equal(msiv2_rc_name(MSIV2_RC_COUNT), "unknown");
	assert_string_equal(msiv2_rc_name(MSIV2_IMDS_REFUSED), "imds_refused");
}

static void an_error_carries_what_it_was_given(void **state)
{
	struct msiv2_error *err = msiv2_error_new();

	(void)state;
	assert_non_null(err);
	assert_int_equal(msiv2_error_class(err), MSIV2_OK);
	assert_int_equal(err_set(err, MSIV2_IMDS_REFUSED, "imds.probe", "status %d", 500),
	                 MSIV2_IMDS_REFUSED);
	err_add_service(err, 500, "server_error");
	err_add_correlation(err, "c-1");
	assert_string_equal(msiv2_error_where(err), "imds.probe");
	assert_string_equal(msiv2_error_message(err), "status 500");
	assert_string_equal(msiv2_error_code(err), "server_error");
	assert_string_equal(msiv2_error_correlation_id(err), "c-1");
	assert_int_equal(msiv2_error_http_status(err), 500);
	/* A new failure forgets what the service said about the old one. */
	(void)err_set(err, MSIV2_CONFIG, "x", "y");
	assert_int_equal(msiv2_error_http_status(err), 0);
	assert_string_equal(msiv2_error_code(err), "");
	msiv2_error_free(err);
	msiv2_error_free(NULL);
}

static void an_error_is_always_one_line_of_whole_characters(void **state)
{
	struct msiv2_error err = {0};
	char longer[2000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer + sizeof(err.message) - 2, "\xc3\xa9", 2);
	(void)err_set(&err, MSIV2_CONFIG, "a\nb", "%s", longer);
	assert_string_equal(err.where, "a?b");
	assert_int_equal(strlen(err.message), sizeof(err.message) - 2);
	(void)err_set(&err, MSIV2_CONFIG, "w", "one\r\ntwo\x7f");
	assert_string_equal(err.message, "one??two?");
}

static void what_is_no_utf_8_is_shown_as_question_marks(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	(void)err_set(&err, MSIV2_STORE, "a\xFFz", "%.2s|\xC3\xA9|\xED\xA0\x80|\xF0\x9F\x98\x80",
	              "x\xC3\xA9");
	assert_string_equal(err.where, "a?z");
	assert_string_equal(err.message, "x?|\xC3\xA9|???|\xF0\x9F\x98\x80");
}

static void a_message_may_quote_the_message_before_it(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	(void)err_set(&err, MSIV2_TRANSPORT, "net", "refused");
	(void)err_set(&err, MSIV2_TRANSPORT, err.where, "while asking: %s", err.message);
	assert_string_equal(err.where, "net");
	assert_string_equal(err.message, "while asking: refused");
}

static void a_missing_error_object_is_allowed(void **state)
{
	const struct blame blame = {MSIV2_STS_MALFORMED, "sts"};

	(void)state;
	assert_int_equal(err_set(NULL, MSIV2_CONFIG, "w", "m"), MSIV2_CONFIG);
	assert_int_equal(err_blame(NULL, &blame, "m"), MSIV2_STS_MALFORMED);
	assert_int_equal(err_no_memory(NULL, "w"), MSIV2_INTERNAL);
	err_add_service(NULL, 400, "x");
	err_add_correlation(NULL, "x");
	err_clear(NULL);
}

static void openssl_reasons_are_told_and_the_queue_left_empty(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(err_openssl(&err, MSIV2_CERT_INVALID, "cert", "parsing"),
	                 MSIV2_CERT_INVALID);
	assert_non_null(strstr(err.message, "parsing: error:"));
	assert_int_equal(ERR_peek_error(), 0);
	(void)err_openssl(&err, MSIV2_INTERNAL, "cert", "parsing");
	assert_string_equal(err.message, "parsing: no reason given");
}

static void keep_line(void *ctx, enum msiv2_log_level level, const char *line)
{
	(void)level;
	(void)snprintf(ctx, 64, "%s", line);
}

static void log_lines_above_the_level_are_dropped(void **state)
{
	char last[64] = "";
	struct log log = {keep_line, last, MSIV2_LOG_WARN};
	struct log silent = {0};

	(void)state;
	log_line(&log, MSIV2_LOG_INFO, "dropped");
	assert_string_equal(last, "");
	log_line(&log, MSIV2_LOG_WARN, "kept %d\n", 7);
	assert_string_equal(last, "kept 7?");
	log_line(&silent, MSIV2_LOG_ERROR, "nobody listens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_class_has_its_own_word),
	        cmocka_unit_test(an_error_carries_what_it_was_given),
	        cmocka_unit_test(an_error_is_always_one_line_of_whole_characters),
	        cmocka_unit_test(what_is_no_utf_8_is_shown_as_question_marks),
	        cmocka_unit_test(a_message_may_quote_the_message_before_it),
	        cmocka_unit_test(a_missing_error_object_is_allowed),
	        cmocka_unit_test(openssl_reasons_are_told_and_the_queue_left_empty),
	        cmocka_unit_test(log_lines_above_the_level_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
