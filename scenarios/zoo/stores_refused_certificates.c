/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: leaves a refused certificate in its store (STS-05). */

#include "ref/persistence.h"

void __wrap_persistence_drop(struct persistence *persistence, const struct errand *errand,
                             X509 *refused);

void __wrap_persistence_drop(struct persistence *persistence, const struct errand *errand,
                             X509 *refused)
{
	(void)persistence;
	(void)errand;
	(void)refused;
}
