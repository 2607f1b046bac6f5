/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "unstarted.h"

#include <string.h>

#include "common/text.h"
#include "report_escape.h"

#define NOT_EXECUTABLE 126 /* as shells have it */
#define NOT_FOUND      127

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool exit_says_so(const cJSON *run)
{
	const cJSON *status = member(member(run, "exit"), "status");

	return cJSON_IsNumber(status) &&
	       (status->valueint == NOT_FOUND || status->valueint == NOT_EXECUTABLE);
}

bool client_begun(const struct evidence *evidence)
{
	const cJSON *run = member(evidence->seen, "run");

	return cJSON_IsObject(member(run, "exit")) || cJSON_IsObject(member(run, "shim"));
}

bool unstarted(const struct evidence *evidence)
{
	const cJSON *run = member(evidence->seen, "run");
	const cJSON *events = member(member(evidence->seen, "journal"), "events");

	return exit_says_so(run) && !cJSON_IsObject(member(run, "shim")) &&
	       cJSON_GetArraySize(events) == 0;
}

/* The last line with something in it. */
static void add_last_line(const char *text, struct bytes *out)
{
	size_t end = strlen(text);
	size_t begin;
	OWNED_STRUCT(bytes) line = {0};

	while (end > 0 && strchr(" \r\n\t", text[end - 1]))
		end--;
	begin = end;
	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	bytes_add(&line, text + begin, end - begin);
	report_escape(ESCAPE_LINE, bytes_text(&line), out);
}

enum msiv2_rc unstarted_error(const struct evidence *evidence, const char *command,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) words = {0};

	add_last_line(bytes_text(&evidence->stderr_text), &words);
	return err_set(err, MSIV2_CONFIG, command, "cannot be started: %s",
	               words.len > 0 ? bytes_text(&words) : "the shell says nothing more");
}
