/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate that is about to be issued, with room for what faults put in the place of its
 * parts. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_LEAF_H
#define EMULATOR_INSTRUMENTS_FAULT_LEAF_H

#include "common/own.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"

struct fault_leaf {
	struct ca_leaf leaf;
	struct ca_breach breach; /* leaf.breach points here */
	/* Owned: */
	X509_NAME *subject;
	EVP_PKEY *key;
};

/* Begins with the right certificate. The struct stays where it is. */
void fault_leaf_begin(struct fault_leaf *leaf, const struct ca_leaf *right);
/* Frees what faults put in. */
void fault_leaf_free(struct fault_leaf *leaf);
DEFINE_OWNED_VALUE(fault_leaf, fault_leaf_free)

#endif
