/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

int fs_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do {
		fd = open(path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

ssize_t fs_read(int fd, void *out, size_t n)
{
	ssize_t got;

	do {
		got = read(fd, out, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t fs_write(int fd, const void *data, size_t n)
{
	ssize_t put;

	do {
		put = write(fd, data, n);
	} while (put < 0 && errno == EINTR);
	return put;
}

int fs_sync(int fd)
{
	int rc;

	do {
		rc = fsync(fd);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

int fs_close(int fd)
{
	return close(fd);
}

int fs_rename(const char *from, const char *to)
{
	return rename(from, to);
}

int fs_link(const char *from, const char *to)
{
	return link(from, to);
}

int fs_unlink(const char *path)
{
	return unlink(path);
}

int fs_mkdir(const char *path, mode_t mode)
{
	return mkdir(path, mode);
}

int fs_stat(int fd, struct stat *out)
{
	return fstat(fd, out);
}

int fs_lstat(const char *path, struct stat *out)
{
	return lstat(path, out);
}

int fs_realpath(const char *path, char *out)
{
	return realpath(path, out) != NULL ? 0 : -1;
}

int fs_openat(int dir, const char *name, int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir, name, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int fs_mkdirat(int dir, const char *name, mode_t mode)
{
	return mkdirat(dir, name, mode);
}

int fs_renameat(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

int fs_unlinkat(int dir, const char *name)
{
	return unlinkat(dir, name, 0);
}

int fs_statat(int dir, const char *name, struct stat *out)
{
	return fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW);
}

static int list_stream(DIR *stream, bool (*each)(void *ctx, const char *name), void *ctx)
{
	const struct dirent *entry;

	errno = 0;
	while ((entry = readdir(stream)) != NULL) {
		bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

		if (!dots && !each(ctx, entry->d_name))
			return 0;
		errno = 0;
	}
	return errno == 0 ? 0 : -1;
}

int fs_list(int dir, bool (*each)(void *ctx, const char *name), void *ctx)
{
	/* A description of its own: readers of one folder do not share a position. */
	int fd = fs_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	int saved, rc;

	if (stream == NULL) {
		saved = errno;
		if (fd >= 0)
			(void)close(fd);
		errno = saved;
		return -1;
	}
	rc = list_stream(stream, each, ctx);
	saved = errno;
	(void)closedir(stream);
	errno = saved;
	return rc;
}

ssize_t fs_read_at(int fd, void *out, size_t n, off_t at)
{
	ssize_t got;

	do {
		got = pread(fd, out, n, at);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t fs_write_at(int fd, const void *data, size_t n, off_t at)
{
	ssize_t put;

	do {
		put = pwrite(fd, data, n, at);
	} while (put < 0 && errno == EINTR);
	return put;
}

int fs_chmod(int fd, mode_t mode)
{
	return fchmod(fd, mode);
}

int fs_lock(int fd, int operation)
{
	int rc;

	do {
		rc = flock(fd, operation);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

ssize_t fs_attribute(int fd, const char *name, void *out, size_t n)
{
	return fgetxattr(fd, name, out, n);
}
