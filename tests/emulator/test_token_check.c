/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the resource makes of a token that is presented to it. */
#include "tests/testing.h"

#include <openssl/rsa.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/jwt.h"
#include "emulator/pki/token_check.h"
#include "jwt_parts.h"

#define NOW_S  INT64_C(1800000000)
#define KID    "kid-1"
#define HEADER "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"" KID "\"}"
#define CLAIMS                                                                                     \
	"\"iss\":\"https://sts\",\"aud\":\"https://vault\",\"tid\":\"t\",\"appid\":\"a\","         \
	"\"oid\":\"o\",\"jti\":\"j\""
#define TIMES   "\"nbf\":1800000000,\"exp\":1800086400"
#define CNF     "\"cnf\":{\"x5t#S256\":\"thumb\"}"
#define PAYLOAD "{" CLAIMS "," TIMES "," CNF "}"

struct keys {
	EVP_PKEY *ours;
	EVP_PKEY *other;
};

static int make_keys(void **state)
{
	static struct keys keys;

	keys.ours = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	keys.other = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	*state = &keys;
	return keys.ours == NULL || keys.other == NULL;
}

static int free_keys(void **state)
{
	struct keys *keys = *state;

	EVP_PKEY_free(keys->ours);
	EVP_PKEY_free(keys->other);
	return 0;
}

static enum token_verdict check(const struct keys *keys, const char *jwt, int64_t now_s,
                                struct token_facts *facts)
{
	static const struct token_facts nothing;
	enum token_verdict verdict = token_check(jwt, strlen(jwt), keys->ours, KID, now_s, facts);

	/* Nothing of a token that is not ours gets out. */
	if (verdict == TOKEN_MALFORMED || verdict == TOKEN_BAD_SIGNATURE)
		assert_memory_equal(facts, &nothing, sizeof(nothing));
	else
		assert_string_equal(facts->audience, "https://vault");
	return verdict;
}

static void expect(const struct keys *keys, const char *header, const char *payload,
                   EVP_PKEY *signer, const EVP_MD *md, enum token_verdict verdict)
{
	OWNED_STRUCT(bytes) jwt = {0};
	struct token_facts facts;

	jwt_make(header, payload, signer, md, &jwt);
	print_message("  %s %s\n", header, payload);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), verdict);
}

static void a_good_token_gives_its_facts(void **state)
{
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	struct token_facts facts;

	jwt_make(HEADER, PAYLOAD, keys->ours, EVP_sha256(), &jwt);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_OK);
	assert_string_equal(facts.issuer, "https://sts");
	assert_string_equal(facts.tenant_id, "t");
	assert_string_equal(facts.client_id, "a");
	assert_string_equal(facts.object_id, "o");
	assert_string_equal(facts.jti, "j");
	assert_string_equal(facts.x5t_s256, "thumb");
	assert_true(facts.not_before_s == NOW_S && facts.expires_at_s == NOW_S + 86400);
}

static void time_is_judged_to_the_second(void **state)
{
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	struct token_facts facts;

	jwt_make(HEADER, PAYLOAD, keys->ours, EVP_sha256(), &jwt);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S - 1, &facts), TOKEN_NOT_YET);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_OK);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S + 86399, &facts), TOKEN_OK);
	/* RFC 7519 4.1.4: on or after exp is too late. */
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S + 86400, &facts), TOKEN_EXPIRED);
}

static void headers_are_judged_strictly(void **state)
{
	static const struct {
		const char *header;
		enum token_verdict verdict;
	} rows[] = {
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\"}", TOKEN_OK},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\",\"typ\":\"jwt\"}", TOKEN_OK},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\",\"x5t\":\"x\"}", TOKEN_OK},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-2\"}", TOKEN_BAD_SIGNATURE},
	        {"{\"alg\":\"RS256\",\"kid\":\"KID-1\"}", TOKEN_BAD_SIGNATURE},
	        {"{\"alg\":\"none\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"NONE\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"HS256\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS512\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"PS256\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"rs256\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":1,\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"kid\":\"\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"kid\":1}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\",\"typ\":\"pop\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\",\"crit\":[\"exp\"]}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"kid-1\"}", TOKEN_MALFORMED},
	        {"{\"alg\":\"RS256\",\"kid\":\"kid-1\"} x", TOKEN_MALFORMED},
	        {"[\"RS256\"]", TOKEN_MALFORMED},
	        {"", TOKEN_MALFORMED},
	};
	const struct keys *keys = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		expect(keys, rows[i].header, PAYLOAD, keys->ours, EVP_sha256(), rows[i].verdict);
}

