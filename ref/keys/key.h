/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The key everyone signs with: an interface with one verb (DESIGN idea 1).
 *
 * Nothing here returns a private key, because there is no function that could (KEY-05). Providers
 * (memory; later PKCS#11 and TPM 2.0) fill in `struct key_ops`; the OpenSSL bridge turns any key
 * into an EVP_PKEY for CSR and TLS. A key is reference-counted and all its functions are
 * thread-safe. */
#ifndef REF_KEYS_KEY_H
#define REF_KEYS_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"

#define KEY_RSA_BITS   2048 /* KEY-01 */
#define KEY_DIGEST_LEN 32   /* SHA-256 is the only digest the protocol needs, but see key_sign() */

/* How a digest is padded before the RSA operation. */
enum key_padding {
	KEY_PADDING_PSS,  /* RSASSA-PSS, MGF1 with the same digest, salt as long as the digest
	                     (CSR-04) */
	KEY_PADDING_PKCS1 /* RSASSA-PKCS1-v1_5, for TLS 1.2 peers that offer nothing else */
};

struct key;
struct key_description; /* provider.h */

struct key_ops {
	const char *kind; /* "memory", "keyguard", "hardware" */
	/* Signs a digest made with `md` (SHA-256, SHA-384 or SHA-512). *sig_len is the room in sig
	 * on entry (at least the modulus length) and the signature's length on return. */
	enum msiv2_rc (*sign)(void *state, enum key_padding padding, const EVP_MD *md,
	                      const uint8_t *digest, size_t digest_len, uint8_t *sig,
	                      size_t *sig_len, struct msiv2_error *err);
	/* The public half as an ordinary EVP_PKEY; *out is owned by the caller. */
	enum msiv2_rc (*public_key)(void *state, EVP_PKEY **out, struct msiv2_error *err);
	/* What `msiv2 key` tells about it. */
	void (*describe)(void *state, struct key_description *out);
	/* Appends evidence about this key, fresh by `nonce` (base64url text as the service gave it)
	 * and now_s, as the JSON value of "AttestationInfo" (docs/attestation.md). NULL = this kind
	 * cannot be attested (ATT-02). MSIV2_ATTESTATION_FAILED when it is not enrolled or the
	 * device refuses. */
	enum msiv2_rc (*attest)(void *state, const char *nonce, int64_t now_s, struct bytes *out,
	                        struct msiv2_error *err);
	/* Releases state. */
	void (*free)(void *state);
};

/* Takes ownership of state (also on failure). The ops are borrowed and must be static.
 * MSIV2_KEY_UNAVAILABLE when the public half cannot be read or is not RSA. */
MSIV2_MUST_USE enum msiv2_rc key_new(const struct key_ops *ops, void *state, struct key **out,
                                     struct msiv2_error *err);
/* One more owner. */
struct key *key_ref(struct key *key);
/* One owner less; the last one frees. NULL is allowed. */
void key_free(struct key *key);
DEFINE_OWNED_STRUCT(key, key_free)

/* Signs; see key_ops.sign. MSIV2_KEY_UNAVAILABLE when the device refuses, MSIV2_INTERNAL when the
 * digest's length is not that of md or sig has too little room. */
MSIV2_MUST_USE enum msiv2_rc key_sign(struct key *key, enum key_padding padding, const EVP_MD *md,
                                      const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                      size_t *sig_len, struct msiv2_error *err);
/* The public half, borrowed; read once at key_new(). */
EVP_PKEY *key_public(const struct key *key);
/* What `msiv2 key` tells about it. */
void key_describe(const struct key *key, struct key_description *out);
/* Evidence for the attestation service; see key_ops.attest. MSIV2_ATTESTATION_FAILED for a kind
 * that cannot be attested. */
MSIV2_MUST_USE enum msiv2_rc key_attest(struct key *key, const char *nonce, int64_t now_s,
                                        struct bytes *out, struct msiv2_error *err);
/* Its kind can be attested (ATT-02); whether its device is enrolled, key_describe() says. */
bool key_is_attestable(const struct key *key);
/* "memory", ... */
const char *key_kind(const struct key *key);
/* Modulus size. */
int key_bits(const struct key *key);

#endif
