/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Every system call of a change fails once, and every allocation; the process dies before each
 * system call. Whatever happens, no other entry is lost and the store goes on (STORE-06, STORE-09).
 */
#include "tests/testing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "fs_fault.h"
#include "store_scene.h"
#include "tests/ref/mem_fault.h"

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* True as long as there is an nth call. */
static bool change_fails_at(enum scene_change change, unsigned nth, int error)
{
	struct store_scene scene;
	struct msiv2_error err = {0};
	size_t descriptors;
	enum scene_outcome outcome;
	enum msiv2_rc rc;
	char told[160];
	bool fired;

	store_scene_open(&scene);
	descriptors = open_descriptors();
	fs_fault_arm(FS_FAULT_FAIL, nth, error);
	rc = store_scene_change(&scene, change, &err);
	(void)fs_fault_disarm();
	fired = fs_fault_fired();
	(void)snprintf(told, sizeof(told), "%s, call %u (%s): %s", scene_change_name(change), nth,
	               fs_fault_call(), strerror(error));
	assert_int_equal(open_descriptors(), descriptors);
	if (rc != MSIV2_OK && (rc != MSIV2_STORE || strstr(err.message, scene.bench.root) == NULL))
		fail_msg("%s: %s: %s", told, msiv2_rc_name(rc), err.message);
	if (store_scene_leftovers(&scene) != 0)
		fail_msg("%s: a leftover", told);
	outcome = store_scene_check(&scene, scene.bench.store, change, told);
	if (change == SCENE_PUT || change == SCENE_PUT_FIRST)
		assert_int_equal(outcome, rc == MSIV2_OK ? SCENE_NEW : SCENE_OLD);
	if (!fired) {
		assert_int_equal(rc, MSIV2_OK);
		assert_int_equal(outcome, SCENE_NEW);
	}
	assert_int_equal(access(scene.leftover, F_OK), 0);
	store_scene_check_next(&scene, scene.bench.store, told);
	store_scene_close(&scene);
	return fired;
}

static void a_change_with_any_one_call_failing_loses_nothing(void **state)
{
	static const int errors[] = {EIO, ENOSPC, EACCES};

	(void)state;
	for (enum scene_change change = 0; change < SCENE_CHANGES; change++) {
		for (size_t i = 0; i < TEXT_COUNT(errors); i++) {
			unsigned nth = 1;

			while (change_fails_at(change, nth, errors[i]))
				nth++;
			/* A change makes calls, or nothing was tried. */
			assert_true(nth > 20);
		}
	}
}

static bool change_lacks_memory_at(enum scene_change change, unsigned nth)
{
	struct store_scene scene;
	size_t descriptors;
	enum msiv2_rc rc;
	bool fired;

	store_scene_open(&scene);
	descriptors = open_descriptors();
	mem_fault_at(nth);
	rc = store_scene_change(&scene, change, NULL);
	fired = mem_fault_fired();
	mem_fault_at(0);
	assert_int_equal(open_descriptors(), descriptors);
	assert_true(rc == MSIV2_OK || (fired && rc == MSIV2_INTERNAL));
	(void)store_scene_check(&scene, scene.bench.store, change, "memory");
	store_scene_check_next(&scene, scene.bench.store, "memory");
	store_scene_close(&scene);
	return fired;
}

static void a_change_without_memory_loses_nothing(void **state)
{
	(void)state;
	for (enum scene_change change = 0; change < SCENE_CHANGES; change++) {
		unsigned nth = 1;

		while (change_lacks_memory_at(change, nth))
			nth++;
		assert_true(nth > 20);
	}
}

