/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Stands between a client and its store, and lets what a test names fail. Link with WRAP
 * issue_check store_gate store_lock_progress store_new store_put store_read store_remove
 * store_remove_alias. */
#ifndef TESTS_REF_STORE_SEAM_H
#define TESTS_REF_STORE_SEAM_H

#include <stdbool.h>

#include "common/clock.h"
#include "common/err.h"

enum seam { SEAM_NEW, SEAM_READ, SEAM_PUT, SEAM_REMOVE, SEAM_REMOVE_ALIAS, SEAM_GATE, SEAMS };

struct store_seam {
	enum msiv2_rc rc[SEAMS]; /* MSIV2_OK = the store's own answer */
	int asked[SEAMS];
	bool gate_stalls;
	int progress;   /* what waiters at the gate have been told */
	int bad_checks; /* so many certificates fail issue_check() */
	const struct msiv2_clock
	        *clock; /* on which each call of a store takes 1 s; NULL = no time */
};

/* The one there is; all zero = nothing fails. */
struct store_seam *store_seam(void);

#endif
