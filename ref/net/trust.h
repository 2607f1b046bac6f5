/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Trust anchors for servers (STS-06): a PEM file becomes an X509_STORE once, shared by every
 * connection. */
#ifndef REF_NET_TRUST_H
#define REF_NET_TRUST_H

#include <openssl/x509.h>

#include "common/err.h"

/* Reads every certificate of a PEM file (at most 4 MiB); each of them is an anchor. MSIV2_CONFIG
 * with the path when it cannot be read or holds none. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc trust_load(const char *path, X509_STORE **out,
                                        struct msiv2_error *err);

#endif
