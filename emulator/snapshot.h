/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One state of the world's configuration, as an exchange sees it from its first byte to its last.
 *
 * A snapshot never changes. Whoever looks at it holds it, and it is freed when the last one lets
 * go. Holding and releasing are thread-safe. */
#ifndef EMULATOR_SNAPSHOT_H
#define EMULATOR_SNAPSHOT_H

#include <stdatomic.h>

#include "common/err.h"
#include "emulator/config.h"
#include "emulator/rule.h"

struct snapshot {
	struct config config;
	struct rule_modes modes; /* what its profile and rules add up to */
	atomic_uint holders;
};

/* Takes the configuration over (it is left empty). The caller is the one holder. */
MSIV2_MUST_USE enum msiv2_rc snapshot_new(struct config *config, struct snapshot **out,
                                          struct msiv2_error *err);
/* One more holder; returns the snapshot. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);
/* Lets go; NULL is allowed. */
void snapshot_release(struct snapshot *snapshot);

#endif
