/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes the weakest key there is (KEY-02). */

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
	struct hierarchy reversed = *hierarchy;

	for (size_t i = 0; i < hierarchy->count; i++)
		reversed.providers[i] = hierarchy->providers[hierarchy->count - 1 - i];
	return __real_hierarchy_get(&reversed, place, deadline_us, out, provider, err);
}
