/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: leaves corrupt entries in its store (STORE-04). */

#include "ref/persistence.h"

void __wrap_persistence_prune(struct persistence *persistence, const struct errand *errand,
                              const struct store_records *records);
enum msiv2_rc __real_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);
enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);

void __wrap_persistence_prune(struct persistence *persistence, const struct errand *errand,
                              const struct store_records *records)
{
	(void)persistence;
	(void)errand;
	(void)records;
}

enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err)
{
	(void)want;
	return __real_store_put(store, entry, NULL, err);
}
