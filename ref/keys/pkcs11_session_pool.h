/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Sessions with one token. A session serves one thread at a time, so each thread that signs borrows
 * one: signing scales with the cores. Idle sessions are kept, and with them the login.
 *
 * pkcs11_pool_run() is the way in: it lends a session, and when the act fails it does what the
 * error table says may help (another session, a moment's wait, a restart of the module) until
 * patience ends. Thread-safe. */
#ifndef REF_KEYS_PKCS11_SESSION_POOL_H
#define REF_KEYS_PKCS11_SESSION_POOL_H

#include "pkcs11_module.h"
#include "pkcs11_token.h"

/* Idle sessions kept; more may be lent at a time. */
#define PKCS11_POOL_KEPT 64
#define PKCS11_TAG_LEN   32
/* HOUSE: how long trouble that may pass is waited out, when the deadline allows. */
#define PKCS11_POOL_WAIT_MS 3000

struct pkcs11_pool;

/* Lent to an act; valid during the act. */
struct pkcs11_session {
	const CK_FUNCTION_LIST *functions;
	CK_SESSION_HANDLE handle;
	/* What the acts of this pool remember from one time to the next: an object, and what it is
	 * known by. Zero in a new session. */
	CK_OBJECT_HANDLE object;
	uint8_t object_tag[PKCS11_TAG_LEN];
	uint64_t generation;
};

/* Something done with a session. It may be done several times, so it has to begin afresh. */
typedef enum msiv2_rc (*pkcs11_act)(struct pkcs11_session *session, void *ctx,
                                    struct pkcs11_trouble *trouble);

/* Opens nothing yet. Takes a reference of the module; the texts are copied; pin_file may be NULL.
 */
MSIV2_MUST_USE enum msiv2_rc pkcs11_pool_new(struct pkcs11_module *module, const char *label,
                                             const char *pin_file, struct pkcs11_pool **out,
                                             struct pkcs11_trouble *trouble);
/* Closes the idle sessions; none may be lent. NULL is allowed. */
void pkcs11_pool_free(struct pkcs11_pool *pool);
DEFINE_OWNED_STRUCT(pkcs11_pool, pkcs11_pool_free)

/* Does `act` with a session. After a failure that may pass it is done again, at most for
 * PKCS11_POOL_WAIT_MS and until the deadline: MSIV2_TIMEOUT then. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_pool_run(struct pkcs11_pool *pool,
                                             const struct pkcs11_patience *patience, pkcs11_act act,
                                             void *ctx, struct pkcs11_trouble *trouble);
/* The token as it was when a session was opened last. */
struct pkcs11_token pkcs11_pool_token(struct pkcs11_pool *pool);

#endif
