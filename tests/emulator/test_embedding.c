/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator as a value: hundreds side by side in one process, and a thousand one after the
 * other, with nothing left of them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "process_size.h"
#include "stage.h"
#include "state_dir.h"
#include "tests/testing.h"
#include "wire.h"

#define MANY     200
#define STARTS   1000
#define WARM_UP  100
#define STARTERS 4
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KIB (512L * 1024) /* it holds on to memory that is freed */
#else
#define GROWTH_KIB 4096
#endif
#define SMALL_CONFIG "\"listen\":{\"connections\":2}"
#define ASK                                                                                        \
	"GET " STAGE_METADATA "?cred-api-version=2.0 HTTP/1.1\r\nHost: x\r\nMetadata: true\r\n"    \
	"x-ms-client-request-id: " STAGE_CORRELATION "\r\n\r\n"

static struct msiv2_emulator *start_one(const char *config_text)
{
	const struct msiv2_emulator_options options = {.config_text = config_text};
	struct msiv2_emulator *emulator = NULL;
	struct msiv2_error *err = msiv2_error_new();

	if (msiv2_emulator_start(&options, &emulator, err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(err), msiv2_error_message(err));
	msiv2_error_free(err);
	return emulator;
}

static void expect_answer(const struct msiv2_emulator *emulator, const char *text)
{
	OWNED_STRUCT(bytes) answer = {0};
	struct wire wire;

	wire_open(&wire, wire_port(msiv2_emulator_imds(emulator)));
	wire_send(&wire, ASK);
	assert_int_equal(wire_read(&wire, false, &answer), 200);
	wire_close(&wire);
	assert_non_null(strstr(bytes_text(&answer), text));
}

/* Each has ports, world and journal of its own; those that share a state directory share its keys,
 * so that nobody has to make them. */
static void hundreds_live_side_by_side(void **state)
{
	static struct msiv2_emulator *emulators[MANY];
	struct state_dir dir;

	(void)state;
	state_dir_new(&dir);
	for (int i = 0; i < MANY; i++) {
		OWNED_STRUCT(bytes) config = {0};

		bytes_addf(&config,
		           "{" SMALL_CONFIG
		           ",\"state_dir\":\"%s\",\"host\":{\"vm_id\":\"vm-%d.\"}}",
		           dir.path, i);
		emulators[i] = start_one(bytes_text(&config));
	}
	for (int i = 0; i < MANY; i++) {
		OWNED_STRUCT(bytes) own = {0};

		bytes_addf(&own, "\"vm-%d.\"", i);
		for (int k = 0; k <= i % 3; k++)
			expect_answer(emulators[i], bytes_text(&own));
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(msiv2_emulator_count(emulators[i], "getplatformmetadata"),
		                 (uint64_t)(i % 3 + 1));
		msiv2_emulator_stop(emulators[i]);
	}
	state_dir_free(&dir);
}

static void a_thousand_starts_leave_nothing_behind(void **state)
{
	size_t fds = 0, threads = 0;
	long kib = 0;

	(void)state;
	for (int i = 0; i < STARTS; i++) {
		struct msiv2_emulator *emulator;

		if (i == WARM_UP) {
			fds = process_count("/proc/self/fd");
			threads = process_count("/proc/self/task");
			kib = process_resident_kib();
		}
		emulator = start_one("{" SMALL_CONFIG "}");
		if (i % 10 == 0)
			expect_answer(emulator, "\"cuId\"");
		msiv2_emulator_stop(emulator);
	}
	assert_int_equal(process_count("/proc/self/fd"), fds);
	assert_int_equal(process_count("/proc/self/task"), threads);
	assert_in_range(process_resident_kib(), 0, kib + GROWTH_KIB);
}

static void *start_and_stop(void *count)
{
	for (int i = 0; i < *(int *)count; i++) {
		struct msiv2_emulator *emulator = start_one("{" SMALL_CONFIG "}");

		expect_answer(emulator, "\"cuId\"");
		msiv2_emulator_stop(emulator);
	}
	return NULL;
}

static void threads_start_and_stop_their_own_at_the_same_time(void **state)
{
	pthread_t threads[STARTERS];
	int count = 25;

	(void)state;
	for (int i = 0; i < STARTERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, start_and_stop, &count), 0);
	for (int i = 0; i < STARTERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hundreds_live_side_by_side),
	        cmocka_unit_test(a_thousand_starts_leave_nothing_behind),
	        cmocka_unit_test(threads_start_and_stop_their_own_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
