/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults in a running emulator: together, repeated by a seed, told of, and never in the way of
 * stopping or of honest clients. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "fault_bench.h"
#include "stage.h"
#include "tests/testing.h"
#include "wire.h"

#define GET_METADATA                                                                               \
	"GET " STAGE_METADATA "?cred-api-version=2.0 HTTP/1.1\r\nHost: x\r\nMetadata: true\r\n"
#define ROUNDS 24

static void add(struct fault_bench *bench, const char *definition)
{
	fault_bench_admin(bench, "POST", "/faults", definition, 201, NULL);
}

static double number(struct fault_bench *bench, const char *id, const char *name)
{
	OWNED(cJSON) *fault = NULL;
	char target[80];

	(void)snprintf(target, sizeof(target), "/faults/%s", id);
	fault_bench_admin(bench, "GET", target, NULL, 200, &fault);
	return cJSON_GetNumberValue(cJSON_GetObjectItem(fault, name));
}

static int64_t now_ms(void)
{
	return clock_mono_us(clock_system()) / CLOCK_US_PER_MS;
}

/* ---- together ---- */

static void faults_of_several_stages_happen_to_one_answer(void **state)
{
	struct fault_bench bench;
	OWNED_STRUCT(fault_seen) seen = {0};
	OWNED(cJSON) *journal = NULL;
	const cJSON *event;

	(void)state;
	fault_bench_start(&bench, NULL);
	add(&bench, "{\"id\":\"cut\",\"fault\":\"wire-cut\",\"with\":{\"after\":400}}");
	add(&bench, "{\"id\":\"head\",\"fault\":\"http-header\",\"endpoint\":\"token\","
	            "\"with\":{\"name\":\"X-A\",\"value\":\"b\"}}");
	add(&bench, "{\"id\":\"codes\",\"fault\":\"json-missing\",\"with\":{\"field\":"
	            "\"error_codes\"}}");
	add(&bench, "{\"id\":\"error\",\"fault\":\"aadsts-1000610\"}");
	add(&bench, "{\"id\":\"late\",\"fault\":\"http-empty\"}");
	fault_bench_see(&bench, ENDPOINT_TOKEN, &seen);
	assert_int_equal(seen.status, 401);
	assert_int_equal(seen.raw.len, 400);
	assert_non_null(strstr(bytes_text(&seen.raw), "\r\nX-A: b\r\n"));
	assert_non_null(strstr(seen.body, "{\"error\":\"invalid_client\""));
	assert_null(strstr(seen.body, "error_codes"));
	/* Only the first answer happens. */
	assert_int_equal((int)number(&bench, "late", "matched"), 1);
	assert_int_equal((int)number(&bench, "late", "fired"), 0);
	fault_bench_admin(&bench, "GET", "/journal?fault=error", NULL, 200, &journal);
	event = cJSON_GetArrayItem(cJSON_GetObjectItem(journal, "events"), 0);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(event, "faults")), 4);
	fault_bench_stop(&bench);
}

/* An endpoint that a fault answers for does nothing. */
static void no_certificate_is_issued_behind_an_answer_of_a_fault(void **state)
{
	struct fault_bench bench;
	OWNED_STRUCT(fault_seen) seen = {0};
	OWNED(cJSON) *before = NULL;
	OWNED(cJSON) *after = NULL;

	(void)state;
	fault_bench_start(&bench, NULL);
	fault_bench_admin(&bench, "GET", "/certificates", NULL, 200, &before);
	add(&bench, "{\"fault\":\"http-status\",\"endpoint\":\"issuecredential\"}");
	fault_bench_see(&bench, ENDPOINT_ISSUE, &seen);
	assert_int_equal(seen.status, 503);
	fault_bench_admin(&bench, "GET", "/certificates", NULL, 200, &after);
	assert_true(cJSON_Compare(before, after, true));
	fault_bench_stop(&bench);
}

static void a_fault_without_anything_to_happen_to_has_not_fired(void **state)
{
	struct fault_bench bench;
	OWNED_STRUCT(fault_seen) seen = {0};
	OWNED(cJSON) *unfired = NULL;

	(void)state;
	fault_bench_start(&bench, NULL);
	add(&bench, "{\"id\":\"a\",\"fault\":\"json-null\",\"with\":{\"field\":\"nowhere\"}}");
	fault_bench_see(&bench, ENDPOINT_METADATA, &seen);
	assert_int_equal((int)number(&bench, "a", "matched"), 1);
	fault_bench_admin(&bench, "GET", "/faults/unfired", NULL, 200, &unfired);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(unfired, "faults")), 1);
	fault_bench_stop(&bench);
}

