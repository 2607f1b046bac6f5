/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The two locks: who holds, who waits and for how long, and what a dead or a stopped holder does
 * (STORE-09, LIFE-04). */
#include "tests/testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "store_bench.h"
#include "tests/ref/virtual_clock.h"

struct desk {
	struct store_bench bench;
	struct store_lock_file file;
	struct virtual_clock clock;
	struct patience patience;
	char path[100];
};

static int open_desk(void **state)
{
	static struct desk desk;

	desk = (struct desk){0};
	store_bench_open(&desk.bench);
	virtual_clock_start(&desk.clock);
	desk.patience = (struct patience){.clock = &desk.clock.clock, .deadline_us = CLOCK_NEVER};
	desk.file.dir = open(desk.bench.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(desk.file.dir >= 0);
	desk.file.name = "x.lock";
	desk.file.folder = desk.bench.root;
	desk.file.owner = geteuid();
	(void)snprintf(desk.path, sizeof(desk.path), "%s/x.lock", desk.bench.root);
	*state = &desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;

	(void)close(desk->file.dir);
	store_bench_close(&desk->bench);
	return 0;
}

static struct store_lock *take(struct desk *desk, int64_t wait_ms, int64_t stall_ms,
                               enum store_lock_end want)
{
	struct store_lock *lock = NULL;
	struct msiv2_error err = {0};
	enum store_lock_end end = STORE_LOCK_HELD;

	if (store_lock_take(&desk->file, &desk->patience, wait_ms, stall_ms, &end, &lock, &err) !=
	    MSIV2_OK)
		fail_msg("%s", err.message);
	assert_int_equal(end, want);
	assert_int_equal(lock != NULL, want == STORE_LOCK_HELD);
	return lock;
}

static void a_free_lock_is_had_at_once(void **state)
{
	struct desk *desk = *state;
	struct stat st;

	for (int i = 0; i < 3; i++)
		store_lock_release(take(desk, 0, 0, STORE_LOCK_HELD));
	store_lock_release(NULL);
	store_lock_progress(NULL);
	assert_int_equal(atomic_load(&desk->clock.waited_us), 0);
	/* It is never removed while others may be about to lock it. */
	assert_int_equal(stat(desk->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_held_lock_is_waited_for_no_longer_than_told(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *held = take(desk, 0, 0, STORE_LOCK_HELD);

	assert_null(take(desk, STORE_LOCK_WAIT_MS, 0, STORE_LOCK_BUSY));
	assert_int_equal(atomic_load(&desk->clock.waited_us), STORE_LOCK_WAIT_MS * 1000);
	assert_null(take(desk, 0, 0, STORE_LOCK_BUSY));
	store_lock_release(steal(&held));
	held = take(desk, STORE_LOCK_WAIT_MS, 0, STORE_LOCK_HELD);
}

static void a_holder_without_progress_is_not_waited_for(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *held = take(desk, 0, 0, STORE_LOCK_HELD);
	int64_t waited_us;

	assert_null(take(desk, INT64_MAX, STORE_GATE_STALL_MS, STORE_LOCK_STALLED));
	waited_us = atomic_load(&desk->clock.waited_us);
	assert_true(waited_us >= STORE_GATE_STALL_MS * 1000);
	assert_true(waited_us < STORE_GATE_STALL_MS * 1000 + 50000);
	store_lock_release(steal(&held));
}

/* A clock on which the holder makes progress once a second, ten times. */
struct lively {
	struct msiv2_clock clock;
	struct virtual_clock *time;
	struct store_lock *holder;
	int64_t told_us;
	int steps;
};

static int64_t lively_now_s(void *ctx)
{
	struct lively *lively = ctx;

	return clock_now_s(&lively->time->clock);
}

static int64_t lively_mono_us(void *ctx)
{
	struct lively *lively = ctx;

	return clock_mono_us(&lively->time->clock);
}

static void lively_wait_us(void *ctx, int64_t wait_us)
{
	struct lively *lively = ctx;

	clock_wait_us(&lively->time->clock, wait_us);
	if (lively_mono_us(ctx) - lively->told_us < 1000000 || lively->steps == 0)
		return;
	lively->told_us = lively_mono_us(ctx);
	lively->steps--;
	store_lock_progress(lively->holder);
}

static void a_holder_that_makes_progress_is_waited_for(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *held = take(desk, 0, 0, STORE_LOCK_HELD);
	struct lively lively = {.clock = {.now_s = lively_now_s,
	                                  .mono_us = lively_mono_us,
	                                  .wait_us = lively_wait_us,
	                                  .ctx = &lively},
	                        .time = &desk->clock,
	                        .holder = held,
	                        .steps = 10};
	int64_t waited_us;

	desk->patience.clock = &lively.clock;
	assert_null(take(desk, INT64_MAX, STORE_GATE_STALL_MS, STORE_LOCK_STALLED));
	waited_us = atomic_load(&desk->clock.waited_us);
	assert_int_equal(lively.steps, 0);
	assert_true(waited_us >= 10000000 + STORE_GATE_STALL_MS * 1000);
	assert_true(waited_us < 10300000 + STORE_GATE_STALL_MS * 1000);
}

static bool at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void patience_ends_the_wait(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *held = take(desk, 0, 0, STORE_LOCK_HELD);
	struct store_lock *lock = NULL;
	enum store_lock_end end;

	desk->patience.deadline_us = clock_mono_us(&desk->clock.clock) + 100000;
	assert_int_equal(store_lock_take(&desk->file, &desk->patience, 1000, 0, &end, &lock, NULL),
	                 MSIV2_TIMEOUT);
	assert_null(lock);
	assert_int_equal(atomic_load(&desk->clock.waited_us), 100000);
	desk->patience.deadline_us = CLOCK_NEVER;
	desk->patience.cancelled = at_once;
	assert_int_equal(store_lock_take(&desk->file, &desk->patience, 1000, 0, &end, &lock, NULL),
	                 MSIV2_TIMEOUT);
	assert_null(lock);
	/* What is free needs no patience. */
	store_lock_release(steal(&held));
	assert_int_equal(store_lock_take(&desk->file, &desk->patience, 1000, 0, &end, &lock, NULL),
	                 MSIV2_OK);
	store_lock_release(lock);
}

/* Starts a process that takes the lock, says so, and then waits to be ended. */
static pid_t start_holder(struct desk *desk)
{
	int said[2];
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(said), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store_lock *lock = NULL;
		enum store_lock_end end;

		if (store_lock_take(&desk->file, &desk->patience, 0, 0, &end, &lock, NULL) !=
		            MSIV2_OK ||
		    lock == NULL)
			_exit(1);
		(void)!write(said[1], "h", 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(said[0], &byte, 1), 1);
	(void)close(said[0]);
	(void)close(said[1]);
	return child;
}

static void end_holder(pid_t child)
{
	int status;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void the_lock_of_a_dead_process_is_free(void **state)
{
	struct desk *desk = *state;
	pid_t child = start_holder(desk);

	assert_null(take(desk, 0, 0, STORE_LOCK_BUSY));
	end_holder(child);
	store_lock_release(take(desk, 0, 0, STORE_LOCK_HELD));
}

/* On the real clock: a stopped process delays nobody past the bound. */
static void a_stopped_process_delays_others_no_longer_than_the_bound(void **state)
{
	struct desk *desk = *state;
	pid_t child = start_holder(desk);
	int64_t began_us = clock_mono_us(clock_system());
	int64_t took_us;
	int status;

	assert_int_equal(kill(child, SIGSTOP), 0);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	desk->patience.clock = clock_system();
	assert_null(take(desk, STORE_LOCK_WAIT_MS, 0, STORE_LOCK_BUSY));
	assert_null(take(desk, INT64_MAX, 200, STORE_LOCK_STALLED));
	took_us = clock_mono_us(clock_system()) - began_us;
	assert_true(took_us >= 500000);
	assert_true(took_us < 3000000);
	end_holder(child);
}

/* A child that was forked while we held the lock shares it, but does not keep it. */
static void a_forked_child_does_not_keep_a_released_lock(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *held = take(desk, 0, 0, STORE_LOCK_HELD);
	pid_t child = fork();

	assert_true(child >= 0);
	while (child == 0)
		(void)pause();
	store_lock_release(steal(&held));
	store_lock_release(take(desk, 0, 0, STORE_LOCK_HELD));
	end_holder(child);
}

/* Somebody cleans up: the lock on a file without a name excludes nobody, so it does not count. */
static void a_removed_lock_file_splits_nobody(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store_lock) *old = take(desk, 0, 0, STORE_LOCK_HELD);
	OWNED_STRUCT(store_lock) *new = NULL;

	assert_int_equal(unlink(desk->path), 0);
	new = take(desk, 0, 0, STORE_LOCK_HELD);
	store_lock_release(steal(&old));
	assert_null(take(desk, 0, 0, STORE_LOCK_BUSY));
}

/* A clock on which, while somebody waits, the lock file is removed, the lock on a new file of that
 * name taken, and the old one released. */
struct cleaner {
	struct msiv2_clock clock;
	struct desk *desk;
	struct store_lock *old, *new;
};

static int64_t cleaner_now_s(void *ctx)
{
	struct cleaner *cleaner = ctx;

	return clock_now_s(&cleaner->desk->clock.clock);
}

static int64_t cleaner_mono_us(void *ctx)
{
	struct cleaner *cleaner = ctx;

	return clock_mono_us(&cleaner->desk->clock.clock);
}

static void cleaner_wait_us(void *ctx, int64_t wait_us)
{
	struct cleaner *cleaner = ctx;

	clock_wait_us(&cleaner->desk->clock.clock, wait_us);
	if (cleaner->old == NULL)
		return;
	assert_int_equal(unlink(cleaner->desk->path), 0);
	cleaner->new = take(cleaner->desk, 0, 0, STORE_LOCK_HELD);
	store_lock_release(steal(&cleaner->old));
}

static void a_waiter_does_not_get_the_lock_of_a_removed_file(void **state)
{
	struct desk *desk = *state;
	struct cleaner cleaner = {.clock = {.now_s = cleaner_now_s,
	                                    .mono_us = cleaner_mono_us,
	                                    .wait_us = cleaner_wait_us,
	                                    .ctx = &cleaner},
	                          .desk = desk,
	                          .old = take(desk, 0, 0, STORE_LOCK_HELD)};
	const struct patience patience = {.clock = &cleaner.clock, .deadline_us = CLOCK_NEVER};
	struct store_lock *lock = NULL;
	enum store_lock_end end;

	assert_int_equal(store_lock_take(&desk->file, &patience, 100, 0, &end, &lock, NULL),
	                 MSIV2_OK);
	assert_int_equal(end, STORE_LOCK_BUSY);
	assert_null(lock);
	assert_non_null(cleaner.new);
	store_lock_release(cleaner.new);
}

static void assert_unusable(struct desk *desk, const char *why)
{
	struct store_lock *lock = NULL;
	struct msiv2_error err = {0};
	enum store_lock_end end;

	assert_int_equal(store_lock_take(&desk->file, &desk->patience, 0, 0, &end, &lock, &err),
	                 MSIV2_STORE);
	assert_null(lock);
	assert_non_null(strstr(err.message, desk->path));
	if (strstr(err.message, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, why);
	assert_int_equal(unlink(desk->path), 0);
}

static void what_is_no_lock_file_of_ours_is_refused(void **state)
{
	struct desk *desk = *state;
	char other[120];

	(void)snprintf(other, sizeof(other), "%s/other", desk->bench.root);
	assert_int_equal(files_replace(other, "", 0, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(symlink("other", desk->path), 0);
	assert_unusable(desk, "symbolic links");
	assert_int_equal(link(other, desk->path), 0);
	assert_unusable(desk, "several names");
	assert_int_equal(mkfifo(desk->path, 0600), 0);
	assert_unusable(desk, "not a regular file");
	assert_int_equal(files_replace(desk->path, "", 0, 0644, MSIV2_STORE, NULL), MSIV2_OK);
	assert_unusable(desk, "open to others");
	assert_int_equal(files_replace(desk->path, "", 0, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	desk->file.owner++;
	assert_unusable(desk, "somebody else");
}

#define THREADS 8
#define ROUNDS  50

struct crowd {
	struct desk *desk;
	atomic_int inside, clashes, turns;
};

static void *take_turns(void *ctx)
{
	struct crowd *crowd = ctx;
	const struct patience patience = {.clock = clock_system(), .deadline_us = CLOCK_NEVER};

	for (int i = 0; i < ROUNDS; i++) {
		struct store_lock *lock = NULL;
		enum store_lock_end end;

		if (store_lock_take(&crowd->desk->file, &patience, INT64_MAX, 0, &end, &lock,
		                    NULL) != MSIV2_OK ||
		    lock == NULL)
			continue;
		atomic_fetch_add(&crowd->clashes, atomic_fetch_add(&crowd->inside, 1) != 0);
		(void)sched_yield();
		atomic_fetch_add(&crowd->turns, 1);
		atomic_fetch_sub(&crowd->inside, 1);
		store_lock_release(lock);
	}
	return NULL;
}

static void threads_of_one_process_exclude_each_other(void **state)
{
	struct crowd crowd = {.desk = *state};
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_turns, &crowd), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&crowd.turns), THREADS * ROUNDS);
	assert_int_equal(atomic_load(&crowd.clashes), 0);
}

/* A write lock held for ever costs a put its 300 ms and nothing else. */
static void a_put_goes_without_the_lock_of_another(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error err = {0};
	pid_t child;

	store_bench_put(&desk->bench, &(struct entry_recipe){.serial = 1});
	(void)close(desk->file.dir);
	desk->file.dir = open(desk->bench.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	desk->file.name = "write.lock";
	child = start_holder(desk);
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, desk->bench.root, &desk->clock.clock,
	                           &store, NULL),
	                 MSIV2_OK);
	store_bench_entry(&desk->bench, &(struct entry_recipe){.serial = 2}, &entry);
	assert_int_equal(store_put(store, &entry, NULL, &err), MSIV2_STORE);
	assert_non_null(strstr(err.message, "for 300 ms"));
	assert_int_equal(atomic_load(&desk->clock.waited_us), STORE_LOCK_WAIT_MS * 1000);
	assert_int_equal(store_read(store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 1);
	end_holder(child);
	assert_int_equal(store_put(store, &entry, NULL, NULL), MSIV2_OK);
}

static void the_gate_and_the_write_lock_are_two(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(store_lock) *gate = NULL;
	struct store_lock *second = NULL;

	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, desk->bench.root, &desk->clock.clock,
	                           &store, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_gate(store, BENCH_ALIAS, &desk->patience, &gate, NULL), MSIV2_OK);
	assert_non_null(gate);
	store_bench_put(&desk->bench, &(struct entry_recipe){0});
	/* Another alias has a gate of its own. */
	assert_int_equal(store_gate(store, "other#att=0", &desk->patience, &second, NULL),
	                 MSIV2_OK);
	assert_non_null(second);
	store_lock_release(steal(&second));
	assert_int_equal(store_gate(store, BENCH_ALIAS, &desk->patience, &second, NULL), MSIV2_OK);
	assert_null(second);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_free_lock_is_had_at_once),
	        at_a_desk(a_held_lock_is_waited_for_no_longer_than_told),
	        at_a_desk(a_holder_without_progress_is_not_waited_for),
	        at_a_desk(a_holder_that_makes_progress_is_waited_for),
	        at_a_desk(patience_ends_the_wait),
	        at_a_desk(the_lock_of_a_dead_process_is_free),
	        at_a_desk(a_stopped_process_delays_others_no_longer_than_the_bound),
	        at_a_desk(a_forked_child_does_not_keep_a_released_lock),
	        at_a_desk(a_removed_lock_file_splits_nobody),
	        at_a_desk(a_waiter_does_not_get_the_lock_of_a_removed_file),
	        at_a_desk(what_is_no_lock_file_of_ours_is_refused),
	        at_a_desk(threads_of_one_process_exclude_each_other),
	        at_a_desk(a_put_goes_without_the_lock_of_another),
	        at_a_desk(the_gate_and_the_write_lock_are_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
