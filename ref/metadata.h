/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The answer of getplatformmetadata (META-05), read strictly. The codec is pure. */
#ifndef REF_METADATA_H
#define REF_METADATA_H

#include <stddef.h>

#include "common/err.h"
#include "common/own.h"

struct metadata {
	char *client_id;            /* clientId */
	char *tenant_id;            /* tenantId */
	char *vm_id;                /* cuId.vmId, NULL when absent */
	char *vmss_id;              /* cuId.vmssId, NULL when absent */
	char *attestation_endpoint; /* attestationEndpoint */
};

/* Reads an answer body. MSIV2_IMDS_MALFORMED naming the member; *out is all zero then. Within cuId,
 * null and "" count as absent (HOUSE: the CSR then leaves the member out, as CSR-03 wants it). */
MSIV2_MUST_USE enum msiv2_rc metadata_parse(const void *body, size_t len, struct metadata *out,
                                            struct msiv2_error *err);
/* Frees the members and zeroes them. */
void metadata_free(struct metadata *metadata);
DEFINE_OWNED_VALUE(metadata, metadata_free)

#endif
