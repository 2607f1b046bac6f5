/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the attestation service answers: an accepted token goes into a JSON text as it is, an
 * accepted nonce is 43 characters of base64url, and no message tells a token. */
#include "target.h"

#include <string.h>

#include "ref/attestation_answer.h"

#define BASE64URL                                                                                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                               \
	"abcdefghijklmnopqrstuvwxyz"                                                               \
	"0123456789-_"

static void check_refusal(enum msiv2_rc rc, const struct msiv2_error *err)
{
	FUZZ_REQUIRE(rc == MSIV2_ATTESTATION_FAILED && err->rc == rc);
	FUZZ_REQUIRE(err->message[0] != '\0');
}

static void check_token(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(attestation_answer) answer = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = attestation_answer_parse(data, size, &answer, &err);
	size_t dots = 0;

	if (rc != MSIV2_OK) {
		check_refusal(rc, &err);
		FUZZ_REQUIRE(answer.token == NULL);
		return;
	}
	FUZZ_REQUIRE(strlen(answer.token) <= ATTESTATION_TOKEN_MAX_LEN && answer.expires_on_s > 0);
	FUZZ_REQUIRE(strspn(answer.token, BASE64URL ".") == strlen(answer.token));
	for (const char *c = answer.token; *c != '\0'; c++)
		dots += *c == '.';
	FUZZ_REQUIRE(dots == 2);
}

static void check_nonce(const uint8_t *data, size_t size)
{
	struct attestation_nonce nonce;
	struct msiv2_error err = {0};
	enum msiv2_rc rc = attestation_nonce_parse(data, size, &nonce, &err);

	if (rc != MSIV2_OK)
		check_refusal(rc, &err);
	else
		FUZZ_REQUIRE(strspn(nonce.text, BASE64URL) == ATTESTATION_NONCE_TEXT_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	check_token(data, size);
	check_nonce(data, size);
	rc = attestation_certificate_parse(data, size, &der, &err);
	if (rc != MSIV2_OK)
		check_refusal(rc, &err);
	return 0;
}
