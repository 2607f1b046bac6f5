/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "progress.h"

#include <unistd.h>

#include "output.h"

#define CLEAR "\r\033[K"

void progress_begin(struct progress *progress, bool quiet)
{
	*progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1, .quiet = quiet};
}

void progress_tell(struct progress *progress, const struct result *result, size_t done,
                   size_t total)
{
	bool bad = verdict_is_bad(result->verdict.kind);
	OWNED_STRUCT(bytes) line = {0};

	progress->bad += bad && !result->twin_only;
	if (progress->quiet)
		return;
	if (progress->terminal)
		bytes_add_text(&line, CLEAR);
	if (bad)
		bytes_addf(&line, "%s %s%s: %s\n", verdict_word(result->verdict.kind),
		           result->scenario->id, result->twin_only ? " (only a twin)" : "",
		           result->verdict.reason);
	if (progress->terminal)
		bytes_addf(&line, "[%zu/%zu] %zu bad  %s", done, total, progress->bad,
		           result->scenario->id);
	if (line.len > 0)
		output_say(bytes_text(&line), line.len);
}

void progress_end(struct progress *progress)
{
	if (progress->terminal && !progress->quiet)
		output_say(CLEAR, sizeof(CLEAR) - 1);
}
