/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "tests/testing.h"
#include "wire.h"

#define GET_METADATA                                                                               \
	"GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 HTTP/1.1\r\n"             \
	"Host: x\r\nMetadata: true\r\n"
#define POST_ISSUE                                                                                 \
	"POST /metadata/identity/issuecredential?cred-api-version=2.0 HTTP/1.1\r\n"                \
	"Host: x\r\nMetadata: true\r\nContent-Type: application/json\r\n"
#define CONNECTIONS 64

static struct msiv2_emulator *emulator;
static uint16_t imds_port;

static int start(void **state)
{
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"limits\":{\"request_timeout_ms\":1000}}"};

	(void)state;
	if (msiv2_emulator_start(&options, &emulator, NULL) != MSIV2_OK)
		return -1;
	imds_port = wire_port(msiv2_emulator_imds(emulator));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	msiv2_emulator_stop(emulator);
	return 0;
}

/* Whatever came before: the emulator is alive, and IMDS says who it is (META-06). */
static void expect_alive(void)
{
	struct wire wire;
	OWNED_STRUCT(bytes) answer = {0};

	wire_open(&wire, imds_port);
	wire_send(&wire, GET_METADATA "\r\n");
	assert_int_equal(wire_read(&wire, false, &answer), 200);
	assert_non_null(strstr(bytes_text(&answer), "\r\nServer: IMDS/150.870.65.1854\r\n"));
	wire_close(&wire);
}

/* Sends a text on a new connection and reads one answer. */
static int exchange(const char *text, bool end, struct bytes *answer)
{
	struct wire wire;
	int status;

	wire_open(&wire, imds_port);
	wire_send(&wire, text);
	if (end)
		wire_send_end(&wire);
	status = wire_read(&wire, false, answer);
	wire_close(&wire);
	return status;
}

static void one_connection_carries_many_requests(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, imds_port);
	for (int i = 0; i < 50; i++) {
		OWNED_STRUCT(bytes) answer = {0};

		wire_send(&wire, GET_METADATA "\r\n");
		assert_int_equal(wire_read(&wire, false, &answer), 200);
		assert_non_null(strstr(bytes_text(&answer), "\r\nConnection: keep-alive\r\n"));
	}
	wire_send(&wire, GET_METADATA "\r\n" GET_METADATA "\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
}

static void http_1_0_and_connection_close_end_the_connection(void **state)
{
	static const char *const requests[] = {
	        "GET /metadata HTTP/1.0\r\nHost: x\r\n\r\n",
	        "GET /metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wire wire;
		OWNED_STRUCT(bytes) answer = {0};

		wire_open(&wire, imds_port);
		wire_send(&wire, requests[i]);
		assert_int_equal(wire_read(&wire, false, &answer), 404);
		assert_non_null(strstr(bytes_text(&answer), "\r\nConnection: close\r\n"));
		assert_true(wire_ended(&wire));
		wire_close(&wire);
	}
}

static void an_answer_to_head_has_no_body(void **state)
{
	struct wire wire;
	OWNED_STRUCT(bytes) answer = {0};

	(void)state;
	wire_open(&wire, imds_port);
	wire_send(&wire, "HEAD /metadata HTTP/1.1\r\nHost: x\r\n\r\n" GET_METADATA "\r\n");
	assert_int_equal(wire_read(&wire, true, NULL), 404);
	assert_int_equal(wire_read(&wire, false, &answer), 200);
	wire_close(&wire);
}

static void a_truncated_body_is_400(void **state)
{
	static const char *const requests[] = {
	        POST_ISSUE "Content-Length: 100\r\n\r\n{\"csr\":",
	        POST_ISSUE "Content-Length: 100\r\n\r\n",
	        POST_ISSUE "Transfer-Encoding: chunked\r\n\r\n50\r\n{\"csr\r\n",
	        POST_ISSUE "Content-Length: 5\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		OWNED_STRUCT(bytes) answer = {0};

		assert_int_equal(exchange(requests[i], true, &answer), 400);
		assert_non_null(strstr(bytes_text(&answer), "shorter than it was declared"));
	}
	expect_alive();
}

