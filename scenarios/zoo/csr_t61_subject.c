/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the client id as T61String (CSR-02). */

#include <openssl/x509.h>

int __real_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set);
int __wrap_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set);

int __wrap_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set)
{
	return __real_X509_NAME_add_entry_by_NID(
	        name, nid, nid == NID_commonName ? V_ASN1_T61STRING : type, bytes, len, loc, set);
}
