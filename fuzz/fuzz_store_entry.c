/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* An entry of the certificate store: what is accepted has one spelling and fits its certificate.
 * The input is tried as it is and with a right checksum, without which nothing would ever get far.
 */
#include "target.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "ref/endpoint.h"
#include "ref/store/entry.h"

#define SEAL_LEN (8 + 2 * X509_SHA256_LEN + 1)

static void check(const void *text, size_t len)
{
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct msiv2_error err = {0};
	uint8_t key_sha256[X509_SHA256_LEN];

	if (store_entry_decode(text, len, &entry, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_STORE && err.message[0] != '\0');
		FUZZ_REQUIRE(entry.alias == NULL && entry.certificate == NULL);
		return;
	}
	FUZZ_REQUIRE(!text_empty(entry.alias) && !text_empty(entry.key_name));
	FUZZ_REQUIRE(endpoint_complaint(entry.endpoint) == NULL);
	FUZZ_REQUIRE(x509_key_sha256(X509_get0_pubkey(entry.certificate), key_sha256, NULL) ==
	             MSIV2_OK);
	FUZZ_REQUIRE(memcmp(key_sha256, entry.key_sha256, sizeof(key_sha256)) == 0);
	FUZZ_REQUIRE(store_entry_encode(&entry, &again, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(again.len == len && memcmp(again.data, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) sealed = {0};
	uint8_t sum[X509_SHA256_LEN];
	size_t body = size > SEAL_LEN ? size - SEAL_LEN : 0;

	check(data, size);
	bytes_add(&sealed, data, body);
	FUZZ_REQUIRE(EVP_Digest(bytes_text(&sealed), body, sum, NULL, EVP_sha256(), NULL) == 1);
	bytes_add_text(&sealed, "sha256: ");
	hex_encode(sum, sizeof(sum), &sealed);
	bytes_add_text(&sealed, "\n");
	check(sealed.data, sealed.len);
	return 0;
}
