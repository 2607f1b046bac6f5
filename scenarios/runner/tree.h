/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Folders of the runner's own: made, walked and removed whole. Links are never followed. */
#ifndef SCENARIOS_RUNNER_TREE_H
#define SCENARIOS_RUNNER_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/bytes.h"
#include "common/err.h"

/* What a walk shows: the path from the root ("." is the root itself), the full one, and the file's
 * facts. Answers false to end the walk. */
typedef bool (*tree_visit_fn)(void *ctx, const char *relative, const char *path,
                              const struct stat *facts);

/* Shows everything below `root` in no order, a folder before what is in it; a root that is not
 * there is shown nothing of. False when it was ended, or something could not be looked at; the rest
 * is shown all the same. */
bool tree_walk(const char *root, tree_visit_fn visit, void *ctx);
/* Removes it and everything in it, however deep and whatever its modes; nothing there is fine. */
void tree_remove(const char *path);
/* A new folder `PREFIX.XXXXXX` (mode 0700) below TMPDIR or /tmp; its path is appended. */
MSIV2_MUST_USE enum msiv2_rc tree_make_private(const char *prefix, struct bytes *path,
                                               struct msiv2_error *err);
/* Makes `dir/name` with mode 0700 and appends its path. */
MSIV2_MUST_USE enum msiv2_rc tree_make(const char *dir, const char *name, struct bytes *path,
                                       struct msiv2_error *err);

#endif
