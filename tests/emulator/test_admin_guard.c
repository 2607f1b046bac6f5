/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/text.h"
#include "emulator/admin/admin_guard.h"
#include "faults.h"
#include "stage.h"
#include "tests/testing.h"

#define KEY "0123456789abcdef-KEY"

static struct stage stage;
static char folder[64];
static char key_path[96];

static void write_key(const char *text, mode_t mode)
{
	(void)unlink(key_path);
	assert_int_equal(files_replace(key_path, text, strlen(text), mode, MSIV2_CONFIG, NULL),
	                 MSIV2_OK);
	assert_int_equal(chmod(key_path, mode), 0);
}

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, "{\"listen\":{\"public_host\":\"emu.test\"},"
	                  "\"server\":{\"names\":[\"Other.test\",\"10.1.2.3\"]}}");
	(void)snprintf(folder, sizeof(folder), "/tmp/msiv2-guard-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	(void)unlink(key_path);
	(void)rmdir(folder);
	stage_free(&stage);
	return 0;
}

/* A guard with that key file; NULL = none. */
static struct admin_guard *new_guard(struct config *config, char *path)
{
	struct admin_guard *guard = NULL;

	*config = stage.world->start->config;
	config->admin_key_file = path;
	assert_int_equal(admin_guard_new(config, &guard, NULL), MSIV2_OK);
	return guard;
}

/* Begins a request with Host and Origin; NULL = left out. */
static void begin(const char *method, const char *path, const char *host, const char *origin)
{
	stage_begin(&stage, "admin", method, path, NULL);
	if (host)
		stage_header(&stage, "Host", host);
	if (origin)
		stage_header(&stage, "Origin", origin);
}

/* The status the guard answers; 0 = it lets pass. */
static int ask(const struct admin_guard *guard)
{
	bool passes = admin_guard_passes(guard, &stage.request, &stage.response);

	assert_int_equal(passes, stage.response.status == 0);
	if (!passes)
		assert_string_equal(stage.response.content_type, "application/problem+json");
	return stage.response.status;
}

/* DNS rebinding: a name of somebody else's that leads here. */
static void only_our_own_names_are_answered(void **state)
{
	static const char *const ours[] = {
	        "127.0.0.1", "127.0.0.1:80", "localhost",  "LOCALHOST:1", "emu.test:8080",
	        "[::1]",     "[::1]:8080",   "other.TEST", "10.1.2.3:1",  "192.168.1.7:9",
	};
	static const char *const foreign[] = {
	        "evil.example",
	        "evil.example:80",
	        "localhost.evil.example",
	        "emu.test.evil",
	        "127.0.0.1.evil.test",
	        "127.0.0.1@evil.test",
	        "",
	        ":80",
	        "[]",
	        "[::1",
	        "[::1]x",
	        "localhost:80:80",
	        "localhost:8x",
	        "localhost, evil",
	        " localhost",
	        "localhost/x:80",
	};
	struct config config;
	OWNED_STRUCT(admin_guard) *guard = new_guard(&config, NULL);

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(ours); i++) {
		begin("POST", "/reset", ours[i], NULL);
		if (ask(guard) != 0)
			fail_msg("%s", ours[i]);
	}
	for (size_t i = 0; i < TEXT_COUNT(foreign); i++) {
		begin("GET", "/health", foreign[i], NULL);
		if (ask(guard) != 403)
			fail_msg("%s", foreign[i]);
	}
	begin("GET", "/health", NULL, NULL);
	assert_int_equal(ask(guard), 0);
	begin("GET", "/health", "localhost", NULL);
	stage_header(&stage, "host", "localhost");
	assert_int_equal(ask(guard), 403);
}

/* Another site's page in the same browser. */
static void only_our_own_pages_are_answered(void **state)
{
	static const char *const foreign[][2] = {
	        {"localhost:80", "http://evil.example"},
	        {"localhost:80", "null"},
	        {"localhost:80", ""},
	        {"localhost:80", "https://localhost:80"},
	        {"localhost:80", "http://localhost:81"},
	        {"localhost:80", "http://localhost"},
	        {"localhost:80", "http://localhost:80/"},
	        {"localhost:80", "http://127.0.0.1:80"},
	        {NULL, "http://localhost"},
	};
	struct config config;
	OWNED_STRUCT(admin_guard) *guard = new_guard(&config, NULL);

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(foreign); i++) {
		begin("POST", "/reset", foreign[i][0], foreign[i][1]);
		if (ask(guard) != 403)
			fail_msg("%s", foreign[i][1]);
	}
	begin("POST", "/reset", "localhost:80", "http://LOCALHOST:80");
	assert_int_equal(ask(guard), 0);
	begin("POST", "/reset", "localhost:80", "http://localhost:80");
	stage_header(&stage, "Origin", "http://evil.example");
	assert_int_equal(ask(guard), 403);
}

