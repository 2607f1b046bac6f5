/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: leaves entries in its store whose keys are gone (STORE-07). */

#include "ref/store/selection.h"

bool __real_store_verdict_removes(enum store_verdict verdict);
bool __wrap_store_verdict_removes(enum store_verdict verdict);

bool __wrap_store_verdict_removes(enum store_verdict verdict)
{
	return verdict != STORE_ORPHAN && __real_store_verdict_removes(verdict);
}
