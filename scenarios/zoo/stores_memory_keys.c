/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: stores certificates whose key dies with the process (STORE-08). */

#include "ref/keys/hierarchy.h"

bool __wrap_hierarchy_persists(const struct hierarchy *hierarchy);
bool __wrap_hierarchy_kind_persists(const char *kind);

bool __wrap_hierarchy_persists(const struct hierarchy *hierarchy)
{
	(void)hierarchy;
	return true;
}

bool __wrap_hierarchy_kind_persists(const char *kind)
{
	(void)kind;
	return true;
}
