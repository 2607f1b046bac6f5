/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on with a stale certificate when IMDS gives no other (LIFE-03). */

#include "ref/binding_slot.h"

enum msiv2_rc __real_binding_slot_get(struct binding_slot *slot, const struct binding_want *want,
                                      const struct errand *errand, struct binding **out,
                                      struct msiv2_error *err);
enum msiv2_rc __wrap_binding_slot_get(struct binding_slot *slot, const struct binding_want *want,
                                      const struct errand *errand, struct binding **out,
                                      struct msiv2_error *err);

enum msiv2_rc __wrap_binding_slot_get(struct binding_slot *slot, const struct binding_want *want,
                                      const struct errand *errand, struct binding **out,
                                      struct msiv2_error *err)
{
	struct binding *held = binding_slot_current(slot, 0); /* before it can be stale */
	enum msiv2_rc rc = __real_binding_slot_get(slot, want, errand, out, err);

	if (rc == MSIV2_OK || held == NULL) {
		binding_free(held);
		return rc;
	}
	err_clear(err);
	*out = held;
	return MSIV2_OK;
}
