/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: fails when the strongest kind of key is not available (KEY-10). */

#include "ref/keys/hierarchy.h"

enum msiv2_rc __real_hierarchy_get(const struct hierarchy *hierarchy, const struct key_place *place,
                                   int64_t deadline_us, struct key **out,
                                   const struct key_provider **provider, struct msiv2_error *err);
enum msiv2_rc __wrap_hierarchy_get(const struct hierarchy *hierarchy, const struct key_place *place,
                                   int64_t deadline_us, struct key **out,
                                   const struct key_provider **provider, struct msiv2_error *err);

enum msiv2_rc __wrap_hierarchy_get(const struct hierarchy *hierarchy, const struct key_place *place,
                                   int64_t deadline_us, struct key **out,
                                   const struct key_provider **provider, struct msiv2_error *err)
{
	struct hierarchy strongest = *hierarchy;

	strongest.count = 1;
	return __real_hierarchy_get(&strongest, place, deadline_us, out, provider, err);
}
