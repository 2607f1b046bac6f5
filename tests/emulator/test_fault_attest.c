/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults at the attestation service, on the real wire: in its nonces, its keys and its tokens. What
 * is shown without the fault is its opposite (a minimal pair), and it fires exactly once. */
#include <stdlib.h>
#include <string.h>

#include "attest_lab.h"
#include "attest_stage.h"
#include "common/rng.h"
#include "common/text.h"
#include "fault_bench.h"
#include "jwt_parts.h"
#include "keyguard_evidence.h"
#include "state_dir.h"
#include "tests/testing.h"

#define CLOSE "Host: localhost\r\nConnection: close\r\n"

/* What a client has in the end. */
struct outcome {
	struct fault_seen nonce, keys, answer;
	struct bytes token;
};

static struct fault_bench bench;
static struct attest_lab lab;
static struct state_dir dir;

static void get(const char *target, struct fault_seen *seen)
{
	OWNED_STRUCT(bytes) request = {0};

	bytes_addf(&request, "GET %s HTTP/1.1\r\n" CLOSE "\r\n", target);
	fault_bench_send(&bench, true, &request, seen);
}

/* A nonce, evidence about a key, the answer; and the keys that tokens verify with. */
static void attest(struct outcome *out)
{
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) request = {0};

	*out = (struct outcome){0};
	get("/maa/certs", &out->keys);
	get(ATTEST_NONCE "?" ATTEST_VERSION, &out->nonce);
	fault_seen_text(&out->nonce, "nonce", &nonce);
	keyguard_evidence_good(&lab, lab.subject, bytes_text(&nonce),
	                       msiv2_emulator_now_s(bench.emulator), &body);
	bytes_addf(&request,
	           "POST " ATTEST_KEYGUARD_PATH "?" ATTEST_VERSION " HTTP/1.1\r\n" CLOSE
	           "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	           body.len, bytes_text(&body));
	fault_bench_send(&bench, true, &request, &out->answer);
	fault_seen_text(&out->answer, "token", &out->token);
}

static void outcome_free(struct outcome *outcome)
{
	fault_seen_free(&outcome->nonce);
	fault_seen_free(&outcome->keys);
	fault_seen_free(&outcome->answer);
	bytes_free(&outcome->token);
}
DEFINE_OWNED_VALUE(outcome, outcome_free)

/* ---- what a client sees ---- */

struct row;
typedef bool (*shows_fn)(const struct row *row, const struct outcome *outcome);

struct row {
	const char *fault;
	const char *endpoint;
	const char *with; /* NULL = defaults */
	shows_fn shows;
	const char *text; /* for shows */
};

static bool nonce_has(const struct row *row, const struct outcome *outcome)
{
	return strstr(outcome->nonce.body, row->text) != NULL;
}

static bool keys_have(const struct row *row, const struct outcome *outcome)
{
	return strstr(outcome->keys.body, row->text) != NULL;
}

static bool answer_has(const struct row *row, const struct outcome *outcome)
{
	return strstr(outcome->answer.body, row->text) != NULL;
}

/* One member of the token's header or claims, as JSON; "" when there is no such thing. */
static void member_of(const struct outcome *outcome, bool header, const char *name,
                      struct bytes *out)
{
	OWNED_STRUCT(jwt_view) view = {0};
	const cJSON *member;

	if (outcome->token.len == 0)
		return;
	jwt_view_read(bytes_text(&outcome->token), &view);
	member = cJSON_GetObjectItemCaseSensitive(header ? view.header : view.payload, name);
	if (member)
		json_print(member, out);
}

/* `text` is NAME=JSON, or NAME= when there must be none. */
static bool has_member(const struct row *row, const struct outcome *outcome, bool header)
{
	const char *equals = strchr(row->text, '=');
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(bytes) value = {0};

	bytes_add(&name, row->text, (size_t)(equals - row->text));
	member_of(outcome, header, bytes_text(&name), &value);
	return outcome->token.len > 0 && text_equal(bytes_text(&value), equals + 1);
}

static bool header_is(const struct row *row, const struct outcome *outcome)
{
	return has_member(row, outcome, true);
}

static bool claim_is(const struct row *row, const struct outcome *outcome)
{
	return has_member(row, outcome, false);
}

static bool does_not_verify(const struct row *row, const struct outcome *outcome)
{
	OWNED(EVP_PKEY) *key = jwks_key(outcome->keys.body);

	(void)row;
	return outcome->token.len > 0 && !jwt_is_signed_by(bytes_text(&outcome->token), key);
}

static int64_t time_of(const struct outcome *outcome, const char *name)
{
	OWNED_STRUCT(bytes) value = {0};

	member_of(outcome, false, name, &value);
	return strtoll(bytes_text(&value), NULL, 10);
}

static bool has_expired(const struct row *row, const struct outcome *outcome)
{
	(void)row;
	return outcome->token.len > 0 &&
	       time_of(outcome, "exp") < msiv2_emulator_now_s(bench.emulator);
}

