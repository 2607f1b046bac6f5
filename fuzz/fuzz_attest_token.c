/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What IMDS makes of an attestation token: the input as a whole JWT (whose signature can never be
 * good), and as the JSON of its header and its payload. */
#include "target.h"

#include <string.h>

#include "common/x509.h"
#include "emulator/pki/attest_token_check.h"

#define ALL                                                                                        \
	(ATTEST_TOKEN_FORM | ATTEST_TOKEN_JKU | ATTEST_TOKEN_SIGNATURE | ATTEST_TOKEN_ISSUER |     \
	 ATTEST_TOKEN_TIME | ATTEST_TOKEN_CLAIM)

/* Made by the first input, kept for all. */
static EVP_PKEY *key;

static void __attribute__((destructor)) drop_key(void)
{
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attest_token_want want = {.kid = "kid-1",
	                                 .base = "https://localhost:1002/maa",
	                                 .now_s = 1795230000,
	                                 .n = "sXch",
	                                 .e = "AQAB"};
	unsigned faults;

	if (key == NULL)
		key = EVP_RSA_gen(2048);
	FUZZ_REQUIRE(key != NULL);
	want.key = key;
	faults = attest_token_faults((const char *)data, size, &want);
	FUZZ_REQUIRE((faults & (ATTEST_TOKEN_FORM | ATTEST_TOKEN_SIGNATURE)) != 0);
	FUZZ_REQUIRE((faults & ~(unsigned)ALL) == 0);
	faults = attest_token_header_faults(data, size, &want);
	FUZZ_REQUIRE(faults != 0 || size >= strlen("{\"alg\":\"RS256\",\"kid\":\"kid-1\"}"));
	faults = attest_token_payload_faults(data, size, &want);
	FUZZ_REQUIRE(faults != 0 || size >= strlen("{\"iss\":\"https://localhost:1002/maa\"}"));
	return 0;
}
