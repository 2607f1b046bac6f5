/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not look into its store (STORE-02). */

#include "ref/persistence.h"

const struct store_record *__real_persistence_choose(const struct persistence *persistence,
                                                     struct store_records *records,
                                                     const struct persistence_want *want);
const struct store_record *__wrap_persistence_choose(const struct persistence *persistence,
                                                     struct store_records *records,
                                                     const struct persistence_want *want);

const struct store_record *__wrap_persistence_choose(const struct persistence *persistence,
                                                     struct store_records *records,
                                                     const struct persistence_want *want)
{
	(void)__real_persistence_choose(persistence, records, want);
	return NULL;
}
