/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One request and its answer, good and bad (NET-03, NET-04). */
#include "tests/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "http_talk.h"
#include "ref/net/retry.h"

#define MIB ((size_t)1048576)

/* ---- good manners ---- */

static void an_answer_has_status_headers_and_body(void **state)
{
	struct talk talk = {
	        .answer = {.status = 418, .headers = "Server:  tea pot \r\nX-Two: 2\r\n"}};

	(void)state;
	bytes_add_text(&talk.answer.body, "short and stout");
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_get(&talk), MSIV2_OK);
	assert_int_equal(talk.got.status, 418);
	assert_string_equal(bytes_text(&talk.got.body), "short and stout");
	assert_string_equal(http_answer_header(&talk.got, "sErVeR"), "tea pot");
	assert_string_equal(http_answer_header(&talk.got, "x-two"), "2");
	assert_null(http_answer_header(&talk.got, "x-three"));
	assert_non_null(strstr(talk.head, "GET /path?q=1\n"));
	assert_non_null(strstr(talk.head, "x-test: yes\r\n"));
	talk_end(&talk);
}

static void a_chunked_and_a_dripped_answer_are_put_together(void **state)
{
	static const struct peer_answer answers[] = {{.chunked = true}, {.manners = PEER_DRIPS}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(answers); i++) {
		struct talk talk = {.answer = answers[i]};

		bytes_add_text(&talk.answer.body, "piece by piece");
		talk_start(&talk, false, 0, NULL);
		assert_int_equal(talk_get(&talk), MSIV2_OK);
		assert_string_equal(bytes_text(&talk.got.body), "piece by piece");
		talk_end(&talk);
	}
}

static void an_interim_answer_leaves_no_headers_behind(void **state)
{
	struct talk talk = {.answer = {.raw = true}};

	(void)state;
	bytes_add_text(&talk.answer.body, "HTTP/1.1 103 Early Hints\r\nServer: early\r\n\r\n"
	                                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_get(&talk), MSIV2_OK);
	assert_null(http_answer_header(&talk.got, "Server"));
	assert_string_equal(bytes_text(&talk.got.body), "ok");
	talk_end(&talk);
}

static void connections_are_kept_and_reused(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	talk_start(&talk, true, 0, talk_trust);
	for (int i = 0; i < 5; i++)
		assert_int_equal(talk_get(&talk), MSIV2_OK);
	assert_int_equal(atomic_load(&talk.requests), 5);
	assert_int_equal(scripted_peer_connections(talk.peer), 1);
	talk_end(&talk);
}

/* NET-03: where none is kept, none can fail under a request that libcurl would then send again. */
static void a_direct_pool_keeps_no_connection(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	talk_start(&talk, false, 0, NULL);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(talk_get(&talk), MSIV2_OK);
		assert_int_equal(scripted_peer_connections(talk.peer), i);
	}
	talk_end(&talk);
}

static void a_kept_connection_that_the_server_has_closed_is_replaced(void **state)
{
	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		struct talk talk = {.answer = {.manners = PEER_CLOSES, .after = SIZE_MAX}};

		bytes_add_text(&talk.answer.body, "whole");
		talk_start(&talk, tls != 0, 0, talk_trust);
		for (int i = 1; i <= 3; i++) {
			assert_int_equal(
			        talk_send(&talk, scripted_peer_base(talk.peer), "POST", "x"),
			        MSIV2_OK);
			assert_string_equal(bytes_text(&talk.got.body), "whole");
			assert_int_equal(scripted_peer_connections(talk.peer), i);
		}
		talk_end(&talk);
	}
}

static void a_redirect_is_an_answer_and_is_not_followed(void **state)
{
	struct talk talk = {.answer = {.status = 302, .headers = "Location: /elsewhere\r\n"}};

	(void)state;
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_get(&talk), MSIV2_OK);
	assert_int_equal(talk.got.status, 302);
	assert_int_equal(atomic_load(&talk.requests), 1);
	talk_end(&talk);
}

static void a_head_request_waits_for_no_body(void **state)
{
	struct talk talk = {.answer = {.raw = true}};

	(void)state;
	bytes_add_text(&talk.answer.body, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_send(&talk, scripted_peer_base(talk.peer), "HEAD", NULL), MSIV2_OK);
	assert_int_equal(talk.got.body.len, 0);
	talk_end(&talk);
}

static void a_body_goes_out_with_any_method(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(methods); i++) {
		struct talk talk = {.answer = {.status = 200}};

		talk_start(&talk, false, 0, NULL);
		assert_int_equal(
		        talk_send(&talk, scripted_peer_base(talk.peer), methods[i], "body"),
		        MSIV2_OK);
		assert_int_equal(strncmp(talk.head, methods[i], strlen(methods[i])), 0);
		assert_non_null(strstr(talk.head, "Content-Length: 4\r\n"));
		assert_null(strcasestr(talk.head, "Expect:"));
		talk_end(&talk);
	}
}

