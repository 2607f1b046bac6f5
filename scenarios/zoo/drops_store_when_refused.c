/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: empties its store when IMDS refuses (ISSUE-05). */

#include "ref/legs.h"

enum msiv2_rc __real_leg_issue(struct acquisition *a, const struct bytes *der,
                               const struct attested *attested, bool bypass_cache,
                               struct issue *issue, struct msiv2_error *err);
enum msiv2_rc __wrap_leg_issue(struct acquisition *a, const struct bytes *der,
                               const struct attested *attested, bool bypass_cache,
                               struct issue *issue, struct msiv2_error *err);

enum msiv2_rc __wrap_leg_issue(struct acquisition *a, const struct bytes *der,
                               const struct attested *attested, bool bypass_cache,
                               struct issue *issue, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_leg_issue(a, der, attested, bypass_cache, issue, err);

	if (rc != MSIV2_OK)
		persistence_drop(a->client->persistence, &a->errand, NULL);
	return rc;
}
