/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Hosts over sockets: listeners of their own, waits that end, the time in every answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "tests/testing.h"
#include "wire.h"

#define GET_METADATA                                                                               \
	"GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 HTTP/1.1\r\n"             \
	"Host: x\r\nMetadata: true\r\n\r\n"

static struct msiv2_emulator *start(const struct msiv2_emulator_options *options)
{
	struct msiv2_emulator *emulator = NULL;
	struct msiv2_error *err = msiv2_error_new();

	if (msiv2_emulator_start(options, &emulator, err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(err), msiv2_error_message(err));
	msiv2_error_free(err);
	return emulator;
}

static struct msiv2_emulator *start_default(void)
{
	const struct msiv2_emulator_options options = {0};

	return start(&options);
}

/* Starting has to fail; `where` is what the error names. */
static void expect_refused(const struct msiv2_emulator_options *options, const char *where)
{
	struct msiv2_emulator *emulator = NULL;
	struct msiv2_error *err = msiv2_error_new();

	assert_int_equal(msiv2_emulator_start(options, &emulator, err), MSIV2_CONFIG);
	assert_null(emulator);
	assert_string_equal(msiv2_error_where(err), where);
	msiv2_error_free(err);
}

static void ask_metadata(struct msiv2_emulator *emulator)
{
	struct wire wire;

	wire_open(&wire, wire_port(msiv2_emulator_imds(emulator)));
	wire_send(&wire, GET_METADATA);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
}

#define B_BODY                                                                                     \
	"\"vm_id\":\"b-vm\",\"identities\":[{\"kind\":\"system\","                                 \
	"\"client_id\":\"c1c1c1c1-0000-4000-8000-000000000001\","                                  \
	"\"object_id\":\"d1d1d1d1-0000-4000-8000-000000000001\"}]"
#define B_HOST "{" B_BODY

/* The answer to an admin request, owned by the caller. */
static char *ask_admin(struct msiv2_emulator *emulator, const char *method, const char *target,
                       const char *body, int expected)
{
	char *answer = NULL;
	int status = 0;

	assert_int_equal(
	        msiv2_emulator_admin_call(emulator, method, target, body, &status, &answer, NULL),
	        MSIV2_OK);
	assert_int_equal(status, expected);
	return answer;
}

/* The port after `mark` in a JSON text. */
static uint16_t port_behind(const char *json, const char *mark)
{
	const char *at = strstr(json, mark);

	assert_non_null(at);
	return (uint16_t)strtol(strstr(at, "127.0.0.1:") + strlen("127.0.0.1:"), NULL, 10);
}

/* Asks the IMDS at that port for its metadata. */
static void ask_port(uint16_t port, const char *expected)
{
	OWNED_STRUCT(bytes) text = {0};
	struct wire wire;

	wire_open(&wire, port);
	wire_send(&wire, GET_METADATA);
	assert_int_equal(wire_read(&wire, false, &text), 200);
	assert_non_null(strstr(bytes_text(&text), expected));
	wire_close(&wire);
}

static void further_hosts_have_listeners_of_their_own(void **state)
{
	const struct msiv2_emulator_options options = {.config_text =
	                                                       "{\"hosts\":{\"b\":" B_HOST "}}}"};
	struct msiv2_emulator *emulator = start(&options);
	const char *ready = msiv2_emulator_ready(emulator);

	(void)state;
	ask_port(port_behind(ready, "\"hosts\":{\"b\":"), "\"vmId\":\"b-vm\"");
	ask_port(wire_port(msiv2_emulator_imds(emulator)), "11111111-2222-4333");
	msiv2_emulator_text_free(ask_admin(
	        emulator, "GET", "/journal?host=b&endpoint=getplatformmetadata", NULL, 200));
	msiv2_emulator_stop(emulator);
}

static void without_further_hosts_the_ready_line_has_none(void **state)
{
	struct msiv2_emulator *emulator = start_default();

	(void)state;
	assert_null(strstr(msiv2_emulator_ready(emulator), "hosts"));
	msiv2_emulator_stop(emulator);
}

static void a_further_host_that_cannot_listen_is_named(void **state)
{
	struct msiv2_emulator *first = start_default();
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_emulator_options options = {0};

	(void)state;
	bytes_addf(&text, "{\"hosts\":{\"b\":" B_HOST ",\"imds_port\":%u}}}",
	           (unsigned)wire_port(msiv2_emulator_imds(first)));
	options.config_text = bytes_text(&text);
	expect_refused(&options, "hosts.b.imds_port");
	msiv2_emulator_stop(first);
}

static void hosts_are_added_and_removed_while_others_answer(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	OWNED_STRUCT(bytes) taken = {0};
	char *text;
	uint16_t port;
	struct wire wire;

	(void)state;
	text = ask_admin(emulator, "POST", "/hosts",
	                 "{\"name\":\"b\",\"personality\":\"black-hole\"," B_BODY "}", 201);
	port = port_behind(text, "\"imds\":");
	msiv2_emulator_text_free(text);
	wire_open(&wire, port);
	wire_send(&wire, GET_METADATA);
	ask_metadata(emulator);
	/* It goes with a client that still waits, and that client is told nothing. */
	msiv2_emulator_text_free(ask_admin(emulator, "DELETE", "/hosts/b", NULL, 200));
	assert_true(wire_ended(&wire));
	wire_close(&wire);
	bytes_addf(&taken, "{\"name\":\"c\",\"imds_port\":%u," B_BODY "}",
	           (unsigned)wire_port(msiv2_emulator_imds(emulator)));
	text = ask_admin(emulator, "POST", "/hosts", bytes_text(&taken), 400);
	assert_non_null(strstr(text, "hosts.c.imds_port"));
	msiv2_emulator_text_free(text);
	msiv2_emulator_text_free(ask_admin(emulator, "GET", "/hosts/c", NULL, 404));
	ask_metadata(emulator);
	msiv2_emulator_stop(emulator);
}

/* Hosts that were there at start come back, those that were not go. */
static void a_reset_brings_hosts_back(void **state)
{
	const struct msiv2_emulator_options options = {.config_text =
	                                                       "{\"hosts\":{\"b\":" B_HOST "}}}"};
	struct msiv2_emulator *emulator = start(&options);
	char *text;

	(void)state;
	msiv2_emulator_text_free(ask_admin(emulator, "DELETE", "/hosts/b", NULL, 200));
	msiv2_emulator_text_free(
	        ask_admin(emulator, "POST", "/hosts", "{\"name\":\"c\"," B_BODY "}", 201));
	msiv2_emulator_reset(emulator);
	msiv2_emulator_text_free(ask_admin(emulator, "GET", "/hosts/c", NULL, 404));
	text = ask_admin(emulator, "GET", "/hosts/b", NULL, 200);
	ask_port(port_behind(text, "\"imds\":"), "\"vmId\":\"b-vm\"");
	msiv2_emulator_text_free(text);
	msiv2_emulator_stop(emulator);
}

static void black_holes_and_slow_hosts_do_not_keep_it_from_stopping(void **state)
{
	static const char *const personalities[] = {"black-hole", "slow"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(personalities); i++) {
		OWNED_STRUCT(bytes) text = {0};
		struct msiv2_emulator_options options = {0};
		struct msiv2_emulator *emulator;
		struct wire wires[4];
		int64_t start_us;

		bytes_addf(&text, "{\"host\":{\"personality\":\"%s\",\"slow_ms\":600000}}",
		           personalities[i]);
		options.config_text = bytes_text(&text);
		emulator = start(&options);
		for (size_t k = 0; k < TEXT_COUNT(wires); k++) {
			wire_open(&wires[k], wire_port(msiv2_emulator_imds(emulator)));
			wire_send(&wires[k], GET_METADATA);
		}
		start_us = clock_mono_us(clock_system());
		msiv2_emulator_stop(emulator);
		assert_in_range(clock_mono_us(clock_system()) - start_us, 0, CLOCK_US_PER_S);
		for (size_t k = 0; k < TEXT_COUNT(wires); k++) {
			assert_true(wire_ended(&wires[k]));
			wire_close(&wires[k]);
		}
	}
}

/* World time, so that a client can tell that its own is off. */
static void every_answer_tells_world_time(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	const char *const bases[] = {msiv2_emulator_imds(emulator), msiv2_emulator_sts(emulator),
	                             msiv2_emulator_admin(emulator)};
	static const char *const requests[] = {"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
	                                       "garbage\r\n\r\n"};
	const struct wire_tls tls = {0};

	(void)state;
	msiv2_emulator_freeze(emulator, true);
	assert_int_equal(msiv2_emulator_set_time(emulator, 1795230000, NULL), MSIV2_OK);
	for (size_t i = 0; i < TEXT_COUNT(bases) * TEXT_COUNT(requests); i++) {
		const char *base = bases[i / TEXT_COUNT(requests)];
		OWNED_STRUCT(bytes) text = {0};
		struct wire wire;

		wire_open(&wire, wire_port(base));
		if (strncmp(base, "https", 5) == 0)
			assert_true(wire_start_tls(&wire, &tls));
		wire_send(&wire, requests[i % TEXT_COUNT(requests)]);
		assert_true(wire_read(&wire, false, &text) >= 400);
		assert_non_null(
		        strstr(bytes_text(&text), "\r\nDate: Sat, 21 Nov 2026 03:00:00 GMT\r\n"));
		wire_close(&wire);
	}
	msiv2_emulator_stop(emulator);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(further_hosts_have_listeners_of_their_own),
	        cmocka_unit_test(without_further_hosts_the_ready_line_has_none),
	        cmocka_unit_test(a_further_host_that_cannot_listen_is_named),
	        cmocka_unit_test(hosts_are_added_and_removed_while_others_answer),
	        cmocka_unit_test(a_reset_brings_hosts_back),
	        cmocka_unit_test(black_holes_and_slow_hosts_do_not_keep_it_from_stopping),
	        cmocka_unit_test(every_answer_tells_world_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