static void payloads_are_judged_strictly_once_the_signature_is_good(void **state)
{
	static const char *const payloads[] = {
	        "",
	        "null",
	        "[]",
	        "{}",
	        "{" CLAIMS "," TIMES "," CNF "}}",
	        "{" CLAIMS "," TIMES "," CNF "," CNF "}",
	        "{" CLAIMS "," CNF "}",
	        "{" TIMES "," CNF "}",
	        "{" CLAIMS ",\"nbf\":1800000000," CNF "}",
	        "{" CLAIMS ",\"nbf\":\"1800000000\",\"exp\":1800086400}",
	        "{" CLAIMS ",\"nbf\":1800000000.5,\"exp\":1800086400}",
	        "{" CLAIMS ",\"nbf\":-1,\"exp\":1800086400}",
	        "{" CLAIMS ",\"nbf\":1800000000,\"exp\":1e30}",
	        "{" CLAIMS "," TIMES ",\"cnf\":null}",
	        "{" CLAIMS "," TIMES ",\"cnf\":\"thumb\"}",
	        "{" CLAIMS "," TIMES ",\"cnf\":{}}",
	        "{" CLAIMS "," TIMES ",\"cnf\":{\"x5t#S256\":\"\"}}",
	        "{" CLAIMS "," TIMES ",\"cnf\":{\"x5t#S256\":1}}",
	        "{" CLAIMS "," TIMES ",\"cnf\":{\"x5t#s256\":\"thumb\"}}",
	        "{\"iss\":\"i\",\"aud\":[\"https://vault\"],\"tid\":\"t\",\"appid\":\"a\","
	        "\"oid\":\"o\",\"jti\":\"j\"," TIMES "}",
	        "{\"iss\":\"i\",\"aud\":\"\",\"tid\":\"t\",\"appid\":\"a\",\"oid\":\"o\","
	        "\"jti\":\"j\"," TIMES "}",
	        "{\"iss\":\"i\",\"aud\":\"https://vault\",\"tid\":\"t\",\"appid\":"
	        "\"0123456789012345678901234567890123456789012345678901234567890123\","
	        "\"oid\":\"o\",\"jti\":\"j\"," TIMES "}",
	};
	const struct keys *keys = *state;

	for (size_t i = 0; i < TEXT_COUNT(payloads); i++)
		expect(keys, HEADER, payloads[i], keys->ours, EVP_sha256(), TOKEN_MALFORMED);
	expect(keys, HEADER, "{" CLAIMS "," TIMES "}", keys->ours, EVP_sha256(), TOKEN_OK);
}

static void a_bad_signature_is_told_before_anything_of_the_payload(void **state)
{
	const struct keys *keys = *state;

	expect(keys, HEADER, PAYLOAD, keys->other, EVP_sha256(), TOKEN_BAD_SIGNATURE);
	expect(keys, HEADER, PAYLOAD, keys->ours, EVP_sha512(), TOKEN_BAD_SIGNATURE);
	expect(keys, HEADER, "not json", keys->other, EVP_sha256(), TOKEN_BAD_SIGNATURE);
	expect(keys, HEADER, "{" CLAIMS ",\"nbf\":0,\"exp\":1}", keys->other, EVP_sha256(),
	       TOKEN_BAD_SIGNATURE);
}

static void a_signature_over_another_payload_is_bad(void **state)
{
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) good = {0};
	OWNED_STRUCT(bytes) other = {0};
	OWNED_STRUCT(bytes) mixed = {0};
	struct token_facts facts;
	const char *signature;

	jwt_make(HEADER, PAYLOAD, keys->ours, EVP_sha256(), &good);
	jwt_make(HEADER, "{" CLAIMS "," TIMES "}", keys->ours, EVP_sha256(), &other);
	signature = strrchr(bytes_text(&good), '.');
	bytes_add(&mixed, other.data,
	          (size_t)(strrchr(bytes_text(&other), '.') - bytes_text(&other)));
	bytes_add_text(&mixed, signature);
	assert_int_equal(check(keys, bytes_text(&mixed), NOW_S, &facts), TOKEN_BAD_SIGNATURE);
}

