/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The attributes of a CSR (RFC 2986 section 4.1): only the cuId attribute is expected (CSR-03).
 * Pure; borrowed from the DER. */
#ifndef EMULATOR_PKI_CSR_ATTRIBUTES_H
#define EMULATOR_PKI_CSR_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

#include "emulator/pki/der.h"

struct csr_attributes {
	size_t cuid_count;  /* attributes 1.3.6.1.4.1.311.90.2.10 */
	size_t cuid_values; /* values in all of them */
	uint8_t cuid_tag;   /* of the first value */
	struct der cuid;    /* content of the first value */
	size_t unknown;     /* other attributes */
};

/* Takes the content of the [0] apart; NULL when it is well formed, otherwise what is wrong (static
 * text). */
const char *csr_attributes_read(struct der attributes, struct csr_attributes *out);

#endif
