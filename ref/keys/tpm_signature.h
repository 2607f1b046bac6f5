/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A signature by an object of the TPM, inside an operation (tpm_context.h). */
#ifndef REF_KEYS_TPM_SIGNATURE_H
#define REF_KEYS_TPM_SIGNATURE_H

#include "key.h"
#include "tpm_object.h"

/* What a signature is of. */
struct tpm_digest {
	enum key_padding padding;
	const EVP_MD *md; /* SHA-256, SHA-384, SHA-512 */
	const uint8_t *bytes;
	size_t len;
};

/* Signs. *sig_len is the room on entry, the signature's length on return. *dead (on failure): the
 * key itself is at fault and would stay so, not the TPM or the moment (KEY-08). */
MSIV2_MUST_USE enum msiv2_rc tpm_signature_make(struct tpm_context *tpm, struct tpm_object *object,
                                                const struct tpm_digest *digest, uint8_t *sig,
                                                size_t *sig_len, bool *dead,
                                                struct msiv2_error *err);
/* Checks a signature with the public key, outside an operation: a password authorization does not
 * bind the key's name, so this is how a key that was replaced behind our back shows; and a TPM
 * that salts PSS other than TLS wants (RFC 8446 section 4.2.3). *dead as above. */
MSIV2_MUST_USE enum msiv2_rc tpm_signature_check(EVP_PKEY *public_key,
                                                 const struct tpm_digest *digest,
                                                 const uint8_t *sig, size_t sig_len, bool *dead,
                                                 struct msiv2_error *err);

#endif
