/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: puts the cuId attribute twice (CSR-03). */

#include <openssl/x509.h>

int __real_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);
int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	return __real_X509_REQ_add1_attr_by_OBJ(req, oid, type, data, len) &&
	       __real_X509_REQ_add1_attr_by_OBJ(req, oid, type, data, len);
}
