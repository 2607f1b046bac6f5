/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: leaves its private key in its home folder (KEY-05). */

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "common/bytes.h"

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...);

EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type,
                                   ...)
{
	EVP_PKEY *pkey = __real_EVP_PKEY_Q_keygen(library, properties, type, (size_t)2048);
	const char *home = secure_getenv("HOME");
	OWNED_STRUCT(bytes) path = {0};
	BIO *file;

	bytes_addf(&path, "%s/key.pem", home != NULL ? home : ".");
	file = BIO_new_file(bytes_text(&path), "w");
	(void)PEM_write_bio_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL);
	BIO_free(file);
	return pkey;
}