/* RFC 9112 6.3: a request smuggled in behind two lengths is never seen. */
static void after_an_answer_that_says_close_nothing_is_read(void **state)
{
	static const char *const requests[] = {
	        POST_ISSUE "Content-Length: 7\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
	        POST_ISSUE "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	        POST_ISSUE "Content-Length: 7\r\nConnection: close\r\n\r\n{\"a\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		uint64_t before = msiv2_emulator_count(emulator, "getplatformmetadata");
		OWNED_STRUCT(bytes) answer = {0};
		OWNED_STRUCT(bytes) both = {0};
		struct wire wire;

		bytes_addf(&both, "%s%s", requests[i], GET_METADATA "\r\n");
		wire_open(&wire, imds_port);
		wire_send(&wire, bytes_text(&both));
		assert_int_equal(wire_read(&wire, false, &answer), 400);
		assert_non_null(strstr(bytes_text(&answer), "\r\nConnection: close\r\n"));
		assert_int_equal(wire_read(&wire, false, NULL), 0);
		wire_close(&wire);
		assert_int_equal(msiv2_emulator_count(emulator, "getplatformmetadata"), before);
	}
	expect_alive();
}

static void a_request_that_is_cut_in_its_head_gets_no_crash(void **state)
{
	static const char *const cuts[] = {"", "G", "GET", "GET / HTTP/1.1\r\nHost", GET_METADATA};

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		assert_int_not_equal(exchange(cuts[i], true, NULL), 200);
	expect_alive();
}

static void an_oversized_body_is_413_and_the_connection_goes_on(void **state)
{
	static char big[70001];
	struct wire wire;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	wire_open(&wire, imds_port);
	wire_send(&wire, POST_ISSUE "Content-Length: 70000\r\n\r\n");
	wire_send(&wire, big);
	wire_send(&wire, GET_METADATA "\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 413);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
}

static void a_chunked_body_is_put_together(void **state)
{
	struct wire wire;
	OWNED_STRUCT(bytes) answer = {0};

	(void)state;
	wire_open(&wire, imds_port);
	wire_send(&wire, POST_ISSUE "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"csr\r\n3\r\n\":1\r\n"
	                            "1\r\n}\r\n0\r\n\r\n" GET_METADATA "\r\n");
	assert_int_equal(wire_read(&wire, false, &answer), 400);
	assert_non_null(strstr(bytes_text(&answer), "csr")); /* it was read: csr is no text */
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
}

static void broken_and_oversized_chunks_are_refused(void **state)
{
	static char chunk[0x4000 + 1];
	struct wire wire;

	(void)state;
	assert_int_equal(exchange(POST_ISSUE
	                          "Transfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n0\r\n\r\n",
	                          true, NULL),
	                 400);
	assert_int_equal(
	        exchange(POST_ISSUE "Transfer-Encoding: chunked\r\n\r\n50\r\n{\"csr", true, NULL),
	        400);
	memset(chunk, 'x', sizeof(chunk) - 1);
	wire_open(&wire, imds_port);
	wire_send(&wire, POST_ISSUE "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 8; i++) {
		wire_send(&wire, "4000\r\n");
		wire_send(&wire, chunk);
		wire_send(&wire, "\r\n");
	}
	wire_send(&wire, "0\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 413);
	wire_close(&wire);
	expect_alive();
}

static void what_is_not_http_is_400_and_journalled(void **state)
{
	static const char *const garbage[] = {
	        "hello\r\n\r\n",
	        "\x16\x03\x01\x02\r\n\r\n",
	        "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
	        "GET /metadata\r\n\r\n",
	        "GET\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		uint64_t before = msiv2_emulator_count(emulator, "unknown");
		OWNED_STRUCT(bytes) answer = {0};

		assert_int_equal(exchange(garbage[i], false, &answer), 400);
		assert_non_null(strstr(bytes_text(&answer), "\r\nServer: IMDS/")); /* META-06 */
		assert_int_equal(msiv2_emulator_count(emulator, "unknown"), before + 1);
	}
	expect_alive();
}

#define PLAIN                                                                                      \
	"GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 HTTP/1.1\r\nHost: x\r\n"

/* RFC 9112 5.1. A proxy that reads the name with its blank and a server that reads it without see
 * two requests. */
static void a_blank_before_a_headers_colon_is_400(void **state)
{
	static const char *const bad[] = {
	        "Metadata : true\r\n",
	        "Metadata  :true\r\n",
	        "Metadata: true\r\nX-Empty :\r\n",
	        "X-Other : a\r\nMetadata: true\r\n",
	        "Metadata\t: true\r\n",
	};
	static const char *const good[] = {
	        "Metadata: true\r\n",
	        "Metadata:true\r\n",
	        "Metadata:   true\r\nX-Empty:\r\n",
	        "X-Empty: \r\nX-Colon: a : b\r\nMetadata:  true\r\n",
	        "X-Odd:: a\r\nMetadata: true\r\n",
	};
	static const char *const end = "x-ms-client-request-id: 1\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad) + TEXT_COUNT(good); i++) {
		bool is_bad = i < TEXT_COUNT(bad);
		OWNED_STRUCT(bytes) request = {0};
		OWNED_STRUCT(bytes) answer = {0};

		bytes_addf(&request, "%s%s%s", PLAIN, is_bad ? bad[i] : good[i - TEXT_COUNT(bad)],
		           end);
		if (exchange(bytes_text(&request), false, &answer) != (is_bad ? 400 : 200))
			fail_msg("%s\n%s", bytes_text(&request), bytes_text(&answer));
		if (is_bad)
			assert_non_null(strstr(bytes_text(&answer), "not acceptable HTTP"));
	}
	expect_alive();
}

/* What follows such a request on its connection is not believed either. */
static void after_a_blank_before_a_colon_nothing_is_read(void **state)
{
	uint64_t before = msiv2_emulator_count(emulator, "getplatformmetadata");
	struct wire wire;

	(void)state;
	wire_open(&wire, imds_port);
	wire_send(&wire, PLAIN "Content-Length : 5\r\n\r\n" PLAIN "Metadata: true\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 400);
	wire_close(&wire);
	expect_alive();
	assert_true(msiv2_emulator_count(emulator, "getplatformmetadata") <= before + 1);
}

static void what_is_not_http_is_a_problem_of_the_admin_interface_too(void **state)
{
	struct wire wire;
	OWNED_STRUCT(bytes) answer = {0};

	(void)state;
	wire_open(&wire, wire_port(msiv2_emulator_admin(emulator)));
	wire_send(&wire, "hello\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, &answer), 400);
	assert_non_null(strstr(bytes_text(&answer), "application/problem+json"));
	wire_close(&wire);
}

static void an_endless_target_is_refused(void **state)
{
	static char target[40000];
	struct wire wire;

	(void)state;
	memset(target, 'a', sizeof(target) - 1);
	wire_open(&wire, imds_port);
	wire_send(&wire, "GET /");
	wire_send(&wire, target);
	wire_send(&wire, " HTTP/1.1\r\n\r\n");
	assert_int_not_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
	expect_alive();
}

static void a_client_that_waits_for_100_continue_gets_it(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, imds_port);
	wire_send(&wire, POST_ISSUE "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 100);
	wire_send(&wire, "{}");
	assert_int_equal(wire_read(&wire, false, NULL), 400);
	wire_close(&wire);
}

/* The request timeout of this emulator is a second. */
static void a_client_that_stalls_is_let_go(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, imds_port);
	wire_send(&wire, "GET /metadata HTT");
	assert_int_equal(wire_read(&wire, false, NULL) / 100 == 2, 0);
	wire_close(&wire);
	expect_alive();
}

static void many_clients_stay_connected_at_once(void **state)
{
	static struct wire wires[CONNECTIONS];

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++)
		wire_open(&wires[i], imds_port);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < CONNECTIONS; i++) {
			wire_send(&wires[i], GET_METADATA "\r\n");
			assert_int_equal(wire_read(&wires[i], false, NULL), 200);
		}
	for (int i = 0; i < CONNECTIONS; i++)
		wire_close(&wires[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_connection_carries_many_requests),
	        cmocka_unit_test(http_1_0_and_connection_close_end_the_connection),
	        cmocka_unit_test(an_answer_to_head_has_no_body),
	        cmocka_unit_test(a_truncated_body_is_400),
	        cmocka_unit_test(after_an_answer_that_says_close_nothing_is_read),
	        cmocka_unit_test(a_request_that_is_cut_in_its_head_gets_no_crash),
	        cmocka_unit_test(an_oversized_body_is_413_and_the_connection_goes_on),
	        cmocka_unit_test(a_chunked_body_is_put_together),
	        cmocka_unit_test(broken_and_oversized_chunks_are_refused),
	        cmocka_unit_test(what_is_not_http_is_400_and_journalled),
	        cmocka_unit_test(a_blank_before_a_headers_colon_is_400),
	        cmocka_unit_test(after_a_blank_before_a_colon_nothing_is_read),
	        cmocka_unit_test(what_is_not_http_is_a_problem_of_the_admin_interface_too),
	        cmocka_unit_test(an_endless_target_is_refused),
	        cmocka_unit_test(a_client_that_waits_for_100_continue_gets_it),
	        cmocka_unit_test(a_client_that_stalls_is_let_go),
	        cmocka_unit_test(many_clients_stay_connected_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