static void a_key_is_asked_for(void **state)
{
	static const char *const wrong[] = {
	        "Bearer",
	        "Bearer ",
	        "Bearer x",
	        "Bearer " KEY "x",
	        "Bearer  " KEY,
	        "Basic " KEY,
	        KEY,
	        "Bearer " KEY " ",
	        "Bearer 0123456789abcdef-KEx",
	};
	struct config config;
	struct admin_guard *guard;

	(void)state;
	write_key(KEY "\n", 0600);
	guard = new_guard(&config, key_path);
	for (size_t i = 0; i < TEXT_COUNT(wrong); i++) {
		begin("GET", "/journal", "localhost", NULL);
		stage_header(&stage, "Authorization", wrong[i]);
		assert_int_equal(ask(guard), 401);
		assert_non_null(strstr(stage_answer_header(&stage, "WWW-Authenticate"), "Bearer"));
	}
	begin("GET", "/journal", "localhost", NULL);
	assert_int_equal(ask(guard), 401);
	begin("GET", "/nothing", "localhost", NULL);
	assert_int_equal(ask(guard), 401);
	begin("GET", "/journal", "localhost", NULL);
	stage_header(&stage, "Authorization", "bearer " KEY);
	assert_int_equal(ask(guard), 0);
	begin("GET", "/journal", "evil.example", NULL);
	stage_header(&stage, "Authorization", "Bearer " KEY);
	assert_int_equal(ask(guard), 403);
	begin("GET", "/journal", "localhost", NULL);
	stage_header(&stage, "Authorization", "Bearer " KEY);
	stage_header(&stage, "Authorization", "Bearer " KEY);
	assert_int_equal(ask(guard), 401);
	/* Whoever waits for readiness has no key yet. */
	begin("GET", "/health", "localhost", NULL);
	assert_int_equal(ask(guard), 0);
	begin("POST", "/health", "localhost", NULL);
	assert_int_equal(ask(guard), 401);
	admin_guard_free(guard);
}

static void expect_refused(const char *why)
{
	struct config config = stage.world->start->config;
	struct admin_guard *guard = NULL;
	struct msiv2_error err = {0};

	config.admin_key_file = key_path;
	assert_int_equal(admin_guard_new(&config, &guard, &err), MSIV2_CONFIG);
	assert_null(guard);
	assert_string_equal(msiv2_error_where(&err), key_path);
	assert_non_null(strstr(msiv2_error_message(&err), why));
	assert_null(strstr(msiv2_error_message(&err), "0123456789"));
}

static void a_key_file_that_cannot_be_meant_is_refused(void **state)
{
	char longest[ADMIN_KEY_MAX + 3];
	struct config config;

	(void)state;
	(void)unlink(key_path);
	expect_refused("No such file");
	write_key(KEY, 0604);
	expect_refused("open to everybody");
	write_key(KEY, 0602);
	expect_refused("open to everybody");
	write_key("", 0600);
	expect_refused("one line");
	write_key("0123456789abcde\n", 0600);
	expect_refused("one line");
	write_key(KEY "\n" KEY "\n", 0600);
	expect_refused("one line");
	write_key("0123456789 abcdef", 0600);
	expect_refused("one line");
	write_key("0123456789abcde\xC3\xA9", 0600);
	expect_refused("one line");
	memset(longest, 'k', sizeof(longest));
	longest[ADMIN_KEY_MAX + 1] = '\0';
	write_key(longest, 0600);
	expect_refused("one line");
	longest[ADMIN_KEY_MAX] = '\0';
	write_key(longest, 0640);
	admin_guard_free(new_guard(&config, key_path));
	(void)unlink(key_path);
	assert_int_equal(mkdir(key_path, 0700), 0);
	expect_refused("not a regular file");
	assert_int_equal(rmdir(key_path), 0);
}

static void every_failure_of_the_system_ends_the_start(void **state)
{
	static const enum fault_seam seams[] = {FAULT_MEMORY, FAULT_FILES};
	struct config config = stage.world->start->config;

	(void)state;
	write_key(KEY, 0600);
	config.admin_key_file = key_path;
	for (size_t i = 0; i < TEXT_COUNT(seams); i++) {
		for (unsigned n = 1;; n++) {
			struct admin_guard *guard = NULL;
			enum msiv2_rc rc;

			fault_at(seams[i], n);
			rc = admin_guard_new(&config, &guard, NULL);
			admin_guard_free(guard);
			if (!fault_disarm()) {
				assert_int_equal(rc, MSIV2_OK);
				assert_true(n > 1);
				break;
			}
			assert_int_not_equal(rc, MSIV2_OK);
			assert_null(guard);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_our_own_names_are_answered),
	        cmocka_unit_test(only_our_own_pages_are_answered),
	        cmocka_unit_test(a_key_is_asked_for),
	        cmocka_unit_test(a_key_file_that_cannot_be_meant_is_refused),
	        cmocka_unit_test(every_failure_of_the_system_ends_the_start),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
