/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Many processes with many threads, one alias (LIFE-04, STORE-09): who mints, who waits, and for
 * how long when the one who mints is stopped or killed.
 *
 * The program is its own herd: "test_herd member IMDS CA STORE KEYS THREADS" is one process of it.
 * A member says one byte when it is ready, starts when its input ends, and ends with 0 when each of
 * its threads has got a token. */
#include "tests/testing.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/text.h"
#include "world.h"

#define PROCESSES   8
#define THREADS     64
#define STALL_US    (5 * CLOCK_US_PER_S)
#define PATIENCE_MS 60000

/* ---- a member ---- */

static void *get_token(void *arg)
{
	struct msiv2_token *token = NULL;
	struct msiv2_error err = {0};

	if (msiv2_client_acquire(arg, &world_vault, &token, &err) != MSIV2_OK) {
		(void)fprintf(stderr, "member: %s: %s\n", err.where, err.message);
		return NULL;
	}
	msiv2_token_free(token);
	return arg;
}

static int get_tokens(struct msiv2_client *client, long count)
{
	pthread_t threads[THREADS];
	long started = 0;
	long served = 0;

	while (started < count && started < THREADS &&
	       pthread_create(&threads[started], NULL, get_token, client) == 0)
		started++;
	for (long i = 0; i < started; i++) {
		void *result = NULL;

		(void)pthread_join(threads[i], &result);
		served += result != NULL;
	}
	return served == count ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool wait_for_start(void)
{
	char byte = 'r';

	return write(STDOUT_FILENO, &byte, 1) == 1 && read(STDIN_FILENO, &byte, 1) == 0;
}

static int be_a_member(char **argv)
{
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;
	int code = EXIT_FAILURE;

	/* Even a stopped one does not outlive a test that failed. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (msiv2_options_set_imds(options, argv[0], NULL) == MSIV2_OK &&
	    msiv2_options_set_trust_file(options, argv[1], NULL) == MSIV2_OK &&
	    msiv2_options_set_store_root(options, argv[2], NULL) == MSIV2_OK &&
	    msiv2_options_set_key_kinds(options, argv[3], NULL) == MSIV2_OK &&
	    msiv2_options_set_timeout_ms(options, PATIENCE_MS, NULL) == MSIV2_OK &&
	    msiv2_client_new(options, &client, NULL) == MSIV2_OK && wait_for_start())
		code = get_tokens(client, strtol(argv[4], NULL, 10));
	msiv2_client_free(client);
	msiv2_options_free(options);
	return code;
}

/* ---- a herd ---- */

struct member {
	pid_t pid;
	int ready; /* its byte comes from here */
};

extern char **environ;

/* A process that starts when every descriptor of `start` is closed. */
static void spawn_member(struct world *world, const char *imds, const char *threads, int start,
                         struct member *out)
{
	char *argv[] = {(char *)"test_herd",
	                (char *)"member",
	                (char *)(uintptr_t)imds,
	                (char *)(uintptr_t)msiv2_emulator_ca_file(world->emulator),
	                world->store,
	                (char *)(uintptr_t)world_key_kind(),
	                (char *)(uintptr_t)threads,
	                NULL};
	posix_spawn_file_actions_t actions;
	int ready[2];

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, start, STDIN_FILENO), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ready[1], STDOUT_FILENO), 0);
	assert_int_equal(posix_spawn(&out->pid, "/proc/self/exe", &actions, NULL, argv, environ),
	                 0);
	assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
	assert_int_equal(close(ready[1]), 0);
	out->ready = ready[0];
}

static void expect_ready(struct member *member)
{
	char byte = 0;

	assert_int_equal(read(member->ready, &byte, 1), 1);
	assert_int_equal(close(member->ready), 0);
}

