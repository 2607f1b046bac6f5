/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
