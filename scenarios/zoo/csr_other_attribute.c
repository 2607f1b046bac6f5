/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: puts the cuId under another object identifier (CSR-03). */

#include <openssl/x509.h>

int __real_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);
int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	ASN1_OBJECT *other = OBJ_txt2obj("1.3.6.1.4.1.311.90.2.11", 1);
	int added = __real_X509_REQ_add1_attr_by_OBJ(req, other, type, data, len);

	(void)oid;
	ASN1_OBJECT_free(other);
	return added;
}
