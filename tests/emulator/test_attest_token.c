/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-04, ATT-06: the attestation service's tokens, and what is wrong with others. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_token.h"
#include "emulator/pki/tokens.h"
#include "faults.h"
#include "jwt_parts.h"
#include "state_dir.h"

#define NOW_S INT64_C(1795230000)
#define BASE  "https://localhost:1002/maa"
#define N     "sXch"
#define E     "AQAB"

static struct attest_tokens *tokens;
static EVP_PKEY *key; /* the service's, to make what it would never sign */
static struct bytes kid;
static EVP_PKEY *foreign;
static struct attest_tokens *fresh; /* whose key several threads want at once */

static const struct attest_claims good = {
        .base = BASE,
        .kind = ATTEST_KEYGUARD,
        .nonce = "AAEC",
        .n = N,
        .e = E,
        .issued_at_s = NOW_S,
        .expires_at_s = NOW_S + 28800,
};

/* The state directory gives the test the private key. */
static int make_tokens(void **state)
{
	struct state_dir dir;
	char path[160];
	FILE *file;
	OWNED_STRUCT(bytes) set = {0};
	OWNED(cJSON) *json = NULL;

	(void)state;
	state_dir_new(&dir);
	assert_int_equal(attest_tokens_new(dir.path, rng_system(), &tokens, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_jwks(tokens, &set, NULL), MSIV2_OK);
	file = fopen(state_dir_file(&dir, "attestation-key.pem", path), "r");
	assert_non_null(file);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_non_null(key);
	(void)fclose(file);
	json = cJSON_Parse(bytes_text(&set));
	bytes_add_text(&kid,
	               json_text(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "keys"), 0), "kid"));
	foreign = EVP_RSA_gen(2048);
	state_dir_free(&dir);
	return 0;
}

static int free_tokens(void **state)
{
	(void)state;
	attest_tokens_free(tokens);
	EVP_PKEY_free(key);
	EVP_PKEY_free(foreign);
	bytes_free(&kid);
	return 0;
}

static unsigned faults_of(const char *jwt)
{
	struct attest_token_want want = {.base = BASE, .now_s = NOW_S, .n = N, .e = E};
	unsigned faults = 0;

	assert_int_equal(attest_tokens_check(tokens, jwt, &want, &faults, NULL), MSIV2_OK);
	return faults;
}

static void issue(const struct attest_claims *claims, struct bytes *jwt)
{
	char jti[UUID_TEXT_SIZE];

	assert_int_equal(attest_tokens_issue(tokens, claims, jwt, jti, NULL), MSIV2_OK);
	assert_true(text_is_uuid(jti));
}

static void a_token_says_what_was_attested_and_verifies(void **state)
{
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(bytes) set = {0};
	OWNED_STRUCT(jwt_view) view = {0};
	OWNED(EVP_PKEY) *published = NULL;
	const cJSON *jwk;

	(void)state;
	issue(&good, &jwt);
	jwt_view_read(bytes_text(&jwt), &view);
	assert_int_equal(attest_tokens_jwks(tokens, &set, NULL), MSIV2_OK);
	published = jwks_key(bytes_text(&set));
	assert_true(jwt_is_signed_by(bytes_text(&jwt), published));
	assert_string_equal(json_text(view.header, "alg"), "RS256");
	assert_string_equal(json_text(view.header, "typ"), "JWT");
	assert_string_equal(json_text(view.header, "kid"), bytes_text(&kid));
	assert_string_equal(json_text(view.header, "jku"), BASE "/certs");
	assert_string_equal(json_text(view.payload, "iss"), BASE);
	assert_string_equal(json_text(view.payload, "nonce"), "AAEC");
	assert_string_equal(json_text(view.payload, "x-ms-attestation-type"), "keyguard");
	assert_string_equal(json_text(view.payload, "x-ms-ver"), "1.0");
	assert_string_equal(json_text(view.payload, "x-ms-policy"), "NOT FOR PRODUCTION");
	assert_true(cJSON_GetObjectItem(view.payload, "iat")->valuedouble == (double)NOW_S);
	assert_true(cJSON_GetObjectItem(view.payload, "nbf")->valuedouble == (double)NOW_S);
	assert_true(cJSON_GetObjectItem(view.payload, "exp")->valuedouble ==
	            (double)(NOW_S + 28800));
	jwk = cJSON_GetArrayItem(
	        cJSON_GetObjectItem(cJSON_GetObjectItem(view.payload, "x-ms-runtime"), "keys"), 0);
	assert_string_equal(json_text(jwk, "kty"), "RSA");
	assert_string_equal(json_text(jwk, "n"), N);
	assert_string_equal(json_text(jwk, "e"), E);
	assert_int_equal(faults_of(bytes_text(&jwt)), 0);
}

