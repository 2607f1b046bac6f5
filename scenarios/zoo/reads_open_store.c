/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: uses entries that others may have written (STORE-11). */

#include "common/fs.h"

int __real_fs_stat(int fd, struct stat *out);
int __wrap_fs_stat(int fd, struct stat *out);
int __real_fs_statat(int dir, const char *name, struct stat *out);
int __wrap_fs_statat(int dir, const char *name, struct stat *out);

int __wrap_fs_stat(int fd, struct stat *out)
{
	int done = __real_fs_stat(fd, out);

	out->st_mode &= ~(mode_t)077;
	return done;
}

int __wrap_fs_statat(int dir, const char *name, struct stat *out)
{
	int done = __real_fs_statat(dir, name, out);

	out->st_mode &= ~(mode_t)077;
	return done;
}
