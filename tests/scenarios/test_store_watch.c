/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "sandbox.h"
#include "scenarios/runner/store_watch.h"
#include "tests/testing.h"

#define PEM "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

static int setup(void **state)
{
	static struct sandbox sandbox;

	sandbox_make(&sandbox);
	sandbox_folder(&sandbox, "store");
	sandbox_write(&sandbox, "store/b.pem", PEM, strlen(PEM));
	sandbox_write(&sandbox, "store/a.lock", "", 0);
	*state = &sandbox;
	return 0;
}

static int teardown(void **state)
{
	sandbox_drop(*state);
	return 0;
}

static void change(void **state, const char *action, enum msiv2_rc expected)
{
	OWNED_STRUCT(store_locks) locks = {0};
	char path[SANDBOX_PATH];

	sandbox_path(*state, "store", path);
	assert_int_equal(store_change(path, action, PEM, &locks, NULL), expected);
}

/* What the file in the store holds. */
static void content(void **state, const char *name, struct bytes *out)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	assert_int_equal(files_read(path, 4096, MSIV2_STORE, out, NULL), MSIV2_OK);
}

static mode_t mode_of(void **state, const char *name)
{
	char path[SANDBOX_PATH];
	struct stat facts;

	sandbox_path(*state, name, path);
	assert_int_equal(fs_lstat(path, &facts), 0);
	return facts.st_mode & 07777;
}

static bool exists(void **state, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	return files_exists(path);
}

static void files_are_listed_by_path_with_what_they_hold(void **state)
{
	OWNED(cJSON) *files = NULL;
	OWNED_STRUCT(bytes) text = {0};
	char path[SANDBOX_PATH];

	sandbox_write(*state, "store/c", KEY, strlen(KEY));
	sandbox_path(*state, "store", path);
	assert_int_equal(store_look(path, &files, NULL), MSIV2_OK);
	json_print(files, &text);
	assert_non_null(
	        strstr(bytes_text(&text), "{\"path\":\".\",\"type\":\"folder\",\"mode\":\"0700\""));
	assert_true(strstr(bytes_text(&text), "a.lock") < strstr(bytes_text(&text), "b.pem"));
	assert_non_null(strstr(bytes_text(&text), "\"certificate\":true,\"private_key\":false}"));
	assert_non_null(strstr(bytes_text(&text), "\"certificate\":false,\"private_key\":true}"));
	assert_int_equal(cJSON_GetArraySize(files), 4);
}

static void a_folder_that_is_not_there_has_no_files(void **state)
{
	OWNED(cJSON) *files = NULL;
	char path[SANDBOX_PATH];

	sandbox_path(*state, "none", path);
	assert_int_equal(store_look(path, &files, NULL), MSIV2_OK);
	assert_int_equal(cJSON_GetArraySize(files), 0);
}

static void corrupting_flips_one_bit_of_each_entry(void **state)
{
	OWNED_STRUCT(bytes) now = {0};
	size_t bits = 0;

	change(state, "corrupt", MSIV2_OK);
	content(state, "store/b.pem", &now);
	assert_int_equal(now.len, strlen(PEM));
	for (size_t i = 0; i < now.len; i++)
		bits += (size_t)__builtin_popcount((unsigned)(now.data[i] ^ (uint8_t)PEM[i]));
	assert_int_equal(bits, 1);
}

static void truncating_leaves_half(void **state)
{
	OWNED_STRUCT(bytes) now = {0};

	change(state, "truncate", MSIV2_OK);
	content(state, "store/b.pem", &now);
	assert_int_equal(now.len, strlen(PEM) / 2);
}

static void garbage_is_no_certificate_any_more(void **state)
{
	change(state, "garbage", MSIV2_OK);
	change(state, "garbage", MSIV2_CONFIG);
}

static void opening_is_for_entries_only(void **state)
{
	change(state, "open", MSIV2_OK);
	assert_int_equal(mode_of(state, "store/b.pem"), 0644);
	assert_int_equal(mode_of(state, "store/a.lock"), 0600);
}

static void a_read_only_folder_is_0500(void **state)
{
	change(state, "readonly", MSIV2_OK);
	assert_int_equal(mode_of(state, "store"), 0500);
}

static void removing_takes_every_file(void **state)
{
	change(state, "remove", MSIV2_OK);
	assert_false(exists(state, "store/b.pem"));
	assert_false(exists(state, "store/a.lock"));
	assert_true(exists(state, "store"));
	change(state, "remove", MSIV2_CONFIG);
}

static void planting_makes_an_entry_of_its_own(void **state)
{
	change(state, "plant", MSIV2_OK);
	assert_true(exists(state, "store/another-alias.pem"));
	assert_int_equal(mode_of(state, "store/another-alias.pem"), 0600);
}

static void locks_are_held_until_they_are_let_go(void **state)
{
	struct store_locks locks = {0};
	char path[SANDBOX_PATH];
	int fd;

	sandbox_path(*state, "store", path);
	assert_int_equal(store_change(path, "lock", PEM, &locks, NULL), MSIV2_OK);
	assert_int_equal(locks.count, 3);
	sandbox_path(*state, "store/a.lock", path);
	fd = fs_open(path, O_RDWR, 0);
	assert_true(fd >= 0);
	assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	store_locks_free(&locks);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	(void)fs_close(fd);
}

static void an_action_that_is_none_is_refused(void **state)
{
	change(state, "paint", MSIV2_CONFIG);
}

#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_STORE(files_are_listed_by_path_with_what_they_hold),
	        IN_STORE(a_folder_that_is_not_there_has_no_files),
	        IN_STORE(corrupting_flips_one_bit_of_each_entry),
	        IN_STORE(truncating_leaves_half),
	        IN_STORE(garbage_is_no_certificate_any_more),
	        IN_STORE(opening_is_for_entries_only),
	        IN_STORE(a_read_only_folder_is_0500),
	        IN_STORE(removing_takes_every_file),
	        IN_STORE(planting_makes_an_entry_of_its_own),
	        IN_STORE(locks_are_held_until_they_are_let_go),
	        IN_STORE(an_action_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
