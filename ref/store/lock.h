/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The two locks of an alias, as advisory locks on files of their own: the system frees them when
 * the holder's process dies, however it dies. Held by an open file description, so that they
 * exclude threads of one process as well as processes; children made by fork() without exec do not
 * keep them (the descriptor is closed on exec; a forked child that never execs shares it:
 * documented).
 *
 * write lock: around each change of the store; waited for STORE_LOCK_WAIT_MS at most.
 * mint gate:  from key creation to the persisted entry. Its holder calls store_lock_progress() at
 *             each leg; who waits gives up when that has not happened for STORE_GATE_STALL_MS. */
#ifndef REF_STORE_LOCK_H
#define REF_STORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/own.h"
#include "ref/net/patience.h"

#define STORE_LOCK_WAIT_MS  300  /* STORE-09 */
#define STORE_GATE_STALL_MS 5000 /* HOUSE */

struct store_lock;

/* How a wait for a lock ended. */
enum store_lock_end {
	STORE_LOCK_HELD,    /* we have it */
	STORE_LOCK_BUSY,    /* not within the time given */
	STORE_LOCK_STALLED, /* its holder shows no progress */
};

/* A lock file: a name in an open folder. */
struct store_lock_file {
	int dir;
	const char *name;
	const char *folder; /* path of the folder, for errors */
	uid_t owner;        /* who the file must belong to */
};

/* Takes a lock. Its file is made 0600 when absent and never removed; a link, another's file or one
 * open to others is refused. Tries once, then waits until `patience` ends and at most wait_ms, and,
 * when stall_ms > 0, gives up on a holder that showed no progress for so long (told by the
 * monotonic clock, so a stopped holder delays nobody longer). *out is NULL unless STORE_LOCK_HELD.
 * MSIV2_STORE when the file cannot be used, MSIV2_TIMEOUT when patience ended. */
MSIV2_MUST_USE enum msiv2_rc store_lock_take(const struct store_lock_file *file,
                                             const struct patience *patience, int64_t wait_ms,
                                             int64_t stall_ms, enum store_lock_end *end,
                                             struct store_lock **out, struct msiv2_error *err);
/* Tells waiters that the holder lives; best effort. NULL is allowed. */
void store_lock_progress(struct store_lock *lock);
/* Frees the lock; NULL is allowed. */
void store_lock_release(struct store_lock *lock);
DEFINE_OWNED_STRUCT(store_lock, store_lock_release)

#endif
