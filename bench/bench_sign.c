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
#include "ref/keys/pkcs11_module.h"
#include "samples.h"
#include "signer.h"

#define THREADS_MAX 8
#define SIGNERS     3
#define ROUNDS      5

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

/* One round of one signer on some threads; its latencies are added to `all`. Returns signatures per
 * second. */
static double run_round(const struct signer *signer, enum key_padding padding, int threads,
                        int64_t rate_us, struct samples *all)
{
	static struct worker workers[THREADS_MAX];
	double rate = 0;

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
			samples_add(all, workers[i].latency.value[k]);
	}
	return rate;
}

/* The bare device first, then ours and ours through the bridge: in turns, so that what else the
 * machine does in one moment falls on all of them, and the best round of each counts; overhead is
 * compared by the median latency, which other work on the machine hardly moves. */
static void compare(const struct signer signers[SIGNERS], enum key_padding padding, int threads,
                    int64_t rate_us)
{
	static struct samples latency[SIGNERS];
	double best[SIGNERS] = {0};
	int64_t bare_p50 = 0;

	for (int k = 0; k < SIGNERS; k++)
		latency[k].count = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (int k = 0; k < SIGNERS; k++) {
			double rate = run_round(&signers[k], padding, threads, rate_us / ROUNDS,
			                        &latency[k]);

			best[k] = rate > best[k] ? rate : best[k];
		}
	}
	for (int k = 0; k < SIGNERS; k++) {
		int64_t p50 = samples_percentile(&latency[k], 50);

		bare_p50 = k == 0 ? p50 : bare_p50;
		printf("  %-13s %s %d threads %8.0f /s   p50 %6lld us  p99 %6lld us",
		       signers[k].name, padding == KEY_PADDING_PSS ? "PSS   " : "PKCS#1", threads,
		       best[k], (long long)p50, (long long)samples_percentile(&latency[k], 99));
		if (k > 0)
			printf("   %5.1f %% of the ceiling, %+lld us each",
			       (double)bare_p50 * 100 / (double)p50, (long long)(p50 - bare_p50));
		printf("\n");
	}
}

static struct signer ceiling_of(const char *kind, const struct key_place *place, EVP_PKEY *plain)
{
	if (text_equal(kind, "keyguard"))
		return signer_pkcs11(place);
	return text_equal(kind, "hardware") ? signer_esys(place) : signer_openssl(plain);
}

static const char *module_path(void)
{
	const char *named = getenv("MSIV2_PKCS11_MODULE");

	return named != NULL ? named : pkcs11_module_default();
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

static void measure(const char *kind, const struct key_provider *provider, int64_t rate_us,
                    int threads_max)
{
	const struct key_place place = {
	        .module = module_path(), .tcti = getenv("MSIV2_TCTI"), .clock = clock_system()};
	OWNED_STRUCT(openssl_bridge) *bridge = NULL;
	OWNED_STRUCT(key) *key = get_key(provider, &place);
	OWNED(EVP_PKEY) *plain = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)KEY_RSA_BITS);
	OWNED(EVP_PKEY) *pkey = NULL;
	struct signer signers[SIGNERS] = {ceiling_of(kind, &place, plain), signer_key(key)};

	if (plain == NULL)
		signer_die("OpenSSL makes no key");
	if (openssl_bridge_new(&bridge, NULL) != MSIV2_OK ||
	    openssl_bridge_pkey(bridge, key, &pkey, NULL) != MSIV2_OK)
		signer_die("no bridge");
	signers[2] = signer_bridge(pkey);
	printf("%s keys, RSA-%d\n", kind, key_bits(key));
	for (int threads = 1; threads <= threads_max; threads *= 2) {
		compare(signers, KEY_PADDING_PSS, threads, rate_us);
		compare(signers, KEY_PADDING_PKCS1, threads, rate_us);
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
	measure(kind, provider, rate_us, threads);
	return 0;
}
