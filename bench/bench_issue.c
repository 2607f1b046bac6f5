/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates the emulator issues per second over kept-alive connections: one CSR, posted again
 * and again by raw HTTP, so that the emulator is what is measured. usage: bench_issue EMULATOR */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "emulator_process.h"
#include "msiv2.h"

struct worker {
	const char *url;
	const char *body;
	int64_t rate_us;
	int64_t done;
	pthread_t thread;
};

static size_t discard(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * count;
}

static void *post_csrs(void *arg)
{
	struct worker *worker = arg;
	struct curl_slist *headers = curl_slist_append(NULL, "Metadata: true");
	CURL *curl = curl_easy_init();
	int64_t until = clock_mono_us(clock_system()) + worker->rate_us;

	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers,
	                            "x-ms-client-request-id: 9d6f0f5c-7f6f-4a8b-9d3b-6a1f3f3d2b10");
	curl_easy_setopt(curl, CURLOPT_URL, worker->url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, worker->body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	while (clock_mono_us(clock_system()) < until) {
		long status = 0;

		if (curl_easy_perform(curl) != CURLE_OK ||
		    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
		    status != 200) {
			fprintf(stderr, "bench_issue: issuecredential got %ld\n", status);
			exit(1);
		}
		worker->done++;
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return NULL;
}

static void bench_threads(const char *url, const char *body, int threads, int64_t rate_us)
{
	static struct worker workers[16];
	int64_t done = 0;

	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){.url = url, .body = body, .rate_us = rate_us};
		pthread_create(&workers[i].thread, NULL, post_csrs, &workers[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
	}
	printf("certificates, kept connections     %d threads %8.0f /s\n", threads,
	       (double)done * 1e6 / (double)rate_us);
}

static void make_body(const struct emulator_process *process, struct bytes *body)
{
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;
	struct msiv2_csr *csr = NULL;

	if (msiv2_options_set_imds(options, process->imds, NULL) != MSIV2_OK ||
	    msiv2_client_new(options, &client, NULL) != MSIV2_OK ||
	    msiv2_client_csr(client, NULL, &csr, NULL) != MSIV2_OK) {
		fprintf(stderr, "bench_issue: no CSR\n");
		exit(1);
	}
	bytes_addf(body, "{\"csr\":\"%s\"}", msiv2_csr_base64(csr));
	msiv2_csr_free(csr);
	msiv2_client_free(client);
	msiv2_options_free(options);
}

int main(int argc, char **argv)
{
	struct emulator_process process;
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) url = {0};
	int64_t rate_us = (argc > 2 ? strtol(argv[2], NULL, 10) : 2000) * CLOCK_US_PER_MS;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_issue EMULATOR [RATE-MS]\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	emulator_process_start(argv[1], &process);
	make_body(&process, &body);
	bytes_addf(&url, "%s/metadata/identity/issuecredential?cred-api-version=2.0", process.imds);
	for (int threads = 1; threads <= 4; threads *= 2)
		bench_threads(bytes_text(&url), bytes_text(&body), threads, rate_us);
	emulator_process_stop(&process);
	return 0;
}
