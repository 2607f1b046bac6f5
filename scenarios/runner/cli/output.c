/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "output.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = fs_write(fd, data, len);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

enum msiv2_rc output_print(const struct bytes *text, struct msiv2_error *err)
{
	TRY(bytes_done(text, "stdout", err));
	/* A reader that has seen enough, such as head(1), is none of our errors. */
	if (!write_all(STDOUT_FILENO, bytes_text(text), text->len) && errno != EPIPE)
		return err_set(err, MSIV2_INTERNAL, "stdout", "cannot be written: %s",
		               strerror(errno));
	return MSIV2_OK;
}

enum msiv2_rc output_write(const char *path, const struct bytes *text, struct msiv2_error *err)
{
	if (text_equal(path, "-"))
		return output_print(text, err);
	TRY(bytes_done(text, path, err));
	return files_replace(path, bytes_text(text), text->len, 0644, MSIV2_CONFIG, err);
}

void output_say(const char *text, size_t len)
{
	if (!write_all(STDERR_FILENO, text, len))
		return;
}

void output_complain(const char *where, const char *message)
{
	OWNED_STRUCT(bytes) line = {0};

	bytes_addf(&line, "msiv2-conformance: %s: %s\n", where, message);
	output_say(bytes_text(&line), line.len);
}

void output_add_quoted(const char *text, struct bytes *out)
{
	bytes_add_byte(out, '\'');
	for (; *text; text++)
		if (*text == '\'')
			bytes_add_text(out, "'\\''");
		else
			bytes_add_byte(out, (uint8_t)*text);
	bytes_add_byte(out, '\'');
}