static void expect_success(const struct member *member)
{
	int status = 0;

	assert_int_equal(waitpid(member->pid, &status, 0), member->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
}

static void run_herd(struct world *world)
{
	struct member members[PROCESSES];
	char threads[8];
	int start[2];

	(void)snprintf(threads, sizeof(threads), "%d", THREADS);
	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	for (size_t i = 0; i < PROCESSES; i++)
		spawn_member(world, msiv2_emulator_imds(world->emulator), threads, start[0],
		             &members[i]);
	assert_int_equal(close(start[0]), 0);
	for (size_t i = 0; i < PROCESSES; i++)
		expect_ready(&members[i]);
	assert_int_equal(close(start[1]), 0); /* go */
	for (size_t i = 0; i < PROCESSES; i++)
		expect_success(&members[i]);
}

static bool in_memory(void)
{
	return text_equal(world_key_kind(), "memory");
}

/* Exactly one issuance for keys that outlive their process, one for each process otherwise. */
static void sixty_four_threads_of_eight_cold_processes_ask_imds_once(void **state)
{
	struct world *world = *state;
	uint64_t issued = in_memory() ? PROCESSES : 1;

	run_herd(world);
	world_expect_counts(world, issued, issued, PROCESSES);
	run_herd(world);
	issued = in_memory() ? PROCESSES : 0;
	world_expect_counts(world, issued, issued, PROCESSES);
}

/* STS-05 by eight processes at once: each is refused, one replaces it for all. */
static void a_refused_certificate_is_replaced_once_for_all_processes(void **state)
{
	struct world *world = *state;

	run_herd(world);
	world_expect_counts(world, 1, 1, PROCESSES);
	msiv2_emulator_revoke_all(world->emulator);
	run_herd(world);
	assert_int_equal(msiv2_emulator_count(world->emulator, "issuecredential"), 2);
}

/* ---- who holds the gate and does not go on ---- */

/* A listener that takes connections and says nothing: who asks it for metadata holds the gate. */
struct silence {
	int listener;
	int taken;
	char address[64];
};

static void silence_start(struct silence *silence)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);

	silence->taken = -1;
	silence->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(silence->listener >= 0);
	assert_int_equal(bind(silence->listener, (struct sockaddr *)&name, len), 0);
	assert_int_equal(listen(silence->listener, 4), 0);
	assert_int_equal(getsockname(silence->listener, (struct sockaddr *)&name, &len), 0);
	(void)snprintf(silence->address, sizeof(silence->address), "http://127.0.0.1:%u",
	               (unsigned)ntohs(name.sin_port));
}

static void silence_stop(struct silence *silence)
{
	(void)close(silence->taken);
	(void)close(silence->listener);
}

