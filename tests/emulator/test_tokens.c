/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Tokens as issued (TOK-01): judged by the JWKS alone. Their check: test_token_check.c. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/private_key.h"
#include "emulator/pki/tokens.h"
#include "faults.h"
#include "jwt_parts.h"
#include "state_dir.h"

#define NOW_S      INT64_C(1795230000)
#define DAY_S      INT64_C(86400)
#define THUMBPRINT "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

static const struct token_claims pop = {
        .issuer = "https://localhost:8443/tenant-1/v2.0",
        .audience = "https://vault.azure.net",
        .tenant_id = "tenant-1",
        .client_id = "client-1",
        .object_id = "object-1",
        .mi_res_id = "/subscriptions/1/resourceGroups/2/identities/3",
        .x5t_s256 = THUMBPRINT,
        .issued_at_s = NOW_S,
        .expires_at_s = NOW_S + DAY_S,
};

static int make_tokens(void **state)
{
	static struct tokens *tokens;

	assert_int_equal(tokens_new(NULL, rng_system(), &tokens, NULL), MSIV2_OK);
	*state = tokens;
	return 0;
}

static int free_tokens(void **state)
{
	tokens_free(*state);
	return 0;
}

static void issue(struct tokens *tokens, const struct token_claims *claims, struct bytes *jwt)
{
	struct msiv2_error err = {0};
	char jti[UUID_TEXT_SIZE];

	if (tokens_issue(tokens, claims, jwt, jti, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

static void jwks(struct tokens *tokens, struct bytes *out)
{
	struct msiv2_error err = {0};

	if (tokens_jwks(tokens, out, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

static void a_token_verifies_with_the_published_key(void **state)
{
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(bytes) set = {0};
	OWNED(EVP_PKEY) *key = NULL;

	issue(*state, &pop, &jwt);
	jwks(*state, &set);
	key = jwks_key(bytes_text(&set));
	assert_int_equal(EVP_PKEY_get_bits(key), 2048);
	assert_true(jwt_is_signed_by(bytes_text(&jwt), key));
}

static void the_jwk_says_what_rfc_7517_asks(void **state)
{
	OWNED_STRUCT(bytes) set = {0};
	OWNED(cJSON) *tree = NULL;
	const cJSON *jwk;

	jwks(*state, &set);
	tree = cJSON_Parse(bytes_text(&set));
	jwk = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "keys"), 0);
	assert_string_equal(json_text(jwk, "kty"), "RSA");
	assert_string_equal(json_text(jwk, "use"), "sig");
	assert_string_equal(json_text(jwk, "alg"), "RS256");
	assert_string_equal(json_text(jwk, "e"), "AQAB");
	assert_null(json_text(jwk, "d"));
	assert_string_equal(json_text(tree, "emulator"), "NOT FOR PRODUCTION");
}

/* RFC 7638, by the example of its section 3.1: the members, their order, no white space. */
static void the_kid_is_the_thumbprint_of_the_key(void **state)
{
	OWNED_STRUCT(bytes) set = {0};
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(jwt_view) view = {0};
	OWNED_STRUCT(bytes) canonical = {0};
	OWNED_STRUCT(bytes) kid = {0};
	OWNED(cJSON) *tree = NULL;
	uint8_t digest[32];
	const cJSON *jwk;

	jwks(*state, &set);
	issue(*state, &pop, &jwt);
	jwt_view_read(bytes_text(&jwt), &view);
	tree = cJSON_Parse(bytes_text(&set));
	jwk = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "keys"), 0);
	bytes_addf(&canonical, "{\"e\":\"%s\",\"kty\":\"%s\",\"n\":\"%s\"}", json_text(jwk, "e"),
	           json_text(jwk, "kty"), json_text(jwk, "n"));
	assert_int_equal(
	        EVP_Digest(canonical.data, canonical.len, digest, NULL, EVP_sha256(), NULL), 1);
	base64url_encode(digest, sizeof(digest), &kid);
	assert_string_equal(json_text(jwk, "kid"), bytes_text(&kid));
	assert_string_equal(json_text(view.header, "kid"), bytes_text(&kid));
	assert_string_equal(json_text(view.header, "alg"), "RS256");
	assert_string_equal(json_text(view.header, "typ"), "JWT");
}

static double json_number(const cJSON *object, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void a_pop_token_carries_every_claim(void **state)
{
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(jwt_view) view = {0};
	const cJSON *cnf;

	issue(*state, &pop, &jwt);
	jwt_view_read(bytes_text(&jwt), &view);
	assert_string_equal(json_text(view.payload, "iss"), pop.issuer);
	assert_string_equal(json_text(view.payload, "aud"), pop.audience);
	assert_string_equal(json_text(view.payload, "tid"), pop.tenant_id);
	assert_string_equal(json_text(view.payload, "appid"), pop.client_id);
	assert_string_equal(json_text(view.payload, "oid"), pop.object_id);
	assert_string_equal(json_text(view.payload, "sub"), pop.object_id);
	assert_string_equal(json_text(view.payload, "xms_mirid"), pop.mi_res_id);
	assert_string_equal(json_text(view.payload, "xms_tb"), THUMBPRINT);
	assert_string_equal(json_text(view.payload, "ver"), "2.0");
	assert_string_equal(json_text(view.payload, "emulator"), "NOT FOR PRODUCTION");
	assert_true(text_is_uuid(json_text(view.payload, "jti")));
	cnf = cJSON_GetObjectItemCaseSensitive(view.payload, "cnf");
	assert_string_equal(json_text(cnf, "x5t#S256"), THUMBPRINT);
	assert_true(json_number(view.payload, "iat") == (double)NOW_S);
	assert_true(json_number(view.payload, "nbf") == (double)NOW_S);
	assert_true(json_number(view.payload, "exp") == (double)(NOW_S + DAY_S));
}

static void a_bearer_token_carries_no_binding(void **state)
{
	struct token_claims claims = pop;
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(jwt_view) view = {0};

	claims.x5t_s256 = NULL;
	claims.mi_res_id = NULL;
	issue(*state, &claims, &jwt);
	jwt_view_read(bytes_text(&jwt), &view);
	assert_null(cJSON_GetObjectItemCaseSensitive(view.payload, "cnf"));
	assert_null(cJSON_GetObjectItemCaseSensitive(view.payload, "xms_tb"));
	assert_null(cJSON_GetObjectItemCaseSensitive(view.payload, "xms_mirid"));
}

static void no_two_tokens_are_the_same(void **state)
{
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};

	issue(*state, &pop, &first);
	issue(*state, &pop, &second);
	assert_string_not_equal(bytes_text(&first), bytes_text(&second));
}

static void a_token_is_appended_to_what_is_there(void **state)
{
	OWNED_STRUCT(bytes) out = {0};
	OWNED_STRUCT(bytes) set = {0};
	OWNED(EVP_PKEY) *key = NULL;

	bytes_add_text(&out, "token=");
	issue(*state, &pop, &out);
	jwks(*state, &set);
	key = jwks_key(bytes_text(&set));
	assert_true(text_starts(bytes_text(&out), "token="));
	assert_true(jwt_is_signed_by(bytes_text(&out) + 6, key));
}

static void expect_no_token(struct tokens *tokens, const struct token_claims *claims)
{
	OWNED_STRUCT(bytes) jwt = {0};
	struct msiv2_error err = {0};
	char jti[UUID_TEXT_SIZE];

	assert_int_equal(tokens_issue(tokens, claims, &jwt, jti, &err), MSIV2_CONFIG);
	assert_int_equal(jwt.len, 0);
	assert_true(text_starts(err.message, "the claim "));
}

static void claims_that_could_not_be_read_again_are_refused(void **state)
{
	struct token_claims claims = pop;
	char longest[300];

	claims.audience = "";
	expect_no_token(*state, &claims);
	claims.audience = NULL;
	expect_no_token(*state, &claims);
	claims.audience = "\xff";
	expect_no_token(*state, &claims);
	memset(longest, 'a', sizeof(longest));
	longest[256] = '\0';
	claims.audience = longest;
	expect_no_token(*state, &claims);
	longest[255] = '\0';
	{
		OWNED_STRUCT(bytes) jwt = {0};
		struct token_facts facts;

		issue(*state, &claims, &jwt);
		assert_int_equal(tokens_check(*state, bytes_text(&jwt), jwt.len, NOW_S, &facts),
		                 TOKEN_OK);
		assert_string_equal(facts.audience, longest);
	}
	claims = pop;
	claims.x5t_s256 = "";
	expect_no_token(*state, &claims);
}

/* ---- the key and its state directory ---- */

static int make_dir(void **state)
{
	static struct state_dir dir;

	state_dir_new(&dir);
	*state = &dir;
	return 0;
}

static int remove_dir(void **state)
{
	state_dir_free(*state);
	return 0;
}

static struct tokens *must_open(const struct state_dir *dir)
{
	struct msiv2_error err = {0};
	struct tokens *tokens = NULL;

	if (tokens_new(dir->path, rng_system(), &tokens, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
	return tokens;
}

static void expect_same_keys(struct tokens *a, struct tokens *b)
{
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};

	jwks(a, &first);
	jwks(b, &second);
	assert_string_equal(bytes_text(&first), bytes_text(&second));
}

static void the_key_is_found_again(void **state)
{
	OWNED_STRUCT(tokens) *first = must_open(*state);
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(tokens) *second = NULL;
	struct token_facts facts;
	struct stat st;
	char path[160];

	issue(first, &pop, &jwt);
	second = must_open(*state);
	expect_same_keys(first, second);
	assert_int_equal(tokens_check(second, bytes_text(&jwt), jwt.len, NOW_S, &facts), TOKEN_OK);
	assert_int_equal(stat(state_dir_file(*state, "token-key.pem", path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(state_dir_count(*state), 1);
}

static void emulators_that_start_together_agree_on_one_key(void **state)
{
	struct tokens *all[4];
	OWNED_STRUCT(bytes) jwt = {0};
	struct token_facts facts;

	for (size_t i = 0; i < TEXT_COUNT(all); i++)
		all[i] = must_open(*state);
	issue(all[0], &pop, &jwt);
	for (size_t i = 1; i < TEXT_COUNT(all); i++) {
		expect_same_keys(all[0], all[i]);
		assert_int_equal(tokens_check(all[i], bytes_text(&jwt), jwt.len, NOW_S, &facts),
		                 TOKEN_OK);
	}
	for (size_t i = 0; i < TEXT_COUNT(all); i++)
		tokens_free(all[i]);
	assert_int_equal(state_dir_count(*state), 1);
}

static void expect_refused(const struct state_dir *dir)
{
	struct msiv2_error err = {0};
	struct tokens *tokens = NULL;
	char path[160];

	assert_int_equal(tokens_new(dir->path, rng_system(), &tokens, &err), MSIV2_CONFIG);
	assert_null(tokens);
	assert_string_equal(err.where, state_dir_file(dir, "token-key.pem", path));
}

static void a_key_file_that_cannot_be_used_is_refused_at_the_start(void **state)
{
	OWNED_STRUCT(bytes) good = {0};
	OWNED_STRUCT(bytes) set = {0};
	struct tokens *tokens = must_open(*state);
	char path[160];

	jwks(tokens, &set);
	tokens_free(tokens);
	state_dir_read(*state, "token-key.pem", &good);
	assert_int_equal(chmod(state_dir_file(*state, "token-key.pem", path), 0604), 0);
	expect_refused(*state);
	for (size_t len = 0; len + 30 < good.len; len += 101) {
		state_dir_write(*state, "token-key.pem", good.data, len);
		expect_refused(*state);
	}
	state_dir_write(*state, "token-key.pem", good.data, good.len);
	tokens_free(must_open(*state));
}

static void write_key(const struct state_dir *dir, EVP_PKEY *key)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &text);
	state_dir_write(dir, "token-key.pem", text, (size_t)len);
}

static void a_key_of_another_kind_is_refused(void **state)
{
	const struct state_dir *dir = *state;
	OWNED(EVP_PKEY) *ec = EVP_EC_gen("P-256");
	OWNED(EVP_PKEY) *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);

	assert_int_equal(mkdir(dir->path, 0700), 0);
	write_key(dir, ec);
	expect_refused(dir);
	write_key(dir, small);
	expect_refused(dir);
}

static void a_directory_that_cannot_be_made_is_refused_at_the_start(void **state)
{
	struct msiv2_error err = {0};
	struct tokens *tokens = NULL;

	(void)state;
	assert_int_equal(tokens_new("/nonexistent/deeper", rng_system(), &tokens, &err),
	                 MSIV2_CONFIG);
	assert_null(tokens);
	assert_string_equal(err.where, "/nonexistent/deeper");
}

/* The thread fails after tokens_new() returned: whoever needs the key hears of it. */
static void a_key_that_cannot_be_kept_fails_whoever_needs_it(void **state)
{
	const struct state_dir *dir = *state;
	OWNED_STRUCT(bytes) out = {0};
	struct msiv2_error err = {0};
	struct token_facts facts;
	struct tokens *tokens;
	char path[160];
	char jti[UUID_TEXT_SIZE];

	assert_int_equal(mkdir(dir->path, 0700), 0);
	fault_at(FAULT_FILES, 4); /* mkdir, open to read, open to write, write */
	tokens = must_open(dir);
	assert_int_equal(tokens_jwks(tokens, &out, &err), MSIV2_CONFIG);
	assert_true(fault_disarm());
	assert_non_null(strstr(err.where, state_dir_file(dir, "token-key.pem", path)));
	assert_int_equal(tokens_issue(tokens, &pop, &out, jti, &err), MSIV2_CONFIG);
	assert_int_equal(tokens_check(tokens, "a.b.c", 5, NOW_S, &facts), TOKEN_NO_KEY);
	assert_int_equal(tokens_ready(tokens, &err), MSIV2_CONFIG);
	tokens_free(tokens);
	assert_int_equal(state_dir_count(dir), 0);
}

static void any_system_call_of_the_maker_may_fail(void **state)
{
	const struct state_dir *dir = *state;
	unsigned nth = 0;
	bool fired;

	assert_int_equal(mkdir(dir->path, 0700), 0);
	do {
		OWNED_STRUCT(bytes) out = {0};
		struct tokens *tokens = NULL;
		struct msiv2_error err = {0};
		enum msiv2_rc rc;
		char path[160];

		fault_at(FAULT_FILES, ++nth);
		rc = tokens_new(dir->path, rng_system(), &tokens, &err);
		if (rc == MSIV2_OK)
			rc = tokens_jwks(tokens, &out, &err);
		fired = fault_disarm();
		assert_int_equal(rc, fired ? MSIV2_CONFIG : MSIV2_OK);
		tokens_free(tokens);
		assert_true(state_dir_count(dir) <= 1);
		(void)unlink(state_dir_file(dir, "token-key.pem", path));
	} while (fired);
	assert_true(nth > 6);
}

static void a_maker_told_to_stop_gives_up(void **state)
{
	atomic_bool cancel = true;
	struct msiv2_error err = {0};
	EVP_PKEY *key = NULL;

	(void)state;
	assert_int_equal(private_key_make_rsa(&cancel, &key, &err), MSIV2_TIMEOUT);
	assert_null(key);
}

static void stopping_does_not_wait_for_a_key_nobody_wants(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct tokens *tokens = NULL;

		assert_int_equal(tokens_new(NULL, rng_system(), &tokens, NULL), MSIV2_OK);
		tokens_free(tokens);
	}
	tokens_free(NULL);
}

/* ---- threads ---- */

static void *issue_many(void *arg)
{
	struct tokens *tokens = arg;

	for (int i = 0; i < 10; i++) {
		OWNED_STRUCT(bytes) jwt = {0};
		struct token_facts facts;

		issue(tokens, &pop, &jwt);
		assert_int_equal(tokens_check(tokens, bytes_text(&jwt), jwt.len, NOW_S, &facts),
		                 TOKEN_OK);
	}
	return NULL;
}

static void threads_use_the_key_before_and_after_it_is_ready(void **state)
{
	struct tokens *tokens = NULL;
	pthread_t threads[4];

	(void)state;
	assert_int_equal(tokens_new(NULL, rng_system(), &tokens, NULL), MSIV2_OK);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, issue_many, tokens), 0);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	tokens_free(tokens);
}

