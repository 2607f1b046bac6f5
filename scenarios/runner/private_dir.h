/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The private folder of a run, which does not outlive it. A keeper, a process of its own, waits for
 * private_dir_remove() or the end of this process (SIGKILL, a crash). Then it kills every process
 * whose HOME, TMPDIR or MSIV2_DEVICE is in the folder, which is so with clients, whatever they
 * started, and their devices; and removes the folder. What a keeper could not do, because it was
 * killed as well, is done by the next private_dir_make(): a folder is in use as long as it is
 * locked. */
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
/* Ends what still runs there, which a client does that has left its group, and removes it with
 * everything in it. */
void private_dir_remove(struct private_dir *dir);
DEFINE_OWNED_VALUE(private_dir, private_dir_remove)

#endif
