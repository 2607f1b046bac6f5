/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Bytes that a TPM keeps: one NV index of ours (tpm_role.h), owner read and write. Everything here
 * runs inside an operation (tpm_context.h). */
#ifndef REF_KEYS_TPM_NV_H
#define REF_KEYS_TPM_NV_H

#include "common/bytes.h"
#include "tpm_context.h"
#include "tpm_role.h"

/* Appends what is kept; nothing when there is no such index or it was never written. */
MSIV2_MUST_USE enum msiv2_rc tpm_nv_read(struct tpm_context *tpm, const struct tpm_role *role,
                                         struct bytes *out, struct msiv2_error *err);
/* Keeps data in place of what was there. An index that is not ours is KEY_LACK_REFUSED and left
 * alone. On failure what is kept may be nothing or the data's beginning. */
MSIV2_MUST_USE enum msiv2_rc tpm_nv_write(struct tpm_context *tpm, const struct tpm_role *role,
                                          const void *data, size_t len, struct msiv2_error *err);

#endif
