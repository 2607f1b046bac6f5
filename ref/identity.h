/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Which managed identity is meant, and how IMDS is told (META-04). */
#ifndef REF_IDENTITY_H
#define REF_IDENTITY_H

#include "common/bytes.h"
#include "common/err.h"
#include "include/msiv2.h"

struct identity {
	enum msiv2_identity_kind kind;
	char *id; /* owned; NULL for the system-assigned one */
};

/* Checks kind and id: no id for the system-assigned identity, a UUID as client or object id,
 * a path as resource id. MSIV2_CONFIG otherwise; *out is untouched then. */
MSIV2_MUST_USE enum msiv2_rc identity_set(struct identity *out, enum msiv2_identity_kind kind,
                                          const char *id, struct msiv2_error *err);
/* Frees the id and makes it the system-assigned identity. */
void identity_free(struct identity *identity);
/* Appends "&client_id=...", "&object_id=...", "&mi_res_id=..." or nothing. */
void identity_add_selector(const struct identity *identity, struct bytes *out);

#endif
