/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not store its certificate (STORE-03). */

#include "ref/persistence.h"

void __wrap_persistence_keep(struct persistence *persistence, const struct errand *errand,
                             const struct issue *issue, const struct key *key, bool fresh);

void __wrap_persistence_keep(struct persistence *persistence, const struct errand *errand,
                             const struct issue *issue, const struct key *key, bool fresh)
{
	(void)persistence;
	(void)errand;
	(void)issue;
	(void)key;
	(void)fresh;
}
