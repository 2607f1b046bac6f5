/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Addresses: reading what a caller gave and building what a request needs. Reading is libcurl's own
 * URL parser, so that a checked address means the same to the transfer that follows. */
#ifndef REF_NET_ADDRESS_H
#define REF_NET_ADDRESS_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/err.h"

/* Appends "scheme://host[:port]" of an absolute http or https address; path, query, fragment and
 * user information are dropped (NET-06). `https_only` refuses http. Fails with the blame. */
MSIV2_MUST_USE enum msiv2_rc address_origin(const char *url, bool https_only,
                                            const struct blame *blame, struct bytes *out,
                                            struct msiv2_error *err);
/* Appends text with everything but unreserved characters as %XX (RFC 3986 section 2.3). */
void address_add_encoded(struct bytes *out, const char *text);

#endif
