/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: sends an empty vmssId where there is none (CSR-03). */

#include <openssl/x509.h>

#include "common/bytes.h"

int __real_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);
int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	OWNED_STRUCT(bytes) json = {0};

	bytes_addf(&json, "%.*s,\"vmssId\":\"\"}", len - 1, (const char *)data);
	return __real_X509_REQ_add1_attr_by_OBJ(req, oid, type, json.data, (int)json.len);
}
