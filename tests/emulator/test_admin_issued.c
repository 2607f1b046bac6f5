/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* GET /certificates and GET /tokens: what was issued, decoded and judged, and never a token. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_token_check.h"
#include "emulator/registry.h"
#include "faults.h"
#include "jwt_parts.h"
#include "stage.h"

#define VAULT "https://vault.azure.net"
#define FORM                                                                                       \
	"grant_type=client_credentials&client_id=" STAGE_SYSTEM                                    \
	"&scope=https%3A%2F%2Fvault.azure.net%2F.default&token_type=mtls_pop"

static struct stage stage;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

static void get(const char *path, const char *query)
{
	stage_begin(&stage, "admin", "GET", path, query);
	stage_admin(&stage);
}

/* Item number i of the answer's list. */
static const cJSON *item(const char *list, int i)
{
	const cJSON *found = cJSON_GetArrayItem(cJSON_GetObjectItem(stage.json, list), i);

	assert_non_null(found);
	return found;
}

static int listed(const char *list)
{
	assert_int_equal(stage.response.status, 200);
	return cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, list));
}

static void expect_text(const cJSON *object, const char *name, const char *wanted)
{
	const char *text = json_text(object, name);

	assert_non_null(text);
	assert_string_equal(text, wanted);
}

static double number(const cJSON *object, const char *name)
{
	assert_true(cJSON_IsNumber(cJSON_GetObjectItem(object, name)));
	return cJSON_GetNumberValue(cJSON_GetObjectItem(object, name));
}

static void sha256_hex(X509 *cert, struct bytes *out)
{
	uint8_t sha256[X509_SHA256_LEN];

	assert_int_equal(x509_sha256(cert, sha256, NULL), MSIV2_OK);
	hex_encode(sha256, sizeof(sha256), out);
}

static void remember(enum registry_kind kind, const char *client_id, const void *data, size_t len)
{
	struct registry_facts facts = {.issued_s = STAGE_NOW_S};

	assert_true(text_copy(facts.client_id, sizeof(facts.client_id), client_id));
	registry_add(stage.world->registry, kind, &facts, data, len);
}

static void remember_cert(X509 *cert)
{
	OWNED_STRUCT(bytes) der = {0};

	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	remember(REGISTRY_CERTIFICATE, STAGE_SYSTEM, der.data, der.len);
}

/* A PoP token bound to that certificate, as the client gets it. Owned by the caller. */
static char *access_token(X509 *cert)
{
	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_header(&stage, "client-request-id", STAGE_CORRELATION);
	stage_peer(&stage, cert);
	stage_body(&stage, FORM);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
	return mem_strdup(stage_text(&stage, "access_token"));
}

static void advance(int64_t step_s)
{
	assert_int_equal(world_clock_advance(&stage.world->clock, step_s, NULL), MSIV2_OK);
}

static void a_certificate_is_listed_as_it_was_issued(void **state)
{
	OWNED(X509) *cert = stage_issue(&stage, STAGE_USER);
	OWNED_STRUCT(bytes) hex = {0};
	const cJSON *shown;

	(void)state;
	sha256_hex(cert, &hex);
	get("/certificates", NULL);
	assert_int_equal(listed("certificates"), 1);
	shown = item("certificates", 0);
	expect_text(shown, "sha256", bytes_text(&hex));
	expect_text(shown, "client_id", STAGE_USER);
	expect_text(shown, "host", "default");
	expect_text(shown, "state", "valid");
	expect_text(shown, "subject", "DC=" STAGE_TENANT ",CN=" STAGE_USER);
	expect_text(shown, "not_after_text", "2026-11-28T03:00:00Z");
	expect_text(shown, "issued_text", "2026-11-21T03:00:00Z");
	expect_text(cJSON_GetObjectItem(shown, "key"), "type", "RSA");
	assert_int_equal(number(cJSON_GetObjectItem(shown, "key"), "bits"), 2048);
	assert_int_equal(number(shown, "not_after"), STAGE_NOW_S + 604800);
	assert_int_equal(number(shown, "not_before"), STAGE_NOW_S - 300);
	assert_int_equal(strlen(json_text(shown, "serial")), 32);
	assert_string_equal(
	        cJSON_GetArrayItem(cJSON_GetObjectItem(shown, "key_usage"), 0)->valuestring,
	        "digitalSignature");
	assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(shown, "extended_key_usage"), 0)
	                            ->valuestring,
	                    "clientAuth");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(shown, "ca")));
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(shown, "revoked")));
}

