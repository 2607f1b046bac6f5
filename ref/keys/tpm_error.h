/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a TPM's response codes mean for us: who has to act, and in which words. Pure. */
#ifndef REF_KEYS_TPM_ERROR_H
#define REF_KEYS_TPM_ERROR_H

#include <tss2/tss2_common.h>

#include "common/err.h"
#include "provider.h"

enum tpm_trouble {
	TPM_TROUBLE_NONE,
	TPM_TROUBLE_BUSY,        /* the same command works in a moment */
	TPM_TROUBLE_CROWDED,     /* no free slot for an object or a session: others may free one */
	TPM_TROUBLE_REFUSED,     /* it will not: lockout, authorization, policy */
	TPM_TROUBLE_GONE,        /* no object at that handle */
	TPM_TROUBLE_TAKEN,       /* an object is at that handle already */
	TPM_TROUBLE_UNREACHABLE, /* no answer came */
	TPM_TROUBLE_NO_MEMORY,   /* in this process */
	TPM_TROUBLE_BROKEN,      /* everything else */
};

/* What the code stands for, whichever layer passed it on. */
enum tpm_trouble tpm_error_trouble(TSS2_RC rc);
/* The lack of a provider that failed with it. */
enum key_lack tpm_error_lack(TSS2_RC rc);
/* "Esys_Sign: what it means, and what to do (the decoded code, 0x...)". Returns
 * MSIV2_KEY_UNAVAILABLE, or MSIV2_INTERNAL when memory is out. */
enum msiv2_rc tpm_error_set(struct msiv2_error *err, const char *call, TSS2_RC rc);

#endif
