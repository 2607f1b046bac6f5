/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a client holds once it has one: a certificate, its key, the token service it is for, and the
 * connections made with it. Immutable and reference-counted; its connections die with it, so that a
 * certificate that was replaced is never presented again (STS-05). Lives inside a client only. */
#ifndef REF_BINDING_H
#define REF_BINDING_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "certificate.h"
#include "common/own.h"
#include "issue.h"
#include "keys/key.h"
#include "net/http.h"
#include "renewal.h"

struct binding;

struct binding_parts {
	const struct issue *issue; /* judged by issue_check() */
	struct key *key;
	EVP_PKEY *pkey; /* of the bridge */
	X509_STORE *trust;
	const struct msiv2_clock *clock;
	bool fresh; /* issued with bypass_cache=true (ISSUE-06) */
	enum certificate_origin origin;
};

/* Makes a binding with copies and references of its own. */
MSIV2_MUST_USE enum msiv2_rc binding_new(const struct binding_parts *parts, struct binding **out,
                                         struct msiv2_error *err);
/* How long getting it took: told once, while it has one owner. */
void binding_set_timings(struct binding *binding, const struct msiv2_timings *timings);
/* One more owner. */
struct binding *binding_ref(struct binding *binding);
/* One owner less; the last one closes the connections. NULL is allowed. */
void binding_free(struct binding *binding);
DEFINE_OWNED_STRUCT(binding, binding_free)

/* LIFE-01: fresh, due for renewal, or stale at now_s. */
enum renewal_age binding_age(const struct binding *binding, int64_t now_s);
/* STORE-05, LIFE-01: 24 hours or less are left at now_s. */
bool binding_is_stale(const struct binding *binding, int64_t now_s);
/* It was issued with bypass_cache=true. */
bool binding_is_fresh(const struct binding *binding);
/* It came from the store. */
bool binding_is_stored(const struct binding *binding);
/* The public part; borrowed. */
struct msiv2_certificate *binding_certificate(const struct binding *binding);
/* The certificate itself; borrowed. */
X509 *binding_x509(const struct binding *binding);
/* SHA-256 of the certificate, X509_SHA256_LEN bytes. */
const uint8_t *binding_thumbprint(const struct binding *binding);
/* client_id of ISSUE-02. */
const char *binding_client_id(const struct binding *binding);
/* tenant_id of ISSUE-02. */
const char *binding_tenant_id(const struct binding *binding);
/* mtls_authentication_endpoint of ISSUE-02. */
const char *binding_endpoint(const struct binding *binding);
/* The key behind the certificate; borrowed. */
const struct key *binding_key(const struct binding *binding);
/* Connections that present the certificate; borrowed. */
struct http_pool *binding_pool(const struct binding *binding);

#endif