static void a_certificate_can_be_had_alone_and_as_pem(void **state)
{
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);
	OWNED_STRUCT(bytes) hex = {0};
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) pem = {0};

	(void)state;
	sha256_hex(cert, &hex);
	bytes_addf(&path, "/certificates/%s", bytes_text(&hex));
	get(bytes_text(&path), NULL);
	assert_int_equal(stage.response.status, 200);
	expect_text(stage.json, "sha256", bytes_text(&hex));
	bytes_add_text(&path, ".pem");
	get(bytes_text(&path), NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage.response.content_type, "application/x-pem-file");
	assert_int_equal(x509_to_pem(cert, &pem, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&stage.response.body), bytes_text(&pem));
}

static void a_certificate_nobody_was_given_is_not_found(void **state)
{
	static const char *const paths[] = {
	        "/certificates/" STAGE_SYSTEM,
	        "/certificates/.pem",
	        "/certificates/00",
	        "/certificates/"
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	        "/certificates/"
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.pem",
	        "/certificates/"
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.der",
	};
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);

	(void)state;
	assert_non_null(cert);
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		get(paths[i], NULL);
		assert_int_equal(stage.response.status, 404);
		assert_string_equal(stage.response.content_type, "application/problem+json");
	}
}

static void the_clock_and_revocation_decide_a_certificates_state(void **state)
{
	static const struct {
		int64_t step_s;
		const char *state;
	} rows[] = {{-301, "not_yet_valid"}, {301, "valid"}, {604801, "expired"}};
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);
	uint8_t sha256[X509_SHA256_LEN];

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		advance(rows[i].step_s);
		get("/certificates", NULL);
		expect_text(item("certificates", 0), "state", rows[i].state);
	}
	assert_int_equal(x509_sha256(cert, sha256, NULL), MSIV2_OK);
	assert_int_equal(revocations_add(stage.world->revocations, sha256, NULL), MSIV2_OK);
	get("/certificates", NULL);
	expect_text(item("certificates", 0), "state", "revoked");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(item("certificates", 0), "revoked")));
}

static void what_should_not_have_been_issued_is_shown_as_what_it_is(void **state)
{
	static const char broken[] = "\x30\x03\x02\x01";
	OWNED_STRUCT(bytes) path = {0};

	(void)state;
	remember_cert(ca_server(stage.world->ca));
	remember_cert(ca_root(stage.world->ca));
	remember(REGISTRY_CERTIFICATE, STAGE_SYSTEM, broken, sizeof(broken) - 1);
	get("/certificates", NULL);
	assert_int_equal(listed("certificates"), 3);
	expect_text(item("certificates", 0), "state", "not_for_client");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(item("certificates", 1), "ca")));
	assert_string_not_equal(json_text(item("certificates", 1), "state"), "valid");
	assert_true(
	        cJSON_IsNull(cJSON_GetObjectItem(item("certificates", 1), "extended_key_usage")));
	expect_text(cJSON_GetObjectItem(item("certificates", 1), "key"), "curve", "prime256v1");
	expect_text(item("certificates", 2), "state", "unreadable");
	assert_null(cJSON_GetObjectItem(item("certificates", 2), "subject"));
	bytes_addf(&path, "/certificates/%s.pem", json_text(item("certificates", 2), "sha256"));
	get(bytes_text(&path), NULL);
	assert_int_equal(stage.response.status, 409);
}

static void faults_of_attestation_are_named(void **state)
{
	struct registry_facts facts = {.attested = true,
	                               .attestation_faults = ATTEST_TOKEN_JKU | ATTEST_TOKEN_CLAIM};
	const cJSON *attestation, *faults;

	(void)state;
	registry_add(stage.world->registry, REGISTRY_CERTIFICATE, &facts, "x", 1);
	get("/certificates", NULL);
	attestation = cJSON_GetObjectItem(item("certificates", 0), "attestation");
	faults = cJSON_GetObjectItem(attestation, "faults");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(attestation, "token")));
	assert_int_equal(cJSON_GetArraySize(faults), 2);
	assert_string_equal(cJSON_GetArrayItem(faults, 0)->valuestring, "jku");
	assert_string_equal(cJSON_GetArrayItem(faults, 1)->valuestring, "claim");
}

