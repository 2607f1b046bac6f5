/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What an object of ours looks like in a TPM, so that it is made right and known again. Pure.
 *
 * A persistent handle is a number anybody may have used, so an object is ours only when its public
 * area says so: every attribute as in our template, and our mark in authPolicy. The mark is a
 * SHA-256 over a label and the key's name; no policy session can ever reach it (that would take
 * its preimage as policy), so it authorizes nobody, and since it is part of the public area, it is
 * part of the object's TPM name and of what TPM2_Certify vouches for. */
#ifndef REF_KEYS_TPM_ROLE_H
#define REF_KEYS_TPM_ROLE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

#include "common/err.h"

#define TPM_MARK_LEN 32

/* docs/attestation.md; other names share a range (docs/keys.md). */
#define TPM_HANDLE_DEFAULT     0x81010001
#define TPM_HANDLE_IDENTITY    0x81010002
#define TPM_HANDLE_FIRST_NAMED 0x81010010
#define TPM_HANDLES_NAMED      240
#define TPM_NV_CERTIFICATE     0x01800100

/* One object of ours. */
struct tpm_role {
	TPM2_HANDLE handle; /* 0 = it is never made persistent */
	bool restricted;    /* signs what the TPM made only: the attestation key */
	bool of_device;     /* the same whenever it is made, and in no other TPM */
	uint8_t mark[TPM_MARK_LEN];
};

/* The signing key of a name (NULL = "msiv2"). MSIV2_INTERNAL when OpenSSL cannot hash. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_of_name(const char *name, struct tpm_role *out,
                                              struct msiv2_error *err);
/* The attestation key. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_of_identity(struct tpm_role *out, struct msiv2_error *err);
/* A key that signs nothing: a P-256 primary of the endorsement hierarchy, whose seed stays when the
 * TPM is cleared. Its name tells one TPM from another. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_of_device(struct tpm_role *out, struct msiv2_error *err);
/* The NV index of the attestation key's certificate. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_of_certificate(struct tpm_role *out, struct msiv2_error *err);

/* What TPM2_CreatePrimary is told: RSA-2048 (KEY-01), KEY-05's attributes, and 32 random bytes as
 * `unique`, without which the same template would give the same key for ever: as that of the device
 * does. MSIV2_INTERNAL when
 * there is no randomness. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_template(const struct tpm_role *role, TPM2B_PUBLIC *out,
                                               struct msiv2_error *err);
/* The public area is that of an object made by this template. */
bool tpm_role_is(const struct tpm_role *role, const TPMT_PUBLIC *area);
/* The public key in it; *out is the caller's. */
MSIV2_MUST_USE enum msiv2_rc tpm_role_public_key(const TPMT_PUBLIC *area, EVP_PKEY **out,
                                                 struct msiv2_error *err);

#endif
