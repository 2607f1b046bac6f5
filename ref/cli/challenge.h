/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The challenge of a resource that refused (RES-02): its WWW-Authenticate header, and the claims in
 * it. The texts are a stranger's. */
#ifndef REF_CLI_CHALLENGE_H
#define REF_CLI_CHALLENGE_H

#include <stdbool.h>

#include "common/bytes.h"

/* Appends a header as one line that is safe to print: what is no printable ASCII becomes '?'. */
void challenge_line(const char *header, struct bytes *out);
/* Appends the JSON object that a claims="..." of the header encodes (base64 or base64url), which is
 * what STS-07 passes on; false when it has none, or one that is no printable line of JSON. */
MSIV2_MUST_USE bool challenge_claims(const char *header, struct bytes *out);

#endif
