/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "env.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "streams.h"

#define READY_LINE_MAX 16384
#define WAIT_MAX_MS    600000
#define POLL_MS        5

struct env_options {
	const char *ready; /* NULL or "-" = stdin */
	int64_t wait_ms;
	bool trust;
	bool unset;
	bool help;
};

static const struct env_variable rows[] = {
        {ENV_IMDS_VARIABLE, "imds", false}, /* NET-06 */
        {"MSIV2_EMULATOR_IMDS", "imds", false},
        {"MSIV2_EMULATOR_STS", "sts", false},
        {"MSIV2_EMULATOR_RESOURCE", "resource", false},
        {"MSIV2_EMULATOR_ADMIN", "admin", false},
        {"MSIV2_EMULATOR_CA", "ca", false},
        {"NODE_EXTRA_CA_CERTS", "ca", false}, /* adds to the system's, so it does no harm */
        {"SSL_CERT_FILE", "ca", true},
        {"CURL_CA_BUNDLE", "ca", true},
        {"REQUESTS_CA_BUNDLE", "ca", true},
};

const struct env_variable *env_variables(size_t *count)
{
	*count = TEXT_COUNT(rows);
	return rows;
}

static enum msiv2_rc take_ready(void *into, const char *value, struct msiv2_error *err)
{
	struct env_options *options = into;

	(void)err;
	options->ready = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_wait(void *into, const char *value, struct msiv2_error *err)
{
	struct env_options *options = into;

	if (!text_to_int(value, 0, WAIT_MAX_MS, &options->wait_ms))
		return err_set(err, MSIV2_CONFIG, "--wait", "must be 0 to %d milliseconds",
		               WAIT_MAX_MS);
	return MSIV2_OK;
}

static enum msiv2_rc take_trust(void *into, const char *value, struct msiv2_error *err)
{
	struct env_options *options = into;