/* What follows the next dot, or NULL. */
static const char *after_dot(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot ? dot + 1 : NULL;
}

static void a_token_is_listed_decoded_and_never_itself(void **state)
{
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);
	OWNED(mem_text) *jwt = access_token(cert);
	OWNED_STRUCT(bytes) hex = {0};
	const cJSON *shown;
	const char *answer;

	(void)state;
	sha256_hex(cert, &hex);
	get("/tokens", NULL);
	assert_int_equal(listed("tokens"), 1);
	shown = item("tokens", 0);
	expect_text(shown, "state", "valid");
	expect_text(shown, "signature", "good");
	expect_text(shown, "type", "mtls_pop");
	expect_text(shown, "client_id", STAGE_SYSTEM);
	expect_text(shown, "correlation_id", STAGE_CORRELATION);
	expect_text(shown, "certificate_sha256", bytes_text(&hex));
	expect_text(cJSON_GetObjectItem(shown, "header"), "alg", "RS256");
	expect_text(cJSON_GetObjectItem(shown, "claims"), "aud", VAULT);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(shown, "kid_known")));
	assert_int_equal(number(shown, "expires"), STAGE_NOW_S + 86400);
	assert_null(json_text(shown, "host"));
	/* SEC-01: no part of the compact form, and so no signature. */
	answer = bytes_text(&stage.response.body);
	for (const char *part = jwt; part != NULL; part = after_dot(part)) {
		OWNED(mem_text) *text = mem_strndup(part, strcspn(part, "."));

		assert_null(strstr(answer, text));
	}
	advance(86400);
	get("/tokens", NULL);
	expect_text(item("tokens", 0), "state", "expired");
	expect_text(item("tokens", 0), "signature", "good");
}

/* A token as this world would sign it, of other texts. */
static void remember_token(const char *header, const char *payload)
{
	OWNED_STRUCT(bytes) jwt = {0};

	jwt_make(header, payload, stage.key, EVP_sha256(), &jwt);
	remember(REGISTRY_TOKEN, STAGE_SYSTEM, jwt.data, jwt.len);
}

static void tokens_that_are_wrong_are_shown_as_what_they_are(void **state)
{
	const cJSON *shown;

	(void)state;
	remember_token("{\"alg\":\"RS256\",\"kid\":\"other\"}", "{\"aud\":\"a\",\"exp\":\"soon\"}");
	remember_token("{\"alg\":\"none\"}", "{\"a\":1,\"a\":2}");
	remember(REGISTRY_TOKEN, STAGE_SYSTEM, "no token", 8);
	get("/tokens", NULL);
	assert_int_equal(listed("tokens"), 3);
	shown = item("tokens", 0);
	expect_text(shown, "state", "bad_signature");
	expect_text(shown, "signature", "bad");
	expect_text(shown, "type", "Bearer");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(shown, "kid_known")));
	assert_null(cJSON_GetObjectItem(shown, "expires"));
	assert_null(cJSON_GetObjectItem(shown, "certificate_sha256"));
	shown = item("tokens", 1);
	expect_text(shown, "state", "malformed");
	expect_text(cJSON_GetObjectItem(shown, "header"), "alg", "none");
	assert_null(cJSON_GetObjectItem(shown, "claims"));
	shown = item("tokens", 2);
	expect_text(shown, "state", "malformed");
	expect_text(shown, "signature", "unreadable");
	assert_null(cJSON_GetObjectItem(shown, "header"));
}

static void what_looks_like_a_token_in_a_claim_is_not_shown(void **state)
{
	static const char secret[] =
	        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzb21lYm9keSBlbHNlIn0.c2lnbmF0dXJl";
	OWNED_STRUCT(bytes) payload = {0};

	(void)state;
	bytes_addf(&payload, "{\"aud\":\"%s\",\"list\":[{\"deep\":\"%s\"}],\"%s\":true}", secret,
	           secret, secret);
	remember_token("{\"alg\":\"RS256\",\"kid\":\"k\"}", bytes_text(&payload));
	get("/tokens", NULL);
	assert_int_equal(listed("tokens"), 1);
	assert_null(strstr(bytes_text(&stage.response.body), "eyJzdWIi"));
	assert_non_null(strstr(bytes_text(&stage.response.body), "[redacted]"));
}

