/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The CA's files in a state directory: authority.pem (root and issuer) and server.pem. */
#ifndef EMULATOR_PKI_CA_STATE_H
#define EMULATOR_PKI_CA_STATE_H

#include "common/err.h"
#include "emulator/pki/ca_pair.h"

/* What a CA is made of. */
struct ca_parts {
	struct ca_pair root;
	struct ca_pair issuer;
	struct ca_pair server;
};
/* Frees the pairs. */
void ca_parts_free(struct ca_parts *parts);
DEFINE_OWNED_VALUE(ca_parts, ca_parts_free)

/* Makes everything in memory, or loads it from options->state_dir, making and publishing there what
 * is missing. Errors as ca_new(). */
MSIV2_MUST_USE enum msiv2_rc ca_parts_prepare(const struct ca_options *options,
                                              struct ca_parts *out, struct msiv2_error *err);

#endif
