/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the certificate store costs: lookups warm and cold beside more and more entries of others,
 * with more and more entries of one's own; puts with their fsync, removals, and eight processes
 * that write to one alias. usage: bench_store [RUNS [OTHERS-MAX]]      in a folder of its own below
 * TMPDIR */
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "entry_factory.h"
#include "samples.h"

#define PROCESSES  8
#define OWN_ALIAS  "system_assigned_managed_identity#att=0"
#define CONTEST_US (2 * CLOCK_US_PER_S)

struct bench {
	char root[64];
	struct store *store;
	struct entry_factory *factory;
	int runs;
};

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

static void print(const char *name, struct samples *samples)
{
	printf("  %-46s median %8.1f us   p99 %8.1f us\n", name,
	       (double)samples_percentile(samples, 50), (double)samples_percentile(samples, 99));
}

/* ---- lookups ---- */

static int64_t look_once(const struct bench *bench, size_t expected)
{
	struct msiv2_error err = {0};
	const struct store_want want = entry_factory_want(bench->factory, OWN_ALIAS);
	OWNED_STRUCT(store_records) records = {0};
	int64_t start = now_us();
	int64_t took;

	entry_factory_must(store_read(bench->store, OWN_ALIAS, &records, &err), &err);
	if (store_select(&records, &want) >= records.count || records.count != expected)
		entry_factory_die("the lookup found something else");
	took = now_us() - start;
	return took;
}

