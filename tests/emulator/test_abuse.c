/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Clients that mean no good: silent, slow, half-open and malformed ones, by the thousands. The
 * emulator neither falls nor leaks, and honest clients are served within a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "process_size.h"
#include "stage.h"
#include "tests/testing.h"
#include "wire.h"

#define THREADS   8   /* of each listener */
#define SILENT    100 /* clients of each kind that keep them waiting */
#define MALFORMED 10000
#define HONEST_US CLOCK_US_PER_S
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KIB (512 * 1024) /* it holds on to memory that is freed */
#else
#define GROWTH_KIB 8192
#endif
#define METADATA    STAGE_METADATA "?cred-api-version=2.0"
#define HONEST_HEAD "Host: x\r\nMetadata: true\r\nx-ms-client-request-id: " STAGE_CORRELATION "\r\n"
#define SEED        UINT64_C(20261121)

static struct msiv2_emulator *emulator;
static uint16_t imds_port, sts_port, admin_port;

static int start(void **state)
{
	const struct msiv2_emulator_options options = {.config_text =
	                                                       "{\"listen\":{\"connections\":8}}"};

	(void)state;
	if (msiv2_emulator_start(&options, &emulator, NULL) != MSIV2_OK)
		return -1;
	imds_port = wire_port(msiv2_emulator_imds(emulator));
	sts_port = wire_port(msiv2_emulator_sts(emulator));
	admin_port = wire_port(msiv2_emulator_admin(emulator));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	msiv2_emulator_stop(emulator);
	return 0;
}

/* ---- honest clients ---- */

static void expect_served(uint16_t port, bool tls, const char *request)
{
	const struct wire_tls any = {0};
	int64_t start_us = clock_mono_us(clock_system());
	int64_t took_us;
	struct wire wire;

	wire_open(&wire, port);
	if (tls)
		assert_true(wire_start_tls(&wire, &any));
	wire_send(&wire, request);
	assert_int_equal(wire_read(&wire, false, NULL), 200);
	wire_close(&wire);
	took_us = clock_mono_us(clock_system()) - start_us;
	if (took_us >= HONEST_US)
		fail_msg("port %u: served after %lld us", (unsigned)port, (long long)took_us);
}

