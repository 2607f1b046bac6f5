/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scarce.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "common/mem.h"

static _Thread_local unsigned begun[2];
static _Thread_local unsigned left[2];
static _Thread_local bool fired;

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
int __wrap_fs_sync(int fd);
int __real_fs_rename(const char *from, const char *to);
int __wrap_fs_rename(const char *from, const char *to);
int __real_fs_mkdir(const char *path, mode_t mode);
int __wrap_fs_mkdir(const char *path, mode_t mode);
int __real_fs_lstat(const char *path, struct stat *out);
int __wrap_fs_lstat(const char *path, struct stat *out);

static bool fails_now(enum scarce what)
{
	if (left[what] == 0 || --left[what] > 0)
		return false;
	fired = true;
	errno = what == SCARCE_FILES ? EIO : ENOMEM;
	return true;
}

static void *alloc_json(size_t size)
{
	return mem_alloc(size);
}

void scarce_prepare(void)
{
	cJSON_Hooks hooks = {alloc_json, mem_free};

	cJSON_InitHooks(&hooks);
}

void scarce_at(enum scarce what, unsigned nth)
{
	fired = false;
	begun[what] = left[what] = nth;
}

unsigned scarce_used(enum scarce what)
{
	return begun[what] - left[what];
}

bool scarce_end(void)
{
	left[SCARCE_MEMORY] = 0;
	left[SCARCE_FILES] = 0;
	return fired;
}

unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	return count;
}

bool no_children(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* ---- the seams ---- */

void *__wrap_mem_alloc(size_t size)
{
	return fails_now(SCARCE_MEMORY) ? NULL : __real_mem_alloc(size);
}

void *__wrap_mem_resize(void *old, size_t size)
{
	return fails_now(SCARCE_MEMORY) ? NULL : __real_mem_resize(old, size);
}

int __wrap_fs_open(const char *path, int flags, mode_t mode)
{
	return fails_now(SCARCE_FILES) ? -1 : __real_fs_open(path, flags, mode);
}

/* A disk may break, a pipe does not. */
static bool is_pipe(int fd)
{
	struct stat facts;

	return fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

ssize_t __wrap_fs_read(int fd, void *out, size_t n)
{
	return !is_pipe(fd) && fails_now(SCARCE_FILES) ? -1 : __real_fs_read(fd, out, n);
}

ssize_t __wrap_fs_write(int fd, const void *data, size_t n)
{
	return !is_pipe(fd) && fails_now(SCARCE_FILES) ? -1 : __real_fs_write(fd, data, n);
}

/* What a test writes may be lost with the power: a disk that is busy is not waited for. */
int __wrap_fs_sync(int fd)
{
	(void)fd;
	return fails_now(SCARCE_FILES) ? -1 : 0;
}

int __wrap_fs_rename(const char *from, const char *to)
{
	return fails_now(SCARCE_FILES) ? -1 : __real_fs_rename(from, to);
}

int __wrap_fs_mkdir(const char *path, mode_t mode)
{
	return fails_now(SCARCE_FILES) ? -1 : __real_fs_mkdir(path, mode);
}

int __wrap_fs_lstat(const char *path, struct stat *out)
{
	return fails_now(SCARCE_FILES) ? -1 : __real_fs_lstat(path, out);
}
