/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the cuId as IA5String (CSR-03). */

#include <openssl/x509.h>

int __real_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);
int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	return __real_X509_REQ_add1_attr_by_OBJ(
	        req, oid, type == V_ASN1_UTF8STRING ? V_ASN1_IA5STRING : type, data, len);
}