/* ---- matching ---- */

static int status_of(struct fault_bench *bench, enum endpoint endpoint)
{
	OWNED_STRUCT(fault_seen) seen = {0};

	fault_bench_see(bench, endpoint, &seen);
	return seen.status;
}

/* Each of these knows the client in another way. */
static void a_client_is_known_at_every_endpoint(void **state)
{
	static const enum endpoint endpoints[] = {ENDPOINT_METADATA, ENDPOINT_ISSUE, ENDPOINT_TOKEN,
	                                          ENDPOINT_RESOURCE, ENDPOINT_V1_TOKEN};
	struct fault_bench bench;

	(void)state;
	fault_bench_start(&bench, NULL);
	add(&bench, "{\"id\":\"other\",\"fault\":\"http-status\",\"match\":{\"client_id\":"
	            "\"" STAGE_USER "\"}}");
	for (size_t i = 0; i < TEXT_COUNT(endpoints); i++)
		assert_int_equal(status_of(&bench, endpoints[i]), 200);
	add(&bench, "{\"id\":\"this\",\"fault\":\"http-status\",\"match\":{\"client_id\":"
	            "\"" STAGE_SYSTEM "\"}}");
	for (size_t i = 0; i < TEXT_COUNT(endpoints); i++)
		assert_int_equal(status_of(&bench, endpoints[i]), 503);
	fault_bench_stop(&bench);
}

static void a_host_is_known_at_imds_and_at_the_token_service(void **state)
{
	struct fault_bench bench;

	(void)state;
	fault_bench_start(&bench, NULL);
	add(&bench, "{\"fault\":\"http-status\",\"match\":{\"host\":\"default\"}}");
	assert_int_equal(status_of(&bench, ENDPOINT_METADATA), 503);
	assert_int_equal(status_of(&bench, ENDPOINT_TOKEN), 503);
	assert_int_equal(status_of(&bench, ENDPOINT_RESOURCE), 200);
	fault_bench_stop(&bench);
}

static void a_certificate_is_refused_in_the_handshake_by_its_thumbprint(void **state)
{
	struct fault_bench bench;
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) definition = {0};
	OWNED_STRUCT(fault_seen) seen = {0};

	(void)state;
	fault_bench_start(&bench, NULL);
	assert_int_equal(x509_sha256(bench.certificate, sha256, NULL), MSIV2_OK);
	add(&bench, "{\"fault\":\"tls-certificate-alert\",\"match\":{\"certificate_sha256\":"
	            "\"00\"}}");
	assert_int_equal(status_of(&bench, ENDPOINT_TOKEN), 200);
	bytes_add_text(&definition, "{\"fault\":\"tls-certificate-alert\",\"match\":{\"client_id\":"
	                            "\"" STAGE_SYSTEM "\",\"server_name\":\"localhost\","
	                            "\"certificate_sha256\":\"");
	hex_encode(sha256, sizeof(sha256), &definition);
	bytes_add_text(&definition, "\"}}");
	add(&bench, bytes_text(&definition));
	fault_bench_see(&bench, ENDPOINT_TOKEN, &seen);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.alert, SSL_AD_BAD_CERTIFICATE);
	fault_bench_stop(&bench);
}

/* ---- a seed ---- */

/* Which of the next requests are throttled. */
static void look(struct fault_bench *bench, char out[ROUNDS + 1])
{
	for (int i = 0; i < ROUNDS; i++)
		out[i] = status_of(bench, ENDPOINT_METADATA) == 429 ? 'x' : '-';
	out[ROUNDS] = '\0';
}

static void one_seed_repeats_a_run_and_another_does_not(void **state)
{
	struct fault_bench bench;
	char first[ROUNDS + 1], again[ROUNDS + 1], other[ROUNDS + 1];

	(void)state;
	fault_bench_start(&bench,
	                  "{\"seed\":42,\"faults\":[{\"fault\":\"http-throttle\","
	                  "\"endpoint\":\"getplatformmetadata\",\"when\":{\"percent\":50}}]}");
	look(&bench, first);
	assert_non_null(strchr(first, 'x'));
	assert_non_null(strchr(first, '-'));
	msiv2_emulator_reset(bench.emulator);
	look(&bench, again);
	assert_string_equal(first, again);
	msiv2_emulator_reset(bench.emulator);
	fault_bench_admin(&bench, "PATCH", "/world", "{\"seed\":43}", 200, NULL);
	look(&bench, other);
	assert_string_not_equal(first, other);
	fault_bench_stop(&bench);
}