static void lists_can_be_narrowed(void **state)
{
	static const struct {
		const char *query;
		int count;
		int first;
	} rows[] = {
	        {NULL, 5, 1},          {"newest=0", 5, 1},
	        {"newest=2", 2, 4},    {"since=3", 3, 3},
	        {"since=6", 0, 0},     {"since=2&newest=1", 1, 5},
	        {"client_id=B", 2, 2}, {"client_id=b&newest=1", 1, 4},
	        {"client_id=c", 0, 0}, {"host=nowhere", 0, 0},
	};
	double base = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		remember(REGISTRY_TOKEN, i % 2 ? "b" : "a", "x", 1);
	get("/tokens", NULL);
	base = number(item("tokens", 0), "seq") - 1;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		char query[64];
		const char *since = rows[i].query ? strstr(rows[i].query, "since=") : NULL;

		if (since) /* numbers go on over the tests before */
			(void)snprintf(query, sizeof(query), "since=%.0f%s", base + since[6] - '0',
			               since + 7);
		get("/tokens", since ? query : rows[i].query);
		assert_int_equal(listed("tokens"), rows[i].count);
		if (rows[i].count > 0)
			assert_int_equal(number(item("tokens", 0), "seq"), base + rows[i].first);
		assert_int_equal(number(stage.json, "next"), base + 6);
		assert_int_equal(number(stage.json, "dropped"), 0);
	}
}

static void a_question_that_makes_no_sense_is_refused(void **state)
{
	static const char *const queries[] = {"color=red", "newest=-1",         "newest=many",
	                                      "since=",    "newest=1&newest=2", "newest=513"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(queries); i++) {
		get("/certificates", queries[i]);
		assert_int_equal(stage.response.status, 400);
		assert_string_equal(stage.response.content_type, "application/problem+json");
	}
}

static void a_reset_forgets_what_was_issued(void **state)
{
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);

	(void)state;
	assert_non_null(cert);
	stage_begin(&stage, "admin", "POST", "/reset", NULL);
	stage_admin(&stage);
	get("/certificates", NULL);
	assert_int_equal(listed("certificates"), 0);
}

static void without_memory_a_list_is_a_failure_and_no_crash(void **state)
{
	static const char *const paths[] = {"/certificates", "/tokens"};
	OWNED(X509) *cert = stage_issue(&stage, STAGE_SYSTEM);
	OWNED(mem_text) *jwt = access_token(cert);
	int failures = 0;

	(void)state;
	assert_non_null(jwt);
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		bool happened = true;

		for (unsigned nth = 1; happened && nth < 200; nth++) {
			stage_begin(&stage, "admin", "GET", paths[i], NULL);
			fault_at(FAULT_MEMORY, nth);
			stage_admin(&stage);
			happened = fault_disarm();
			failures += stage.response.status == 500;
			assert_true(stage.response.status == 200 || stage.response.status == 500);
		}
		assert_false(happened);
	}
	assert_true(failures > 4);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_certificate_is_listed_as_it_was_issued),
	        TEST(a_certificate_can_be_had_alone_and_as_pem),
	        TEST(a_certificate_nobody_was_given_is_not_found),
	        TEST(the_clock_and_revocation_decide_a_certificates_state),
	        TEST(what_should_not_have_been_issued_is_shown_as_what_it_is),
	        TEST(faults_of_attestation_are_named),
	        TEST(a_token_is_listed_decoded_and_never_itself),
	        TEST(tokens_that_are_wrong_are_shown_as_what_they_are),
	        TEST(what_looks_like_a_token_in_a_claim_is_not_shown),
	        TEST(lists_can_be_narrowed),
	        TEST(a_question_that_makes_no_sense_is_refused),
	        TEST(a_reset_forgets_what_was_issued),
	        TEST(without_memory_a_list_is_a_failure_and_no_crash),
	};

	return cmocka_run_group_tests_name("admin_issued", tests, make_stage, drop_stage);
}
