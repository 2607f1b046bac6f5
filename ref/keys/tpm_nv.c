/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_nv.h"

#include <string.h>

#include "tpm_object.h"

#define WHERE "key.hardware"

/* Every TPM takes this much at a time; what it takes at most differs. */
#define CHUNK 512

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE /* the empty one */

/* AUTHREAD: its own (empty) password reads it, so reading needs no owner password. */
#define ATTRIBUTES                                                                                 \
	(TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA |               \
	 (TPM2_NT_ORDINARY << TPMA_NV_TPM2_NT_SHIFT))

DEFINE_OWNED(TPM2B_NV_PUBLIC, Esys_Free)
DEFINE_OWNED(TPM2B_MAX_NV_BUFFER, Esys_Free)

/* *tr = ESYS_TR_NONE when there is no such index. */
static enum msiv2_rc attach(struct tpm_context *tpm, TPM2_HANDLE index, ESYS_TR *tr,
                            struct msiv2_error *err)
{
	bool present = false;
	TSS2_RC rc;

	*tr = ESYS_TR_NONE;
	TRY(tpm_object_present(tpm, index, &present, err));
	if (!present)
		return MSIV2_OK;
	do
		rc = Esys_TR_FromTPMPublic(tpm_esys(tpm), index, NO_SESSION, tr);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_TR_FromTPMPublic", rc, err);
	return MSIV2_OK;
}

static enum msiv2_rc read_area(struct tpm_context *tpm, ESYS_TR tr, TPMS_NV_PUBLIC *out,
                               struct msiv2_error *err)
{
	OWNED(TPM2B_NV_PUBLIC) *area = NULL;
	TSS2_RC rc;

	do
		rc = Esys_NV_ReadPublic(tpm_esys(tpm), tr, NO_SESSION, &area, NULL);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_NV_ReadPublic", rc, err);
	*out = area->nvPublic;
	return MSIV2_OK;
}

static enum msiv2_rc read_chunk(struct tpm_context *tpm, ESYS_TR tr, UINT16 size, UINT16 offset,
                                struct bytes *out, struct msiv2_error *err)
{
	OWNED(TPM2B_MAX_NV_BUFFER) *chunk = NULL;
	TSS2_RC rc;

	do
		rc = Esys_NV_Read(tpm_esys(tpm), tr, tr, PASSWORD, size, offset, &chunk);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_NV_Read", rc, err);
	bytes_add(out, chunk->buffer, chunk->size);
	return MSIV2_OK;
}

static UINT16 chunk_size(size_t left)
{
	return left < CHUNK ? (UINT16)left : CHUNK;
}

static enum msiv2_rc read_all(struct tpm_context *tpm, ESYS_TR tr, struct bytes *out,
                              struct msiv2_error *err)
{
	TPMS_NV_PUBLIC area;

	TRY(read_area(tpm, tr, &area, err));
	if ((area.attributes & TPMA_NV_WRITTEN) == 0)
		return MSIV2_OK;
	for (UINT16 at = 0; at < area.dataSize;) {
		UINT16 size = chunk_size((size_t)(area.dataSize - at));

		TRY(read_chunk(tpm, tr, size, at, out, err));
		at = (UINT16)(at + size);
	}
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc tpm_nv_read(struct tpm_context *tpm, const struct tpm_role *role, struct bytes *out,
                          struct msiv2_error *err)
{
	ESYS_TR tr;
	enum msiv2_rc rc;

	TRY(attach(tpm, role->handle, &tr, err));
	if (tr == ESYS_TR_NONE)
		return MSIV2_OK;
	rc = read_all(tpm, tr, out, err);
	(void)Esys_TR_Close(tpm_esys(tpm), &tr);
	return rc;
}

static bool is_ours(const struct tpm_role *role, const TPMS_NV_PUBLIC *area)
{
	return (area->attributes & ~TPMA_NV_WRITTEN) == ATTRIBUTES &&
	       area->authPolicy.size == TPM_MARK_LEN &&
	       memcmp(area->authPolicy.buffer, role->mark, TPM_MARK_LEN) == 0;
}

static enum msiv2_rc undefine(struct tpm_context *tpm, ESYS_TR tr, struct msiv2_error *err)
{
	TSS2_RC rc;

