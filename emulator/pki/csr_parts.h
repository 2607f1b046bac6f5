/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The structure of a PKCS#10 CertificationRequest (RFC 2986 section 4): where each part lies in the
 * DER. What the parts say is for others to judge. Pure; everything is borrowed from the input. */
#ifndef EMULATOR_PKI_CSR_PARTS_H
#define EMULATOR_PKI_CSR_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "emulator/pki/der.h"

/* An AlgorithmIdentifier: the content of its OID, and whatever follows it. */
struct csr_algorithm {
	struct der oid;
	struct der parameters; /* empty = absent; at most one element */
};

struct csr_parts {
	struct der info;    /* CertificationRequestInfo, whole: what is signed */
	struct der version; /* content of the INTEGER */
	struct der subject; /* Name, whole */
	struct csr_algorithm key_algorithm;
	struct der key;         /* the bits of subjectPublicKey */
	uint8_t attributes_tag; /* 0 = no attributes field at all */
	struct der attributes;  /* content */
	struct csr_algorithm signature_algorithm;
	struct der signature; /* the bits */
	size_t trailing;      /* bytes after the CertificationRequest */
};

/* Splits; NULL when the structure is right, otherwise which part is not (static text). */
const char *csr_parts_split(struct der csr, struct csr_parts *out);

#endif
