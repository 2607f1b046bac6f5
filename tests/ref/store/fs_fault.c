/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fs_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	enum fs_fault_way way;
	unsigned nth, calls;
	int error;
	bool fired;
	const char *call;
	void (*watch)(void *ctx, const struct fs_call *call);
	void *ctx;
} fault;

void fs_fault_arm(enum fs_fault_way way, unsigned nth, int error)
{
	fault.way = way;
	fault.nth = nth;
	fault.error = error;
	fault.calls = 0;
	fault.fired = false;
	fault.call = "";
}

unsigned fs_fault_disarm(void)
{
	fault.way = FS_FAULT_NONE;
	return fault.calls;
}

bool fs_fault_fired(void)
{
	return fault.fired;
}

const char *fs_fault_call(void)
{
	return fault.call;
}

void fs_fault_watch(void (*watch)(void *ctx, const struct fs_call *call), void *ctx)
{
	fault.watch = watch;
	fault.ctx = ctx;
}

static void tell(const struct fs_call *call)
{
	if (fault.watch != NULL)
		fault.watch(fault.ctx, call);
}

/* Counts a call; true when it is to fail. */
static bool fails(const char *call)
{
	fault.calls++;
	if (fault.way == FS_FAULT_NONE || fault.calls != fault.nth)
		return false;
	fault.fired = true;
	fault.call = call;
	if (fault.way == FS_FAULT_EXIT || fault.way == FS_FAULT_EXIT_TORN)
		_exit(77);
	if (fault.way == FS_FAULT_SHORT)
		return false;
	errno = fault.error;
	return true;
}

#define REAL(type, name, ...)                                                                      \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

REAL(int, fs_open, const char *path, int flags, mode_t mode)
{
	int fd = fails("fs_open") ? -1 : __real_fs_open(path, flags, mode);

	if (fd >= 0)
		tell(&(struct fs_call){FS_CALL_OPEN, .fd = -1, .name = path, .opened = fd});
	return fd;
}

REAL(int, fs_openat, int dir, const char *name, int flags, mode_t mode)
{
	int fd = fails("fs_openat") ? -1 : __real_fs_openat(dir, name, flags, mode);

	if (fd >= 0)
		tell(&(struct fs_call){FS_CALL_OPEN, .fd = dir, .name = name, .opened = fd,
		                       .create = (flags & O_CREAT) != 0});
	return fd;
}

REAL(ssize_t, fs_read, int fd, void *out, size_t n)
{
	return fails("fs_read") ? -1 : __real_fs_read(fd, out, n);
}

REAL(ssize_t, fs_write, int fd, const void *data, size_t n)
{
	ssize_t put;

	if (fault.way == FS_FAULT_EXIT_TORN && fault.calls + 1 == fault.nth)
		(void)!__real_fs_write(fd, data, n / 2);
	if (fails("fs_write"))
		return -1;
	if (fault.way == FS_FAULT_SHORT && fault.fired && n > 7)
		n = 7;
	put = __real_fs_write(fd, data, n);
	if (put > 0)
		tell(&(struct fs_call){FS_CALL_WRITE, .fd = fd, .data = data, .len = (size_t)put,
		                       .at = -1});
	return put;
}

REAL(int, fs_sync, int fd)
{
	if (fails("fs_sync"))
		return -1;
	tell(&(struct fs_call){FS_CALL_SYNC, .fd = fd});
	return 0;
}

REAL(int, fs_close, int fd)
{
	bool failed = fails("fs_close");
	int rc;

	tell(&(struct fs_call){FS_CALL_CLOSE, .fd = fd});
	rc = __real_fs_close(fd);
	if (failed)
		errno = fault.error;
	return failed ? -1 : rc;
}

REAL(int, fs_mkdir, const char *path, mode_t mode)
{
	return fails("fs_mkdir") ? -1 : __real_fs_mkdir(path, mode);
}

REAL(int, fs_mkdirat, int dir, const char *name, mode_t mode)
{
	int rc = fails("fs_mkdirat") ? -1 : __real_fs_mkdirat(dir, name, mode);

	if (rc == 0)
		tell(&(struct fs_call){FS_CALL_MKDIR, .fd = dir, .name = name});
	return rc;
}

REAL(int, fs_renameat, int dir, const char *from, const char *to)
{
	int rc = fails("fs_renameat") ? -1 : __real_fs_renameat(dir, from, to);

	if (rc == 0)
		tell(&(struct fs_call){FS_CALL_RENAME, .fd = dir, .name = from, .to = to});
	return rc;
}

REAL(int, fs_unlinkat, int dir, const char *name)
{
	int rc = fails("fs_unlinkat") ? -1 : __real_fs_unlinkat(dir, name);

	if (rc == 0)
		tell(&(struct fs_call){FS_CALL_UNLINK, .fd = dir, .name = name});
	return rc;
}

REAL(int, fs_stat, int fd, struct stat *out)
{
	return fails("fs_stat") ? -1 : __real_fs_stat(fd, out);
}

REAL(int, fs_statat, int dir, const char *name, struct stat *out)
{
	return fails("fs_statat") ? -1 : __real_fs_statat(dir, name, out);
}

REAL(int, fs_list, int dir, bool (*each)(void *ctx, const char *name), void *ctx)
{
	return fails("fs_list") ? -1 : __real_fs_list(dir, each, ctx);
}

REAL(ssize_t, fs_read_at, int fd, void *out, size_t n, off_t at)
{
	return fails("fs_read_at") ? -1 : __real_fs_read_at(fd, out, n, at);
}

REAL(ssize_t, fs_write_at, int fd, const void *data, size_t n, off_t at)
{
	ssize_t put = fails("fs_write_at") ? -1 : __real_fs_write_at(fd, data, n, at);

	if (put > 0)
		tell(&(struct fs_call){FS_CALL_WRITE, .fd = fd, .data = data, .len = (size_t)put,
		                       .at = at});
	return put;
}

REAL(int, fs_chmod, int fd, mode_t mode)
{
	return fails("fs_chmod") ? -1 : __real_fs_chmod(fd, mode);
}

REAL(int, fs_lock, int fd, int operation)
{
	return fails("fs_lock") ? -1 : __real_fs_lock(fd, operation);
}

REAL(ssize_t, fs_attribute, int fd, const char *name, void *out, size_t n)
{
	return fails("fs_attribute") ? -1 : __real_fs_attribute(fd, name, out, n);
}