static void garbage_is_that_of_the_seed(void **state)
{
	struct fault_bench bench;
	OWNED_STRUCT(fault_seen) one = {0};
	OWNED_STRUCT(fault_seen) two = {0};
	OWNED_STRUCT(fault_seen) next = {0};

	(void)state;
	fault_bench_start(&bench, "{\"faults\":[{\"fault\":\"wire-garbage\",\"endpoint\":"
	                          "\"getplatformmetadata\"}]}");
	fault_bench_see(&bench, ENDPOINT_METADATA, &one);
	fault_bench_see(&bench, ENDPOINT_METADATA, &next);
	msiv2_emulator_reset(bench.emulator);
	fault_bench_see(&bench, ENDPOINT_METADATA, &two);
	assert_int_equal(one.raw.len, 64);
	assert_memory_equal(one.raw.data, two.raw.data, 64);
	assert_memory_not_equal(one.raw.data, next.raw.data, 64);
	fault_bench_stop(&bench);
}

/* ---- being told ---- */

static void changes_are_events_and_reset_goes_back_to_the_configuration(void **state)
{
	struct fault_bench bench;
	OWNED(cJSON) *events = NULL;
	OWNED(cJSON) *reset = NULL;
	OWNED(cJSON) *left = NULL;

	(void)state;
	fault_bench_start(&bench, "{\"faults\":[{\"id\":\"kept\",\"fault\":\"v2-missing\","
	                          "\"when\":{\"from\":1000}}]}");
	add(&bench, "{\"id\":\"gone\",\"fault\":\"http-empty\",\"enabled\":false}");
	fault_bench_admin(&bench, "PATCH", "/faults/kept", "{\"enabled\":false}", 200, NULL);
	fault_bench_admin(&bench, "DELETE", "/faults/gone", NULL, 200, NULL);
	fault_bench_admin(&bench, "DELETE", "/faults/gone", NULL, 404, NULL);
	fault_bench_admin(&bench, "PATCH", "/faults/gone", "{}", 404, NULL);
	fault_bench_admin(&bench, "POST", "/faults", "{\"id\":\"kept\",\"fault\":\"http-empty\"}",
	                  409, NULL);
	fault_bench_admin(&bench, "POST", "/faults", "{\"fault\":\"x\"}", 400, NULL);
	fault_bench_admin(&bench, "GET", "/journal?endpoint=faults", NULL, 200, &events);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(events, "events")), 3);
	fault_bench_admin(&bench, "POST", "/reset", NULL, 200, &reset);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(reset, "unfired")), 1);
	fault_bench_admin(&bench, "GET", "/faults/kept", NULL, 200, &left);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(left, "enabled")));
	fault_bench_admin(&bench, "DELETE", "/faults", NULL, 200, NULL);
	fault_bench_admin(&bench, "GET", "/faults/kept", NULL, 404, NULL);
	fault_bench_stop(&bench);
}

static void keep_warning(void *ctx, enum msiv2_log_level level, const char *line)
{
	if (level == MSIV2_LOG_WARN)
		bytes_addf(ctx, "%s\n", line);
}

static void what_never_fired_is_told_at_the_end(void **state)
{
	OWNED_STRUCT(bytes) said = {0};
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"faults\":[{\"id\":\"idle\",\"fault\":\"jwt-no-cnf\"}]}",
	        .log = keep_warning,
	        .log_ctx = &said,
	        .log_level = MSIV2_LOG_WARN,
	};
	struct msiv2_emulator *emulator = NULL;

	(void)state;
	assert_int_equal(msiv2_emulator_start(&options, &emulator, NULL), MSIV2_OK);
	assert_null(strstr(bytes_text(&said), "fired"));
	msiv2_emulator_stop(emulator);
	assert_non_null(strstr(bytes_text(&said),
	                       "fault idle (jwt-no-cnf) never fired; it matched 0 times"));
}

/* ---- waiting ---- */

/* A client that has asked and waits. */
static void ask_slowly(struct fault_bench *bench, struct wire *wire)
{
	wire_open(wire, wire_port(msiv2_emulator_imds(bench->emulator)));
	wire_send(wire, GET_METADATA "X-Slow: 1\r\n\r\n");
}

/* The exchange is journalled before it waits. */
static void wait_for_events(struct fault_bench *bench, int count)
{
	char target[96];

	(void)snprintf(target, sizeof(target),
	               "/journal/wait?endpoint=getplatformmetadata&count=%d&timeout_ms=5000",
	               count);
	fault_bench_admin(bench, "GET", target, NULL, 200, NULL);
}

