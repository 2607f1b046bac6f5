/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2 key: what it tells of a key in memory and of one in a token, enrolling and removing. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "command_run.h"
#include "common/encoding.h"
#include "common/x509.h"
#include "fake_cloud.h"
#include "softhsm_token.h"

struct desk {
	struct fake_cloud cloud; /* here: the authority */
	struct command_run run;
	struct softhsm_token token;
	char authority[64];
};

/* Certifies what comes. */
static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	const struct blame blame = {MSIV2_INTERNAL, "enrol"};
	OWNED(cJSON) *body = NULL;
	OWNED(EVP_PKEY) *key = NULL;
	OWNED(X509_NAME) *subject = X509_NAME_new();
	OWNED(X509) *cert = NULL;
	OWNED_STRUCT(bytes) spki = {0};
	OWNED_STRUCT(bytes) der = {0};
	const char *text = NULL;
	const uint8_t *at;

	(void)leg;
	(void)nth;
	if (json_parse_object(request->body, request->body_len, &blame, &body, NULL) != MSIV2_OK ||
	    json_need_string(body, "public_key", &blame, &text, NULL) != MSIV2_OK ||
	    !base64url_decode(text, strlen(text), &spki))
		return fake_cloud_says(answer, 400, "");
	at = spki.data;
	key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	cert = throwaway_ca_sign(&cloud->ca, key, subject, 0, 4102444800);
	if (x509_to_der(cert, &der, NULL) != MSIV2_OK)
		return fake_cloud_says(answer, 500, "");
	bytes_add_text(&answer->body, "{\"certificate\":\"");
	base64url_encode(der.data, der.len, &answer->body);
	bytes_add_text(&answer->body, "\"}");
	return true;
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	(void)snprintf(desk->authority, sizeof(desk->authority), "%s",
	               scripted_peer_base(desk->cloud.imds));
	desk->run.cloud = &desk->cloud;
	softhsm_token_make(&desk->token);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	softhsm_token_drop(&desk->token);
	command_run_free(&desk->run);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

/* The digest of the key's public half, by --json. */
static void read_digest(struct desk *desk, char digest[65])
{
	OWNED(cJSON) *object = NULL;

	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard", "--json");
	command_expect_exit(&desk->run, 0);
	object = command_json(&desk->run);
	(void)snprintf(digest, 65, "%s",
	               command_text_at(cJSON_GetObjectItem(object, "key"), "spki_sha256"));
	assert_int_equal(strlen(digest), 64);
}

static void a_memory_key_is_told_for_people(void **state)
{
	static const char *const words[] = {"key          memory, strength 1 of 3, RSA 2048\n",
	                                    "  public     SPKI sha256 ",
	                                    "the memory of this process",
	                                    "it dies with its process",
	                                    "attestable no",
	                                    "PSS in ",
	                                    "PKCS#1 v1.5 in ",
	                                    "verified"};
	struct desk *desk = *state;

	COMMAND_RUN(&desk->run, "key");
	command_expect_exit(&desk->run, 0);
	assert_int_equal(desk->run.err.len, 0);
	for (size_t i = 0; i < TEXT_COUNT(words); i++) {
		if (!command_says(&desk->run.out, words[i]))
			fail_msg("\"%s\" is not in: %s", words[i], bytes_text(&desk->run.out));
	}
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 0);
}

static void the_json_of_a_key_is_as_documented(void **state)
{
	struct desk *desk = *state;
	OWNED(cJSON) *object = NULL;
	const cJSON *key;

	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard,memory", "--json");
	command_expect_exit(&desk->run, 0);
	object = command_json(&desk->run);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(object, "ok")));
	assert_true(text_starts(command_text_at(object, "pem"), "-----BEGIN PUBLIC KEY-----\n"));
	key = cJSON_GetObjectItem(object, "key");
	assert_string_equal(command_text_at(key, "kind"), "keyguard");
	assert_int_equal((int)command_number_at(key, "strength"), 3);
	assert_int_equal((int)command_number_at(key, "bits"), 2048);
	assert_int_equal(strlen(command_text_at(key, "spki_sha256")), 64);
	assert_non_null(strstr(command_text_at(key, "location"), "msiv2"));
	assert_non_null(strstr(command_text_at(key, "protection"), "never extractable"));
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(key, "persistent")));
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(key, "attestable")));
	key = cJSON_GetObjectItem(key, "sign_ms");
	assert_true(command_number_at(key, "pss") >= 0);
	assert_true(command_number_at(key, "pkcs1") >= 0);
}

static void the_pem_is_the_public_key_and_nothing_else(void **state)
{
	struct desk *desk = *state;
	OWNED(BIO) *bio = NULL;
	OWNED(EVP_PKEY) *key = NULL;

	COMMAND_RUN(&desk->run, "key", "--pem");
	command_expect_exit(&desk->run, 0);
	bio = BIO_new_mem_buf(desk->run.out.data, (int)desk->run.out.len);
	key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bits(key), 2048);
	assert_int_equal(BIO_pending(bio), 0);
	assert_false(command_says(&desk->run.out, "PRIVATE"));
}

