/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The admin listener of a whole emulator, over sockets and without. */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "emulator/instruments/journal.h"
#include "tests/testing.h"
#include "wire.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct msiv2_emulator *start(const struct msiv2_emulator_options *options)
{
	struct msiv2_emulator *emulator = NULL;

	assert_int_equal(msiv2_emulator_start(options, &emulator, NULL), MSIV2_OK);
	return emulator;
}

static void the_admin_interface_stays_on_loopback_unless_told(void **state)
{
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"listen\":{\"public_host\":\"emu.test\"}}", .bind = "0.0.0.0"};
	struct msiv2_emulator *emulator = start(&options);

	(void)state;
	assert_int_equal(strncmp(msiv2_emulator_imds(emulator), "http://emu.test:", 16), 0);
	assert_int_equal(strncmp(msiv2_emulator_admin(emulator), "http://127.0.0.1:", 17), 0);
	msiv2_emulator_stop(emulator);
}

/* Every route is there without a socket. */
static void the_admin_interface_is_asked_in_process(void **state)
{
	struct msiv2_emulator *emulator = start(&(struct msiv2_emulator_options){0});
	char *answer = NULL;
	int status = 0;

	(void)state;
	assert_int_equal(msiv2_emulator_admin_call(emulator, "GET", "/journal?endpoint=token", NULL,
	                                           &status, &answer, NULL),
	                 MSIV2_OK);
	assert_int_equal(status, 200);
	assert_string_equal(answer, "{\"events\":[],\"dropped\":0,\"next\":1}");
	msiv2_emulator_text_free(answer);
	assert_int_equal(msiv2_emulator_admin_call(emulator, "POST", "/clock", "{\"set\":1000}",
	                                           &status, &answer, NULL),
	                 MSIV2_OK);
	assert_int_equal(status, 200);
	assert_non_null(strstr(answer, "\"now\":1000"));
	msiv2_emulator_text_free(answer);
	assert_int_equal(msiv2_emulator_now_s(emulator) / 10, 100);
	assert_int_equal(msiv2_emulator_admin_call(emulator, "GET", "/nothing?x", NULL, &status,
	                                           &answer, NULL),
	                 MSIV2_OK);
	assert_int_equal(status, 404);
	msiv2_emulator_text_free(answer);
	assert_int_equal(
	        msiv2_emulator_admin_call(emulator, "GET", "journal", NULL, &status, &answer, NULL),
	        MSIV2_CONFIG);
	assert_null(answer);
	msiv2_emulator_stop(emulator);
}

/* Clients that wait, each on a connection of its own. */
static void open_waiters(const struct msiv2_emulator *emulator, struct wire *wires, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		wire_open(&wires[i], wire_port(msiv2_emulator_admin(emulator)));
		wire_send(&wires[i], GET("/journal/wait?endpoint=token&timeout_ms=300000"));
	}
}

static void waiting_leaves_room_for_others(void **state)
{
	struct msiv2_emulator *emulator = start(&(struct msiv2_emulator_options){0});
	struct wire waiters[JOURNAL_WAITERS_MAX];
	struct wire others[JOURNAL_WAITERS_MAX];
	bool refused = false;

	(void)state;
	open_waiters(emulator, waiters, TEXT_COUNT(waiters));
	for (size_t i = 0; i < TEXT_COUNT(others); i++) {
		wire_open(&others[i], wire_port(msiv2_emulator_admin(emulator)));
		wire_send(&others[i], GET("/health"));
		assert_int_equal(wire_read(&others[i], false, NULL), 200);
	}
	/* Once all places are taken, one more is refused at once. */
	while (!refused) {
		int status;

		wire_send(&others[0], GET("/journal/wait?endpoint=probe&timeout_ms=0"));
		status = wire_read(&others[0], false, NULL);
		assert_true(status == 200 || status == 503);
		refused = status == 503;
	}
	for (size_t i = 0; i < TEXT_COUNT(waiters); i++) {
		wire_close(&waiters[i]);
		wire_close(&others[i]);
	}
	msiv2_emulator_stop(emulator);
}

static void stopping_takes_less_than_a_second_whoever_waits(void **state)
{
	struct msiv2_emulator *emulator = start(&(struct msiv2_emulator_options){0});
	struct wire waiters[JOURNAL_WAITERS_MAX];
	int64_t start_us;

	(void)state;
	open_waiters(emulator, waiters, TEXT_COUNT(waiters));
	start_us = clock_mono_us(clock_system());
	msiv2_emulator_stop(emulator);
	assert_in_range(clock_mono_us(clock_system()) - start_us, 0, CLOCK_US_PER_S);
	for (size_t i = 0; i < TEXT_COUNT(waiters); i++)
		wire_close(&waiters[i]);
}

static void a_waiting_client_is_answered_by_the_event(void **state)
{
	struct msiv2_emulator *emulator = start(&(struct msiv2_emulator_options){0});
	OWNED_STRUCT(bytes) answer = {0};
	struct wire waiter;
	struct wire imds;

	(void)state;
	wire_open(&waiter, wire_port(msiv2_emulator_admin(emulator)));
	wire_send(&waiter, GET("/journal/wait?endpoint=unknown&header.X-Mark=7&timeout_ms=60000"));
	wire_open(&imds, wire_port(msiv2_emulator_imds(emulator)));
	wire_send(&imds, "GET /x HTTP/1.1\r\nHost: x\r\nX-Mark: 7\r\n\r\n");
	assert_int_equal(wire_read(&imds, false, NULL), 404);
	assert_int_equal(wire_read(&waiter, false, &answer), 200);
	assert_non_null(strstr(bytes_text(&answer), "\"ok\":true"));
	wire_close(&imds);
	wire_close(&waiter);
	msiv2_emulator_stop(emulator);
}

/* DNS rebinding and other sites' pages end at the listener, but not in process. */
static void foreign_names_do_not_enter(void **state)
{
	struct msiv2_emulator *emulator = start(&(struct msiv2_emulator_options){0});
	struct wire wire;

	(void)state;
	wire_open(&wire, wire_port(msiv2_emulator_admin(emulator)));
	wire_send(&wire, "POST /reset HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 403);
	wire_send(&wire, "POST /reset HTTP/1.1\r\nHost: localhost\r\n"
	                 "Origin: http://evil.example\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 403);
	wire_send(&wire, "POST /reset HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
	msiv2_emulator_stop(emulator);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_admin_interface_stays_on_loopback_unless_told),
	        cmocka_unit_test(the_admin_interface_is_asked_in_process),
	        cmocka_unit_test(waiting_leaves_room_for_others),
	        cmocka_unit_test(stopping_takes_less_than_a_second_whoever_waits),
	        cmocka_unit_test(a_waiting_client_is_answered_by_the_event),
	        cmocka_unit_test(foreign_names_do_not_enter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
