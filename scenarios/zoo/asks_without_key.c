/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks IMDS although it has no key (KEY-01). */

#include "ref/legs.h"

enum msiv2_rc __real_leg_key(struct acquisition *a, struct key **key, EVP_PKEY **pkey,
                             struct msiv2_error *err);
enum msiv2_rc __wrap_leg_key(struct acquisition *a, struct key **key, EVP_PKEY **pkey,
                             struct msiv2_error *err);

enum msiv2_rc __wrap_leg_key(struct acquisition *a, struct key **key, EVP_PKEY **pkey,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(metadata) host = {0};
	struct msiv2_error ignored = {0};
	enum msiv2_rc rc = __real_leg_key(a, key, pkey, err);

	if (rc != MSIV2_OK)
		(void)!leg_metadata(a, &host, &ignored);
	return rc;
}
