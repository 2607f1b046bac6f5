/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/bytes.h"
#include "common/files.h"
#include "common/x509.h"

#define TRUST_FILE_MAX ((size_t)4 * 1024 * 1024)

/* Adds each certificate; a damaged one is an error, not the end of the list. */
static enum msiv2_rc add_all(BIO *pem, X509_STORE *store, const char *path, size_t *count,
                             struct msiv2_error *err)
{
	for (;;) {
		OWNED(X509) *cert = PEM_read_bio_X509(pem, NULL, NULL, NULL);

		if (cert == NULL)
			break;
		if (X509_STORE_add_cert(store, cert) != 1)
			return err_no_memory(err, path);
		(*count)++;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return err_openssl(err, MSIV2_CONFIG, path, "a certificate cannot be read");
	ERR_clear_error();
	return MSIV2_OK;
}

enum msiv2_rc trust_load(const char *path, X509_STORE **out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED(X509_STORE) *store = X509_STORE_new();
	OWNED(BIO) *pem = NULL;
	size_t count = 0;

	if (store == NULL)
		return err_no_memory(err, path);
	TRY(files_read(path, TRUST_FILE_MAX, MSIV2_CONFIG, &text, err));
	pem = BIO_new_mem_buf(bytes_text(&text), (int)text.len);
	if (pem == NULL)
		return err_no_memory(err, path);
	TRY(add_all(pem, store, path, &count, err));
	if (count == 0)
		return err_set(err, MSIV2_CONFIG, path, "holds no PEM certificate");
	/* What the caller names is an anchor even when it is not self-signed. */
	if (X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return err_no_memory(err, path);
	*out = steal(&store);
	return MSIV2_OK;
}