static void a_key_of_a_device_stays_until_it_is_removed(void **state)
{
	struct desk *desk = *state;
	char first[65];
	char digest[65];

	read_digest(desk, first);
	read_digest(desk, digest);
	assert_string_equal(digest, first);
	COMMAND_RUN(&desk->run, "key", "remove", "--keys", "keyguard");
	command_expect_exit(&desk->run, 0);
	assert_string_equal(bytes_text(&desk->run.out), "removed      keyguard\n");
	COMMAND_RUN(&desk->run, "key", "remove", "--keys=keyguard", "--json");
	assert_string_equal(bytes_text(&desk->run.out), "{\"ok\":true,\"removed\":\"keyguard\"}\n");
	read_digest(desk, digest);
	assert_string_not_equal(digest, first);
}

static void an_enrolled_device_is_attestable(void **state)
{
	struct desk *desk = *state;

	COMMAND_RUN(&desk->run, "key", "enrol", "--keys", "keyguard", "--authority",
	            desk->authority);
	command_expect_exit(&desk->run, 0);
	assert_string_equal(bytes_text(&desk->run.out), "enrolled     keyguard\n");
	fake_cloud_expect_text(&desk->cloud, LEG_RESOURCE, "\"kind\":\"keyguard\"");
	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard");
	assert_true(command_says(&desk->run.out, "attestable yes"));
	/* The certificate is of the identity, not of the key. */
	COMMAND_RUN(&desk->run, "key", "remove", "--keys", "keyguard");
	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard");
	assert_true(command_says(&desk->run.out, "attestable yes"));
	COMMAND_RUN(&desk->run, "key", "enrol", "--keys", "keyguard", "--authority",
	            desk->authority, "--json");
	assert_string_equal(bytes_text(&desk->run.out),
	                    "{\"ok\":true,\"enrolled\":\"keyguard\"}\n");
}

static void a_floor_without_its_device_is_key_unavailable(void **state)
{
	struct desk *desk = *state;

	softhsm_token_hide(&desk->token);
	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard,memory", "--min-strength", "keyguard");
	command_expect_exit(&desk->run, 4);
	assert_int_equal(desk->run.out.len, 0);
	assert_int_equal(command_lines(&desk->run.err), 1);
	assert_true(command_says(&desk->run.err, "msiv2: key_unavailable: key: no key of at least "
	                                         "keyguard: keyguard "));
	COMMAND_RUN(&desk->run, "key", "--keys", "keyguard,memory", "-v");
	command_expect_exit(&desk->run, 0);
	assert_true(command_says(&desk->run.out, "key          memory"));
	assert_true(command_says(&desk->run.err, "key: keyguard is "));
	softhsm_token_show(&desk->token);
}

static void bad_arguments_are_one_clear_line_and_exit_2(void **state)
{
	static const char *const rows[][6] = {
	        {"key", "show"},
	        {"key", "enrol", "extra"},
	        {"key", "--authority", "http://127.0.0.1:1"},
	        {"key", "enrol", "--keys", "keyguard"},
	        {"key", "enrol", "--keys", "keyguard", "--authority="},
	        {"key", "enrol", "--keys=keyguard", "--authority=nonsense"},
	        {"key", "enrol", "--authority", "http://127.0.0.1:1"},
	        {"key", "enrol", "--keys=windows", "--authority=http://127.0.0.1:1"},
	        {"key", "enrol", "--keys=memory", "--authority=http://127.0.0.1:1"},
	        {"key", "enrol", "--keys=keyguard", "--authority=http://127.0.0.1:1", "--pem"},
	        {"key", "remove"},
	        {"key", "remove", "--keys", "keyguard,hardware"},
	        {"key", "remove", "--keys=keyguard", "--authority", "http://127.0.0.1:1"},
	        {"key", "--keys", "paper"},
	        {"key", "--pem", "--json"},
	        {"key", "--min-strength", "hardware"},
	        {"key", "--resource", "x"},
	        {"key", "--pin-file="},
	        {"token", "--resource", "x", "--authority", "http://127.0.0.1:1"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		size_t count = 0;
		bool json_asked;

		while (count < 6 && rows[i][count] != NULL)
			count++;
		command_run(&desk->run, rows[i], count);
		json_asked = strcmp(rows[i][count - 1], "--json") == 0;
		if (desk->run.exit_code != 2 ||
		    command_lines(json_asked ? &desk->run.out : &desk->run.err) != 1 ||
		    (!json_asked && !command_says(&desk->run.err, "msiv2: config: ")))
			fail_msg("row %zu: exit %d, \"%s\"", i, desk->run.exit_code,
			         bytes_text(&desk->run.err));
	}
}

static void help_tells_the_verbs(void **state)
{
	struct desk *desk = *state;

	COMMAND_RUN(&desk->run, "help", "key");
	command_expect_exit(&desk->run, 0);
	assert_true(command_says(&desk->run.out, "Usage: msiv2 key [enrol|remove] [OPTION]..."));
	assert_true(command_says(&desk->run.out, "--authority URL"));
	COMMAND_RUN(&desk->run, "--help");
	assert_true(command_says(&desk->run.out, "  key    "));
	assert_true(command_says(&desk->run.out, "  doctor "));
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_memory_key_is_told_for_people),
	        at_a_desk(the_json_of_a_key_is_as_documented),
	        at_a_desk(the_pem_is_the_public_key_and_nothing_else),
	        at_a_desk(a_key_of_a_device_stays_until_it_is_removed),
	        at_a_desk(an_enrolled_device_is_attestable),
	        at_a_desk(a_floor_without_its_device_is_key_unavailable),
	        at_a_desk(bad_arguments_are_one_clear_line_and_exit_2),
	        at_a_desk(help_tells_the_verbs),
	};

	return cmocka_run_group_tests_name("cli_key", tests, NULL, NULL);
}
