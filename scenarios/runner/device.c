/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "device.h"

#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/text.h"
#include "process.h"
#include "tpm_clear.h"
#include "tree.h"

#define SCRIPT_MS     30000
#define TOKEN_OBJECT  "token.object"
#define OBJECT_SUFFIX ".object"

static const char *const start_scripts[KEY_KIND_COUNT] = {
        [KEY_KIND_KEYGUARD] = "softhsm-token", [KEY_KIND_HARDWARE] = "swtpm-start"};

/* Runs a script on the device's folder; its lines are appended. */
static enum msiv2_rc run_script(struct device *device, const char *script, const struct stop *stop,
                                struct bytes *lines, struct msiv2_error *err)
{
	OWNED_STRUCT(environment) environment = {0};
	OWNED_STRUCT(process) process = {.stop = stop};
	OWNED_STRUCT(bytes) command = {0};
	int64_t deadline = clock_deadline_us(clock_system(), SCRIPT_MS);
	enum process_said said;
	bool ended;

	/* The paths are told by variables, so that nothing in them is read as shell. */
	bytes_addf(&command, "exec \"$MSIV2_SCRIPTS/%s\" --dir \"$MSIV2_DEVICE\"", script);
	TRY(bytes_done(&command, script, err));
	TRY(environment_inherit(&environment, err));
	TRY(environment_set(&environment, "MSIV2_SCRIPTS", bytes_text(&device->scripts), err));
	TRY(environment_set(&environment, "MSIV2_DEVICE", bytes_text(&device->dir), err));
	TRY(process_start(&process, bytes_text(&command), "/", environment.items, err));
	while ((said = process_read_line(&process, deadline, lines)) == PROCESS_LINE)
		bytes_add_byte(lines, '\n');
	/* The script leaves a daemon in its group, so the group is not killed when all went well.
	 */
	ended = process_await_end(&process, deadline);
	if (ended)
		process_leave(&process);
	process_end(&process);
	if (said == PROCESS_NO_MEMORY)
		return err_no_memory(err, script);
	if (!ended)
		return err_set(err, MSIV2_UNSUPPORTED, script, "did not come to its end");
	if (process.status != 0 || process.signal != 0)
		return err_set(err, MSIV2_UNSUPPORTED, script, "%s",
		               process.err_out.len > 0 ? bytes_text(&process.err_out)
		                                       : "did not work");
	return bytes_done(lines, script, err);
}

/* Appends a shell's word in single quotes, in which a quote is '\\''; gives what follows it. */
static const char *take_word(const char *text, struct bytes *out)
{
	while (*text == '\'') {
		size_t len = strcspn(++text, "'");

		bytes_add(out, text, len);
		text += len;
		text += *text == '\'';
		if (text_starts(text, "\\'")) {
			bytes_add_byte(out, '\'');
			text += strlen("\\'");
		}
	}
	return text;
}

/* Takes over "export NAME='VALUE'" lines. */
static enum msiv2_rc take_exports(const char *lines, struct environment *environment,
                                  struct msiv2_error *err)
{
	while (text_starts(lines, "export ")) {
		OWNED_STRUCT(bytes) name = {0};
		OWNED_STRUCT(bytes) value = {0};
		const char *text = lines + strlen("export ");
		size_t name_len = strcspn(text, "=\n");

		bytes_add(&name, text, name_len);
		text += name_len;
		text = take_word(text + (*text == '='), &value);
		TRY(bytes_done(&name, "device", err));
		TRY(bytes_done(&value, "device", err));
		TRY(environment_set(environment, bytes_text(&name), bytes_text(&value), err));
		lines = text + strcspn(text, "\n");
		lines += strspn(lines, "\n");
	}
	return MSIV2_OK;
}

enum msiv2_rc device_start(struct device *device, enum key_kind kind, const char *scripts,
                           const char *dir, struct environment *environment,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) lines = {0};

	device->kind = kind;
	if (!start_scripts[kind])
		return MSIV2_OK;
	bytes_add_text(&device->scripts, scripts);
	bytes_add_text(&device->dir, dir);
	TRY(bytes_done(&device->scripts, "device", err));
	TRY(bytes_done(&device->dir, "device", err));
	TRY(run_script(device, start_scripts[kind], device->stop, &lines, err));
	return take_exports(bytes_text(&lines), environment, err);
}

/* Every object of the token but the one that is the token itself. */
static bool forget_object(void *ctx, const char *relative, const char *path,
                          const struct stat *facts)
{
	const char *name = strrchr(relative, '/');
	size_t len = name ? strlen(name) : 0;

	(void)ctx;
	if (!S_ISREG(facts->st_mode) || len <= strlen(OBJECT_SUFFIX) ||
	    !text_equal(name + len - strlen(OBJECT_SUFFIX), OBJECT_SUFFIX) ||
	    text_equal(name + 1, TOKEN_OBJECT))
		return true;
	return fs_unlink(path) == 0;
}

/* It has no client left when it has been started anew, and can be talked to. */
static enum msiv2_rc forget_in_tpm(struct device *device, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) lines = {0};
	OWNED_STRUCT(bytes) path = {0};

	TRY(run_script(device, "swtpm-stop", device->stop, &lines, err));
	TRY(run_script(device, start_scripts[device->kind], device->stop, &lines, err));
	bytes_addf(&path, "%s/sock", bytes_text(&device->dir));
	TRY(bytes_done(&path, "device", err));
	return tpm_clear(bytes_text(&path), err);
}

enum msiv2_rc device_forget(struct device *device, struct msiv2_error *err)
{
	if (device->kind == KEY_KIND_MEMORY)
		return err_set(err, MSIV2_UNSUPPORTED, "device", "keys in memory have no device");
	if (device->kind == KEY_KIND_HARDWARE)
		return forget_in_tpm(device, err);
	if (!tree_walk(bytes_text(&device->dir), forget_object, NULL))
		return err_set(err, MSIV2_INTERNAL, "device", "keeps its keys");
	return MSIV2_OK;
}

void device_stop(struct device *device)
{
	OWNED_STRUCT(bytes) lines = {0};
	struct msiv2_error ignored;

	if (device->dir.len > 0 && device->kind == KEY_KIND_HARDWARE &&
	    run_script(device, "swtpm-stop", NULL, &lines, &ignored) != MSIV2_OK)
		bytes_clear(&lines); /* it is gone already; the folder goes in any case */
	if (device->dir.len > 0)
		tree_remove(bytes_text(&device->dir));
	bytes_free(&device->scripts);
	bytes_free(&device->dir);
}
