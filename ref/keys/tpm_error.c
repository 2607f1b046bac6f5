/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_error.h"

#include <stddef.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include "common/text.h"

#define WHERE "key.hardware"

struct row {
	TSS2_RC code;
	enum tpm_trouble trouble;
	const char *words; /* NULL = tpm2-tss's words are enough */
};

/* Codes of the TPM itself, without the number of the handle, session or parameter. */
static const struct row tpm_rows[] = {
        {TPM2_RC_RETRY, TPM_TROUBLE_BUSY, "the TPM is busy"},
        {TPM2_RC_YIELDED, TPM_TROUBLE_BUSY, "the TPM is busy"},
        {TPM2_RC_TESTING, TPM_TROUBLE_BUSY, "the TPM is testing itself"},
        {TPM2_RC_NV_RATE, TPM_TROUBLE_BUSY, "the TPM limits how often its memory is written"},
        {TPM2_RC_NV_UNAVAILABLE, TPM_TROUBLE_BUSY, "the TPM cannot write its memory now"},
        {TPM2_RC_OBJECT_MEMORY, TPM_TROUBLE_CROWDED,
         "other programs fill the TPM's object slots; flush theirs (tpm2_flushcontext -t), or use "
         "a resource manager (/dev/tpmrm0)"},
        {TPM2_RC_OBJECT_HANDLES, TPM_TROUBLE_CROWDED, "the TPM has no free object handle"},
        {TPM2_RC_SESSION_MEMORY, TPM_TROUBLE_CROWDED,
         "other programs fill the TPM's session slots; flush theirs (tpm2_flushcontext -l -s)"},
        {TPM2_RC_SESSION_HANDLES, TPM_TROUBLE_CROWDED, "the TPM has no free session handle"},
        {TPM2_RC_MEMORY, TPM_TROUBLE_CROWDED, "the TPM is out of working memory"},
        {TPM2_RC_LOCKOUT, TPM_TROUBLE_REFUSED,
         "the TPM is locked after too many wrong passwords; wait, or tpm2_dictionarylockout -c"},
        {TPM2_RC_AUTH_FAIL, TPM_TROUBLE_REFUSED,
         "the TPM wants a password where we have none (owner hierarchy or key)"},
        {TPM2_RC_BAD_AUTH, TPM_TROUBLE_REFUSED,
         "the TPM wants a password where we have none (owner hierarchy or key)"},
        {TPM2_RC_AUTH_UNAVAILABLE, TPM_TROUBLE_REFUSED, "passwords are not allowed for this"},
        {TPM2_RC_AUTH_TYPE, TPM_TROUBLE_REFUSED, "passwords are not allowed for this"},
        {TPM2_RC_AUTH_MISSING, TPM_TROUBLE_REFUSED, "the TPM wants an authorization for this"},
        {TPM2_RC_DISABLED, TPM_TROUBLE_REFUSED, "this is disabled in the TPM"},
        {TPM2_RC_HIERARCHY, TPM_TROUBLE_REFUSED,
         "the owner hierarchy is disabled in the TPM (firmware setup)"},
        {TPM2_RC_POLICY_FAIL, TPM_TROUBLE_REFUSED, "the TPM wants a policy we do not meet"},
        {TPM2_RC_LOCALITY, TPM_TROUBLE_REFUSED, "not allowed at this locality"},
        {TPM2_RC_NV_LOCKED, TPM_TROUBLE_REFUSED, "the TPM's memory there is locked"},
        {TPM2_RC_NV_AUTHORIZATION, TPM_TROUBLE_REFUSED, "the TPM's memory there is not ours"},
        {TPM2_RC_HANDLE, TPM_TROUBLE_GONE, "there is no such object in the TPM (any more)"},
        {TPM2_RC_NV_DEFINED, TPM_TROUBLE_TAKEN, "there is such an object in the TPM already"},
        {TPM2_RC_NV_SPACE, TPM_TROUBLE_BROKEN,
         "the TPM's memory is full; remove something (tpm2_evictcontrol, tpm2_nvundefine)"},
        {TPM2_RC_INITIALIZE, TPM_TROUBLE_BROKEN, "the TPM was not started (tpm2_startup -c)"},
        {TPM2_RC_FAILURE, TPM_TROUBLE_BROKEN, "the TPM failed its self-test: restart the machine"},
        {TPM2_RC_HASH, TPM_TROUBLE_BROKEN, "the TPM does not do this digest"},
        {TPM2_RC_KEY_SIZE, TPM_TROUBLE_BROKEN, "the TPM does not do keys of this size"},
        {TPM2_RC_COMMAND_CODE, TPM_TROUBLE_BROKEN, "the TPM does not do this command"},
};

/* Codes of the software above it, without the layer. */
static const struct row base_rows[] = {
        {TSS2_BASE_RC_NO_CONNECTION, TPM_TROUBLE_UNREACHABLE, "cannot reach the TPM"},
        {TSS2_BASE_RC_IO_ERROR, TPM_TROUBLE_UNREACHABLE, "no answer from the TPM"},
        {TSS2_BASE_RC_TRY_AGAIN, TPM_TROUBLE_UNREACHABLE, "no answer from the TPM"},
        {TSS2_BASE_RC_MALFORMED_RESPONSE, TPM_TROUBLE_BROKEN, "not an answer of a TPM"},
        {TSS2_BASE_RC_MEMORY, TPM_TROUBLE_NO_MEMORY, NULL},
};

static const struct row other = {0, TPM_TROUBLE_BROKEN, NULL};

/* The TPM's own code, also when a resource manager passed it on. */
static bool from_tpm(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

/* Format 1 carries a number in bits 6 and 8 to 11 (TPM 2.0 part 2, 6.6.2). */
static TSS2_RC without_number(TSS2_RC code)
{
	const TSS2_RC format_1 = TPM2_RC_FMT1 | 0x3f;

	code &= 0xfff;
	return (code & TPM2_RC_FMT1) != 0 ? code & format_1 : code;
}

static const struct row *find(const struct row *rows, size_t count, TSS2_RC code)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i];
	return &other;
}

static const struct row *row_of(TSS2_RC rc)
{
	if (from_tpm(rc))
		return find(tpm_rows, TEXT_COUNT(tpm_rows), without_number(rc));
	return find(base_rows, TEXT_COUNT(base_rows), rc & ~(TSS2_RC)TSS2_RC_LAYER_MASK);
}

enum tpm_trouble tpm_error_trouble(TSS2_RC rc)
{
	return rc == TSS2_RC_SUCCESS ? TPM_TROUBLE_NONE : row_of(rc)->trouble;
}

enum key_lack tpm_error_lack(TSS2_RC rc)
{
	switch (tpm_error_trouble(rc)) {
	case TPM_TROUBLE_NONE:
		return KEY_LACK_NONE;
	case TPM_TROUBLE_REFUSED:
		return KEY_LACK_REFUSED;
	default:
		return KEY_LACK_BROKEN;
	}
}

enum msiv2_rc tpm_error_set(struct msiv2_error *err, const char *call, TSS2_RC rc)
{
	const struct row *row = row_of(rc);

	if (row->trouble == TPM_TROUBLE_NO_MEMORY)
		return err_no_memory(err, WHERE);
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "%s: %s%s%s, 0x%08x%s", call,
	               row->words != NULL ? row->words : "", row->words != NULL ? " (" : "",
	               Tss2_RC_Decode(rc), (unsigned)rc, row->words != NULL ? ")" : "");
}
