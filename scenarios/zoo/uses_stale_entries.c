/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes stored certificates with less than a day left (STORE-05). */

#include "ref/store/selection.h"

size_t __real_store_select(struct store_records *records, const struct store_want *want);
size_t __wrap_store_select(struct store_records *records, const struct store_want *want);

size_t __wrap_store_select(struct store_records *records, const struct store_want *want)
{
	struct store_want yesterday = *want;

	yesterday.now_s -= 24 * 60 * 60;
	return __real_store_select(records, &yesterday);
}
