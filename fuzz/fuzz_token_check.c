/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The resource's reader of tokens: the input as a whole JWT (whose signature can never be good),
 * and as the JSON of a header and of a payload behind a signature that was. */
#include "target.h"

#include <string.h>

#include "common/encoding.h"
#include "emulator/pki/token_check.h"
#include "emulator/pki/tokens.h"

/* Made by the first input, kept for all. */
static struct tokens *tokens;

static void drop_tokens(void)
{
	tokens_free(tokens);
}

/* Waits for the key, so that no thread makes it while the process ends; and is registered after
 * OpenSSL's own farewell, so that it runs before that. */
static struct tokens *shared_tokens(void)
{
	OWNED_STRUCT(bytes) jwks = {0};

	if (tokens != NULL)
		return tokens;
	FUZZ_REQUIRE(tokens_new(NULL, NULL, &tokens, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(tokens_jwks(tokens, &jwks, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(atexit(drop_tokens) == 0);
	return tokens;
}

static void check_whole(const char *text, size_t len)
{
	static const struct token_facts nothing;
	struct token_facts facts;
	enum token_verdict verdict = tokens_check(shared_tokens(), text, len, 1800000000, &facts);

	FUZZ_REQUIRE(verdict == TOKEN_MALFORMED || verdict == TOKEN_BAD_SIGNATURE);
	FUZZ_REQUIRE(memcmp(&facts, &nothing, sizeof(facts)) == 0);
}

/* The input as payload behind our own header, as far as the signature. */
static void check_payload(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) jwt = {0};
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"x\"}";

	base64url_encode(header, sizeof(header) - 1, &jwt);
	bytes_add_byte(&jwt, '.');
	base64url_encode(data, size, &jwt);
	bytes_add_text(&jwt, ".AAAA");
	FUZZ_REQUIRE(!jwt.failed);
	check_whole(bytes_text(&jwt), jwt.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_facts facts;
	bool same_kid;

	check_whole((const char *)data, size);
	check_payload(data, size);
	if (token_header_read(data, size, "kid-1", &same_kid))
		FUZZ_REQUIRE(size >= strlen("{\"alg\":\"RS256\",\"kid\":\"k\"}"));
	else
		FUZZ_REQUIRE(!same_kid);
	if (token_payload_read(data, size, &facts)) {
		FUZZ_REQUIRE(facts.audience[0] != '\0' && facts.client_id[0] != '\0');
		FUZZ_REQUIRE(facts.expires_at_s >= 0 && facts.not_before_s >= 0);
	}
	return 0;
}
