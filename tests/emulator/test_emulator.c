/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator as a library: starting, stopping, many at once, steering. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "emulator/include/msiv2_emulator.h"
#include "state_dir.h"
#include "tests/testing.h"
#include "wire.h"

#define INSTANCES    4
#define IDLE_CLIENTS 8
#define GET_METADATA                                                                               \
	"GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 HTTP/1.1\r\n"             \
	"Host: x\r\nMetadata: true\r\n\r\n"

static struct msiv2_emulator *start(const struct msiv2_emulator_options *options)
{
	struct msiv2_emulator *emulator = NULL;
	struct msiv2_error *err = msiv2_error_new();

	if (msiv2_emulator_start(options, &emulator, err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(err), msiv2_error_message(err));
	msiv2_error_free(err);
	return emulator;
}

static struct msiv2_emulator *start_default(void)
{
	const struct msiv2_emulator_options options = {0};

	return start(&options);
}

/* Starting has to fail; `where` is what the error names. */
static void expect_refused(const struct msiv2_emulator_options *options, const char *where)
{
	struct msiv2_emulator *emulator = NULL;
	struct msiv2_error *err = msiv2_error_new();

	assert_int_equal(msiv2_emulator_start(options, &emulator, err), MSIV2_CONFIG);
	assert_null(emulator);
	assert_string_equal(msiv2_error_where(err), where);
	msiv2_error_free(err);
}

static void ask_metadata(struct msiv2_emulator *emulator)
{
	struct wire wire;

	wire_open(&wire, wire_port(msiv2_emulator_imds(emulator)));
	wire_send(&wire, GET_METADATA);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
}

static void instances_are_independent(void **state)
{
	struct msiv2_emulator *emulators[INSTANCES];

	(void)state;
	for (int i = 0; i < INSTANCES; i++)
		emulators[i] = start_default();
	ask_metadata(emulators[0]);
	ask_metadata(emulators[0]);
	ask_metadata(emulators[1]);
	assert_int_equal(msiv2_emulator_advance(emulators[2], 1000000, NULL), MSIV2_OK);
	assert_int_equal(msiv2_emulator_count(emulators[0], "getplatformmetadata"), 2);
	assert_int_equal(msiv2_emulator_count(emulators[1], "getplatformmetadata"), 1);
	assert_int_equal(msiv2_emulator_count(emulators[2], "getplatformmetadata"), 0);
	assert_int_equal(msiv2_emulator_count(emulators[0], "nothing"), 0);
	assert_true(msiv2_emulator_now_s(emulators[2]) - msiv2_emulator_now_s(emulators[3]) >
	            999000);
	assert_string_not_equal(msiv2_emulator_ca_pem(emulators[0]),
	                        msiv2_emulator_ca_pem(emulators[1]));
	for (int i = 0; i < INSTANCES; i++)
		msiv2_emulator_stop(emulators[i]);
	msiv2_emulator_stop(NULL);
}

/* Clients that keep their connections open do not hold the stop up. */
static void stopping_takes_less_than_a_second_with_idle_clients(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	const struct wire_tls tls = {0};
	struct wire imds[IDLE_CLIENTS];
	struct wire sts[IDLE_CLIENTS];
	struct wire silent;
	int64_t start_us;
	int64_t took_us;

	(void)state;
	for (int i = 0; i < IDLE_CLIENTS; i++) {
		wire_open(&imds[i], wire_port(msiv2_emulator_imds(emulator)));
		wire_send(&imds[i], GET_METADATA);
		assert_int_equal(wire_read(&imds[i], false, NULL), 200);
		wire_open(&sts[i], wire_port(msiv2_emulator_sts(emulator)));
		assert_true(wire_start_tls(&sts[i], &tls));
		wire_send(&sts[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_int_equal(wire_read(&sts[i], false, NULL), 404);
	}
	wire_open(&silent, wire_port(msiv2_emulator_admin(emulator)));
	start_us = clock_mono_us(clock_system());
	msiv2_emulator_stop(emulator);
	took_us = clock_mono_us(clock_system()) - start_us;
	assert_in_range(took_us, 0, 1000000);
	for (int i = 0; i < IDLE_CLIENTS; i++) {
		assert_true(wire_ended(&imds[i]));
		wire_close(&imds[i]);
		wire_close(&sts[i]);
	}
	wire_close(&silent);
}

/* A handshake that fails is written down after the client knows: who settles sees it. */
static void settling_waits_for_clients_that_go(void **state)
{
	static const char query[] = "endpoint=tls";
	const struct wire_tls old = {.version = TLS1_1_VERSION};
	struct msiv2_emulator *emulator = start_default();
	struct wire idle;
	struct wire wire;
	char *journal = NULL;

	(void)state;
	assert_true(msiv2_emulator_settle(emulator, 0));
	wire_open(&idle, wire_port(msiv2_emulator_imds(emulator)));
	wire_send(&idle, GET_METADATA);
	assert_int_equal(wire_read(&idle, false, NULL), 200);
	assert_false(msiv2_emulator_settle(emulator, 20));
	wire_open(&wire, wire_port(msiv2_emulator_sts(emulator)));
	assert_false(wire_start_tls(&wire, &old));
	wire_close(&wire);
	wire_close(&idle);
	assert_true(msiv2_emulator_settle(emulator, 5000));
	assert_int_equal(msiv2_emulator_journal(emulator, query, &journal, NULL), MSIV2_OK);
	assert_non_null(strstr(journal, "\"endpoint\":\"tls\""));
	msiv2_emulator_text_free(journal);
	msiv2_emulator_stop(emulator);
}

/* Ending our own connections must not touch those of the program around us. */
static void stopping_spares_other_sockets_of_the_process(void **state)
{
	struct msiv2_emulator *stays = start_default();
	struct msiv2_emulator *goes = start_default();
	struct wire wire;

	(void)state;
	wire_open(&wire, wire_port(msiv2_emulator_imds(stays)));
	wire_send(&wire, GET_METADATA);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	msiv2_emulator_stop(goes);
	wire_send(&wire, GET_METADATA);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
	msiv2_emulator_stop(stays);
}

static int open_socket(int type, uint32_t address, uint16_t port)
{
	const struct sockaddr_in at = {
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The same port, but another address or another protocol: not ours to end. */
static void stopping_spares_other_sockets_of_the_same_port(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	uint16_t port = wire_port(msiv2_emulator_imds(emulator));
	int udp = open_socket(SOCK_DGRAM, INADDR_LOOPBACK, port);
	int tcp = open_socket(SOCK_STREAM, INADDR_LOOPBACK + 1, port);
	const struct sockaddr_in there = {.sin_family = AF_INET,
	                                  .sin_port = htons(port),
	                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
	struct pollfd wait = {.fd = udp, .events = POLLIN};
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in self = {.sin_family = AF_INET,
	                                 .sin_port = htons(port),
	                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)state;
	assert_int_equal(connect(udp, (const struct sockaddr *)&self, sizeof(self)), 0);
	assert_int_equal(listen(tcp, 1), 0);
	msiv2_emulator_stop(emulator);
	assert_int_equal(poll(&wait, 1, 0), 0); /* one that is shut down reads its end */
	assert_int_equal(send(udp, "x", 1, 0), 1);
	assert_int_equal(connect(client, (const struct sockaddr *)&there, sizeof(there)), 0);
	close(client);
	close(tcp);
	close(udp);
}

static void a_taken_port_is_a_configuration_error(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	struct msiv2_emulator_options options = {0};

	(void)state;
	options.imds_port = wire_port(msiv2_emulator_imds(emulator));
	expect_refused(&options, "listen.imds_port");
	options = (struct msiv2_emulator_options){0};
	options.sts_port = wire_port(msiv2_emulator_sts(emulator));
	expect_refused(&options, "listen.sts_port");
	options = (struct msiv2_emulator_options){0};
	options.admin_port = wire_port(msiv2_emulator_admin(emulator));
	expect_refused(&options, "listen.admin_port");
	ask_metadata(emulator);
	msiv2_emulator_stop(emulator);
}

static void a_port_is_free_again_after_stop(void **state)
{
	struct msiv2_emulator_options options = {0};
	struct msiv2_emulator *emulator = start_default();

	(void)state;
	options.imds_port = wire_port(msiv2_emulator_imds(emulator));
	ask_metadata(emulator);
	msiv2_emulator_stop(emulator);
	emulator = start(&options);
	assert_int_equal(wire_port(msiv2_emulator_imds(emulator)), options.imds_port);
	ask_metadata(emulator);
	msiv2_emulator_stop(emulator);
}

static void bad_options_are_refused(void **state)
{
	static const struct msiv2_emulator_rule bad_rule = {"META-99", "note"};
	static const char *const names[] = {""};
	struct msiv2_emulator_options options = {.config_text = "{\"colour\":1}"};

	(void)state;
	expect_refused(&options, "colour");
	options = (struct msiv2_emulator_options){.profile = "loose"};
	expect_refused(&options, "profile");
	options = (struct msiv2_emulator_options){.rules = &bad_rule, .rule_count = 1};
	expect_refused(&options, "rules");
	options = (struct msiv2_emulator_options){.bind = "300.1.1.1"};
	expect_refused(&options, "listen.bind");
	options = (struct msiv2_emulator_options){.config_file = "/nonexistent/x.json"};
	expect_refused(&options, "/nonexistent/x.json");
	options = (struct msiv2_emulator_options){.ca_key = (enum msiv2_emulator_key)9};
	expect_refused(&options, "server.ca_key");
	options = (struct msiv2_emulator_options){.ca_out = "/nonexistent/ca.pem"};
	struct msiv2_emulator *emulator = NULL;

	assert_int_equal(msiv2_emulator_start(&options, &emulator, NULL), MSIV2_CONFIG);
	options = (struct msiv2_emulator_options){.names = names, .name_count = 1};
	assert_int_equal(msiv2_emulator_start(&options, &emulator, NULL), MSIV2_CONFIG);
}

static void the_private_ca_file_is_private_and_goes_with_the_emulator(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	char path[256];
	struct stat facts;

	(void)state;
	snprintf(path, sizeof(path), "%s", msiv2_emulator_ca_file(emulator));
	assert_int_equal(stat(path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0600);
	assert_int_equal(facts.st_size, strlen(msiv2_emulator_ca_pem(emulator)));
	msiv2_emulator_stop(emulator);
	assert_int_equal(access(path, F_OK), -1);
}

/* Two emulators, one after the other, on one state directory trust each other's certificates. */
static void a_state_directory_keeps_the_ca(void **state)
{
	struct state_dir dir;
	struct msiv2_emulator_options options = {0};
	struct msiv2_emulator *emulator;
	OWNED_STRUCT(bytes) pem = {0};
	struct stat facts;

	(void)state;
	state_dir_new(&dir);
	options.state_dir = dir.path;
	emulator = start(&options);
	bytes_add_text(&pem, msiv2_emulator_ca_pem(emulator));
	assert_non_null(strstr(msiv2_emulator_ca_file(emulator), "/ca.pem"));
	msiv2_emulator_stop(emulator);
	assert_int_equal(stat(dir.path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0700); /* SEC-02 */
	emulator = start(&options);
	assert_string_equal(msiv2_emulator_ca_pem(emulator), bytes_text(&pem));
	msiv2_emulator_stop(emulator);
	state_dir_free(&dir);
}

static void the_clock_that_is_lent_tells_world_time(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	const struct msiv2_clock *clock = msiv2_emulator_clock(emulator);

	(void)state;
	msiv2_emulator_freeze(emulator, true);
	assert_int_equal(msiv2_emulator_set_time(emulator, 1000, NULL), MSIV2_OK);
	assert_int_equal(clock_now_s(clock), 1000);
	assert_int_equal(msiv2_emulator_advance(emulator, -1001, NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_emulator_now_s(emulator), 1000);
	msiv2_emulator_reset(emulator);
	assert_true(msiv2_emulator_now_s(emulator) > 1000000);
	msiv2_emulator_stop(emulator);
}

static void steering_refuses_what_it_does_not_know(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	char *text = NULL;

	(void)state;
	assert_int_equal(msiv2_emulator_set_rule(emulator, "META-02", "note", NULL), MSIV2_OK);
	assert_int_equal(msiv2_emulator_set_rule(emulator, "META-99", "note", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_emulator_revoke(emulator, "00", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_emulator_journal(emulator, "colour=red", &text, NULL), MSIV2_CONFIG);
	assert_null(text);
	assert_int_equal(msiv2_emulator_journal(emulator, "endpoint=revoke", &text, NULL),
	                 MSIV2_OK);
	assert_string_equal(text, "{\"events\":[],\"dropped\":0,\"next\":2}");
	msiv2_emulator_text_free(text);
	msiv2_emulator_stop(emulator);
}

static void expect_change(struct msiv2_emulator *emulator, const char *query, const char *change)
{
	char *text = NULL;

	assert_int_equal(msiv2_emulator_journal(emulator, query, &text, NULL), MSIV2_OK);
	assert_non_null(strstr(text, change));
	assert_non_null(strstr(text, "\"listener\":\"api\""));
	msiv2_emulator_text_free(text);
}

static void what_a_program_steers_is_journalled(void **state)
{
	static const char sha256[] =
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct msiv2_emulator *emulator = start_default();

	(void)state;
	assert_int_equal(msiv2_emulator_set_rule(emulator, "META-02", "note", NULL), MSIV2_OK);
	expect_change(emulator, "endpoint=rules", "{\\\"META-02\\\":\\\"note\\\"}");
	assert_int_equal(msiv2_emulator_advance(emulator, -5, NULL), MSIV2_OK);
	expect_change(emulator, "endpoint=clock", "{\\\"advance_s\\\":-5}");
	assert_int_equal(msiv2_emulator_set_time(emulator, 1000, NULL), MSIV2_OK);
	expect_change(emulator, "endpoint=clock", "{\\\"set\\\":1000}");
	msiv2_emulator_freeze(emulator, true);
	expect_change(emulator, "endpoint=clock", "{\\\"frozen\\\":true}");
	assert_int_equal(msiv2_emulator_set_attestation(emulator, "optional", NULL), MSIV2_OK);
	expect_change(emulator, "endpoint=attestation", "{\\\"mode\\\":\\\"optional\\\"}");
	assert_int_equal(msiv2_emulator_revoke(emulator, sha256, NULL), MSIV2_OK);
	expect_change(emulator, "endpoint=revoke", sha256);
	msiv2_emulator_revoke_all(emulator);
	expect_change(emulator, "endpoint=revoke", "{\\\"all\\\":true}");
	msiv2_emulator_reset(emulator);
	expect_change(emulator, "endpoint=reset&listener=api", "\"endpoint\":\"reset\"");
	msiv2_emulator_stop(emulator);
}

/* ATT-03, ATT-04: over HTTPS, without a client certificate. */
static void the_attestation_service_answers_on_the_https_listener(void **state)
{
	struct msiv2_emulator *emulator = start_default();
	const struct wire_tls tls = {0};
	struct wire wire;

	(void)state;
	wire_open(&wire, wire_port(msiv2_emulator_sts(emulator)));
	assert_true(wire_start_tls(&wire, &tls));
	wire_send(&wire, "GET /maa/attest/nonce?api-version=2023-04-01-preview HTTP/1.1\r\n"
	                 "Host: x\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_send(&wire, "GET /maa/certs HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
	assert_int_equal(msiv2_emulator_count(emulator, "attest-nonce"), 1);
	assert_int_equal(msiv2_emulator_count(emulator, "maa-certs"), 1);
	assert_int_equal(msiv2_emulator_set_attestation(emulator, "required", NULL), MSIV2_OK);
	assert_int_equal(msiv2_emulator_set_attestation(emulator, "on", NULL), MSIV2_CONFIG);
	msiv2_emulator_stop(emulator);
}

static void the_printed_configuration_can_be_started(void **state)
{
	const struct msiv2_emulator_options options = {.profile = "lenient"};
	struct msiv2_emulator_options again = {0};
	struct msiv2_emulator *emulator;
	char *text = NULL;

	(void)state;
	assert_int_equal(msiv2_emulator_config(&options, &text, NULL), MSIV2_OK);
	assert_non_null(strstr(text, "\"lenient\""));
	again.config_text = text;
	emulator = start(&again);
	ask_metadata(emulator);
	msiv2_emulator_stop(emulator);
	msiv2_emulator_text_free(text);
}

/* A public host appears in every address; the ready line repeats them. */
/* SEC-02: also of the admin interface, when it is told to be reached from elsewhere. */
static void a_public_host_is_in_every_address(void **state)
{
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"listen\":{\"public_host\":\"emu.test\"}}",
	        .admin_bind = "0.0.0.0"};
	struct msiv2_emulator *emulator = start(&options);

	(void)state;
	assert_int_equal(strncmp(msiv2_emulator_imds(emulator), "http://emu.test:", 16), 0);
	assert_int_equal(strncmp(msiv2_emulator_sts(emulator), "https://emu.test:", 17), 0);
	assert_int_equal(strncmp(msiv2_emulator_admin(emulator), "http://emu.test:", 16), 0);
	assert_non_null(strstr(msiv2_emulator_ready(emulator), msiv2_emulator_resource(emulator)));
	msiv2_emulator_stop(emulator);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(instances_are_independent),
	        cmocka_unit_test(stopping_takes_less_than_a_second_with_idle_clients),
	        cmocka_unit_test(stopping_spares_other_sockets_of_the_process),
	        cmocka_unit_test(stopping_spares_other_sockets_of_the_same_port),
	        cmocka_unit_test(a_taken_port_is_a_configuration_error),
	        cmocka_unit_test(a_port_is_free_again_after_stop),
	        cmocka_unit_test(bad_options_are_refused),
	        cmocka_unit_test(the_private_ca_file_is_private_and_goes_with_the_emulator),
	        cmocka_unit_test(a_state_directory_keeps_the_ca),
	        cmocka_unit_test(the_clock_that_is_lent_tells_world_time),
	        cmocka_unit_test(steering_refuses_what_it_does_not_know),
	        cmocka_unit_test(what_a_program_steers_is_journalled),
	        cmocka_unit_test(the_attestation_service_answers_on_the_https_listener),
	        cmocka_unit_test(the_printed_configuration_can_be_started),
	        cmocka_unit_test(a_public_host_is_in_every_address),
	        cmocka_unit_test(settling_waits_for_clients_that_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
