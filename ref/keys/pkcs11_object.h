/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Objects in a token: found, read, destroyed. All of it within an act (pkcs11_session_pool.h). */
#ifndef REF_KEYS_PKCS11_OBJECT_H
#define REF_KEYS_PKCS11_OBJECT_H

#include "common/bytes.h"
#include "pkcs11_session_pool.h"

/* More objects of one name than this are not looked at. */
#define PKCS11_OBJECTS_MAX 32

struct pkcs11_objects {
	CK_ULONG count;
	CK_OBJECT_HANDLE handle[PKCS11_OBJECTS_MAX];
};

/* The objects that have all these attributes. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_objects_find(const struct pkcs11_session *session,
                                                 CK_ATTRIBUTE *wanted, CK_ULONG wanted_count,
                                                 struct pkcs11_objects *out,
                                                 struct pkcs11_trouble *trouble);
/* Objects of a class with a label, in the token. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_objects_named(const struct pkcs11_session *session,
                                                  CK_OBJECT_CLASS class, const char *label,
                                                  struct pkcs11_objects *out,
                                                  struct pkcs11_trouble *trouble);
/* Appends the value of an attribute. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_object_bytes(const struct pkcs11_session *session,
                                                 CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                                 struct bytes *out, struct pkcs11_trouble *trouble);
/* A CK_BBOOL attribute; an attribute the object does not have is false. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_object_flag(const struct pkcs11_session *session,
                                                CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                                bool *out, struct pkcs11_trouble *trouble);
/* Destroys it; one that is gone already is fine. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_object_destroy(const struct pkcs11_session *session,
                                                   CK_OBJECT_HANDLE object,
                                                   struct pkcs11_trouble *trouble);

#endif
