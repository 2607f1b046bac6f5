/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: lets everybody read its store (STORE-11). */

#include "common/fs.h"

int __real_fs_chmod(int fd, mode_t mode);
int __wrap_fs_chmod(int fd, mode_t mode);

int __wrap_fs_chmod(int fd, mode_t mode)
{
	return __real_fs_chmod(fd, mode == 0600 ? 0644 : mode);
}
