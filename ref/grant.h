/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A token as the token service granted it: the secret, what it is good for, and the certificate it
 * is bound to (TOK-03). Immutable and reference-counted; may outlive the client. */
#ifndef REF_GRANT_H
#define REF_GRANT_H

#include "certificate.h"
#include "common/own.h"
#include "include/msiv2.h"
#include "token_answer.h"

#define GRANT_FRESH_LEFT_S (INT64_C(5) * 60) /* TOK-02 */

struct grant;

struct grant_parts {
	struct token_answer *answer; /* its token is taken over, also on failure */
	enum msiv2_token_type type;
	int64_t asked_at_s; /* when the request went out: expiry counts from there */
	const char *client_id;
	const char *tenant_id;
	struct msiv2_certificate *certificate;
	const struct msiv2_timings *timings;
};

/* "mtls_pop" or "Bearer": what the result is called, and the Authorization scheme. */
const char *grant_type_name(enum msiv2_token_type type);

/* Makes a grant with copies and references of its own. */
MSIV2_MUST_USE enum msiv2_rc grant_new(const struct grant_parts *parts, struct grant **out,
                                       struct msiv2_error *err);
/* One more owner. */
struct grant *grant_ref(struct grant *grant);
/* One owner less; the last one overwrites the token. NULL is allowed. */
void grant_free(struct grant *grant);
DEFINE_OWNED_STRUCT(grant, grant_free)

/* TOK-02: more than five minutes are left at now_s. */
bool grant_is_usable(const struct grant *grant, int64_t now_s);
/* The token itself (SEC-01). */
const char *grant_secret(const struct grant *grant);
/* Its type's name. */
const char *grant_type(const struct grant *grant);
/* Expiry, seconds since 1970. */
int64_t grant_expires_on(const struct grant *grant);
/* client_id it was granted to. */
const char *grant_client_id(const struct grant *grant);
/* tenant_id it was granted in. */
const char *grant_tenant_id(const struct grant *grant);
/* The certificate it was requested with; borrowed. */
struct msiv2_certificate *grant_certificate(const struct grant *grant);
/* The legs of the acquisition that got it. */
const struct msiv2_timings *grant_timings(const struct grant *grant);

#endif