static void expect_everybody_served(void)
{
	expect_served(imds_port, false, "GET " METADATA " HTTP/1.1\r\n" HONEST_HEAD "\r\n");
	expect_served(sts_port, true,
	              "GET /" STAGE_TENANT
	              "/discovery/v2.0/keys HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

/* ---- silent ones ---- */

/* Opens so many connections that say only that much. */
static void open_silent(struct wire wires[SILENT], uint16_t port, const char *start_text)
{
	for (size_t i = 0; i < SILENT; i++) {
		wire_open(&wires[i], port);
		wire_send(&wires[i], start_text);
	}
}

static void close_all(struct wire wires[SILENT])
{
	for (size_t i = 0; i < SILENT; i++)
		wire_close(&wires[i]);
}

static void silent_clients_keep_nobody_out(void **state)
{
	static struct wire silent[4][SILENT];

	(void)state;
	open_silent(silent[0], imds_port, "");
	open_silent(silent[1], imds_port, "GET /metadata/identity HTTP/1.1\r\nHost: x\r\nX-Slow: ");
	open_silent(silent[2], imds_port,
	            "POST " STAGE_ISSUE "?cred-api-version=2.0 HTTP/1.1\r\n" HONEST_HEAD
	            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"csr\":");
	/* Half of a ClientHello. */
	open_silent(silent[3], sts_port, "\x16\x03\x01\x02");
	for (int i = 0; i < 5; i++)
		expect_everybody_served();
	for (size_t i = 0; i < TEXT_COUNT(silent); i++)
		close_all(silent[i]);
	expect_everybody_served();
}

/* Honest clients may leave a connection open as long as nobody needs its thread. */
static void idle_connections_stay_while_there_is_room(void **state)
{
	struct wire idle[THREADS - 1];

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(idle); i++) {
		wire_open(&idle[i], imds_port);
		wire_send(&idle[i], "GET " METADATA " HTTP/1.1\r\n" HONEST_HEAD "\r\n");
		assert_int_equal(wire_read(&idle[i], false, NULL), 200);
	}
	clock_wait_us(clock_system(), 300 * CLOCK_US_PER_MS); /* three times the grace */
	for (size_t i = 0; i < TEXT_COUNT(idle); i++) {
		wire_send(&idle[i], "GET " METADATA " HTTP/1.1\r\n" HONEST_HEAD "\r\n");
		assert_int_equal(wire_read(&idle[i], false, NULL), 200);
		wire_close(&idle[i]);
	}
}

/* A request that is being answered, however long that takes, is nobody's silence. */
static void an_answer_in_the_making_is_not_ended(void **state)
{
	static struct wire silent[SILENT];
	struct wire patient;

	(void)state;
	wire_open(&patient, admin_port);
	wire_send(&patient,
	          "GET /journal/wait?endpoint=keys&count=100000&timeout_ms=600 HTTP/1.1\r\n"
	          "Host: 127.0.0.1\r\n\r\n");
	open_silent(silent, admin_port, "GET /");
	assert_true(wire_read(&patient, false, NULL) >= 200);
	wire_close(&patient);
	close_all(silent);
}

/* ---- malformed ones ---- */

static const char *const shapes[] = {
        /* Two lengths, and lengths that are none (RFC 9112 6.3). */
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcd",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
        "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n",
        "POST " STAGE_ISSUE " HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nabcd",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabcd",
        "POST " STAGE_ISSUE " HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\nabcd",
        /* Chunks. */
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "POST " STAGE_ISSUE " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "POST " STAGE_ISSUE
        " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        /* Heads. */
        "GET " METADATA " HTTP/1.1\r\nHost: x\r\nX:\tfolded\r\n and\r\n\tagain\r\n\r\n",
        "GET " METADATA " HTTP/1.1\nHost: x\n\n",
        "GET " METADATA " HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET  " METADATA "  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET " METADATA "\r\n\r\n",
        "get " METADATA " http/1.1\r\nHost: x\r\n\r\n",
        ": nameless\r\n\r\n",
        "\r\n\r\n\r\n\r\nGET " METADATA " HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET " METADATA " HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nMetadata: false\r\n\r\n",
        /* Paths. */
        "GET //metadata//identity/getplatformmetadata HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /metadata/./identity/../identity/getplatformmetadata HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /metadata%2Fidentity%2fgetplatformmetadata HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /%2e%2e/%2e%2e/etc/passwd%00.html HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://other/metadata HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /metadata?cred-api-version=%zz&a=%00&&&=== HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
};

/* splitmix64: the same requests in every run. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The first bytes once more; of a copy, since the buffer moves when it grows. */
static void double_head(struct bytes *request, size_t len)
{
	OWNED_STRUCT(bytes) head = {0};

	bytes_add(&head, request->data, len);
	bytes_add(request, head.data, head.len);
}

/* A few seeded changes: bytes replaced, dropped, doubled, NULs, a head that grows very long. */
static void mutate(uint64_t *random, struct bytes *request)
{
	uint64_t changes = next(random) % 4;

	for (uint64_t i = 0; i < changes && request->len > 0; i++) {
		size_t at = (size_t)(next(random) % request->len);

		switch (next(random) % 5) {
		case 0:
			request->data[at] = (uint8_t)next(random);
			break;
		case 1:
			request->data[at] = '\0';
			break;
		case 2:
			request->len = at;
			break;
		case 3:
			double_head(request, at);
			break;
		default:
			for (int k = 0; k < 2000; k++)
				bytes_add_text(request, "X-Long: aaaaaaaaaaaaaaaa\r\n");
		}
	}
}

static void send_malformed(uint64_t *random, uint64_t number)
{
	const char *shape = shapes[number % TEXT_COUNT(shapes)];
	OWNED_STRUCT(bytes) request = {0};
	struct wire wire;

	bytes_add_text(&request, shape);
	if (number >= TEXT_COUNT(shapes))
		mutate(random, &request);
	wire_open(&wire, number % 7 == 0 ? sts_port : number % 5 == 0 ? admin_port : imds_port);
	wire_send_bytes(&wire, request.data, request.len);
	wire_send_end(&wire);
	/* Any answer will do, and none. */
	(void)wire_read(&wire, false, NULL);
	wire_close(&wire);
}

static void malformed_requests_break_and_leak_nothing(void **state)
{
	uint64_t random = SEED;
	size_t fds, threads;
	long kib = 0;

	(void)state;
	expect_everybody_served();
	threads = process_count("/proc/self/task");
	fds = process_count("/proc/self/fd");
	for (uint64_t i = 0; i < MALFORMED; i++) {
		/* The journal's ring and the allocator have found their size by then. */
		if (i == MALFORMED / 2)
			kib = process_resident_kib();
		send_malformed(&random, i);
		if (i % 500 == 0)
			expect_everybody_served();
	}
	expect_everybody_served();
	assert_true(process_resident_kib() - kib < GROWTH_KIB);
	/* The watchmen may have been called. */
	assert_in_range(process_count("/proc/self/task"), threads - 3, threads + 3);
	assert_in_range(process_count("/proc/self/fd"), 1, fds + THREADS * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(silent_clients_keep_nobody_out),
	        cmocka_unit_test(idle_connections_stay_while_there_is_room),
	        cmocka_unit_test(an_answer_in_the_making_is_not_ended),
	        cmocka_unit_test(malformed_requests_break_and_leak_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
