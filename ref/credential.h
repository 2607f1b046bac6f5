/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What it takes to call a resource: a token and the binding it is bound to. Immutable and
 * reference-counted; lives inside a client only, as its binding does. */
#ifndef REF_CREDENTIAL_H
#define REF_CREDENTIAL_H

#include "binding.h"
#include "common/own.h"
#include "grant.h"

struct credential;

/* Takes over the grant (also on failure) and a reference to the binding. */
MSIV2_MUST_USE enum msiv2_rc credential_new(struct grant *grant, struct binding *binding,
                                            struct credential **out, struct msiv2_error *err);
/* One more owner. */
struct credential *credential_ref(struct credential *credential);
/* One owner less; NULL is allowed. */
void credential_free(struct credential *credential);
DEFINE_OWNED_STRUCT(credential, credential_free)

/* The token; borrowed. */
struct grant *credential_grant(const struct credential *credential);
/* The binding; borrowed. */
struct binding *credential_binding(const struct credential *credential);

#endif
