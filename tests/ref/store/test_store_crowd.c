/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Many processes and threads at one store: nobody ever sees half an entry, or none where there is
 * always one (STORE-09). */
#include "tests/testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "store_bench.h"

#define WRITERS 3
#define READERS 3
#define PUTS    60

/* Puts entries of one alias, each pruning the one before; in a process of its own. */
static int write_many(const struct store_bench *bench, int writer)
{
	for (int i = 0; i < PUTS; i++) {
		struct store_want want = store_bench_want(bench);
		OWNED_STRUCT(store_entry) entry = {0};
		enum msiv2_rc rc;

		/* The world's time moves on so that those of the last round are expired. */
		want.now_s += i * BENCH_DAY_S;
		store_bench_entry(bench,
		                  &(struct entry_recipe){.serial = writer * PUTS + i + 1,
		                                         .from_s = i * BENCH_DAY_S,
		                                         .until_s = (i + 4) * BENCH_DAY_S},
		                  &entry);
		rc = store_put(bench->store, &entry, &want, NULL);
		/* Busy for 300 ms is an answer, not a fault. */
		if (rc != MSIV2_OK && rc != MSIV2_STORE)
			return 1;
	}
	return 0;
}

/* Number of faults seen in one look. */
static unsigned look(struct store *store)
{
	OWNED_STRUCT(store_records) records = {0};
	unsigned faults = 0;

	if (store_read(store, BENCH_ALIAS, &records, NULL) != MSIV2_OK)
		return 1;
	for (size_t i = 0; i < records.count; i++)
		faults += !records.items[i].readable;
	return faults + (records.count == 0);
}

static int read_until_told(const struct store_bench *bench, int told)
{
	unsigned looks = 0;
	char byte;

	/* The pipe ends when the writers are done. */
	while (read(told, &byte, 1) < 0) {
		if (look(bench->store) > 0)
			return 1;
		looks++;
	}
	return looks > 0 ? 0 : 2;
}

static pid_t start(int (*work)(const struct store_bench *bench, int arg),
                   const struct store_bench *bench, int arg)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(work(bench, arg));
	return child;
}

static void end_well(pid_t child)
{
	int status = 0;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void readers_beside_writers_see_whole_entries_only(void **state)
{
	struct store_bench bench;
	pid_t writers[WRITERS], readers[READERS];
	int told[2];

	(void)state;
	store_bench_open(&bench);
	store_bench_put(&bench, &(struct entry_recipe){.serial = 9999});
	assert_int_equal(pipe2(told, O_NONBLOCK | O_CLOEXEC), 0);
	for (int i = 0; i < READERS; i++) {
		readers[i] = fork();
		assert_true(readers[i] >= 0);
		if (readers[i] == 0) {
			(void)close(told[1]);
			_exit(read_until_told(&bench, told[0]));
		}
	}
	for (int i = 0; i < WRITERS; i++)
		writers[i] = start(write_many, &bench, i);
	for (int i = 0; i < WRITERS; i++)
		end_well(writers[i]);
	(void)close(told[1]);
	for (int i = 0; i < READERS; i++)
		end_well(readers[i]);
	(void)close(told[0]);
	assert_int_equal(look(bench.store), 0);
	store_bench_close(&bench);
}

struct crowd {
	const struct store_bench *bench;
	atomic_int next_writer;
	atomic_int writing;
	atomic_uint faults;
};

static void *write_in_thread(void *ctx)
{
	struct crowd *crowd = ctx;
	int failed = write_many(crowd->bench, atomic_fetch_add(&crowd->next_writer, 1));

	atomic_fetch_add(&crowd->faults, (unsigned)failed);
	atomic_fetch_sub(&crowd->writing, 1);
	return NULL;
}

static void *read_in_thread(void *ctx)
{
	struct crowd *crowd = ctx;

	do
		atomic_fetch_add(&crowd->faults, look(crowd->bench->store));
	while (atomic_load(&crowd->writing) > 0);
	return NULL;
}

static void threads_share_one_store(void **state)
{
	struct store_bench bench;
	struct crowd crowd = {.bench = &bench};
	pthread_t threads[WRITERS + READERS];

	(void)state;
	store_bench_open(&bench);
	store_bench_put(&bench, &(struct entry_recipe){.serial = 9999});
	atomic_store(&crowd.writing, WRITERS);
	for (size_t i = 0; i < WRITERS + READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		                                i < WRITERS ? write_in_thread : read_in_thread,
		                                &crowd),
		                 0);
	for (size_t i = 0; i < WRITERS + READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&crowd.faults), 0);
	store_bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(readers_beside_writers_see_whole_entries_only),
	        cmocka_unit_test(threads_share_one_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