static void both_kinds_are_good(void **state)
{
	struct attest_claims claims = good;
	OWNED_STRUCT(bytes) jwt = {0};

	(void)state;
	claims.kind = ATTEST_TPM;
	issue(&claims, &jwt);
	assert_int_equal(faults_of(bytes_text(&jwt)), 0);
}

static void two_tokens_have_two_ids(void **state)
{
	char one[UUID_TEXT_SIZE], two[UUID_TEXT_SIZE];
	OWNED_STRUCT(bytes) jwt = {0};

	(void)state;
	assert_int_equal(attest_tokens_issue(tokens, &good, &jwt, one, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_issue(tokens, &good, &jwt, two, NULL), MSIV2_OK);
	assert_string_not_equal(one, two);
}

/* The token service's key is another one. */
static void an_access_token_is_no_attestation_token(void **state)
{
	OWNED_STRUCT(tokens) *access = NULL;
	OWNED_STRUCT(bytes) jwt = {0};
	const struct token_claims claims = {.issuer = BASE,
	                                    .audience = "a",
	                                    .tenant_id = "t",
	                                    .client_id = "c",
	                                    .object_id = "o",
	                                    .issued_at_s = NOW_S,
	                                    .expires_at_s = NOW_S + 60};
	char jti[UUID_TEXT_SIZE];

	(void)state;
	assert_int_equal(tokens_new(NULL, NULL, &access, NULL), MSIV2_OK);
	assert_int_equal(tokens_issue(access, &claims, &jwt, jti, NULL), MSIV2_OK);
	assert_int_equal(faults_of(bytes_text(&jwt)),
	                 ATTEST_TOKEN_JKU | ATTEST_TOKEN_SIGNATURE | ATTEST_TOKEN_CLAIM);
}

#define HEADER(alg, jku, more)                                                                     \
	"{\"typ\":\"JWT\",\"alg\":\"" alg "\",\"kid\":\"%s\",\"jku\":\"" jku "\"" more "}"
#define GOOD_HEADER HEADER("RS256", BASE "/certs", "")
#define PAYLOAD(iss, times, type, keys)                                                            \
	"{\"iss\":\"" iss "\"," times ",\"x-ms-attestation-type\":\"" type                         \
	"\",\"x-ms-runtime\":{\"keys\":" keys "}}"
#define TIMES     "\"iat\":1795230000,\"nbf\":1795230000,\"exp\":1795230001"
#define JWK(n, e) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"}"
#define KEYS      "[" JWK(N, E) "]"
#define GOOD      PAYLOAD(BASE, TIMES, "keyguard", KEYS)
#define TIMED(t)  PAYLOAD(BASE, t, "keyguard", KEYS)
#define KEYED(k)  PAYLOAD(BASE, TIMES, "tpm", k)

static const struct {
	const char *header; /* %s is the kid */
	const char *payload;
	unsigned faults;
} crafted[] = {
        {GOOD_HEADER, GOOD, 0},
        {HEADER("none", BASE "/certs", ""), GOOD, ATTEST_TOKEN_FORM},
        {HEADER("RS512", BASE "/certs", ""), GOOD, ATTEST_TOKEN_FORM},
        {HEADER("HS256", BASE "/certs", ""), GOOD, ATTEST_TOKEN_FORM},
        {HEADER("RS256", BASE "/certs", ",\"crit\":[\"b64\"]"), GOOD, ATTEST_TOKEN_FORM},
        {HEADER("RS256", BASE "/certs", ",\"alg\":\"none\""), GOOD, ATTEST_TOKEN_FORM},
        {"[\"%s\"]", GOOD, ATTEST_TOKEN_FORM},
        {HEADER("RS256", "https://evil.example/certs", ""), GOOD, ATTEST_TOKEN_JKU},
        {HEADER("RS256", BASE "/certs/", ""), GOOD, ATTEST_TOKEN_JKU},
        {HEADER("RS256", BASE ".evil.example/certs", ""), GOOD, ATTEST_TOKEN_JKU},
        {HEADER("RS256", "/certs", ""), GOOD, ATTEST_TOKEN_JKU},
        {"{\"alg\":\"RS256\",\"kid\":\"%s\"}", GOOD, ATTEST_TOKEN_JKU},
        {"{\"alg\":\"RS256\",\"kid\":\"x%s\",\"jku\":\"" BASE "/certs\"}", GOOD,
         ATTEST_TOKEN_SIGNATURE},
        {"{\"alg\":\"RS256\",\"jku\":\"" BASE "/certs\",\"x\":\"%s\"}", GOOD,
         ATTEST_TOKEN_SIGNATURE},
        {GOOD_HEADER, "x", ATTEST_TOKEN_FORM},
        {GOOD_HEADER, "[]", ATTEST_TOKEN_FORM},
        {GOOD_HEADER, "{}", ATTEST_TOKEN_ISSUER | ATTEST_TOKEN_TIME | ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, PAYLOAD(BASE "/", TIMES, "tpm", KEYS), ATTEST_TOKEN_ISSUER},
        {GOOD_HEADER, PAYLOAD("https://evil.example", TIMES, "tpm", KEYS), ATTEST_TOKEN_ISSUER},
        {GOOD_HEADER, TIMED("\"iat\":0,\"nbf\":0,\"exp\":1795230000"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":0,\"nbf\":1795230001,\"exp\":1795230002"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":1795230001,\"nbf\":0,\"exp\":1795230002"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":0,\"nbf\":0"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"nbf\":0,\"exp\":1795230001"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":0,\"exp\":1795230001"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":0,\"nbf\":0,\"exp\":\"1795230001\""), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, TIMED("\"iat\":0,\"nbf\":0,\"exp\":1e300"), ATTEST_TOKEN_TIME},
        {GOOD_HEADER, PAYLOAD(BASE, TIMES, "memory", KEYS), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, PAYLOAD(BASE, TIMES, "", KEYS), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("[]"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("{}"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("{\"a\":" JWK(N, E) "}"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("[" JWK(N, E) "," JWK(N, E) "]"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("[" JWK("sXci", E) "]"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("[" JWK(N, "Aw") "]"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, KEYED("[\"x\"]"), ATTEST_TOKEN_CLAIM},
        {GOOD_HEADER, PAYLOAD("x", "\"exp\":1", "x", "[]"),
         ATTEST_TOKEN_ISSUER | ATTEST_TOKEN_TIME | ATTEST_TOKEN_CLAIM},
};

static void make_header(const char *form, char *out, size_t size)
{
	const char *hole = strstr(form, "%s");

	assert_non_null(hole);
	(void)snprintf(out, size, "%.*s%s%s", (int)(hole - form), form, bytes_text(&kid), hole + 2);
}

static void each_fault_is_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(crafted); i++) {
		OWNED_STRUCT(bytes) jwt = {0};
		char header[512];
		unsigned faults;

		make_header(crafted[i].header, header, sizeof(header));
		jwt_make(header, crafted[i].payload, key, EVP_sha256(), &jwt);
		faults = faults_of(bytes_text(&jwt));
		if (faults != crafted[i].faults)
			fail_msg("%s %s: %u, not %u", crafted[i].header, crafted[i].payload, faults,
			         crafted[i].faults);
	}
}

static void what_is_no_jwt_has_no_form(void **state)
{
	static const char *const texts[] = {"",      "x",     ".",       "..",      "a.b",
	                                    "e30..", ".e30.", "e30.e30", "a.b.c.d", "e30=.e30.AA"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++)
		assert_int_equal(faults_of(texts[i]), ATTEST_TOKEN_FORM);
}

static void a_token_that_is_too_long_is_not_looked_at(void **state)
{
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	bytes_add_text(&text, "e30.");
	while (text.len < 20000)
		bytes_add_text(&text, "AAAA");
	bytes_add_text(&text, ".AAAA");
	assert_int_equal(faults_of(bytes_text(&text)), ATTEST_TOKEN_FORM);
}

static void a_signature_that_is_not_ours_is_seen(void **state)
{
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(bytes) unsigned_jwt = {0};
	char header[512];
	char *last;

	(void)state;
	make_header(GOOD_HEADER, header, sizeof(header));
	jwt_make(header, GOOD, foreign, EVP_sha256(), &jwt);
	assert_int_equal(faults_of(bytes_text(&jwt)), ATTEST_TOKEN_SIGNATURE);
	jwt_make(header, GOOD, key, EVP_sha512(), &jwt);
	assert_int_equal(faults_of(bytes_text(&jwt)), ATTEST_TOKEN_SIGNATURE);
	last = strrchr((char *)jwt.data, '.');
	bytes_add(&unsigned_jwt, jwt.data, (size_t)(last - (char *)jwt.data) + 1);
	assert_int_equal(faults_of(bytes_text(&unsigned_jwt)), ATTEST_TOKEN_SIGNATURE);
}

static void a_changed_character_is_always_a_fault(void **state)
{
	OWNED_STRUCT(bytes) jwt = {0};

	(void)state;
	issue(&good, &jwt);
	for (size_t at = 0; at < jwt.len; at += 3) {
		uint8_t was = jwt.data[at];

		jwt.data[at] = was == 'A' ? 'B' : 'A';
		if (faults_of(bytes_text(&jwt)) == 0)
			fail_msg("character %zu may be changed", at);
		jwt.data[at] = was;
	}
}

static void the_key_is_found_again_in_the_state_directory(void **state)
{
	struct state_dir dir;
	OWNED_STRUCT(attest_tokens) *one = NULL;
	OWNED_STRUCT(attest_tokens) *two = NULL;
	OWNED_STRUCT(tokens) *access = NULL;
	OWNED_STRUCT(bytes) jwks_one = {0};
	OWNED_STRUCT(bytes) jwks_two = {0};
	OWNED_STRUCT(bytes) jwks_access = {0};
	struct stat st;
	char path[160];

	(void)state;
	state_dir_new(&dir);
	assert_int_equal(attest_tokens_new(dir.path, rng_system(), &one, NULL), MSIV2_OK);
	assert_int_equal(state_dir_count(&dir), 0); /* nobody needs it yet */
	assert_int_equal(attest_tokens_prepare(one, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_prepare(one, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_jwks(one, &jwks_one, NULL), MSIV2_OK);
	assert_int_equal(stat(state_dir_file(&dir, "attestation-key.pem", path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(attest_tokens_new(dir.path, rng_system(), &two, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_jwks(two, &jwks_two, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&jwks_one), bytes_text(&jwks_two));
	assert_int_equal(tokens_new(dir.path, NULL, &access, NULL), MSIV2_OK);
	assert_int_equal(tokens_jwks(access, &jwks_access, NULL), MSIV2_OK);
	assert_string_not_equal(bytes_text(&jwks_one), bytes_text(&jwks_access));
	state_dir_free(&dir);
}

static void a_spoilt_key_file_is_a_configuration_error(void **state)
{
	struct state_dir dir;
	struct attest_tokens *none = NULL;
	OWNED_STRUCT(tokens) *access = NULL;
	OWNED_STRUCT(bytes) jwks = {0};
	struct msiv2_error err = {0};

	(void)state;
	state_dir_new(&dir);
	assert_int_equal(tokens_new(dir.path, NULL, &access, NULL), MSIV2_OK);
	assert_int_equal(tokens_jwks(access, &jwks, NULL), MSIV2_OK);
	state_dir_write(&dir, "attestation-key.pem", "x", 1);
	assert_int_equal(attest_tokens_new(dir.path, rng_system(), &none, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.where, "attestation-key.pem"));
	assert_null(none);
	state_dir_free(&dir);
}

static void *ask_for_the_key(void *arg)
{
	struct bytes *jwks = arg;

	if (attest_tokens_prepare(fresh, NULL) != MSIV2_OK ||
	    attest_tokens_jwks(fresh, jwks, NULL) != MSIV2_OK)
		bytes_clear(jwks);
	return NULL;
}

static void whoever_comes_first_there_is_one_key(void **state)
{
	enum { THREADS = 8 };
	struct bytes jwks[THREADS] = {0};
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(attest_tokens_new(NULL, rng_system(), &fresh, NULL), MSIV2_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_for_the_key, &jwks[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_true(jwks[i].len > 0);
		assert_string_equal(bytes_text(&jwks[i]), bytes_text(&jwks[0]));
	}
	for (int i = 0; i < THREADS; i++)
		bytes_free(&jwks[i]);
	attest_tokens_free(fresh);
}

static void tokens_nobody_waits_for_are_freed_at_once(void **state)
{
	OWNED_STRUCT(attest_tokens) *idle = NULL;
	OWNED_STRUCT(attest_tokens) *busy = NULL;

	(void)state;
	assert_int_equal(attest_tokens_new(NULL, rng_system(), &idle, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_new(NULL, rng_system(), &busy, NULL), MSIV2_OK);
	assert_int_equal(attest_tokens_prepare(busy, NULL), MSIV2_OK);
}

static void running_out_of_memory_is_an_error_never_a_good_verdict(void **state)
{
	OWNED_STRUCT(bytes) good_jwt = {0};
	bool happened = true;

	(void)state;
	issue(&good, &good_jwt);
	for (unsigned nth = 1; happened; nth++) {
		OWNED_STRUCT(bytes) jwt = {0};
		char jti[UUID_TEXT_SIZE];
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = attest_tokens_issue(tokens, &good, &jwt, jti, NULL);
		happened = fault_disarm();
		assert_int_equal(rc, happened ? MSIV2_INTERNAL : MSIV2_OK);
	}
	happened = true;
	for (unsigned nth = 1; happened; nth++) {
		unsigned faults;

		fault_at(FAULT_MEMORY, nth);
		faults = faults_of(bytes_text(&good_jwt));
		happened = fault_disarm();
		assert_true(happened ? faults != 0 : faults == 0);
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_token_says_what_was_attested_and_verifies),
	        TEST(both_kinds_are_good),
	        TEST(two_tokens_have_two_ids),
	        TEST(an_access_token_is_no_attestation_token),
	        TEST(each_fault_is_told_apart),
	        TEST(what_is_no_jwt_has_no_form),
	        TEST(a_token_that_is_too_long_is_not_looked_at),
	        TEST(a_signature_that_is_not_ours_is_seen),
	        TEST(a_changed_character_is_always_a_fault),
	        TEST(the_key_is_found_again_in_the_state_directory),
	        TEST(a_spoilt_key_file_is_a_configuration_error),
	        TEST(whoever_comes_first_there_is_one_key),
	        TEST(tokens_nobody_waits_for_are_freed_at_once),
	        TEST(running_out_of_memory_is_an_error_never_a_good_verdict),
	};

	return cmocka_run_group_tests_name("attest_token", tests, make_tokens, free_tokens);
}
