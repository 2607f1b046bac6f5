/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_object.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"

/* No attribute we read is longer: certificates are the longest. */
#define LONGEST_VALUE 16384

enum msiv2_rc pkcs11_objects_find(const struct pkcs11_session *session, CK_ATTRIBUTE *wanted,
                                  CK_ULONG wanted_count, struct pkcs11_objects *out,
                                  struct pkcs11_trouble *trouble)
{
	CK_RV rv = session->functions->C_FindObjectsInit(session->handle, wanted, wanted_count);

	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_FindObjectsInit", rv);
	out->count = 0;
	rv = session->functions->C_FindObjects(session->handle, out->handle, PKCS11_OBJECTS_MAX,
	                                       &out->count);
	(void)session->functions->C_FindObjectsFinal(session->handle);
	return rv == CKR_OK ? MSIV2_OK : pkcs11_failed(trouble, "C_FindObjects", rv);
}

enum msiv2_rc pkcs11_objects_named(const struct pkcs11_session *session, CK_OBJECT_CLASS class,
                                   const char *label, struct pkcs11_objects *out,
                                   struct pkcs11_trouble *trouble)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE wanted[] = {
	        {CKA_CLASS, &class, sizeof(class)},
	        {CKA_TOKEN, &yes, sizeof(yes)},
	        {CKA_LABEL, (void *)label, strlen(label)},
	};

	return pkcs11_objects_find(session, wanted, TEXT_COUNT(wanted), out, trouble);
}

enum msiv2_rc pkcs11_object_bytes(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                                  CK_ATTRIBUTE_TYPE type, struct bytes *out,
                                  struct pkcs11_trouble *trouble)
{
	CK_ATTRIBUTE attribute = {type, NULL, 0};
	OWNED(mem_text) *value = NULL;
	CK_RV rv = session->functions->C_GetAttributeValue(session->handle, object, &attribute, 1);

	if (rv == CKR_OK && attribute.ulValueLen <= LONGEST_VALUE) {
		value = mem_alloc(attribute.ulValueLen);
		if (value == NULL)
			return pkcs11_no_memory(trouble);
		attribute.pValue = value;
		rv = session->functions->C_GetAttributeValue(session->handle, object, &attribute,
		                                             1);
	}
	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_GetAttributeValue", rv);
	if (attribute.ulValueLen > LONGEST_VALUE)
		return pkcs11_says(trouble, KEY_LACK_BROKEN, "attribute 0x%lX has no sane length",
		                   type);
	bytes_add(out, value, attribute.ulValueLen);
	return out->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}

enum msiv2_rc pkcs11_object_flag(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE_TYPE type, bool *out, struct pkcs11_trouble *trouble)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attribute = {type, &value, sizeof(value)};
	CK_RV rv = session->functions->C_GetAttributeValue(session->handle, object, &attribute, 1);

	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return pkcs11_failed(trouble, "C_GetAttributeValue", rv);
	*out = rv == CKR_OK && attribute.ulValueLen == sizeof(value) && value == CK_TRUE;
	return MSIV2_OK;
}

enum msiv2_rc pkcs11_object_destroy(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                                    struct pkcs11_trouble *trouble)
{
	CK_RV rv = session->functions->C_DestroyObject(session->handle, object);

	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
		return pkcs11_failed(trouble, "C_DestroyObject", rv);
	return MSIV2_OK;
}
