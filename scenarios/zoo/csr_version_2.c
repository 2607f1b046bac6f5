/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes version 1 where the standard has 0 (CSR-05). */

#include <openssl/x509.h>

int __real_X509_REQ_set_version(X509_REQ *req, long version);
int __wrap_X509_REQ_set_version(X509_REQ *req, long version);

int __wrap_X509_REQ_set_version(X509_REQ *req, long version)
{
	return __real_X509_REQ_set_version(req, version + 1);
}
