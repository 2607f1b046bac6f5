/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The answer of issuecredential (ISSUE-02), and what a client checks before it trusts the
 * certificate in it (ISSUE-04). Both are pure. */
#ifndef REF_ISSUE_H
#define REF_ISSUE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"

struct issue {
	char *client_id;
	char *tenant_id;
	char *identity_type; /* "SystemAssigned" or "UserAssigned" */
	char *endpoint;      /* mtls_authentication_endpoint, as given */
	X509 *certificate;   /* owned */
};

/* Reads an answer body. MSIV2_IMDS_MALFORMED naming the member; *out is all zero then. */
MSIV2_MUST_USE enum msiv2_rc issue_parse(const void *body, size_t len, struct issue *out,
                                         struct msiv2_error *err);

/* ISSUE-04: public key is ours, the one subject CN equals client_id, now_s inside the validity,
 * endpoint https with a host and without userinfo, query or fragment. MSIV2_CERT_INVALID naming the
 * first that fails; a bad endpoint is MSIV2_IMDS_MALFORMED. */
MSIV2_MUST_USE enum msiv2_rc issue_check(const struct issue *issue, EVP_PKEY *public_key,
                                         int64_t now_s, struct msiv2_error *err);

/* Frees the members and zeroes them. */
void issue_free(struct issue *issue);
DEFINE_OWNED_VALUE(issue, issue_free)

#endif
