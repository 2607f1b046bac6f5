/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the files of the authority share and nobody else sees: its keys. */
#ifndef EMULATOR_PKI_CA_OWN_H
#define EMULATOR_PKI_CA_OWN_H

#include "common/rng.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/ca_state.h"

/* Root, issuer and server; borrowed. */
const struct ca_parts *ca_own_parts(const struct ca *ca);
/* Where serial numbers come from. */
const struct rng *ca_rng(const struct ca *ca);

#endif
