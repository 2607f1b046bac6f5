/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The private folder of a run, which does not outlive it. A keeper, a process of its own, waits for
 * the end of this one: when it comes without private_dir_remove() (SIGKILL, a crash) the keeper
 * kills every process whose environment points into the folder, which clients and their devices
 * do, and removes it. What a keeper could not do, because it was killed as well, is done by the
 * next private_dir_make(): a folder is in use as long as it is locked. SIGPIPE has to be ignored
 * by this process. */
#ifndef SCENARIOS_RUNNER_PRIVATE_DIR_H
#define SCENARIOS_RUNNER_PRIVATE_DIR_H

#include <sys/types.h>

#include "common/bytes.h"
#include "common/err.h"

struct private_dir {
	struct bytes path;
	int lock_fd;   /* of the folder; valid when there is a path */
	int keeper_fd; /* the keeper reads from it until we end; valid when there is a keeper */
	pid_t keeper;  /* 0: none */
};

/* Clears what dead runs of this user left, and makes a folder (mode 0700) below TMPDIR or /tmp.
 * MSIV2_CONFIG when that cannot be written, MSIV2_INTERNAL when the system has nothing left. Remove
 * it in any case. */
MSIV2_MUST_USE enum msiv2_rc private_dir_make(struct private_dir *dir, struct msiv2_error *err);
/* Removes it and everything in it; what runs there has to be ended before. */
void private_dir_remove(struct private_dir *dir);
DEFINE_OWNED_VALUE(private_dir, private_dir_remove)

#endif