/* Only the client's hello is sent; nobody waits for the answer here. */
static void say_hello(struct fault_bench *bench, struct wire *wire)
{
	wire_open(wire, wire_port(msiv2_emulator_sts(bench->emulator)));
	assert_int_equal(fcntl(wire->fd, F_SETFL, O_NONBLOCK), 0);
	assert_false(wire_start_tls(wire, &(struct wire_tls){0}));
	fault_bench_admin(bench, "GET", "/journal/wait?fault=tls-silence&timeout_ms=5000", NULL,
	                  200, NULL);
}

static void stopping_does_not_wait_for_those_who_wait(void **state)
{
	static const char *const slow[] = {
	        "{\"fault\":\"wire-silence\",\"with\":{\"for_ms\":60000}}",
	        "{\"fault\":\"wire-delay\",\"with\":{\"ms\":60000}}",
	        "{\"fault\":\"wire-drip\",\"with\":{\"every_ms\":60000}}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(slow); i++) {
		struct fault_bench bench;
		struct wire wire;
		struct wire hello;
		int64_t start_ms;

		fault_bench_start(&bench, NULL);
		add(&bench, slow[i]);
		add(&bench, "{\"fault\":\"tls-silence\",\"with\":{\"for_ms\":60000}}");
		ask_slowly(&bench, &wire);
		say_hello(&bench, &hello);
		wait_for_events(&bench, 1);
		start_ms = now_ms();
		fault_bench_stop(&bench);
		assert_in_range(now_ms() - start_ms, 0, 999);
		wire_close(&wire);
		wire_close(&hello);
	}
}

/* With one thread: whoever comes next is served as soon as the client that was kept waiting goes.
 */
static void a_client_that_leaves_is_not_waited_for(void **state)
{
	struct fault_bench bench;
	struct wire wire;
	int64_t start_ms;

	(void)state;
	fault_bench_start(&bench, "{\"listen\":{\"connections\":1}}");
	add(&bench, "{\"fault\":\"wire-delay\",\"with\":{\"ms\":60000},"
	            "\"match\":{\"header\":{\"x-slow\":true}}}");
	ask_slowly(&bench, &wire);
	wait_for_events(&bench, 1);
	start_ms = now_ms();
	wire_close(&wire);
	assert_int_equal(status_of(&bench, ENDPOINT_METADATA), 200);
	assert_in_range(now_ms() - start_ms, 0, 3000);
	fault_bench_stop(&bench);
}

/* All threads are taken by clients that are never answered and never leave. */
static void silence_keeps_no_honest_client_out(void **state)
{
	struct fault_bench bench;
	struct wire wires[3];
	int64_t start_ms;

	(void)state;
	fault_bench_start(&bench, "{\"listen\":{\"connections\":3}}");
	add(&bench, "{\"id\":\"mute\",\"fault\":\"wire-silence\",\"with\":{\"for_ms\":600000},"
	            "\"match\":{\"header\":{\"x-slow\":true}}}");
	for (size_t i = 0; i < TEXT_COUNT(wires); i++)
		ask_slowly(&bench, &wires[i]);
	wait_for_events(&bench, (int)TEXT_COUNT(wires));
	start_ms = now_ms();
	assert_int_equal(status_of(&bench, ENDPOINT_METADATA), 200);
	assert_in_range(now_ms() - start_ms, 0, 4000);
	assert_int_equal((int)number(&bench, "mute", "fired"), (int)TEXT_COUNT(wires));
	fault_bench_stop(&bench);
	for (size_t i = 0; i < TEXT_COUNT(wires); i++)
		wire_close(&wires[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(faults_of_several_stages_happen_to_one_answer),
	        cmocka_unit_test(no_certificate_is_issued_behind_an_answer_of_a_fault),
	        cmocka_unit_test(a_fault_without_anything_to_happen_to_has_not_fired),
	        cmocka_unit_test(a_client_is_known_at_every_endpoint),
	        cmocka_unit_test(a_host_is_known_at_imds_and_at_the_token_service),
	        cmocka_unit_test(a_certificate_is_refused_in_the_handshake_by_its_thumbprint),
	        cmocka_unit_test(one_seed_repeats_a_run_and_another_does_not),
	        cmocka_unit_test(garbage_is_that_of_the_seed),
	        cmocka_unit_test(changes_are_events_and_reset_goes_back_to_the_configuration),
	        cmocka_unit_test(what_never_fired_is_told_at_the_end),
	        cmocka_unit_test(stopping_does_not_wait_for_those_who_wait),
	        cmocka_unit_test(a_client_that_leaves_is_not_waited_for),
	        cmocka_unit_test(silence_keeps_no_honest_client_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