/* In a process of its own, whose first act it is, with the files out of the page cache. */
static int64_t look_cold(const struct bench *bench, size_t expected)
{
	int64_t *took = mmap(NULL, sizeof(*took), PROT_READ | PROT_WRITE,
	                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t result;
	int status = 0;
	pid_t pid;

	entry_factory_forget(bench->factory, OWN_ALIAS);
	pid = fork();
	if (pid == 0) {
		*took = look_once(bench, expected);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		entry_factory_die("the process of a cold lookup failed");
	result = *took;
	(void)munmap(took, sizeof(*took));
	return result;
}

static void bench_lookup(const struct bench *bench, const char *what, size_t count, size_t own)
{
	/* Many entries take long, and vary less. */
	int runs = bench->runs / (int)own + 2;
	static struct samples warm, cold;
	char name[80];

	warm.count = cold.count = 0;
	for (int i = 0; i < runs; i++)
		samples_add(&warm, look_once(bench, own));
	for (int i = 0; i < runs / 5 + 2; i++)
		samples_add(&cold, look_cold(bench, own));
	(void)snprintf(name, sizeof(name), "lookup, %s %zu, warm", what, count);
	print(name, &warm);
	(void)snprintf(name, sizeof(name), "lookup, %s %zu, cold, new process", what, count);
	print(name, &cold);
}

/* ---- changes ---- */

static void remove_by_verdict(const struct bench *bench, const char *alias,
                              enum store_verdict verdict)
{
	struct msiv2_error err = {0};
	OWNED_STRUCT(store_records) records = {0};

	entry_factory_must(store_read(bench->store, alias, &records, &err), &err);
	for (size_t i = 0; i < records.count; i++)
		records.items[i].verdict = verdict;
	entry_factory_must(store_remove(bench->store, alias, &records, 1U << verdict, NULL, &err),
	                   &err);
}

static void bench_changes(const struct bench *bench)
{
	struct msiv2_error err = {0};
	const char *alias = "changes#att=0";
	const struct store_want want = entry_factory_want(bench->factory, alias);
	static struct samples put, again, removal;

	for (int i = 0; i < bench->runs / 5 + 1; i++) {
		struct store_entry *entry = entry_factory_make(bench->factory, alias, 0);
		int64_t start = now_us();

		entry_factory_must(store_put(bench->store, entry, &want, &err), &err);
		samples_add(&put, now_us() - start);
		start = now_us();
		entry_factory_must(store_put(bench->store, entry, &want, &err), &err);
		samples_add(&again, now_us() - start);
		start = now_us();
		remove_by_verdict(bench, alias, STORE_SPARE);
		samples_add(&removal, now_us() - start);
		entry_factory_take(entry);
	}
	print("put of the first entry, synced", &put);
	print("put over an entry, synced", &again);
	print("remove", &removal);
}

/* ---- eight processes, one alias ---- */

struct contest {
	struct samples waits;
	long busy;
};

static void contend(const struct bench *bench, int who, struct contest *contest)
{
	struct msiv2_error err = {0};
	const char *alias = "contest#att=0";
	const struct store_want want = entry_factory_want(bench->factory, alias);
	struct store_entry *entry = entry_factory_make(bench->factory, alias, who);
	int64_t end = now_us() + CONTEST_US;
	int64_t start;

	while ((start = now_us()) < end) {
		if (store_put(bench->store, entry, &want, &err) == MSIV2_OK)
			samples_add(&contest->waits, now_us() - start);
		else
			contest->busy++;
	}
	entry_factory_take(entry);
}

static void bench_contention(const struct bench *bench)
{
	struct contest *contests = mmap(NULL, PROCESSES * sizeof(*contests), PROT_READ | PROT_WRITE,
	                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static struct samples all;
	long done = 0, busy = 0;
	pid_t pids[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			contend(bench, i, &contests[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = 0;

		if (pids[i] < 0 || waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			entry_factory_die("a contending process failed");
		done += (long)contests[i].waits.count;
		busy += contests[i].busy;
		for (size_t k = 0; k < contests[i].waits.count; k += PROCESSES)
			samples_add(&all, contests[i].waits.value[k]);
	}
	(void)munmap(contests, PROCESSES * sizeof(*contests));
	print("put by 8 processes on one alias", &all);
	printf("  %-46s %8.0f /s, %ld of %ld gave up after %d ms\n", "  together",
	       (double)done * 1e6 / (double)CONTEST_US, busy, done + busy, STORE_LOCK_WAIT_MS);
}

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void open_bench(struct bench *bench)
{
	struct msiv2_error err = {0};
	const char *base = getenv("TMPDIR");

	(void)snprintf(bench->root, sizeof(bench->root), "%s/msiv2-bench-XXXXXX",
	               base != NULL && strlen(base) < 32 ? base : "/tmp");
	if (mkdtemp(bench->root) == NULL)
		entry_factory_die("no folder");
	entry_factory_must(store_new(STORE_SCOPE_CURRENT_USER, bench->root, clock_system(),
	                             &bench->store, &err),
	                   &err);
	bench->factory = entry_factory_new(bench->store);
}

static void measure(struct bench *bench, long others_max)
{
	struct msiv2_error err = {0};
	static const long others[] = {1, 100, 10000};
	static const int own[] = {1, 10, 100};
	const struct store_want want = entry_factory_want(bench->factory, OWN_ALIAS);
	int have = 0;
	long planted = 0;

	for (size_t i = 0; i < TEXT_COUNT(own); i++) {
		for (; have < own[i]; have++) {
			struct store_entry *entry =
			        entry_factory_make(bench->factory, OWN_ALIAS, have);

			entry_factory_must(store_put(bench->store, entry, &want, &err), &err);
			entry_factory_take(entry);
		}
		for (size_t k = 0; i == 0 && k < TEXT_COUNT(others); k++) {
			if (others[k] > others_max)
				break;
			for (; planted < others[k]; planted++)
				entry_factory_plant(bench->factory, planted);
			bench_lookup(bench, "entries of others:", (size_t)planted, 1);
		}
		if (i > 0)
			bench_lookup(bench, "entries of the alias:", (size_t)have, (size_t)have);
	}
	bench_changes(bench);
	bench_contention(bench);
}

int main(int argc, char **argv)
{
	struct bench bench = {.runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1000};
	long others_max = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;

	if (bench.runs < 1 || bench.runs > SAMPLES_MAX || others_max < 1) {
		fprintf(stderr, "usage: bench_store [RUNS [OTHERS-MAX]]\n");
		return 2;
	}
	open_bench(&bench);
	measure(&bench, others_max);
	entry_factory_free(bench.factory);
	store_free(bench.store);
	(void)nftw(bench.root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
