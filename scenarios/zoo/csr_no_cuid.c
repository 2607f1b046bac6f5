/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: leaves the cuId attribute out of its request (CSR-03). */

#include <openssl/x509.h>

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len);

int __wrap_X509_REQ_add1_attr_by_OBJ(X509_REQ *req, const ASN1_OBJECT *oid, int type,
                                     const unsigned char *data, int len)
{
	(void)req;
	(void)oid;
	(void)type;
	(void)data;
	(void)len;
	return 1;
}
