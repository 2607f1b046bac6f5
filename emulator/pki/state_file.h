/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One secret file of a state directory that several emulators may share: it is published whole and
 * once, so that whoever comes second finds the first one's content and never half of it. Every
 * failure is MSIV2_CONFIG with the path as `where`. The directory must be on a file system with
 * hard links. */
#ifndef EMULATOR_PKI_STATE_FILE_H
#define EMULATOR_PKI_STATE_FILE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/err.h"

/* Appends "DIR/NAME". */
MSIV2_MUST_USE enum msiv2_rc state_file_path(const char *dir, const char *name, struct bytes *out,
                                             struct msiv2_error *err);

/* Reads the file if there is one. It must be a regular file (no symbolic link), ours, mode 0600 or
 * tighter, at most 64 KiB: otherwise an error. *found = false when there is none. */
MSIV2_MUST_USE enum msiv2_rc state_file_read(const char *path, struct bytes *out, bool *found,
                                             struct msiv2_error *err);

/* Publishes the file with mode 0600. *won = false (and nothing changed) when somebody else was
 * first: read theirs then. */
MSIV2_MUST_USE enum msiv2_rc state_file_publish(const char *path, const struct bytes *content,
                                                bool *won, struct msiv2_error *err);

#endif
