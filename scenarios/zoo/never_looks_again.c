/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: mints although another process did while it waited (LIFE-04). */

#include "ref/persistence.h"

static _Thread_local bool gated;

enum msiv2_rc __real_persistence_gate(struct persistence *persistence, const struct errand *errand,
                                      struct store_lock **gate, struct msiv2_error *err);
enum msiv2_rc __wrap_persistence_gate(struct persistence *persistence, const struct errand *errand,
                                      struct store_lock **gate, struct msiv2_error *err);
void __real_persistence_read(struct persistence *persistence, const struct errand *errand,
                             struct store_records *out);
void __wrap_persistence_read(struct persistence *persistence, const struct errand *errand,
                             struct store_records *out);

enum msiv2_rc __wrap_persistence_gate(struct persistence *persistence, const struct errand *errand,
                                      struct store_lock **gate, struct msiv2_error *err)
{
	gated = true;
	return __real_persistence_gate(persistence, errand, gate, err);
}

/* The look behind the gate sees nothing. */
void __wrap_persistence_read(struct persistence *persistence, const struct errand *errand,
                             struct store_records *out)
{
	if (!gated)
		__real_persistence_read(persistence, errand, out);
	gated = false;
}
