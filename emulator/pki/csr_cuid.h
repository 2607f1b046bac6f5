/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The JSON inside the cuId attribute (CSR-03), read strictly. */
#ifndef EMULATOR_PKI_CSR_CUID_H
#define EMULATOR_PKI_CSR_CUID_H

#include <stdbool.h>

#include "common/err.h"
#include "common/json.h"
#include "emulator/pki/der.h"

struct csr_cuid {
	cJSON *tree;         /* owned */
	const char *vm_id;   /* borrowed from the tree; NULL = no such member, or not text */
	const char *vmss_id; /* the same */
	bool strangers;      /* members that are neither, or not text */
};
/* Frees the tree and zeroes the rest. */
void csr_cuid_free(struct csr_cuid *cuid);
DEFINE_OWNED_VALUE(csr_cuid, csr_cuid_free)

/* Reads. MSIV2_CONFIG when it is not a JSON object of the strict grammar (the message says where),
 * MSIV2_INTERNAL when memory is out. */
MSIV2_MUST_USE enum msiv2_rc csr_cuid_read(struct der json, struct csr_cuid *out,
                                           struct msiv2_error *err);

/* The text is what a compact writer makes of these members, vmId first. */
MSIV2_MUST_USE enum msiv2_rc csr_cuid_is_compact(const struct csr_cuid *cuid, struct der json,
                                                 bool *out, struct msiv2_error *err);

#endif