/* A process that has taken the gate and waits for the silent IMDS. */
static void hold_the_gate(struct world *world, struct silence *silence, struct member *holder)
{
	int start[2];

	silence_start(silence);
	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	spawn_member(world, silence->address, "1", start[0], holder);
	assert_int_equal(close(start[0]), 0);
	expect_ready(holder);
	assert_int_equal(close(start[1]), 0);
	silence->taken = accept4(silence->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(silence->taken >= 0);
}

static void bury(const struct member *holder)
{
	int status = 0;

	(void)kill(holder->pid, SIGKILL);
	assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
	assert_true(WIFSIGNALED(status));
}

/* The world's clock, but waiting takes no time, and something may happen at the first wait. */
struct hasty_clock {
	struct msiv2_clock clock;
	int64_t waited_us;
	const struct member *dies; /* at the first wait; NULL = nobody */
};

static int64_t hasty_now_s(void *ctx)
{
	(void)ctx;
	return clock_now_s(clock_system());
}

static int64_t hasty_mono_us(void *ctx)
{
	return clock_mono_us(clock_system()) + ((const struct hasty_clock *)ctx)->waited_us;
}

static void hasty_wait_us(void *ctx, int64_t wait_us)
{
	struct hasty_clock *hasty = ctx;

	if (hasty->dies != NULL)
		bury(hasty->dies);
	hasty->dies = NULL;
	hasty->waited_us += wait_us;
}

static void be_hasty(struct world *world, struct hasty_clock *hasty)
{
	*hasty = (struct hasty_clock){.clock = {hasty_now_s, hasty_mono_us, hasty_wait_us, hasty}};
	msiv2_options_set_clock(world->options, &hasty->clock);
	world_new_client(world);
}

static void end_haste(struct world *world)
{
	msiv2_client_free(world->client);
	world->client = NULL;
}

static void a_stopped_holder_delays_others_by_five_seconds(void **state)
{
	struct world *world = *state;
	struct hasty_clock hasty;
	struct silence silence;
	struct member holder;

	hold_the_gate(world, &silence, &holder);
	assert_int_equal(kill(holder.pid, SIGSTOP), 0);
	be_hasty(world, &hasty);
	msiv2_token_free(world_acquire(world, &world_vault));
	world_expect_counts(world, 1, 1, 1);
	assert_in_range(hasty.waited_us, STALL_US - CLOCK_US_PER_S, STALL_US + CLOCK_US_PER_S / 4);
	/* What it minted alone is in the store for the next one. */
	world_new_client(world);
	msiv2_token_free(world_acquire(world, &world_vault));
	world_expect_counts(world, 0, 0, 1);
	bury(&holder);
	end_haste(world);
	silence_stop(&silence);
}

/* The same in real time. */
static void a_stopped_holder_delays_others_by_five_seconds_of_real_time(void **state)
{
	struct world *world = *state;
	int64_t started_us;
	int64_t took_us;
	struct silence silence;
	struct member holder;

	hold_the_gate(world, &silence, &holder);
	assert_int_equal(kill(holder.pid, SIGSTOP), 0);
	msiv2_options_set_clock(world->options, NULL);
	world_new_client(world);
	started_us = clock_mono_us(clock_system());
	msiv2_token_free(world_acquire(world, &world_vault));
	took_us = clock_mono_us(clock_system()) - started_us;
	world_expect_counts(world, 1, 1, 1);
	assert_in_range(took_us, STALL_US, STALL_US + 10 * CLOCK_US_PER_S);
	bury(&holder);
	silence_stop(&silence);
}

static void who_has_less_time_than_that_is_told_at_its_deadline(void **state)
{
	const struct msiv2_request hurried = {.resource = "https://vault.azure.net",
	                                      .timeout_ms = 3000};
	struct world *world = *state;
	struct msiv2_token *token = NULL;
	struct hasty_clock hasty;
	struct silence silence;
	struct member holder;

	hold_the_gate(world, &silence, &holder);
	be_hasty(world, &hasty);
	assert_int_equal(msiv2_client_acquire(world->client, &hurried, &token, &world->err),
	                 MSIV2_TIMEOUT);
	assert_true(hasty.waited_us <= 3 * CLOCK_US_PER_S);
	world_expect_counts(world, 0, 0, 0);
	bury(&holder);
	end_haste(world);
	silence_stop(&silence);
}

static void a_killed_holder_frees_the_gate_at_once(void **state)
{
	struct world *world = *state;
	struct hasty_clock hasty;
	struct silence silence;
	struct member holder;

	hold_the_gate(world, &silence, &holder);
	be_hasty(world, &hasty);
	hasty.dies = &holder;
	msiv2_token_free(world_acquire(world, &world_vault));
	assert_null(hasty.dies);
	assert_true(hasty.waited_us < CLOCK_US_PER_S / 2);
	world_expect_counts(world, 1, 1, 1);
	end_haste(world);
	silence_stop(&silence);
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest of_any_keys[] = {
	        in_a_world(sixty_four_threads_of_eight_cold_processes_ask_imds_once),
	};
	const struct CMUnitTest of_keys_that_last[] = {
	        in_a_world(a_refused_certificate_is_replaced_once_for_all_processes),
	        in_a_world(a_stopped_holder_delays_others_by_five_seconds),
	        in_a_world(a_stopped_holder_delays_others_by_five_seconds_of_real_time),
	        in_a_world(who_has_less_time_than_that_is_told_at_its_deadline),
	        in_a_world(a_killed_holder_frees_the_gate_at_once),
	};
	int failed;

	if (argc == 7 && strcmp(argv[1], "member") == 0)
		return be_a_member(argv + 2);
	failed = cmocka_run_group_tests_name("herd", of_any_keys, NULL, NULL);
	if (!in_memory())
		failed += cmocka_run_group_tests_name("gate", of_keys_that_last, NULL, NULL);
	return failed;
}
