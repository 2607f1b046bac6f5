/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* How long msiv2-emulator takes from exec to its first answer, and what memory it holds.
 * usage: bench_start EMULATOR [RUNS] */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "emulator_process.h"
#include "samples.h"

static size_t discard(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * count;
}

static CURL *probe_handle(const struct emulator_process *process)
{
	CURL *curl = curl_easy_init();
	char url[256];

	(void)snprintf(url, sizeof(url),
	               "%s/metadata/identity/getplatformmetadata?cred-api-version=2.0",
	               process->imds);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	return curl;
}

static void expect_answer(CURL *curl)
{
	long status = 0;

	if (curl_easy_perform(curl) != CURLE_OK ||
	    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 400) {
		fprintf(stderr, "bench_start: the probe got %ld, not 400 (META-08)\n", status);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct samples ready, answer, rss_idle, rss_loaded;
	int runs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 30;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_start EMULATOR [RUNS]\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	for (int i = 0; i < runs; i++) {
		int64_t start = clock_mono_us(clock_system());
		struct emulator_process process;
		CURL *curl;

		emulator_process_start(argv[1], &process);
		samples_add(&ready, clock_mono_us(clock_system()) - start);
		curl = probe_handle(&process);
		expect_answer(curl);
		samples_add(&answer, clock_mono_us(clock_system()) - start);
		samples_add(&rss_idle, emulator_process_rss_kib(&process));
		for (int k = 0; k < 1000; k++)
			expect_answer(curl);
		samples_add(&rss_loaded, emulator_process_rss_kib(&process));
		curl_easy_cleanup(curl);
		emulator_process_stop(&process);
	}
	printf("exec to ready line          median %7.1f ms   p90 %7.1f ms   (%d runs)\n",
	       (double)samples_percentile(&ready, 50) / 1e3,
	       (double)samples_percentile(&ready, 90) / 1e3, runs);
	printf("exec to first answer        median %7.1f ms   p90 %7.1f ms   aim <= 50 ms\n",
	       (double)samples_percentile(&answer, 50) / 1e3,
	       (double)samples_percentile(&answer, 90) / 1e3);
	printf("resident memory, idle       median %7.1f MiB\n",
	       (double)samples_percentile(&rss_idle, 50) / 1024);
	printf("resident memory, 1000 asked median %7.1f MiB                   aim <= 20 MiB\n",
	       (double)samples_percentile(&rss_loaded, 50) / 1024);
	return 0;
}