	do
		rc = Esys_NV_UndefineSpace(tpm_esys(tpm), ESYS_TR_RH_OWNER, tr, PASSWORD);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_NV_UndefineSpace", rc, err);
	return MSIV2_OK;
}

static enum msiv2_rc clear_old(struct tpm_context *tpm, const struct tpm_role *role,
                               struct msiv2_error *err)
{
	TPMS_NV_PUBLIC area;
	ESYS_TR tr;
	enum msiv2_rc rc;

	TRY(attach(tpm, role->handle, &tr, err));
	if (tr == ESYS_TR_NONE)
		return MSIV2_OK;
	rc = read_area(tpm, tr, &area, err);
	if (rc == MSIV2_OK && is_ours(role, &area))
		return undefine(tpm, tr, err); /* which closes tr */
	(void)Esys_TR_Close(tpm_esys(tpm), &tr);
	TRY(rc);
	return tpm_refuse(tpm, err,
	                  "the TPM's NV index 0x%08x is somebody else's; it was left alone: remove "
	                  "it with tpm2_nvundefine 0x%08x",
	                  (unsigned)role->handle, (unsigned)role->handle);
}

static enum msiv2_rc define(struct tpm_context *tpm, const struct tpm_role *role, size_t len,
                            ESYS_TR *tr, struct msiv2_error *err)
{
	const TPM2B_AUTH no_password = {0};
	TPM2B_NV_PUBLIC area = {.nvPublic = {.nvIndex = role->handle,
	                                     .nameAlg = TPM2_ALG_SHA256,
	                                     .attributes = ATTRIBUTES,
	                                     .dataSize = (UINT16)len}};
	TSS2_RC rc;

	area.nvPublic.authPolicy.size = TPM_MARK_LEN;
	memcpy(area.nvPublic.authPolicy.buffer, role->mark, TPM_MARK_LEN);
	do
		rc = Esys_NV_DefineSpace(tpm_esys(tpm), ESYS_TR_RH_OWNER, PASSWORD, &no_password,
		                         &area, tr);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_NV_DefineSpace", rc, err);
	return MSIV2_OK;
}

static enum msiv2_rc write_chunk(struct tpm_context *tpm, ESYS_TR tr, const uint8_t *data,
                                 UINT16 size, UINT16 offset, struct msiv2_error *err)
{
	TPM2B_MAX_NV_BUFFER chunk = {.size = size};
	TSS2_RC rc;

	memcpy(chunk.buffer, data, size);
	do
		rc = Esys_NV_Write(tpm_esys(tpm), ESYS_TR_RH_OWNER, tr, PASSWORD, &chunk, offset);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_NV_Write", rc, err);
	return MSIV2_OK;
}

static enum msiv2_rc write_all(struct tpm_context *tpm, ESYS_TR tr, const uint8_t *data, size_t len,
                               struct msiv2_error *err)
{
	for (size_t at = 0; at < len;) {
		UINT16 size = chunk_size(len - at);

		TRY(write_chunk(tpm, tr, data + at, size, (UINT16)at, err));
		at += size;
	}
	return MSIV2_OK;
}

enum msiv2_rc tpm_nv_write(struct tpm_context *tpm, const struct tpm_role *role, const void *data,
                           size_t len, struct msiv2_error *err)
{
	ESYS_TR tr;
	enum msiv2_rc rc;

	if (len > UINT16_MAX)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "%zu bytes are too many for a TPM", len);
	TRY(clear_old(tpm, role, err));
	TRY(define(tpm, role, len, &tr, err));
	rc = write_all(tpm, tr, data, len, err);
	(void)Esys_TR_Close(tpm_esys(tpm), &tr);
	return rc;
}
