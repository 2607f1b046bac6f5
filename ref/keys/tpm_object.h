/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A persistent object of ours in the TPM: found, made, removed. Everything here runs inside an
 * operation (tpm_context.h).
 *
 * An object of somebody else at our handle is reported (KEY_LACK_REFUSED) and never touched. */
#ifndef REF_KEYS_TPM_OBJECT_H
#define REF_KEYS_TPM_OBJECT_H

#include "tpm_context.h"
#include "tpm_role.h"

struct tpm_object {
	struct tpm_role role;
	TPMT_PUBLIC area;
	ESYS_TR tr;          /* valid while the context's generation is this */
	unsigned generation; /* 0 = never */
};

DEFINE_OWNED(TPM2B_PUBLIC, Esys_Free)
DEFINE_OWNED(TPM2B_NAME, Esys_Free)
DEFINE_OWNED(TPMS_CAPABILITY_DATA, Esys_Free)

/* Something is at this handle. Asks the list of handles, since asking the object itself would log
 * an error of tpm2-tss. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_present(struct tpm_context *tpm, TPM2_HANDLE handle,
                                                bool *present, struct msiv2_error *err);
/* *found = false when there is none. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_find(struct tpm_context *tpm, const struct tpm_role *role,
                                             struct tpm_object *out, bool *found,
                                             struct msiv2_error *err);
/* Makes it; when another process was faster, *out is that one's. A transient object of the same
 * role, which a process that died or ran out of time left behind, is flushed first. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_make(struct tpm_context *tpm, const struct tpm_role *role,
                                             struct tpm_object *out, struct msiv2_error *err);
/* Finds or makes it. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_have(struct tpm_context *tpm, const struct tpm_role *role,
                                             struct tpm_object *out, struct msiv2_error *err);
/* The digest of the TPM name of a role's key that is made for the moment and is gone again. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_name(struct tpm_context *tpm, const struct tpm_role *role,
                                             uint8_t out[TPM2_SHA256_DIGEST_SIZE],
                                             struct msiv2_error *err);
/* Makes object->tr valid in this operation. KEY_LACK_BROKEN when the object is gone or another key
 * has taken its place. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_attach(struct tpm_context *tpm, struct tpm_object *object,
                                               struct msiv2_error *err);
/* Forgets object->tr; the object stays. For one that was found for this operation only. */
void tpm_object_detach(struct tpm_context *tpm, struct tpm_object *object);
/* Removes it from the TPM. */
MSIV2_MUST_USE enum msiv2_rc tpm_object_evict(struct tpm_context *tpm, struct tpm_object *object,
                                              struct msiv2_error *err);

#endif
