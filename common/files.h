/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Whole-file operations with clear errors, over fs.h. Errors carry the caller's class, the path as
 * `where`, and the system's reason. */
#ifndef COMMON_FILES_H
#define COMMON_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bytes.h"
#include "err.h"

/* Appends the whole of a regular file of at most max_len bytes to out. */
MSIV2_MUST_USE enum msiv2_rc files_read(const char *path, size_t max_len, enum msiv2_rc rc,
                                        struct bytes *out, struct msiv2_error *err);

/* Replaces the file in one step: written beside it with the given mode, synced, renamed; then the
 * directory is synced. After a crash there is the old content or the new, never a mixture; on an
 * error the old content is untouched and nothing is left behind. A symbolic link stays, and what it
 * leads to is replaced; what exists and is no regular file (a FIFO, a device) is left alone: an
 * error. Errors name `path`. */
MSIV2_MUST_USE enum msiv2_rc files_replace(const char *path, const void *data, size_t len,
                                           mode_t mode, enum msiv2_rc rc, struct msiv2_error *err);

/* Makes a directory (not its parents) with the mode given; an existing directory is fine when it is
 * ours and not open to group or others beyond `mode`. */
MSIV2_MUST_USE enum msiv2_rc files_make_dir(const char *path, mode_t mode, enum msiv2_rc rc,
                                            struct msiv2_error *err);

/* Something (anything) exists at path. */
bool files_exists(const char *path);

#endif
