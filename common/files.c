/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "mem.h"
#include "rng.h"
#include "text.h"

/* An open descriptor as an owned local. */
struct descriptor {
	int fd;
};

static void descriptor_close(struct descriptor *d)
{
	if (d->fd >= 0)
		(void)fs_close(d->fd);
	d->fd = -1;
}
DEFINE_OWNED_VALUE(descriptor, descriptor_close)

static enum msiv2_rc fail(struct msiv2_error *err, enum msiv2_rc rc, const char *path,
                          const char *what)
{
	char reason[128];
	int saved = errno;

	return err_set(err, rc, path, "%s: %s", what, strerror_r(saved, reason, sizeof(reason)));
}

static enum msiv2_rc read_all(int fd, const char *path, size_t max_len, enum msiv2_rc rc,
                              struct bytes *out, struct msiv2_error *err)
{
	uint8_t block[4096];
	size_t total = 0;
	ssize_t got;

	while ((got = fs_read(fd, block, sizeof(block))) > 0) {
		total += (size_t)got;
		if (total > max_len)
			return err_set(err, rc, path, "larger than %zu bytes", max_len);
		bytes_add(out, block, (size_t)got);
	}
	if (got < 0)
		return fail(err, rc, path, "cannot read");
	return bytes_done(out, path, err);
}

enum msiv2_rc files_read(const char *path, size_t max_len, enum msiv2_rc rc, struct bytes *out,
                         struct msiv2_error *err)
{
	/* O_NONBLOCK: opening a FIFO by mistake must not hang. */
	OWNED_STRUCT(descriptor) file = {fs_open(path, O_RDONLY | O_NONBLOCK, 0)};
	struct stat st;

	if (file.fd < 0)
		return fail(err, rc, path, "cannot open");
	if (fs_stat(file.fd, &st) != 0)
		return fail(err, rc, path, "cannot examine");
	if (!S_ISREG(st.st_mode))
		return err_set(err, rc, path, "not a regular file");
	return read_all(file.fd, path, max_len, rc, out, err);
}

static enum msiv2_rc write_all(int fd, const char *path, const uint8_t *data, size_t len,
                               enum msiv2_rc rc, struct msiv2_error *err)
{
	while (len > 0) {
		ssize_t put = fs_write(fd, data, len);

		if (put < 0)
			return fail(err, rc, path, "cannot write");
		data += put;
		len -= (size_t)put;
	}
	if (fs_sync(fd) != 0)
		return fail(err, rc, path, "cannot sync");
	return MSIV2_OK;
}

/* The rename is durable once its directory is synced. `path` is for errors, as everywhere here. */
static enum msiv2_rc sync_parent(const char *target, const char *path, enum msiv2_rc rc,
                                 struct msiv2_error *err)
{
	const char *slash = strrchr(target, '/');
	OWNED(mem_text) *dir = NULL;
	OWNED_STRUCT(descriptor) d = {-1};

	if (slash == NULL)
		dir = mem_strdup(".");
	else
		dir = mem_strndup(target, slash == target ? 1 : (size_t)(slash - target));
	if (dir == NULL)
		return err_no_memory(err, path);
	d.fd = fs_open(dir, O_RDONLY | O_DIRECTORY, 0);
	if (d.fd < 0 || fs_sync(d.fd) != 0)
		return fail(err, rc, path, "cannot sync its directory");
	return MSIV2_OK;
}

static enum msiv2_rc write_beside(const char *temporary, const char *path, const void *data,
                                  size_t len, mode_t mode, enum msiv2_rc rc,
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(descriptor) file = {-1};
	int fd;

	file.fd = fs_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (file.fd < 0)
		return fail(err, rc, path, "cannot create a file beside it");
	/* The mode of creation is cut by the umask; the one asked for is meant. */
	if (fchmod(file.fd, mode) != 0)
		return fail(err, rc, path, "cannot set the mode");
	TRY(write_all(file.fd, path, data, len, rc, err));
	fd = file.fd;
	file.fd = -1;
	if (fs_close(fd) != 0)
		return fail(err, rc, path, "cannot close");
	return MSIV2_OK;
}

/* What a rename may take the place of: nothing, or a regular file, at the end of any links. */
static enum msiv2_rc find_target(const char *path, char target[PATH_MAX], enum msiv2_rc rc,
                                 struct msiv2_error *err)
{
	struct stat st;

	if (fs_lstat(path, &st) != 0) {
		if (errno != ENOENT || !text_copy(target, PATH_MAX, path))
			return fail(err, rc, path, "cannot examine");
		return MSIV2_OK;
	}
	if (fs_realpath(path, target) != 0 || fs_lstat(target, &st) != 0)
		return fail(err, rc, path, "cannot follow the link");
	if (!S_ISREG(st.st_mode))
		return err_set(err, rc, path, "exists and is not a regular file");
	return MSIV2_OK;
}

enum msiv2_rc files_replace(const char *path, const void *data, size_t len, mode_t mode,
                            enum msiv2_rc rc, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) temporary = {0};
	char target[PATH_MAX];
	char unique[UUID_TEXT_SIZE];
	enum msiv2_rc done;

	TRY(find_target(path, target, rc, err));
	if (!rng_uuid(rng_system(), unique))
		return err_set(err, MSIV2_INTERNAL, path, "no randomness");
	bytes_addf(&temporary, "%s.%s.new", target, unique);
	TRY(bytes_done(&temporary, path, err));
	done = write_beside(bytes_text(&temporary), path, data, len, mode, rc, err);
	if (done == MSIV2_OK && fs_rename(bytes_text(&temporary), target) != 0)
		done = fail(err, rc, path, "cannot replace");
	if (done != MSIV2_OK) {
		(void)fs_unlink(bytes_text(&temporary));
		return done;
	}
	return sync_parent(target, path, rc, err);
}

enum msiv2_rc files_make_dir(const char *path, mode_t mode, enum msiv2_rc rc,
                             struct msiv2_error *err)
{
	struct stat st;

	if (fs_mkdir(path, mode) == 0)
		return MSIV2_OK;
	if (errno != EEXIST)
		return fail(err, rc, path, "cannot make the directory");
	if (fs_lstat(path, &st) != 0)
		return fail(err, rc, path, "cannot examine");
	if (!S_ISDIR(st.st_mode))
		return err_set(err, rc, path, "exists and is not a directory");
	if (st.st_uid != geteuid())
		return err_set(err, rc, path, "belongs to user %u, not to us", (unsigned)st.st_uid);
	if ((st.st_mode & 077 & ~mode) != 0)
		return err_set(err, rc, path, "is open to others (mode %04o, want %04o)",
		               (unsigned)(st.st_mode & 07777), (unsigned)mode);
	return MSIV2_OK;
}

bool files_exists(const char *path)
{
	struct stat st;

	return fs_lstat(path, &st) == 0;
}
