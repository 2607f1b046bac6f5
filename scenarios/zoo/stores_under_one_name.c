/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes the stored certificate of another identity (STORE-01). */

#include "ref/persistence.h"

enum msiv2_rc __real_persistence_new(const struct persistence_config *config,
                                     struct persistence **out, struct msiv2_error *err);
enum msiv2_rc __wrap_persistence_new(const struct persistence_config *config,
                                     struct persistence **out, struct msiv2_error *err);

enum msiv2_rc __wrap_persistence_new(const struct persistence_config *config,
                                     struct persistence **out, struct msiv2_error *err)
{
	static const struct identity system = {.kind = MSIV2_IDENTITY_SYSTEM};
	struct persistence_config same = *config;

	same.identity = &system;
	return __real_persistence_new(&same, out, err);
}
