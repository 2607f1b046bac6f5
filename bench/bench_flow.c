/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What libmsiv2 needs for an acquisition: the cold flow leg by leg, tokens over a kept connection,
 * and an answer from the cache.
 * usage: bench_flow EMULATOR [COLD-RUNS [RATE-MS]]: RATE-MS for each of the rates */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/err.h"
#include "emulator_process.h"
#include "msiv2.h"
#include "samples.h"

static const struct msiv2_request vault = {.resource = "https://vault.azure.net"};

static void must(enum msiv2_rc rc, const struct msiv2_error *err)
{
	if (rc == MSIV2_OK)
		return;
	fprintf(stderr, "bench_flow: %s: %s: %s\n", msiv2_rc_name(rc), msiv2_error_where(err),
	        msiv2_error_message(err));
	exit(1);
}

static struct msiv2_client *new_client(const struct emulator_process *process)
{
	struct msiv2_error err = {0};
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;

	must(msiv2_options_set_imds(options, process->imds, &err), &err);
	must(msiv2_options_set_trust_file(options, process->ca, &err), &err);
	must(msiv2_client_new(options, &client, &err), &err);
	msiv2_options_free(options);
	return client;
}

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

static void print_leg(const char *name, struct samples *samples)
{
	printf("  %-34s median %8.2f ms   p90 %8.2f ms\n", name,
	       (double)samples_percentile(samples, 50) / 1e3,
	       (double)samples_percentile(samples, 90) / 1e3);
}

static void bench_cold(const struct emulator_process *process, int runs)
{
	static struct samples key, metadata, csr, issue, token, resource, total;

	for (int i = 0; i < runs; i++) {
		struct msiv2_client *client = new_client(process);
		const struct msiv2_call call = {.url = process->resource};
		struct msiv2_response *response = NULL;
		struct msiv2_error err = {0};
		struct msiv2_timings t;
		int64_t start = now_us();

		must(msiv2_client_call(client, &vault, &call, &response, &err), &err);
		samples_add(&total, now_us() - start);
		msiv2_token_timings(msiv2_response_token(response), &t);
		samples_add(&key, t.key_us);
		samples_add(&metadata, t.metadata_us);
		samples_add(&csr, t.csr_us);
		samples_add(&issue, t.issue_us);
		samples_add(&token, t.token_us);
		samples_add(&resource, msiv2_response_time_us(response));
		msiv2_response_free(response);
		msiv2_client_free(client);
	}
	printf("cold flow, key to protected resource (%d runs)\n", runs);
	print_leg("RSA-2048 key", &key);
	print_leg("getplatformmetadata", &metadata);
	print_leg("CSR signed", &csr);
	print_leg("issuecredential", &issue);
	print_leg("token (new mTLS connection)", &token);
	print_leg("resource (mTLS)", &resource);
	print_leg("whole", &total);
}

static void bench_cached(const struct emulator_process *process, int64_t rate_us)
{
	struct msiv2_client *client = new_client(process);
	struct msiv2_error err = {0};
	struct msiv2_token *token = NULL;
	int64_t rounds = 0;
	int64_t start, took;

	must(msiv2_client_acquire(client, &vault, &token, &err), &err);
	msiv2_token_free(token);
	start = now_us();
	do {
		/* In batches, because looking at the clock costs a tenth of what is measured. */
		for (int i = 0; i < 1000; i++) {
			must(msiv2_client_acquire(client, &vault, &token, &err), &err);
			msiv2_token_free(token);
		}
		rounds += 1000;
		took = now_us() - start;
	} while (took < rate_us);
	printf("acquire answered by the cache      mean %8.0f ns                   aim < 2000 ns\n",
	       (double)took * 1e3 / (double)rounds);
	msiv2_client_free(client);
}

struct worker {
	const struct emulator_process *process;
	int64_t rate_us;
	int64_t until_us;
	int64_t done;
	pthread_t thread;
};

static void *ask_for_tokens(void *arg)
{
	struct worker *worker = arg;
	struct msiv2_client *client = new_client(worker->process);
	struct msiv2_request forced = vault;
	struct msiv2_error err = {0};

	forced.force = true;
	while (worker->done == 0 || now_us() < worker->until_us) {
		struct msiv2_token *token = NULL;

		must(msiv2_client_acquire(client, &forced, &token, &err), &err);
		msiv2_token_free(token);
		if (worker->done++ == 0) /* the first one paid for key and certificate */
			worker->until_us = now_us() + worker->rate_us;
	}
	msiv2_client_free(client);
	return NULL;
}

static void bench_tokens(const struct emulator_process *process, int threads, int64_t rate_us)
{
	static struct worker workers[16];
	int64_t done = 0;

	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){.process = process, .rate_us = rate_us};
		pthread_create(&workers[i].thread, NULL, ask_for_tokens, &workers[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done - 1;
	}
	printf("tokens, kept mTLS connections      %d threads %8.0f /s\n", threads,
	       (double)done * 1e6 / (double)rate_us);
}

int main(int argc, char **argv)
{
	struct emulator_process process;
	int runs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 50;
	int64_t rate_us = (argc > 3 ? strtol(argv[3], NULL, 10) : 2000) * CLOCK_US_PER_MS;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_flow EMULATOR [COLD-RUNS [RATE-MS]]\n");
		return 2;
	}
	emulator_process_start(argv[1], &process);
	bench_cold(&process, runs);
	bench_cached(&process, rate_us);
	for (int threads = 1; threads <= 4; threads *= 2)
		bench_tokens(&process, threads, rate_us);
	emulator_process_stop(&process);
	return 0;
}
