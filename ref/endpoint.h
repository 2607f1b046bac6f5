/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Judges the address of the token service that IMDS hands out (ISSUE-02, ISSUE-04), before a client
 * sends its certificate there. Stricter than RFC 3986 on purpose: https, a host (a DNS name, an
 * IPv4 address, or an IPv6 address in brackets), an optional port, an optional path. Pure. */
#ifndef REF_ENDPOINT_H
#define REF_ENDPOINT_H

#define ENDPOINT_MAX_LEN 2048

/* NULL when the address is good; otherwise what is wrong with it ("has user information"), fit to
 * stand after the word "endpoint". */
const char *endpoint_complaint(const char *text);

#endif
