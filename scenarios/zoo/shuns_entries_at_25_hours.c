/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: throws stored certificates away an hour before they are stale (STORE-02). */

#include "ref/store/selection.h"

size_t __real_store_select(struct store_records *records, const struct store_want *want);
size_t __wrap_store_select(struct store_records *records, const struct store_want *want);

size_t __wrap_store_select(struct store_records *records, const struct store_want *want)
{
	struct store_want later = *want;

	later.now_s += 3600;
	return __real_store_select(records, &later);
}
