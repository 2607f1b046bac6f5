/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: uses a weaker key than its caller allowed (KEY-06). */

#include "ref/keys/hierarchy.h"

enum msiv2_rc __wrap_hierarchy_set_floor(struct hierarchy *hierarchy, const char *kind,
                                         struct msiv2_error *err);

enum msiv2_rc __wrap_hierarchy_set_floor(struct hierarchy *hierarchy, const char *kind,
                                         struct msiv2_error *err)
{
	(void)hierarchy;
	(void)kind;
	(void)err;
	return MSIV2_OK;
}
