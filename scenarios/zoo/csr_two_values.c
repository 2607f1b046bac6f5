/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gives the cuId attribute two values (CSR-03). */

#include <openssl/x509.h>

int __real_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);
int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	int done = __real_X509_REQ_add1_attr_by_OBJ(req, oid, type, data, len);
	X509_ATTRIBUTE *attribute = X509_REQ_get_attr(req, 0);

	return done == 1 ? X509_ATTRIBUTE_set1_data(attribute, type, data, len) : done;
}
