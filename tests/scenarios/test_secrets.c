/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "sandbox.h"
#include "scenarios/runner/certificate_text.h"
#include "scenarios/runner/secrets.h"
#include "tests/testing.h"

#define HEAD "eyJhbGciOiJSUzI1NiJ9"

/* "HEAD.BODY.c2ln" with that body. */
static void make_token(const char *claims, struct bytes *out)
{
	bytes_add_text(out, "Bearer " HEAD ".");
	base64url_encode(claims, strlen(claims), out);
	bytes_add_text(out, ".c2lnbmF0dXJl and so on");
}

/* What is found in the bytes: the first hit, or NULL; borrowed from secrets. */
static const char *found(struct secrets *secrets, const void *data, size_t len)
{
	assert_int_equal(secrets_search(secrets, "stderr", data, len, NULL), MSIV2_OK);
	return cJSON_GetStringValue(
	        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(secrets->hits, 0), "what"));
}

static void tokens_are_found_by_their_look_and_named_by_their_claims(void **state)
{
	static const struct {
		const char *claims;
		const char *what;
	} rows[] = {{"{\"aud\":\"https://vault.azure.net\",\"n\":1}", "access token"},
	            {"{\"iss\":\"https://maa.example\",\"n\":1}", "attestation token"}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(secrets) secrets = {0};
		OWNED_STRUCT(bytes) text = {0};

		make_token(rows[i].claims, &text);
		assert_string_equal(found(&secrets, text.data, text.len), rows[i].what);
	}
}

static void a_token_that_was_cut_is_found_too(void **state)
{
	OWNED_STRUCT(secrets) secrets = {0};

	(void)state;
	assert_string_equal(found(&secrets, HEAD ".eyJhdWQiOiJ", 32), "part of a token");
}

static void what_is_no_token_is_none(void **state)
{
	static const char *const texts[] = {
	        "", "eyJ", "eyJ.eyJ", HEAD, HEAD ".", HEAD ".abcdefghijk", "say eyJust.eyJo"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		OWNED_STRUCT(secrets) secrets = {0};

		if (found(&secrets, texts[i], strlen(texts[i])))
			fail_msg("%s", texts[i]);
		assert_int_equal(secrets.searched, 1);
	}
}

/* An RSA key as DER, private or public. */
static void make_der(EVP_PKEY *key, bool private, struct bytes *out)
{
	unsigned char *der = NULL;
	int len = private ? i2d_PrivateKey(key, &der) : i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	bytes_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

/* Base64 ends in no, one or two signs of padding as the length wants it: keys of all lengths. */
static void private_keys_are_found_in_der_and_base64_of_any_length(void **state)
{
	unsigned rests = 0;

	(void)state;
	for (int i = 0; i < 64 && (i < 2 || rests != 7); i++) {
		OWNED(EVP_PKEY) *key = EVP_RSA_gen(i % 2 == 0 ? 1024 : 1032);
		OWNED_STRUCT(bytes) der = {0};
		OWNED_STRUCT(bytes) text = {0};
		OWNED_STRUCT(bytes) url = {0};

		assert_non_null(key);
		make_der(key, true, &der);
		rests |= 1U << (der.len % 3);
		bytes_add_text(&text, "{\"key\":\"prefix/");
		base64_encode(der.data, der.len, &text);
		bytes_add_text(&text, "\"}");
		base64url_encode(der.data, der.len, &url);
		assert_true(holds_private_key(der.data, der.len));
		assert_true(holds_private_key(text.data, text.len));
		assert_true(holds_private_key(url.data, url.len));
		assert_false(holds_certificate(der.data, der.len));
	}
	assert_int_equal(rests, 7);
}

static void private_keys_are_found_in_pem(void **state)
{
	static const char text[] = "x -----BEGIN RSA PRIVATE KEY-----";

	(void)state;
	assert_true(holds_private_key(text, strlen(text)));
}

static void public_keys_are_no_secret(void **state)
{
	OWNED(EVP_PKEY) *key = EVP_RSA_gen(2048);
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	assert_non_null(key);
	make_der(key, false, &der);
	base64_encode(der.data, der.len, &text);
	assert_false(holds_private_key(der.data, der.len));
	assert_false(holds_private_key(text.data, text.len));
	assert_false(holds_private_key("", 0));
}

static void files_are_searched_at_every_depth(void **state)
{
	OWNED_STRUCT(secrets) secrets = {0};
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(bytes) shown = {0};
	OWNED(cJSON) *json = NULL;
	struct sandbox sandbox;

	(void)state;
	sandbox_make(&sandbox);
	sandbox_folder(&sandbox, "cache");
	make_token("{\"aud\":\"x\",\"y\":1}", &token);
	sandbox_write(&sandbox, "cache/tokens", token.data, token.len);
	sandbox_write(&sandbox, "innocent", "nothing", 7);
	assert_int_equal(secrets_search_tree(&secrets, sandbox.dir, NULL), MSIV2_OK);
	sandbox_drop(&sandbox);
	json = secrets_json(&secrets);
	json_print(json, &shown);
	assert_string_equal(bytes_text(&shown),
	                    "{\"hits\":[{\"what\":\"access token\",\"where\":\"cache/tokens\"}],"
	                    "\"searched\":2}");
}

static void the_environment_of_a_process_is_searched(void **state)
{
	OWNED_STRUCT(secrets) secrets = {0};

	(void)state;
	assert_int_equal(secrets_search_process(&secrets, getpid(), NULL), MSIV2_OK);
	assert_in_range(secrets.searched, 2, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tokens_are_found_by_their_look_and_named_by_their_claims),
	        cmocka_unit_test(a_token_that_was_cut_is_found_too),
	        cmocka_unit_test(what_is_no_token_is_none),
	        cmocka_unit_test(private_keys_are_found_in_der_and_base64_of_any_length),
	        cmocka_unit_test(private_keys_are_found_in_pem),
	        cmocka_unit_test(public_keys_are_no_secret),
	        cmocka_unit_test(files_are_searched_at_every_depth),
	        cmocka_unit_test(the_environment_of_a_process_is_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
