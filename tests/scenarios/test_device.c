/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "sandbox.h"
#include "scarce.h"
#include "scenarios/runner/device.h"
#include "tests/testing.h"

#define PATIENCE_MS 300
#define FAULTS_MAX  2000

/* Scripts that end as they should. */
#define TOKEN_SCRIPT                                                                               \
	"#!/bin/sh\nmkdir -p \"$2/tokens/one\"\n: >\"$2/tokens/one/token.object\"\n"               \
	": >\"$2/tokens/one/key.object\"\n"                                                        \
	"echo \"export SOFTHSM2_CONF='$2/softhsm2.conf'\"\necho \"export MSIV2_PKCS11_PIN='1'\"\n"
#define TPM_SCRIPT                                                                                 \
	"#!/bin/sh\nmkdir -p \"$2\"\n: >\"$2/state\"\necho >>\"${0%/*}/started\"\n"                \
	"echo \"export MSIV2_TCTI='swtpm:path=$2/sock'\"\n"
#define STOP_SCRIPT "#!/bin/sh\necho >>\"${0%/*}/stopped\"\n"

static bool impatient; /* nothing lasts longer than PATIENCE_MS */

int64_t __real_clock_deadline_us(const struct msiv2_clock *clock, int64_t timeout_ms);
int64_t __wrap_clock_deadline_us(const struct msiv2_clock *clock, int64_t timeout_ms);

int64_t __wrap_clock_deadline_us(const struct msiv2_clock *clock, int64_t timeout_ms)
{
	return __real_clock_deadline_us(clock, impatient ? PATIENCE_MS : timeout_ms);
}

/* Writes a script into the sandbox's folder of scripts. */
static void script(const struct sandbox *sandbox, const char *name, const char *text)
{
	char file[SANDBOX_PATH];
	char path[SANDBOX_PATH];

	assert_in_range(snprintf(file, sizeof(file), "scripts/%s", name), 1, sizeof(file) - 1);
	sandbox_write(sandbox, file, text, strlen(text));
	sandbox_path(sandbox, file, path);
	assert_int_equal(chmod(path, 0700), 0);
}

static int setup(void **state)
{
	static struct sandbox sandbox;

	impatient = false;
	sandbox_make(&sandbox);
	sandbox_folder(&sandbox, "scripts");
	*state = &sandbox;
	return 0;
}

static int teardown(void **state)
{
	sandbox_drop(*state);
	return 0;
}

static void scripts(void **state)
{
	script(*state, "softhsm-token", TOKEN_SCRIPT);
	script(*state, "swtpm-start", TPM_SCRIPT);
	script(*state, "swtpm-stop", STOP_SCRIPT);
}

static enum msiv2_rc start(void **state, enum key_kind kind, struct device *device,
                           struct environment *environment, struct msiv2_error *err)
{
	char folder[SANDBOX_PATH];
	char dir[SANDBOX_PATH];

	sandbox_path(*state, "scripts", folder);
	sandbox_path(*state, "dev", dir);
	return device_start(device, kind, folder, dir, environment, err);
}

static bool is_there(void **state, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	return files_exists(path);
}

static bool has(const struct environment *environment, const char *item)
{
	for (size_t i = 0; i < environment->count; i++)
		if (text_equal(environment->items[i], item))
			return true;
	return false;
}

static void keys_in_memory_need_no_device(void **state)
{
	OWNED_STRUCT(environment) environment = {0};
	OWNED_STRUCT(device) device = {0};
	struct msiv2_error err = {0};

	assert_int_equal(start(state, KEY_KIND_MEMORY, &device, &environment, NULL), MSIV2_OK);
	assert_int_equal(environment.count, 0);
	assert_int_equal(device_forget(&device, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "memory"));
}

static void a_token_is_made_told_forgotten_and_removed(void **state)
{
	OWNED_STRUCT(environment) environment = {0};
	struct device device = {0};
	char item[2 * SANDBOX_PATH];
	char dir[SANDBOX_PATH];

	scripts(state);
	sandbox_path(*state, "dev", dir);
	assert_int_equal(start(state, KEY_KIND_KEYGUARD, &device, &environment, NULL), MSIV2_OK);
	(void)snprintf(item, sizeof(item), "SOFTHSM2_CONF=%s/softhsm2.conf", dir);
	assert_true(has(&environment, item));
	assert_true(has(&environment, "MSIV2_PKCS11_PIN=1"));
	assert_int_equal(device_forget(&device, NULL), MSIV2_OK);
	assert_false(is_there(state, "dev/tokens/one/key.object"));
	assert_true(is_there(state, "dev/tokens/one/token.object"));
	device_stop(&device);
	assert_false(is_there(state, "dev"));
}