static void memory_may_run_out_anywhere_while_issuing(void **state)
{
	OWNED_STRUCT(bytes) set = {0};
	unsigned nth = 0;
	bool fired;

	jwks(*state, &set); /* the key is ready: its maker takes no part in this */
	do {
		OWNED_STRUCT(bytes) jwt = {0};
		struct msiv2_error err = {0};
		char jti[UUID_TEXT_SIZE];
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, ++nth);
		rc = tokens_issue(*state, &pop, &jwt, jti, &err);
		fired = fault_disarm();
		assert_int_equal(rc, fired ? MSIV2_INTERNAL : MSIV2_OK);
		assert_int_equal(err.rc, rc);
	} while (fired);
	assert_true(nth > 3);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_token_verifies_with_the_published_key),
	        cmocka_unit_test(the_jwk_says_what_rfc_7517_asks),
	        cmocka_unit_test(the_kid_is_the_thumbprint_of_the_key),
	        cmocka_unit_test(a_pop_token_carries_every_claim),
	        cmocka_unit_test(a_bearer_token_carries_no_binding),
	        cmocka_unit_test(no_two_tokens_are_the_same),
	        cmocka_unit_test(a_token_is_appended_to_what_is_there),
	        cmocka_unit_test(claims_that_could_not_be_read_again_are_refused),
	        IN_DIR(the_key_is_found_again),
	        IN_DIR(emulators_that_start_together_agree_on_one_key),
	        IN_DIR(a_key_file_that_cannot_be_used_is_refused_at_the_start),
	        IN_DIR(a_key_of_another_kind_is_refused),
	        cmocka_unit_test(a_directory_that_cannot_be_made_is_refused_at_the_start),
	        IN_DIR(a_key_that_cannot_be_kept_fails_whoever_needs_it),
	        IN_DIR(any_system_call_of_the_maker_may_fail),
	        cmocka_unit_test(a_maker_told_to_stop_gives_up),
	        cmocka_unit_test(stopping_does_not_wait_for_a_key_nobody_wants),
	        cmocka_unit_test(threads_use_the_key_before_and_after_it_is_ready),
	        cmocka_unit_test(memory_may_run_out_anywhere_while_issuing),
	};

	return cmocka_run_group_tests(tests, make_tokens, free_tokens);
}
