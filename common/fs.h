/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The file seam: one thin function per system call, so that tests can fail, count or kill at each
 * of them by link-time replacement (-Wl,--wrap=fs_write). Returns and errno as the system call;
 * calls are repeated on EINTR. Use files.h for whole operations. */
#ifndef COMMON_FS_H
#define COMMON_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* open(2), always with O_CLOEXEC. */
int fs_open(const char *path, int flags, mode_t mode);
/* read(2). */
ssize_t fs_read(int fd, void *out, size_t n);
/* write(2). */
ssize_t fs_write(int fd, const void *data, size_t n);
/* fsync(2). */
int fs_sync(int fd);
/* close(2); not repeated. */
int fs_close(int fd);
/* rename(2). */
int fs_rename(const char *from, const char *to);
/* link(2): fails with EEXIST when `to` is there already, so it publishes a file exactly once. */
int fs_link(const char *from, const char *to);
/* unlink(2). */
int fs_unlink(const char *path);
/* mkdir(2). */
int fs_mkdir(const char *path, mode_t mode);
/* fstat(2). */
int fs_stat(int fd, struct stat *out);
/* lstat(2). */
int fs_lstat(const char *path, struct stat *out);
/* realpath(3), into PATH_MAX bytes; 0 or -1. */
int fs_realpath(const char *path, char *out);

/* The same relative to an open folder, so that a path swapped meanwhile leads nowhere else.
 * openat(2), always with O_CLOEXEC. */
int fs_openat(int dir, const char *name, int flags, mode_t mode);
/* mkdirat(2). */
int fs_mkdirat(int dir, const char *name, mode_t mode);
/* renameat(2) within one folder. */
int fs_renameat(int dir, const char *from, const char *to);
/* unlinkat(2) of what is no folder. */
int fs_unlinkat(int dir, const char *name);
/* fstatat(2); a link is not followed. */
int fs_statat(int dir, const char *name, struct stat *out);
/* Hands each name in the folder, except "." and "..", to `each`, in any order; ends early when that
 * gives false. 0, or -1 when the folder cannot be read. The descriptor's position stays. */
int fs_list(int dir, bool (*each)(void *ctx, const char *name), void *ctx);

/* pread(2). */
ssize_t fs_read_at(int fd, void *out, size_t n, off_t at);
/* pwrite(2). */
ssize_t fs_write_at(int fd, const void *data, size_t n, off_t at);
/* fchmod(2). */
int fs_chmod(int fd, mode_t mode);
/* flock(2): `operation` with LOCK_NB, or LOCK_UN. */
int fs_lock(int fd, int operation);
/* fgetxattr(2). */
ssize_t fs_attribute(int fd, const char *name, void *out, size_t n);

#endif
