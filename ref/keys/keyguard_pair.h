/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A key pair in a token: made, found, judged, used, destroyed. Every function is an act on a
 * session (pkcs11_session_pool.h) or does one.
 *
 * Only the private key is an object of the token; the public half is read from it. So there are
 * no halves that could be left behind, and one object says whether the key exists. A pair is
 * known by its modulus, not by a handle: handles end with sessions. */
#ifndef REF_KEYS_KEYGUARD_PAIR_H
#define REF_KEYS_KEYGUARD_PAIR_H

#include <openssl/evp.h>

#include "key.h"
#include "pkcs11_object.h"

#define KEYGUARD_MODULUS_LEN (KEY_RSA_BITS / 8)
#define KEYGUARD_ID_LEN      16

/* The attributes that say how a key is protected (KEY-05, docs/attestation.md). */
struct keyguard_protection {
	bool token;
	bool sensitive;
	bool always_sensitive;
	bool extractable;
	bool never_extractable;
	bool local;
	bool sign;
};

/* What is known of one pair. */
struct keyguard_pair {
	uint8_t modulus[KEYGUARD_MODULUS_LEN];
	struct keyguard_protection protection;
	EVP_PKEY *public_key;
};

/* Frees what it holds. */
void keyguard_pair_free(struct keyguard_pair *pair);
DEFINE_OWNED_VALUE(keyguard_pair, keyguard_pair_free)

/* Made inside, never outside, never to leave, allowed to sign. */
bool keyguard_protection_holds(const struct keyguard_protection *protection);

/* The pairs with this label: *count of them, and the one to use, the same for everybody who sees
 * the same ones. MSIV2_OK with *count = 0 when there is none. One whose protection does not hold
 * is KEY_LACK_REFUSED: somebody put it there. */
MSIV2_MUST_USE enum msiv2_rc keyguard_pair_find(struct pkcs11_pool *pool,
                                                const struct pkcs11_patience *patience,
                                                const char *label, unsigned *count,
                                                struct keyguard_pair *out,
                                                struct pkcs11_trouble *trouble);
/* Makes one and looks at what was made. Nothing is left behind on failure, as far as the token can
 * still be reached. */
MSIV2_MUST_USE enum msiv2_rc keyguard_pair_make(struct pkcs11_pool *pool,
                                                const struct pkcs11_patience *patience,
                                                const char *label, struct keyguard_pair *out,
                                                struct pkcs11_trouble *trouble);
/* Destroys the one with this label and modulus; modulus NULL = all with this label. MSIV2_OK when
 * there is none. */
MSIV2_MUST_USE enum msiv2_rc keyguard_pair_destroy(struct pkcs11_pool *pool,
                                                   const struct pkcs11_patience *patience,
                                                   const char *label, const uint8_t *modulus,
                                                   struct pkcs11_trouble *trouble);
/* Reads the protection of the pair with this modulus as it is now. */
MSIV2_MUST_USE enum msiv2_rc keyguard_pair_protection(struct pkcs11_pool *pool,
                                                      const struct pkcs11_patience *patience,
                                                      const char *label, const uint8_t *modulus,
                                                      struct keyguard_protection *out,
                                                      struct pkcs11_trouble *trouble);
/* Makes session->object the private key with this label and modulus; the session remembers it by
 * the modulus' beginning. */
MSIV2_MUST_USE enum msiv2_rc keyguard_pair_object(struct pkcs11_session *session, const char *label,
                                                  const uint8_t *modulus,
                                                  struct pkcs11_trouble *trouble);

#endif