/* True as long as there is an nth call. */
static bool change_dies_at(enum scene_change change, enum fs_fault_way way, unsigned nth)
{
	struct store_scene scene;
	enum scene_outcome outcome;
	char told[80];
	int status = 0;
	pid_t child;

	store_scene_open(&scene);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		fs_fault_arm(way, nth, 0);
		_exit(store_scene_change(&scene, change, NULL) == MSIV2_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	(void)snprintf(told, sizeof(told), "%s, killed at call %u", scene_change_name(change), nth);
	outcome = store_scene_check(&scene, scene.bench.store, change, told);
	if (WEXITSTATUS(status) != 77) {
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(outcome, SCENE_NEW);
	}
	store_scene_check_next(&scene, scene.bench.store, told);
	store_scene_close(&scene);
	return WEXITSTATUS(status) == 77;
}

static void a_change_killed_at_any_call_loses_nothing(void **state)
{
	(void)state;
	for (enum scene_change change = 0; change < SCENE_CHANGES; change++) {
		unsigned nth = 1, torn = 1;

		while (change_dies_at(change, FS_FAULT_EXIT, nth))
			nth++;
		while (change_dies_at(change, FS_FAULT_EXIT_TORN, torn))
			torn++;
		assert_true(nth > 20);
		assert_int_equal(nth, torn);
	}
}

static void short_writes_are_continued(void **state)
{
	struct store_scene scene;

	(void)state;
	store_scene_open(&scene);
	fs_fault_arm(FS_FAULT_SHORT, 1, 0);
	assert_int_equal(store_scene_change(&scene, SCENE_PUT, NULL), MSIV2_OK);
	assert_true(fs_fault_disarm() > 200);
	assert_int_equal(store_scene_check(&scene, scene.bench.store, SCENE_PUT, "short"),
	                 SCENE_NEW);
	store_scene_close(&scene);
}

/* Reading never takes trouble of the system for a fault of the entry: what cannot be read now is
 * kept.
 */
static void an_entry_that_cannot_be_read_now_is_kept(void **state)
{
	struct store_scene scene;
	unsigned unread = 0;
	bool fired = true;

	(void)state;
	store_scene_open(&scene);
	for (unsigned nth = 1; fired; nth++) {
		OWNED_STRUCT(store_records) records = {0};
		struct store_want want = store_bench_want(&scene.bench);
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		fs_fault_arm(FS_FAULT_FAIL, nth, EMFILE);
		rc = store_read(scene.bench.store, BENCH_ALIAS, &records, &err);
		(void)fs_fault_disarm();
		fired = fs_fault_fired();
		assert_true(rc == MSIV2_OK || rc == MSIV2_STORE);
		(void)store_select(&records, &want);
		for (size_t i = 0; i < records.count; i++)
			if (records.items[i].trouble) {
				unread++;
				assert_int_equal(records.items[i].verdict, STORE_UNREAD);
				assert_non_null(strstr(records.items[i].why, strerror(EMFILE)));
			}
	}
	assert_true(unread >= 9);
	(void)store_scene_check(&scene, scene.bench.store, SCENE_REMOVE, "reading");
	store_scene_close(&scene);
}

/* Somebody who swaps the folder for a link as soon as the writer begins. */
struct swapper {
	const char *folder;
	char outside[40];
	char aside[200];
	bool done;
};

static void swap_folder(void *ctx, const struct fs_call *call)
{
	struct swapper *swapper = ctx;

	if (swapper->done || call->kind != FS_CALL_OPEN || !call->create ||
	    strstr(call->name, ".new") == NULL)
		return;
	swapper->done = true;
	assert_int_equal(rename(swapper->folder, swapper->aside), 0);
	assert_int_equal(symlink(swapper->outside, swapper->folder), 0);
}

static void a_folder_swapped_while_it_is_written_leads_nowhere_else(void **state)
{
	struct store_scene scene;
	struct swapper swapper = {.outside = "/tmp/msiv2-outside-XXXXXX"};
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error err = {0};

	(void)state;
	store_scene_open(&scene);
	assert_non_null(mkdtemp(swapper.outside));
	swapper.folder = scene.bench.folder;
	(void)snprintf(swapper.aside, sizeof(swapper.aside), "%s.aside", swapper.folder);
	fs_fault_watch(swap_folder, &swapper);
	assert_int_equal(store_scene_change(&scene, SCENE_PUT, NULL), MSIV2_OK);
	fs_fault_watch(NULL, NULL);
	assert_true(swapper.done);
	assert_int_equal(store_bench_count(swapper.outside), 0);
	assert_int_equal(store_bench_count(swapper.aside), 2);
	assert_int_equal(store_read(scene.bench.store, BENCH_ALIAS, &records, &err), MSIV2_STORE);
	assert_non_null(strstr(err.message, "symbolic link"));
	store_bench_wipe(swapper.outside);
	store_scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_change_with_any_one_call_failing_loses_nothing),
	        cmocka_unit_test(a_change_without_memory_loses_nothing),
	        cmocka_unit_test(a_change_killed_at_any_call_loses_nothing),
	        cmocka_unit_test(short_writes_are_continued),
	        cmocka_unit_test(an_entry_that_cannot_be_read_now_is_kept),
	        cmocka_unit_test(a_folder_swapped_while_it_is_written_leads_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
