/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "snapshot.h"

#include "common/mem.h"

enum msiv2_rc snapshot_new(struct config *config, struct snapshot **out, struct msiv2_error *err)
{
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot));
	enum msiv2_rc rc;

	*out = NULL;
	if (!snapshot)
		return err_no_memory(err, "snapshot");
	atomic_init(&snapshot->holders, 1);
	snapshot->config = steal(config);
	rc = config_modes(&snapshot->config, &snapshot->modes, err);
	if (rc != MSIV2_OK) {
		snapshot_release(snapshot);
		return rc;
	}
	*out = snapshot;
	return MSIV2_OK;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->holders, 1, memory_order_relaxed);
	return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
	if (!snapshot ||
	    atomic_fetch_sub_explicit(&snapshot->holders, 1, memory_order_acq_rel) != 1)
		return;
	config_free(&snapshot->config);
	mem_free(snapshot);
}
