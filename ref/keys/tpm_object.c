/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_object.h"

#include <string.h>

#include "tpm_error.h"

#define WHERE "key.hardware"

/* As TPM2_TRANSIENT_FIRST, which shifts a signed number too far. */
#define FIRST_TRANSIENT 0x80000000U

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE /* the empty one */

/* The handles at and after `first`, at most `most`. */
static enum msiv2_rc list_handles(struct tpm_context *tpm, TPM2_HANDLE first, uint32_t most,
                                  TPMS_CAPABILITY_DATA **out, struct msiv2_error *err)
{
	TPMI_YES_NO more;
	TSS2_RC rc;

	do
		rc = Esys_GetCapability(tpm_esys(tpm), NO_SESSION, TPM2_CAP_HANDLES, first, most,
		                        &more, out);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_GetCapability", rc, err);
	return MSIV2_OK;
}

enum msiv2_rc tpm_object_present(struct tpm_context *tpm, TPM2_HANDLE handle, bool *present,
                                 struct msiv2_error *err)
{
	OWNED(TPMS_CAPABILITY_DATA) *list = NULL;

	TRY(list_handles(tpm, handle, 1, &list, err));
	*present = list->data.handles.count > 0 && list->data.handles.handle[0] == handle;
	return MSIV2_OK;
}

static enum msiv2_rc read_area(struct tpm_context *tpm, ESYS_TR tr, TPMT_PUBLIC *out,
                               struct msiv2_error *err)
{
	OWNED(TPM2B_PUBLIC) *area = NULL;
	TSS2_RC rc;

	do
		rc = Esys_ReadPublic(tpm_esys(tpm), tr, NO_SESSION, &area, NULL, NULL);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_ReadPublic", rc, err);
	*out = area->publicArea;
	return MSIV2_OK;
}

/* An ESYS_TR for a handle; MSIV2_OK with ESYS_TR_NONE when nothing is there. */
static enum msiv2_rc attach(struct tpm_context *tpm, TPM2_HANDLE handle, ESYS_TR *tr,
                            struct msiv2_error *err)
{
	bool present;
	TSS2_RC rc;

	*tr = ESYS_TR_NONE;
	TRY(tpm_object_present(tpm, handle, &present, err));
	if (!present)
		return MSIV2_OK;
	do
		rc = Esys_TR_FromTPMPublic(tpm_esys(tpm), handle, NO_SESSION, tr);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_TR_FromTPMPublic", rc, err);
	return MSIV2_OK;
}

static enum msiv2_rc look_at(struct tpm_context *tpm, struct tpm_object *object,
                             struct msiv2_error *err)
{
	TRY(read_area(tpm, object->tr, &object->area, err));
	if (tpm_role_is(&object->role, &object->area))
		return MSIV2_OK;
	return tpm_refuse(tpm, err,
	                  "the TPM's handle 0x%08x holds a key that is not ours (or has another "
	                  "name); it was left alone: use another key name, or remove it with "
	                  "tpm2_evictcontrol -c 0x%08x",
	                  (unsigned)object->role.handle, (unsigned)object->role.handle);
}

static void detach(struct tpm_context *tpm, ESYS_TR *tr)
{
	if (*tr != ESYS_TR_NONE)
		(void)Esys_TR_Close(tpm_esys(tpm), tr);
	*tr = ESYS_TR_NONE;
}

enum msiv2_rc tpm_object_find(struct tpm_context *tpm, const struct tpm_role *role,
                              struct tpm_object *out, bool *found, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	memset(out, 0, sizeof(*out));
	out->role = *role;
	TRY(attach(tpm, role->handle, &out->tr, err));
	*found = out->tr != ESYS_TR_NONE;
	if (!*found)
		return MSIV2_OK;
	out->generation = tpm_generation(tpm);
	rc = look_at(tpm, out, err);
	if (rc != MSIV2_OK)
		detach(tpm, &out->tr);
	return rc;
}

