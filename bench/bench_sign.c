/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Signatures per second and their latency, by kind of key, padding and number of threads: our key,
 * the same through the OpenSSL bridge, and in the same run the bare device. usage: bench_sign KIND
 * [RATE-MS [THREADS]]   KIND: memory, keyguard, hardware The devices are found as `msiv2` finds
 * them: MSIV2_PKCS11_MODULE, MSIV2_PKCS11_PIN, MSIV2_TCTI. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "common/x509.h"
#include "ref/keys/hierarchy.h"
#include "ref/keys/openssl_bridge.h"
#include "samples.h"
#include "signer.h"

#define THREADS_MAX 8

struct worker {
	const struct signer *signer;
	enum key_padding padding;
	int64_t rate_us;
	int64_t done;
	struct samples latency; /* nanoseconds would need another clock: microseconds */
	pthread_t thread;
};

static void *sign_for_a_while(void *arg)
{
	struct worker *worker = arg;
	void *session = worker->signer->open(worker->signer->shared);
	int64_t start = clock_mono_us(clock_system()), before = start, after;

	do {
		worker->signer->sign(session, worker->padding);
		after = clock_mono_us(clock_system());
		samples_add(&worker->latency, after - before);
		before = after;
		worker->done++;
	} while (after - start < worker->rate_us);
	worker->signer->close(session);
	return NULL;
}

/* Returns signatures per second. */
static double run(const struct signer *signer, enum key_padding padding, int threads,
                  int64_t rate_us, double ceiling)
{
	static struct worker workers[THREADS_MAX];
	static struct samples all;
	double rate = 0;

	all.count = 0;
	for (int i = 0; i < threads; i++) {
		workers[i] =
		        (struct worker){.signer = signer, .padding = padding, .rate_us = rate_us};
		if (pthread_create(&workers[i].thread, NULL, sign_for_a_while, &workers[i]) != 0)
			signer_die("no thread");
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		rate += (double)workers[i].done * 1e6 / (double)rate_us;
		for (size_t k = 0; k < workers[i].latency.count; k++)
			samples_add(&all, workers[i].latency.value[k]);
	}
	printf("  %-13s %s %d threads %8.0f /s   p50 %7lld us  p99 %7lld us", signer->name,
	       padding == KEY_PADDING_PSS ? "PSS   " : "PKCS#1", threads, rate,
	       (long long)samples_percentile(&all, 50), (long long)samples_percentile(&all, 99));
	if (ceiling > 0)
		printf("   %5.1f %% of the ceiling, %+.1f us each", rate * 100 / ceiling,
		       threads * (1e6 / rate - 1e6 / ceiling));
	printf("\n");
	return rate;
}

static struct signer ceiling_of(const char *kind, const struct key_place *place)
{
	if (text_equal(kind, "keyguard"))
		return signer_pkcs11(place);
	return text_equal(kind, "hardware") ? signer_esys(place) : signer_openssl();
}

static struct key *get_key(const struct key_provider *provider, const struct key_place *place)
{
	struct msiv2_error err = {0};
	enum key_lack lack;
	struct key *key = NULL;

	if (provider->get_or_create(place, CLOCK_NEVER, &key, &lack, &err) != MSIV2_OK)
		signer_die(err.message);
	return key;
}

static void compare(const char *kind, const struct key_provider *provider, int64_t rate_us,
                    int threads_max)
{
	const struct key_place place = {.module = getenv("MSIV2_PKCS11_MODULE"),
	                                .tcti = getenv("MSIV2_TCTI"),
	                                .clock = clock_system()};
	OWNED_STRUCT(openssl_bridge) *bridge = NULL;
	OWNED_STRUCT(key) *key = get_key(provider, &place);
	OWNED(EVP_PKEY) *pkey = NULL;
	struct signer bare = ceiling_of(kind, &place), ours = signer_key(key), bridged;

	if (openssl_bridge_new(&bridge, NULL) != MSIV2_OK ||
	    openssl_bridge_pkey(bridge, key, &pkey, NULL) != MSIV2_OK)
		signer_die("no bridge");
	bridged = signer_bridge(pkey);
	printf("%s keys, RSA-%d\n", kind, key_bits(key));
	for (int threads = 1; threads <= threads_max; threads *= 2) {
		for (int padding = KEY_PADDING_PSS; padding <= KEY_PADDING_PKCS1; padding++) {
			enum key_padding p = (enum key_padding)padding;
			double ceiling = run(&bare, p, threads, rate_us, 0);

			(void)run(&ours, p, threads, rate_us, ceiling);
			(void)run(&bridged, p, threads, rate_us, ceiling);
		}
	}
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	const struct key_provider *provider = hierarchy_provider(kind, strlen(kind));
	int64_t rate_us = (argc > 2 ? strtol(argv[2], NULL, 10) : 1000) * CLOCK_US_PER_MS;
	int threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 4;

	if (provider == NULL || rate_us <= 0 || threads < 1 || threads > THREADS_MAX) {
		fprintf(stderr, "usage: bench_sign memory|keyguard|hardware [RATE-MS [THREADS]]\n");
		return 2;
	}
	compare(kind, provider, rate_us, threads);
	return 0;
}