static void a_configured_proxy_is_bypassed(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	talk_start(&talk, false, 0, NULL);
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("all_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(talk_get(&talk), MSIV2_OK);
	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
	talk_end(&talk);
}

/* ---- bad answers ---- */

static void add_repeated(struct bytes *out, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		bytes_add_text(out, piece);
}

static void a_body_of_exactly_1_mib_is_accepted(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	add_repeated(&talk.answer.body, "0123456789abcdef", MIB / 16);
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_get(&talk), MSIV2_OK);
	assert_int_equal(talk.got.body.len, MIB);
	talk_end(&talk);
}

static void a_larger_body_is_malformed_announced_or_not(void **state)
{
	(void)state;
	for (int chunked = 0; chunked < 2; chunked++) {
		struct talk talk = {.answer = {.chunked = chunked != 0}};

		add_repeated(&talk.answer.body, "0123456789abcdef", MIB / 16);
		bytes_add_byte(&talk.answer.body, 'x');
		talk_start(&talk, false, 0, NULL);
		talk_expect_failure(&talk, MSIV2_IMDS_MALFORMED, "larger than 1 MiB");
		talk_end(&talk);
	}
}

static void a_head_that_never_ends_is_malformed(void **state)
{
	/* Many lines, and one line beyond what libcurl itself takes. */
	static const char *const pieces[] = {"X-More: 0123456789abcdef\r\n", "0123456789abcdef"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(pieces); i++) {
		struct talk talk = {.answer = {.raw = true}};

		bytes_add_text(&talk.answer.body, "HTTP/1.1 200 OK\r\nX-First: ");
		add_repeated(&talk.answer.body, pieces[i], 12000);
		bytes_add_text(&talk.answer.body, "\r\n\r\n");
		talk_start(&talk, false, 0, NULL);
		talk_expect_failure(&talk, MSIV2_IMDS_MALFORMED, "larger than 64 KiB");
		talk_end(&talk);
	}
}

/* From its first whole line on; before that there is no answer yet. */
static void part_of_an_answer_is_malformed_wherever_it_is_cut(void **state)
{
	(void)state;
	for (size_t after = 23; after < 55; after += 4) {
		struct talk talk = {.answer = {.manners = PEER_CLOSES, .after = after}};

		bytes_add_text(&talk.answer.body, "0123456789");
		talk_start(&talk, false, 0, NULL);
		assert_int_equal(talk_get(&talk), MSIV2_IMDS_MALFORMED);
		talk_end(&talk);
	}
}

static void part_of_an_answer_over_tls_is_malformed_too(void **state)
{
	static const enum peer_manners ways[] = {PEER_CLOSES, PEER_RESETS};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(ways); i++) {
		struct talk talk = {.answer = {.manners = ways[i], .after = 50}};

		bytes_add_text(&talk.answer.body, "0123456789");
		talk_start(&talk, true, 0, talk_trust);
		assert_int_equal(talk_get(&talk), MSIV2_IMDS_MALFORMED);
		assert_false(talk.got.certificate_refused);
		talk_end(&talk);
	}
}

static void what_is_not_http_is_malformed(void **state)
{
	static const char *const garbage[] = {"SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01\x02", "{}"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(garbage); i++) {
		struct talk talk = {.answer = {.raw = true}};

		bytes_add_text(&talk.answer.body, garbage[i]);
		talk_start(&talk, false, 0, NULL);
		talk_expect_failure(&talk, MSIV2_IMDS_MALFORMED, "");
		talk_end(&talk);
	}
}

/* ---- no answer ---- */

static void a_refused_connection_names_the_address(void **state)
{
	struct talk talk = {.answer = {.status = 200}};
	char base[64];

	(void)state;
	talk_start(&talk, false, 0, NULL);
	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%d", scripted_peer_free_port());
	assert_int_equal(talk_send(&talk, base, "GET", NULL), MSIV2_TRANSPORT);
	assert_non_null(strstr(talk.err.message, base));
	talk_end(&talk);
}

/* libcurl never resolves .onion (RFC 7686): no name server is needed to fail. */
static void an_unknown_name_is_a_transport_error(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	talk_start(&talk, false, 0, NULL);
	assert_int_equal(talk_send(&talk, "http://no-such-host.onion", "GET", NULL),
	                 MSIV2_TRANSPORT);
	assert_non_null(strstr(talk.err.message, "no-such-host.onion"));
	talk_end(&talk);
}

static void a_reset_before_the_answer_is_a_transport_error(void **state)
{
	static const enum peer_manners ways[] = {PEER_RESETS, PEER_CLOSES};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(ways); i++) {
		struct talk talk = {.answer = {.manners = ways[i]}};

		talk_start(&talk, false, 0, NULL);
		talk_expect_failure(&talk, MSIV2_TRANSPORT, "no answer from");
		assert_false(talk.got.certificate_refused);
		talk_end(&talk);
	}
}

