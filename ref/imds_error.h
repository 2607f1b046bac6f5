/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The body of an IMDS answer that refuses: {"error": "...", "error_description": "..."} (META-02,
 * ISSUE-05). Read leniently and made safe for logs, for what the service said goes to the caller
 * whatever its form. Pure. */
#ifndef REF_IMDS_ERROR_H
#define REF_IMDS_ERROR_H

#include <stddef.h>

struct imds_error {
	char code[64];     /* error; "" when absent */
	char message[256]; /* error_description (or "message"), cut to fit; "" when absent */
};

/* Reads what can be read; never fails. Texts are printable ASCII; words that look like a JWT are
 * replaced by "[removed]". An object under "error" is read for its "code" and "message", as some
 * Azure services answer. Garbage gives empty texts. */
void imds_error_parse(const void *body, size_t len, struct imds_error *out);

#endif
