/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One acquisition: the flow of PROTOCOL.md section 0, on behalf of one caller. */
#ifndef REF_ACQUISITION_H
#define REF_ACQUISITION_H

#include "client.h"
#include "common/bytes.h"
#include "credential.h"
#include "errand.h"

struct acquisition {
	struct msiv2_client *client;
	struct errand errand;
	const char *resource; /* borrowed from the caller; NULL when no token is wanted */
	enum msiv2_token_type type;
	const char *claims; /* NULL = none */
	bool force;
	bool past_store;         /* what the store had was refused as well */
	bool from_cache;         /* its token was found in the cache after all */
	bool cut_short;          /* what the patience notes: see there */
	struct store_lock *gate; /* the mint gate while it is held; borrowed */
	int64_t started_us;
	struct msiv2_timings timings; /* of the legs taken so far */
};

/* A token from the client's cache, or NULL. Asks nobody. The caller owns a reference. */
struct credential *acquisition_cached(struct msiv2_client *client, const char *resource,
                                      enum msiv2_token_type type);

/* A token from the token service, on the client's certificate or on a new one (STS-05, STS-07).
 * Kept in the cache if its certificate is kept. Any error class. */
MSIV2_MUST_USE enum msiv2_rc acquisition_token(struct acquisition *acquisition,
                                               struct credential **out, struct msiv2_error *err);

/* The client's certificate, or a new one; with `force` always a new one. The caller owns a
 * reference. */
MSIV2_MUST_USE enum msiv2_rc acquisition_binding(struct acquisition *acquisition,
                                                 struct binding **out, struct msiv2_error *err);

/* Forgets a certificate whose key did not sign, with its tokens and the key itself: the next caller
 * finds the strongest key there is now (KEY-08). */
void acquisition_forget_key(struct msiv2_client *client, const struct log *log,
                            const struct binding *binding);

/* Key, metadata and CSR; issues nothing. Appends the DER. */
MSIV2_MUST_USE enum msiv2_rc acquisition_csr(struct acquisition *acquisition, struct bytes *der,
                                             struct msiv2_error *err);

#endif