/* What the TPM says to that; test_tpm_clear.c has the rest. */
static enum msiv2_rc cleared = MSIV2_OK;

enum msiv2_rc __wrap_tpm_clear(const char *socket_path, struct msiv2_error *err);
enum msiv2_rc __wrap_tpm_clear(const char *socket_path, struct msiv2_error *err)
{
	assert_non_null(strstr(socket_path, "/dev/sock"));
	return cleared == MSIV2_OK ? MSIV2_OK : err_set(err, cleared, "device", "scripted");
}

static void a_tpm_is_started_anew_and_cleared_to_forget(void **state)
{
	OWNED_STRUCT(environment) environment = {0};
	OWNED_STRUCT(bytes) started = {0};
	OWNED_STRUCT(bytes) stopped = {0};
	struct device device = {0};
	char path[SANDBOX_PATH];

	scripts(state);
	assert_int_equal(start(state, KEY_KIND_HARDWARE, &device, &environment, NULL), MSIV2_OK);
	assert_int_equal(device_forget(&device, NULL), MSIV2_OK);
	cleared = MSIV2_UNSUPPORTED;
	assert_int_equal(device_forget(&device, NULL), MSIV2_UNSUPPORTED);
	cleared = MSIV2_OK;
	device_stop(&device);
	assert_false(is_there(state, "dev"));
	sandbox_path(*state, "scripts/started", path);
	assert_int_equal(files_read(path, 64, MSIV2_CONFIG, &started, NULL), MSIV2_OK);
	sandbox_path(*state, "scripts/stopped", path);
	assert_int_equal(files_read(path, 64, MSIV2_CONFIG, &stopped, NULL), MSIV2_OK);
	assert_int_equal(started.len, 3);
	assert_int_equal(stopped.len, 3);
}

/* Starts what cannot be; nothing is left of it. */
static void refused(void **state, enum key_kind kind, const char *where, const char *says)
{
	OWNED_STRUCT(environment) environment = {0};
	struct device device = {0};
	struct msiv2_error err = {0};

	assert_int_equal(start(state, kind, &device, &environment, &err), MSIV2_UNSUPPORTED);
	assert_string_equal(err.where, where);
	if (!strstr(err.message, says))
		fail_msg("%s", err.message);
	device_stop(&device);
	assert_false(is_there(state, "dev"));
	assert_int_equal(environment.count, 0);
	assert_true(no_children());
}

static void a_folder_without_scripts_is_told(void **state)
{
	refused(state, KEY_KIND_KEYGUARD, "softhsm-token", "not found");
	refused(state, KEY_KIND_HARDWARE, "swtpm-start", "not found");
}

static void a_script_that_fails_is_told_with_its_words(void **state)
{
	script(*state, "softhsm-token", "#!/bin/sh\nmkdir \"$2\"\necho 'no program' >&2\nexit 1\n");
	refused(state, KEY_KIND_KEYGUARD, "softhsm-token", "no program");
	script(*state, "swtpm-start", "#!/bin/sh\nexit 1\n");
	script(*state, "swtpm-stop", "#!/bin/sh\nexit 1\n");
	refused(state, KEY_KIND_HARDWARE, "swtpm-start", "did not work");
	script(*state, "swtpm-start", "#!/bin/sh\nkill -KILL $$\n");
	refused(state, KEY_KIND_HARDWARE, "swtpm-start", "did not work");
}

static void a_script_that_hangs_or_floods_is_ended(void **state)
{
	static const char *const texts[] = {
	        "#!/bin/sh\nmkdir -p \"$2\"\ntrap '' TERM\nsleep 1000\n",
	        "#!/bin/sh\nyes\n",
	        "#!/bin/sh\nexec yes >&2\n",
	};

	script(*state, "swtpm-stop", STOP_SCRIPT);
	impatient = true;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		script(*state, "swtpm-start", texts[i]);
		refused(state, KEY_KIND_HARDWARE, "swtpm-start", "did not come to its end");
	}
	impatient = false;
}

