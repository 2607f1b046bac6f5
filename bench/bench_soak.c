/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* 64 connections that ask without pause: no error, no slow answer, no growing memory.
 * usage: bench_soak EMULATOR [SECONDS]; exit code 1 when that does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "emulator_process.h"
#include "load.h"

#define CONNECTIONS 64
#define ROUNDS      6 /* memory is looked at after each */
#define GROWTH_KIB  2048
#define SLOW_US     CLOCK_US_PER_S

static const char request[] =
        "GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 "
        "HTTP/1.1\r\nHost: 127.0.0.1\r\nMetadata: true\r\n"
        "x-ms-client-request-id: 9d6f0f5c-7f6f-4a8b-9d3b-6a1f3f3d2b10\r\n\r\n";

int main(int argc, char **argv)
{
	struct load_result result, total = {0};
	struct emulator_process process;
	struct load_plan plan = {.name = "soak",
	                         .request = request,
	                         .request_len = sizeof(request) - 1,
	                         .status = 200,
	                         .threads = CONNECTIONS};
	long first_kib = 0, last_kib = 0;
	long seconds;
	bool good;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_soak EMULATOR [SECONDS]\n");
		return 2;
	}
	seconds = argc > 2 ? strtol(argv[2], NULL, 10) : 60;
	plan.duration_us = seconds * CLOCK_US_PER_S / ROUNDS;
	emulator_process_start(argv[1], &process);
	plan.port = (uint16_t)strtoul(strrchr(process.imds, ':') + 1, NULL, 10);
	for (int i = 0; i < ROUNDS; i++) {
		load_run(&plan, &result);
		total.requests += result.requests;
		total.errors += result.errors;
		total.elapsed_us += result.elapsed_us;
		total.max_us = result.max_us > total.max_us ? result.max_us : total.max_us;
		last_kib = emulator_process_rss_kib(&process);
		/* The journal has reached its bound in the first round. */
		first_kib = i == 0 ? last_kib : first_kib;
		printf("%3.0f s  %9lld requests  %lld errors  resident %.1f MiB\n",
		       (double)total.elapsed_us / 1e6, (long long)total.requests,
		       (long long)total.errors, (double)last_kib / 1024);
		(void)fflush(stdout);
	}
	emulator_process_stop(&process);
	good = total.errors == 0 && last_kib - first_kib <= GROWTH_KIB && total.max_us < SLOW_US;
	printf("%d connections: %.0f requests/s, slowest answer %.0f ms, memory grew by %ld KiB: "
	       "%s\n",
	       CONNECTIONS, (double)total.requests * 1e6 / (double)total.elapsed_us,
	       (double)total.max_us / 1e3, last_kib - first_kib, good ? "good" : "NOT good");
	return good ? 0 : 1;
}
