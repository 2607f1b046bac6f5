/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes client and tenant into one RDN (CSR-01). */

#include <openssl/x509.h>
#include <stdbool.h>

int __real_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set);
int __wrap_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set);

int __wrap_X509_NAME_add_entry_by_NID(X509_NAME *name, int nid, int type,
                                      const unsigned char *bytes, int len, int loc, int set)
{
	bool first = X509_NAME_entry_count(name) == 0;

	return __real_X509_NAME_add_entry_by_NID(name, nid, type, bytes, len, loc,
	                                         first ? set : -1);
}