static void a_device_that_cannot_be_stopped_is_removed_all_the_same(void **state)
{
	OWNED_STRUCT(environment) environment = {0};
	struct device device = {0};

	scripts(state);
	script(*state, "swtpm-stop", "#!/bin/sh\necho 'no such process' >&2\nexit 1\n");
	assert_int_equal(start(state, KEY_KIND_HARDWARE, &device, &environment, NULL), MSIV2_OK);
	assert_int_equal(device_forget(&device, NULL), MSIV2_UNSUPPORTED);
	device_stop(&device);
	assert_false(is_there(state, "dev"));
}

/* Whatever a path is made of, no shell reads it. */
static void paths_with_quotes_and_blanks_are_paths(void **state)
{
	static const char *const names[] = {"it's", "a b", "$(touch x)", "''", "a'b'c'", "`x`;#\\"};

	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		OWNED_STRUCT(environment) environment = {0};
		OWNED_STRUCT(device) device = {0};
		char folder[SANDBOX_PATH];
		char dir[SANDBOX_PATH];
		char item[2 * SANDBOX_PATH];

		script(*state, "softhsm-token",
		       "#!/bin/sh\nmkdir \"$2\"\nprintf \"export CONF='%s'\\n\" "
		       "\"$(printf %s \"$2/x\" | sed \"s/'/'\\\\\\\\''/g\")\"\necho end\n");
		sandbox_path(*state, "scripts", folder);
		sandbox_path(*state, names[i], dir);
		assert_int_equal(
		        device_start(&device, KEY_KIND_KEYGUARD, folder, dir, &environment, NULL),
		        MSIV2_OK);
		(void)snprintf(item, sizeof(item), "CONF=%s/x", dir);
		assert_int_equal(environment.count, 1);
		assert_string_equal(environment.items[0], item);
	}
}

static void lines_that_set_nothing_end_what_is_taken_over(void **state)
{
	OWNED_STRUCT(environment) environment = {0};
	OWNED_STRUCT(device) device = {0};

	script(*state, "softhsm-token",
	       "#!/bin/sh\necho \"export A='1'\"\necho 'export B'\necho\necho \"export C='cut\"\n"
	       "echo other\necho \"export D='2'\"\n");
	assert_int_equal(start(state, KEY_KIND_KEYGUARD, &device, &environment, NULL), MSIV2_OK);
	assert_int_equal(environment.count, 3);
	assert_true(has(&environment, "A=1"));
	assert_true(has(&environment, "B="));
	assert_false(has(&environment, "D=2"));
}

static void memory_that_runs_out_leaves_no_device(void **state)
{
	unsigned failures = 0;
	bool happened = true;

	scripts(state);
	/* Few variables, so that few allocations are not the device's. */
	assert_int_equal(clearenv(), 0);
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
	for (unsigned nth = 1; happened; nth++) {
		OWNED_STRUCT(environment) environment = {0};
		struct device device = {0};
		struct msiv2_error err = {0};
		unsigned before = open_files();
		enum msiv2_rc rc;

		scarce_at(SCARCE_MEMORY, nth);
		rc = start(state, KEY_KIND_KEYGUARD, &device, &environment, &err);
		happened = scarce_end();
		assert_int_equal(err.rc, rc);
		assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL || rc == MSIV2_UNSUPPORTED);
		if (rc == MSIV2_OK)
			assert_true(has(&environment, "MSIV2_PKCS11_PIN=1"));
		failures += rc != MSIV2_OK;
		device_stop(&device);
		assert_false(is_there(state, "dev"));
		assert_int_equal(open_files(), before);
		assert_true(no_children());
		assert_in_range(nth, 1, FAULTS_MAX);
	}
	assert_in_range(failures, 10, FAULTS_MAX);
}

#define WITH_SCRIPTS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_SCRIPTS(keys_in_memory_need_no_device),
	        WITH_SCRIPTS(a_token_is_made_told_forgotten_and_removed),
	        WITH_SCRIPTS(a_tpm_is_started_anew_and_cleared_to_forget),
	        WITH_SCRIPTS(a_folder_without_scripts_is_told),
	        WITH_SCRIPTS(a_script_that_fails_is_told_with_its_words),
	        WITH_SCRIPTS(a_script_that_hangs_or_floods_is_ended),
	        WITH_SCRIPTS(a_device_that_cannot_be_stopped_is_removed_all_the_same),
	        WITH_SCRIPTS(paths_with_quotes_and_blanks_are_paths),
	        WITH_SCRIPTS(lines_that_set_nothing_end_what_is_taken_over),
	        WITH_SCRIPTS(memory_that_runs_out_leaves_no_device),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