/* Flushes one transient object when it is of this role. With a resource manager only our own are
 * listed, and we have none; without one, this operation has the TPM to itself, so nobody is in the
 * middle of making it. */
static enum msiv2_rc sweep_one(struct tpm_context *tpm, TPM2_HANDLE handle,
                               const struct tpm_role *role, struct msiv2_error *err)
{
	TPMT_PUBLIC area;
	ESYS_TR tr;
	enum msiv2_rc rc;

	TRY(attach(tpm, handle, &tr, err));
	if (tr == ESYS_TR_NONE)
		return MSIV2_OK;
	rc = read_area(tpm, tr, &area, err);
	if (rc == MSIV2_OK && tpm_role_is(role, &area)) {
		tpm_holds(tpm);
		tpm_flush(tpm, tr);
		tpm_log(tpm, "flushed a key that somebody did not live to finish", handle);
		return MSIV2_OK;
	}
	detach(tpm, &tr);
	return rc;
}

static enum msiv2_rc sweep(struct tpm_context *tpm, const struct tpm_role *role,
                           struct msiv2_error *err)
{
	OWNED(TPMS_CAPABILITY_DATA) *list = NULL;
	const TPML_HANDLE *handles;

	TRY(list_handles(tpm, FIRST_TRANSIENT, TPM2_MAX_CAP_HANDLES, &list, err));
	handles = &list->data.handles;
	for (uint32_t i = 0; i < handles->count; i++)
		TRY(sweep_one(tpm, handles->handle[i], role, err));
	return MSIV2_OK;
}

static enum msiv2_rc create(struct tpm_context *tpm, const struct tpm_role *role, ESYS_TR *tr,
                            struct msiv2_error *err)
{
	const TPM2B_SENSITIVE_CREATE no_password = {0};
	const TPM2B_DATA no_info = {0};
	const TPML_PCR_SELECTION no_pcr = {0};
	TPM2B_PUBLIC template;
	TSS2_RC rc;

	TRY(tpm_role_template(role, &template, err));
	do
		rc = Esys_CreatePrimary(tpm_esys(tpm),
		                        role->of_device ? ESYS_TR_RH_ENDORSEMENT : ESYS_TR_RH_OWNER,
		                        PASSWORD, &no_password, &template, &no_info, &no_pcr, tr,
		                        NULL, NULL, NULL, NULL);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_CreatePrimary", rc, err);
	tpm_holds(tpm);
	return MSIV2_OK;
}

/* *taken: the handle is not free any more. */
static enum msiv2_rc persist(struct tpm_context *tpm, ESYS_TR transient, TPM2_HANDLE handle,
                             bool *taken, struct msiv2_error *err)
{
	ESYS_TR tr = ESYS_TR_NONE;
	TSS2_RC rc;

	do
		rc = Esys_EvictControl(tpm_esys(tpm), ESYS_TR_RH_OWNER, transient, PASSWORD, handle,
		                       &tr);
	while (tpm_again(tpm, rc));
	*taken = tpm_error_trouble(rc) == TPM_TROUBLE_TAKEN;
	if (rc != TSS2_RC_SUCCESS && !*taken)
		return tpm_fail(tpm, "Esys_EvictControl", rc, err);
	detach(tpm, &tr);
	return MSIV2_OK;
}

enum msiv2_rc tpm_object_make(struct tpm_context *tpm, const struct tpm_role *role,
                              struct tpm_object *out, struct msiv2_error *err)
{
	ESYS_TR transient = ESYS_TR_NONE;
	bool taken;
	bool found = false;
	enum msiv2_rc rc;

	TRY(sweep(tpm, role, err));
	TRY(create(tpm, role, &transient, err));
	rc = persist(tpm, transient, role->handle, &taken, err);
	tpm_flush(tpm, transient);
	TRY(rc);
	tpm_log(tpm, taken ? "another process made the key meanwhile" : "made a key", role->handle);
	/* Read back: it is the winner's when we were not first. */
	TRY(tpm_object_find(tpm, role, out, &found, err));
	if (!found)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "the key just made at handle 0x%08x is not there",
		               (unsigned)role->handle);
	return MSIV2_OK;
}

