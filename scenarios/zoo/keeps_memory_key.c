/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on with the memory key of the client before it (KEY-03). */

#include <openssl/evp.h>

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...);

EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...)
{
	static EVP_PKEY *kept;

	if (kept == NULL)
		kept = __real_EVP_PKEY_Q_keygen(library, properties, type, (size_t)2048);
	return kept != NULL && EVP_PKEY_up_ref(kept) == 1 ? kept : NULL;
}
