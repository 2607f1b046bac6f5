/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "faults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Atomic: the thread that makes a token key passes here too. */
static atomic_int left[2];
static atomic_bool fired;

void fault_at(enum fault_seam seam, unsigned nth)
{
	atomic_store(&fired, false);
	atomic_store(&left[seam], (int)nth);
}

bool fault_disarm(void)
{
	atomic_store(&left[FAULT_MEMORY], 0);
	atomic_store(&left[FAULT_FILES], 0);
	return atomic_load(&fired);
}

static bool fails_now(enum fault_seam seam)
{
	if (atomic_load(&left[seam]) <= 0 || atomic_fetch_sub(&left[seam], 1) != 1)
		return false;
	atomic_store(&fired, true);
	errno = seam == FAULT_FILES ? EIO : ENOMEM;
	return true;
}

void *__real_mem_alloc(size_t size);
void *__wrap_mem_alloc(size_t size);
void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_resize(void *old, size_t size);
int __real_fs_open(const char *path, int flags, mode_t mode);
int __wrap_fs_open(const char *path, int flags, mode_t mode);
ssize_t __real_fs_read(int fd, void *out, size_t n);
ssize_t __wrap_fs_read(int fd, void *out, size_t n);
ssize_t __real_fs_write(int fd, const void *data, size_t n);
ssize_t __wrap_fs_write(int fd, const void *data, size_t n);
int __real_fs_sync(int fd);
int __wrap_fs_sync(int fd);
int __real_fs_rename(const char *from, const char *to);
int __wrap_fs_rename(const char *from, const char *to);
int __real_fs_link(const char *from, const char *to);
int __wrap_fs_link(const char *from, const char *to);
int __real_fs_mkdir(const char *path, mode_t mode);
int __wrap_fs_mkdir(const char *path, mode_t mode);
int __real_fs_stat(int fd, struct stat *out);
int __wrap_fs_stat(int fd, struct stat *out);

void *__wrap_mem_alloc(size_t size)
{
	return fails_now(FAULT_MEMORY) ? NULL : __real_mem_alloc(size);
}

void *__wrap_mem_resize(void *old, size_t size)
{
	return fails_now(FAULT_MEMORY) ? NULL : __real_mem_resize(old, size);
}

int __wrap_fs_open(const char *path, int flags, mode_t mode)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_open(path, flags, mode);
}

ssize_t __wrap_fs_read(int fd, void *out, size_t n)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_read(fd, out, n);
}

ssize_t __wrap_fs_write(int fd, const void *data, size_t n)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_write(fd, data, n);
}

int __wrap_fs_sync(int fd)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_sync(fd);
}

int __wrap_fs_rename(const char *from, const char *to)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_rename(from, to);
}

int __wrap_fs_link(const char *from, const char *to)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_link(from, to);
}

int __wrap_fs_mkdir(const char *path, mode_t mode)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_mkdir(path, mode);
}

int __wrap_fs_stat(int fd, struct stat *out)
{
	return fails_now(FAULT_FILES) ? -1 : __real_fs_stat(fd, out);
}
