/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fs.h"

void streams_init(void)
{
	/* A descriptor opened for the other direction fails with EBADF when it is used. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)fs_open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY, 0);
}

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

enum msiv2_rc streams_write(int fd, const char *where, const void *data, size_t len,
                            struct msiv2_error *err)
{
	if (!write_all(fd, data, len))
		return err_set(err, MSIV2_INTERNAL, where, "cannot be written: %s",
		               strerror(errno));
	return MSIV2_OK;
}

enum msiv2_rc streams_read_line(int fd, const char *where, size_t max_len, struct bytes *out,
                                struct msiv2_error *err)
{
	while (out->len < max_len) {
		char c;
		ssize_t n = fs_read(fd, &c, 1);

		if (n < 0)
			return err_set(err, MSIV2_CONFIG, where, "cannot be read: %s",
			               strerror(errno));
		if (n == 0 || c == '\n')
			return bytes_done(out, where, err);
		bytes_add_byte(out, (uint8_t)c);
	}
	return err_set(err, MSIV2_CONFIG, where, "the line is too long");
}

void streams_complain(const char *where, const char *message)
{
	OWNED_STRUCT(bytes) line = {0};

	bytes_addf(&line, "msiv2-emulator: %s: %s\n", where, message);
	/* With stderr broken as well there is nobody left to tell. */
	if (line.len > 0 && !write_all(STDERR_FILENO, (const char *)line.data, line.len))
		return;
}
