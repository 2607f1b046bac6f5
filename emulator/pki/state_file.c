/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/rng.h"

#define STATE_FILE_MAX ((size_t)64 * 1024)

struct state_fd {
	int fd;
};

static void state_fd_close(struct state_fd *file)
{
	if (file->fd >= 0)
		(void)fs_close(file->fd);
}
DEFINE_OWNED_VALUE(state_fd, state_fd_close)

static enum msiv2_rc fail(struct msiv2_error *err, const char *path, const char *what)
{
	char reason[128];
	int saved = errno;

	return err_set(err, MSIV2_CONFIG, path, "%s: %s", what,
	               strerror_r(saved, reason, sizeof(reason)));
}

enum msiv2_rc state_file_path(const char *dir, const char *name, struct bytes *out,
                              struct msiv2_error *err)
{
	bytes_addf(out, "%s/%s", dir, name);
	return bytes_done(out, dir, err);
}

/* A private key others can read or replace is no secret. */
static enum msiv2_rc check_access(const struct stat *st, const char *path, struct msiv2_error *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, MSIV2_CONFIG, path, "not a regular file");
	if (st->st_uid != geteuid())
		return err_set(err, MSIV2_CONFIG, path, "belongs to user %u, not to us",
		               (unsigned)st->st_uid);
	if ((st->st_mode & 077) != 0)
		return err_set(err, MSIV2_CONFIG, path, "is open to others (mode %04o, want 0600)",
		               (unsigned)(st->st_mode & 07777));
	if (st->st_size > (off_t)STATE_FILE_MAX)
		return err_set(err, MSIV2_CONFIG, path, "larger than %zu bytes", STATE_FILE_MAX);
	return MSIV2_OK;
}

static enum msiv2_rc read_all(int fd, const char *path, struct bytes *out, struct msiv2_error *err)
{
	uint8_t block[2048];
	size_t total = 0;
	ssize_t got;

	while ((got = fs_read(fd, block, sizeof(block))) > 0) {
		total += (size_t)got;
		if (total > STATE_FILE_MAX)
			return err_set(err, MSIV2_CONFIG, path, "larger than %zu bytes",
			               STATE_FILE_MAX);
		bytes_add(out, block, (size_t)got);
	}
	explicit_bzero(block, sizeof(block));
	return got < 0 ? fail(err, path, "cannot read") : bytes_done(out, path, err);
}

enum msiv2_rc state_file_read(const char *path, struct bytes *out, bool *found,
                              struct msiv2_error *err)
{
	/* The descriptor that was checked is the one that is read. O_NONBLOCK: a FIFO must not
	 * hang. */
	OWNED_STRUCT(state_fd) file = {fs_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)};
	struct stat st;

	*found = false;
	if (file.fd < 0 && errno == ENOENT)
		return MSIV2_OK;
	if (file.fd < 0)
		return fail(err, path, "cannot open");
	if (fs_stat(file.fd, &st) != 0)
		return fail(err, path, "cannot examine");
	TRY(check_access(&st, path, err));
	*found = true;
	return read_all(file.fd, path, out, err);
}

/* Unlike rename(2), link(2) never replaces what another emulator has just put there. */
static enum msiv2_rc link_whole(const char *whole, const char *path, bool *won,
                                struct msiv2_error *err)
{
	*won = fs_link(whole, path) == 0;
	if (!*won && errno != EEXIST)
		return fail(err, path, "cannot publish");
	return MSIV2_OK;
}

enum msiv2_rc state_file_publish(const char *path, const struct bytes *content, bool *won,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) whole = {0};
	char unique[UUID_TEXT_SIZE];
	enum msiv2_rc rc;

	*won = false;
	if (!rng_uuid(rng_system(), unique))
		return err_set(err, MSIV2_INTERNAL, path, "no randomness");
	bytes_addf(&whole, "%s.%s", path, unique);
	TRY(bytes_done(&whole, path, err));
	rc = files_replace(bytes_text(&whole), content->data, content->len, 0600, MSIV2_CONFIG,
	                   err);
	/* The file of the passing name says nothing to whoever reads this. */
	if (rc == MSIV2_CONFIG && err)
		(void)snprintf(err->where, sizeof(err->where), "%s", path);
	if (rc == MSIV2_OK)
		rc = link_whole(bytes_text(&whole), path, won, err);
	/* Also after a failure: it may have come after the file was written. */
	(void)fs_unlink(bytes_text(&whole));
	return rc;
}