static void what_has_not_the_form_of_a_jwt_is_malformed(void **state)
{
	static const char *const texts[] = {
	        "",
	        ".",
	        "..",
	        "...",
	        "a",
	        "a.b",
	        "e30",
	        "e30.e30",
	        "e30.e30.",
	        ".e30.AAAA",
	        "e30..AAAA",
	        "Bearer e30.e30.AAAA",
	        "\xff.\xff.\xff",
	        "e30=.e30.AAAA",
	};
	const struct keys *keys = *state;
	struct token_facts facts;

	for (size_t i = 0; i < TEXT_COUNT(texts); i++)
		assert_int_equal(check(keys, texts[i], NOW_S, &facts), TOKEN_MALFORMED);
}

static void the_form_admits_no_second_spelling(void **state)
{
	static const char *const suffixes[] = {"=", "==", ".", "\n", " ", "A.", ".AAAA"};
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) good = {0};
	OWNED_STRUCT(bytes) standard = {0};
	struct token_facts facts;

	jwt_make(HEADER, PAYLOAD, keys->ours, EVP_sha256(), &good);
	for (size_t i = 0; i < TEXT_COUNT(suffixes); i++) {
		OWNED_STRUCT(bytes) jwt = {0};

		bytes_add_text(&jwt, bytes_text(&good));
		bytes_add_text(&jwt, suffixes[i]);
		assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_MALFORMED);
	}
	/* RS256 by another name: the last character holds spare bits, which must be zero. */
	bytes_add_text(&standard, bytes_text(&good));
	standard.data[standard.len - 1]++;
	assert_int_not_equal(check(keys, bytes_text(&standard), NOW_S, &facts), TOKEN_OK);
}

static void signatures_of_any_other_length_are_bad(void **state)
{
	const struct keys *keys = *state;
	static const size_t lengths[] = {0, 1, 255, 257, 512, 4096};
	uint8_t zeroes[4096] = {0};

	for (size_t i = 0; i < TEXT_COUNT(lengths); i++) {
		OWNED_STRUCT(bytes) jwt = {0};
		struct token_facts facts;

		base64url_encode(HEADER, strlen(HEADER), &jwt);
		bytes_add_byte(&jwt, '.');
		base64url_encode(PAYLOAD, strlen(PAYLOAD), &jwt);
		bytes_add_byte(&jwt, '.');
		base64url_encode(zeroes, lengths[i], &jwt);
		assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_BAD_SIGNATURE);
	}
}

static void a_token_of_more_than_16_kib_is_not_looked_at(void **state)
{
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(bytes) payload = {0};
	struct token_facts facts;

	bytes_add_text(&payload, "{" CLAIMS "," TIMES ",\"pad\":\"");
	while (payload.len < (size_t)13 * 1024)
		bytes_add_byte(&payload, 'x');
	bytes_add_text(&payload, "\"}");
	jwt_make(HEADER, bytes_text(&payload), keys->ours, EVP_sha256(), &jwt);
	assert_true(jwt.len > JWT_MAX);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_MALFORMED);
}

/* The public key as an HMAC secret, the oldest trick with JWTs. */
static void an_hmac_with_the_public_key_is_refused(void **state)
{
	const struct keys *keys = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED(EVP_PKEY) *secret = NULL;
	struct token_facts facts;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(keys->ours, &der);

	secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, der, (size_t)len);
	OPENSSL_free(der);
	jwt_make("{\"alg\":\"HS256\",\"kid\":\"" KID "\"}", PAYLOAD, secret, EVP_sha256(), &jwt);
	assert_int_equal(check(keys, bytes_text(&jwt), NOW_S, &facts), TOKEN_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_token_gives_its_facts),
	        cmocka_unit_test(time_is_judged_to_the_second),
	        cmocka_unit_test(headers_are_judged_strictly),
	        cmocka_unit_test(payloads_are_judged_strictly_once_the_signature_is_good),
	        cmocka_unit_test(a_bad_signature_is_told_before_anything_of_the_payload),
	        cmocka_unit_test(a_signature_over_another_payload_is_bad),
	        cmocka_unit_test(what_has_not_the_form_of_a_jwt_is_malformed),
	        cmocka_unit_test(the_form_admits_no_second_spelling),
	        cmocka_unit_test(signatures_of_any_other_length_are_bad),
	        cmocka_unit_test(a_token_of_more_than_16_kib_is_not_looked_at),
	        cmocka_unit_test(an_hmac_with_the_public_key_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