/* The name is the algorithm's number and the digest. */
static enum msiv2_rc read_name(struct tpm_context *tpm, ESYS_TR tr,
                               uint8_t out[TPM2_SHA256_DIGEST_SIZE], struct msiv2_error *err)
{
	OWNED(TPM2B_NAME) *name = NULL;
	TSS2_RC rc = Esys_TR_GetName(tpm_esys(tpm), tr, &name);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_TR_GetName", rc, err);
	if (name->size != sizeof(TPM2_ALG_ID) + TPM2_SHA256_DIGEST_SIZE)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "a TPM name of %u bytes",
		               (unsigned)name->size);
	memcpy(out, name->name + sizeof(TPM2_ALG_ID), TPM2_SHA256_DIGEST_SIZE);
	return MSIV2_OK;
}

enum msiv2_rc tpm_object_name(struct tpm_context *tpm, const struct tpm_role *role,
                              uint8_t out[TPM2_SHA256_DIGEST_SIZE], struct msiv2_error *err)
{
	ESYS_TR transient = ESYS_TR_NONE;
	enum msiv2_rc rc;

	TRY(sweep(tpm, role, err));
	TRY(create(tpm, role, &transient, err));
	rc = read_name(tpm, transient, out, err);
	tpm_flush(tpm, transient);
	return rc;
}

enum msiv2_rc tpm_object_have(struct tpm_context *tpm, const struct tpm_role *role,
                              struct tpm_object *out, struct msiv2_error *err)
{
	bool found = false;

	TRY(tpm_object_find(tpm, role, out, &found, err));
	return found ? MSIV2_OK : tpm_object_make(tpm, role, out, err);
}

static bool same_key(const TPMT_PUBLIC *a, const TPMT_PUBLIC *b)
{
	return a->unique.rsa.size == b->unique.rsa.size &&
	       memcmp(a->unique.rsa.buffer, b->unique.rsa.buffer, a->unique.rsa.size) == 0;
}

enum msiv2_rc tpm_object_attach(struct tpm_context *tpm, struct tpm_object *object,
                                struct msiv2_error *err)
{
	struct tpm_object now;
	bool found = false;

	if (object->generation == tpm_generation(tpm))
		return MSIV2_OK;
	TRY(tpm_object_find(tpm, &object->role, &now, &found, err));
	if (found && same_key(&now.area, &object->area)) {
		*object = now;
		return MSIV2_OK;
	}
	if (found)
		detach(tpm, &now.tr);
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
	               "the key at handle 0x%08x %s; start again to use what is there",
	               (unsigned)object->role.handle,
	               found ? "was replaced by another" : "is gone, the TPM was cleared");
}

void tpm_object_detach(struct tpm_context *tpm, struct tpm_object *object)
{
	if (object->generation == tpm_generation(tpm))
		detach(tpm, &object->tr);
	object->generation = 0;
}

enum msiv2_rc tpm_object_evict(struct tpm_context *tpm, struct tpm_object *object,
                               struct msiv2_error *err)
{
	ESYS_TR none = ESYS_TR_NONE;
	TSS2_RC rc;

	do
		rc = Esys_EvictControl(tpm_esys(tpm), ESYS_TR_RH_OWNER, object->tr, PASSWORD,
		                       object->role.handle, &none);
	while (tpm_again(tpm, rc));
	object->generation = 0;
	tpm_forget(tpm);
	if (rc != TSS2_RC_SUCCESS && tpm_error_trouble(rc) != TPM_TROUBLE_GONE)
		return tpm_fail(tpm, "Esys_EvictControl", rc, err);
	tpm_log(tpm, "removed the key", object->role.handle);
	return MSIV2_OK;
}