static void silence_ends_at_the_deadline(void **state)
{
	static const size_t after[] = {0, 30};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(after); i++) {
		struct talk talk = {.answer = {.manners = PEER_IS_SILENT, .after = after[i]}};
		int64_t took_us = clock_mono_us(clock_system());

		talk_start(&talk, false, 0, NULL);
		talk.patience.deadline_us = clock_deadline_us(clock_system(), 150);
		talk_expect_failure(&talk, MSIV2_TIMEOUT, "deadline");
		took_us = clock_mono_us(clock_system()) - took_us;
		assert_in_range(took_us, 149000, 5000000);
		talk_end(&talk);
	}
}

static bool cancelled_at_third_look(void *ctx)
{
	int *looks = ctx;

	return ++*looks >= 3;
}

static void a_cancelled_call_ends_at_once(void **state)
{
	struct talk talk = {.answer = {.manners = PEER_IS_SILENT}};
	int64_t took_us = clock_mono_us(clock_system());
	int looks = 0;

	(void)state;
	talk_start(&talk, false, 0, NULL);
	talk.patience.cancelled = cancelled_at_third_look;
	talk.patience.cancelled_ctx = &looks;
	talk_expect_failure(&talk, MSIV2_TIMEOUT, "cancelled");
	took_us = clock_mono_us(clock_system()) - took_us;
	assert_in_range(took_us, 0, 5000000);
	talk_end(&talk);
}

static void nothing_is_sent_after_the_deadline(void **state)
{
	struct talk talk = {.answer = {.status = 200}};

	(void)state;
	talk_start(&talk, false, 0, NULL);
	talk.patience.deadline_us = clock_mono_us(clock_system());
	assert_int_equal(talk_get(&talk), MSIV2_TIMEOUT);
	assert_int_equal(scripted_peer_connections(talk.peer), 0);
	talk_end(&talk);
}

/* ---- Retry-After ---- */

static void retry_after_is_read_as_seconds_or_as_a_date(void **state)
{
	static const struct {
		const char *header;
		int64_t seconds;
	} rows[] = {
	        {"Retry-After: 7\r\n", 7},
	        {"retry-after:   0\r\n", 0},
	        {"Retry-After: Thu, 01 Jan 1970 00:01:40 GMT\r\n", 60},
	        {"Retry-After: Thu, 01 Jan 1970 00:00:10 GMT\r\n", 0},
	        {"Retry-After: soon\r\n", RETRY_NO_RETRY_AFTER},
	        {"Retry-After: -5\r\n", RETRY_NO_RETRY_AFTER},
	        {"Retry-After: \r\n", RETRY_NO_RETRY_AFTER},
	        {"", RETRY_NO_RETRY_AFTER},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct talk talk = {.answer = {.status = 503, .headers = rows[i].header}};

		talk_start(&talk, false, 0, NULL);
		assert_int_equal(talk_get(&talk), MSIV2_OK);
		assert_int_equal(http_answer_retry_after_s(&talk.got, 40), rows[i].seconds);
		talk_end(&talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_answer_has_status_headers_and_body),
	        cmocka_unit_test(a_chunked_and_a_dripped_answer_are_put_together),
	        cmocka_unit_test(an_interim_answer_leaves_no_headers_behind),
	        cmocka_unit_test(connections_are_kept_and_reused),
	        cmocka_unit_test(a_direct_pool_keeps_no_connection),
	        cmocka_unit_test(a_kept_connection_that_the_server_has_closed_is_replaced),
	        cmocka_unit_test(a_redirect_is_an_answer_and_is_not_followed),
	        cmocka_unit_test(a_head_request_waits_for_no_body),
	        cmocka_unit_test(a_body_goes_out_with_any_method),
	        cmocka_unit_test(a_configured_proxy_is_bypassed),
	        cmocka_unit_test(a_body_of_exactly_1_mib_is_accepted),
	        cmocka_unit_test(a_larger_body_is_malformed_announced_or_not),
	        cmocka_unit_test(a_head_that_never_ends_is_malformed),
	        cmocka_unit_test(part_of_an_answer_is_malformed_wherever_it_is_cut),
	        cmocka_unit_test(part_of_an_answer_over_tls_is_malformed_too),
	        cmocka_unit_test(what_is_not_http_is_malformed),
	        cmocka_unit_test(a_refused_connection_names_the_address),
	        cmocka_unit_test(an_unknown_name_is_a_transport_error),
	        cmocka_unit_test(a_reset_before_the_answer_is_a_transport_error),
	        cmocka_unit_test(silence_ends_at_the_deadline),
	        cmocka_unit_test(a_cancelled_call_ends_at_once),
	        cmocka_unit_test(nothing_is_sent_after_the_deadline),
	        cmocka_unit_test(retry_after_is_read_as_seconds_or_as_a_date),
	};

	return cmocka_run_group_tests(tests, talk_group_setup, talk_group_teardown);
}