	(void)value;
	(void)err;
	options->trust = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_unset(void *into, const char *value, struct msiv2_error *err)
{
	struct env_options *options = into;

	(void)value;
	(void)err;
	options->unset = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_help(void *into, const char *value, struct msiv2_error *err)
{
	struct env_options *options = into;

	(void)value;
	(void)err;
	options->help = true;
	return MSIV2_OK;
}

static const struct option_row option_rows[] = {
        {"--ready", "FILE", "the file that the emulator's stdout went to; - or none: stdin", false,
         take_ready},
        {"--wait", "MS", "wait that long for the ready line to appear in FILE", false, take_wait},
        {"--trust", NULL, "also set the variables that replace the system's trust anchors", false,
         take_trust},
        {"--unset", NULL, "print the lines that take everything back", false, take_unset},
        {"--help", NULL, "show this help", false, take_help},
};

/* The file's first line, once it is complete; false while it is not. */
static bool read_ready_file(const char *path, struct bytes *line)
{
	OWNED_STRUCT(bytes) text = {0};
	const uint8_t *end;

	if (files_read(path, READY_LINE_MAX, MSIV2_CONFIG, &text, NULL) != MSIV2_OK ||
	    text.len == 0)
		return false;
	end = memchr(text.data, '\n', text.len);
	if (!end)
		return false;
	bytes_add(line, text.data, (size_t)(end - text.data));
	return true;
}

/* The process of the ready line is gone: the file is left over from another run. Lines without a
 * pid, and what is no JSON, are judged by others. */
static bool is_stale(const struct bytes *line)
{
	static const struct blame blame = {MSIV2_CONFIG, "ready line"};
	OWNED(cJSON) *json = NULL;
	int64_t pid = 0;

	if (json_parse_object(line->data, line->len, &blame, &json, NULL) != MSIV2_OK ||
	    json_need_integer(json, "pid", 1, INT32_MAX, false, &blame, &pid, NULL) != MSIV2_OK)
		return false;
	return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static enum msiv2_rc refuse_stale(const char *where, struct msiv2_error *err)
{
	return err_set(err, MSIV2_CONFIG, where, "the ready line is of an emulator that has ended");
}

static enum msiv2_rc read_ready(const struct env_options *options, struct bytes *line,
                                struct msiv2_error *err)
{
	const struct msiv2_clock *clock = clock_system();
	int64_t deadline_us = clock_deadline_us(clock, options->wait_ms);

	if (!options->ready || text_equal(options->ready, "-")) {
		TRY(streams_read_line(STDIN_FILENO, "stdin", READY_LINE_MAX, line, err));
		return is_stale(line) ? refuse_stale("stdin", err) : MSIV2_OK;
	}
	while (!read_ready_file(options->ready, line) || is_stale(line)) {
		bool stale = line->len > 0;

		bytes_clear(line);
		if (clock_left_us(clock, deadline_us) == 0 && stale)
			return refuse_stale(options->ready, err);
		if (clock_left_us(clock, deadline_us) == 0)
			return err_set(err, MSIV2_CONFIG, options->ready,
			               "has no ready line of an emulator");
		clock_wait_us(clock, POLL_MS * CLOCK_US_PER_MS);
	}
	return bytes_done(line, "ready", err);
}

/* Text in single quotes, as every POSIX shell takes it. */
static void add_quoted(const char *text, struct bytes *out)
{
	bytes_add_byte(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			bytes_add_text(out, "'\\''");
		else
			bytes_add_byte(out, (uint8_t)*text);
	}
	bytes_add_byte(out, '\'');
}

static void add_unset(const struct env_options *options, struct bytes *out)
{
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (!rows[i].trust || options->trust)
			bytes_addf(out, "unset %s\n", rows[i].name);
}

static enum msiv2_rc add_exports(const struct env_options *options, struct bytes *out,
                                 struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "ready line"};
	OWNED_STRUCT(bytes) line = {0};
	OWNED(cJSON) *json = NULL;

	TRY(read_ready(options, &line, err));
	TRY(json_parse_object(line.data, line.len, &blame, &json, err));
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		const char *value = NULL;

		TRY(json_need_string(json, rows[i].member, &blame, &value, err));
		if (rows[i].trust && !options->trust)
			continue;
		bytes_addf(out, "export %s=", rows[i].name);
		add_quoted(value, out);
		bytes_add_byte(out, '\n');
	}
	return MSIV2_OK;
}

static void add_help(struct bytes *out)
{
	bytes_add_text(out,
	               "usage: msiv2-emulator env [OPTION]...\n"
	               "Prints the lines that point a shell's programs at a running emulator:\n"
	               "  rm -f ready.json; msiv2-emulator >ready.json &\n"
	               "  eval \"$(msiv2-emulator env --ready ready.json --wait 5000)\"\n\n");
	options_help(option_rows, TEXT_COUNT(option_rows), out);
}

void env_print_failure(void)
{
	static const char line[] = "false\n";

	/* With stdout broken as well there is no eval to tell. */
	if (streams_write(STDOUT_FILENO, "stdout", line, sizeof(line) - 1, NULL) != MSIV2_OK)
		return;
}

enum msiv2_rc env_main(int argc, char **argv, struct msiv2_error *err)
{
	struct env_options options = {0};
	OWNED_STRUCT(bytes) out = {0};
	int positional = 0;

	TRY(options_parse(option_rows, TEXT_COUNT(option_rows), &options, argc, argv, &positional,
	                  err));
	if (positional > 0)
		return err_set(err, MSIV2_CONFIG, argv[0], "unexpected argument");
	if (options.help)
		add_help(&out);
	else if (options.unset)
		add_unset(&options, &out);
	else
		TRY(add_exports(&options, &out, err));
	TRY(bytes_done(&out, "env", err));
	return streams_write(STDOUT_FILENO, "stdout", out.data, out.len, err);
}