static bool begins_later(const struct row *row, const struct outcome *outcome)
{
	(void)row;
	return time_of(outcome, "nbf") > msiv2_emulator_now_s(bench.emulator);
}

#define NONCE    "attest-nonce"
#define KEYS     "maa-certs"
#define KEYGUARD "attest-keyguard"

static const struct row rows[] = {
        {"json-rename", NONCE, "{\"field\":\"nonce\",\"name\":\"Nonce\"}", nonce_has, "\"Nonce\""},
        {"json-null", NONCE, "{\"field\":\"nonce\"}", nonce_has, "\"nonce\":null"},
        {"json-empty", KEYS, "{\"field\":\"keys\"}", keys_have, "\"keys\":[],"},
        {"json-value", KEYS, "{\"field\":\"keys[0].kid\",\"value\":\"x\"}", keys_have,
         "\"kid\":\"x\""},
        {"json-wrong-type", KEYGUARD, "{\"field\":\"token\"}", answer_has, "\"token\":{}"},
        {"json-duplicate", KEYGUARD, "{\"field\":\"token\",\"value\":\"x\"}", answer_has,
         ",\"token\":\"x\"}"},
        {"json-array", KEYGUARD, NULL, answer_has, "[{\"token\""},
        {"http-html", KEYGUARD, NULL, answer_has, "<!DOCTYPE html>"},
        {"jwt-wrong-iss", KEYGUARD, NULL, claim_is, "iss=\"https://issuer.example\""},
        {"jwt-wrong-aud", KEYGUARD, NULL, claim_is, "aud=\"https://somewhere.else.example\""},
        {"jwt-wrong-kid", KEYGUARD, NULL, header_is, "kid=\"unknown-key\""},
        {"jwt-no-kid", KEYGUARD, NULL, header_is, "kid="},
        {"jwt-wrong-alg", KEYGUARD, NULL, header_is, "alg=\"HS256\""},
        {"jwt-unsecured", KEYGUARD, NULL, header_is, "alg=\"none\""},
        {"jwt-bad-signature", KEYGUARD, NULL, does_not_verify, NULL},
        {"jwt-expired", KEYGUARD, NULL, has_expired, NULL},
        {"jwt-not-yet-valid", KEYGUARD, NULL, begins_later, NULL},
        {"jwt-claim", KEYGUARD, "{\"claim\":\"x-ms-runtime\"}", claim_is, "x-ms-runtime="},
        {"jwt-header", KEYGUARD, "{\"name\":\"jku\",\"value\":\"https://x/certs\"}", header_is,
         "jku=\"https://x/certs\""},
};

static void check(const struct row *row)
{
	OWNED_STRUCT(outcome) good = {0};
	OWNED_STRUCT(outcome) bad = {0};
	OWNED_STRUCT(bytes) definition = {0};
	OWNED(cJSON) *fault = NULL;

	msiv2_emulator_reset(bench.emulator);
	attest(&good);
	if (good.answer.status != 200 || row->shows(row, &good))
		fail_msg("%s at %s: seen without it: %s", row->fault, row->endpoint,
		         bytes_text(&good.answer.raw));
	bytes_addf(&definition, "{\"id\":\"it\",\"fault\":\"%s\",\"endpoint\":\"%s\",\"with\":%s}",
	           row->fault, row->endpoint, row->with ? row->with : "{}");
	fault_bench_admin(&bench, "POST", "/faults", bytes_text(&definition), 201, NULL);
	attest(&bad);
	if (!row->shows(row, &bad))
		fail_msg("%s at %s: nothing of it is to be seen: %s%s%s", row->fault, row->endpoint,
		         bytes_text(&bad.nonce.raw), bytes_text(&bad.keys.raw),
		         bytes_text(&bad.answer.raw));
	fault_bench_admin(&bench, "GET", "/faults/it", NULL, 200, &fault);
	if (cJSON_GetNumberValue(cJSON_GetObjectItem(fault, "fired")) != 1)
		fail_msg("%s at %s did not fire once", row->fault, row->endpoint);
}

static void faults_of_the_attestation_service_show_on_the_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		check(&rows[i]);
}

static int start(void **state)
{
	OWNED_STRUCT(bytes) config = {0};

	(void)state;
	state_dir_new(&dir);
	bytes_addf(&config, "{\"state_dir\":\"%s\"}", dir.path);
	fault_bench_start(&bench, bytes_text(&config));
	attest_lab_new(&lab);
	/* The device CA is the one of the directory. */
	device_ca_free(lab.ca);
	assert_int_equal(device_ca_new(dir.path, rng_system(), &lab.ca, NULL), MSIV2_OK);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	attest_lab_free(&lab);
	fault_bench_stop(&bench);
	state_dir_free(&dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(faults_of_the_attestation_service_show_on_the_wire),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
