/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/process.h"
#include "tests/testing.h"

#define LONG_MS  20000
#define SHORT_MS 50

static int pipes_left = -1; /* so many pipes can be made; -1: any number */
static bool no_pid_fd;

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __real_pidfd_open(pid_t pid, unsigned flags);
int __wrap_pidfd_open(pid_t pid, unsigned flags);

int __wrap_pipe2(int fds[2], int flags)
{
	if (pipes_left == 0) {
		errno = EMFILE;
		return -1;
	}
	pipes_left -= pipes_left > 0;
	return __real_pipe2(fds, flags);
}

int __wrap_pidfd_open(pid_t pid, unsigned flags)
{
	if (!no_pid_fd)
		return __real_pidfd_open(pid, flags);
	errno = EMFILE;
	return -1;
}

static int64_t within(int64_t ms)
{
	return clock_deadline_us(clock_system(), ms);
}

static int64_t ms_since(int64_t begun_us)
{
	return (clock_mono_us(clock_system()) - begun_us) / CLOCK_US_PER_MS;
}

static void start(struct process *process, const char *command)
{
	assert_int_equal(process_start(process, command, "/", environ, NULL), MSIV2_OK);
}

/* The next line, with time enough. */
static enum process_said read_line(struct process *process, struct bytes *line)
{
	bytes_clear(line);
	return process_read_line(process, within(LONG_MS), line);
}

static void lines_come_as_they_were_written(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	start(&process, "read -r a; echo \"<$a>\"; printf 'two\\n\\nrest'; echo no >&2");
	assert_true(process_write(&process, "one\n", 4, within(LONG_MS)));
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "<one>");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "two");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "");
	/* It died in the middle of a line: that is none. */
	assert_int_equal(read_line(&process, &line), PROCESS_END);
	assert_true(process_await_end(&process, within(LONG_MS)));
	process_end(&process);
	assert_int_equal(process.status, 0);
	assert_int_equal(process.signal, 0);
	assert_string_equal(bytes_text(&process.err_out), "no\n");
}

static void folder_environment_and_end_are_as_they_should(void **state)
{
	char *const environment[] = {(char[]){"A=b c"}, NULL};
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	assert_int_equal(process_start(&process, "echo \"$PWD $A ${HOME-none}\"; exit 7", "/proc",
	                               environment, NULL),
	                 MSIV2_OK);
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "/proc b c none");
	assert_true(process_await_end(&process, within(LONG_MS)));
	process_end(&process);
	assert_int_equal(process.status, 7);
}

static void a_signal_that_ended_it_is_told(void **state)
{
	OWNED_STRUCT(process) process = {0};

	(void)state;
	start(&process, "kill -ABRT $$");
	assert_true(process_await_end(&process, within(LONG_MS)));
	process_end(&process);
	assert_int_equal(process.signal, SIGABRT);
	assert_int_equal(process.status, 0);
}

/* Only the three pipes get in: 0, 1, 2, and what ls itself opens. */
static void no_descriptor_of_ours_gets_into_it(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};
	int kept = dup(0);

	(void)state;
	assert_true(kept > 2);
	start(&process, "exec ls /proc/self/fd");
	for (char wanted = '0'; wanted <= '3'; wanted++) {
		assert_int_equal(read_line(&process, &line), PROCESS_LINE);
		assert_int_equal(bytes_text(&line)[0], wanted);
		assert_int_equal(line.len, 1);
	}
	assert_int_equal(read_line(&process, &line), PROCESS_END);
	(void)close(kept);
}

static void ignored_signals_are_not_passed_on(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	start(&process, "yes | head -n 1; kill -PIPE $$; echo alive");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "y");
	assert_int_equal(read_line(&process, &line), PROCESS_END);
	assert_true(process_await_end(&process, within(LONG_MS)));
	process_end(&process);
	assert_int_equal(process.signal, SIGPIPE);
}

static void silence_is_late(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	start(&process, "trap '' TERM; printf half; cat");
	assert_int_equal(process_read_line(&process, within(SHORT_MS), &line), PROCESS_LATE);
	assert_int_equal(line.len, 0);
	/* What came late is not lost. */
	assert_true(process_write(&process, "!\n", 2, within(LONG_MS)));
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_string_equal(bytes_text(&line), "half!");
}

/* Who never stops talking is late all the same. */
static void floods_do_not_hold_up_the_deadline(void **state)
{
	static const char *const floods[] = {"yes >&2", "yes", "yes & yes >&2", "cat /dev/zero >&2",
	                                     "while :; do echo; done"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(floods); i++) {
		OWNED_STRUCT(process) process = {0};
		OWNED_STRUCT(bytes) line = {0};
		int64_t begun = clock_mono_us(clock_system());
		int64_t deadline = within(SHORT_MS);
		enum process_said said;

		start(&process, floods[i]);
		while ((said = process_read_line(&process, deadline, &line)) == PROCESS_LINE)
			bytes_clear(&line);
		assert_int_equal(said, PROCESS_LATE);
		assert_false(process_await_end(&process, within(SHORT_MS)));
		process_end(&process);
		assert_int_equal(process.signal, SIGKILL);
		assert_true(process.err_out.len <= PROCESS_STDERR_MAX + (size_t)64 * 1024);
		assert_true(process.out.len <= 3 * PROCESS_LINE_MAX);
		assert_in_range(ms_since(begun), SHORT_MS, LONG_MS / 2);
	}
}

/* It does not read, and talks all the time. */
static void writing_ends_at_the_deadline(void **state)
{
	static const char *const deaf[] = {"exec sleep 1000", "exec yes", "exec yes >&2"};
	static const char text[PROCESS_LINE_MAX] = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(deaf); i++) {
		OWNED_STRUCT(process) process = {0};

		start(&process, deaf[i]);
		assert_false(process_write(&process, text, sizeof(text), within(SHORT_MS)));
	}
}

static void what_nobody_reads_cannot_be_written(void **state)
{
	static const char text[PROCESS_LINE_MAX] = {0};
	OWNED_STRUCT(process) process = {0};

	(void)state;
	start(&process, "exec <&-; sleep 1000");
	assert_false(process_write(&process, text, sizeof(text), within(LONG_MS)));
	assert_false(process_await_end(&process, within(0)));
	assert_false(process_write(&process, text, 1, within(LONG_MS)));
}

static void much_is_written_while_it_answers(void **state)
{
	static const size_t len = (size_t)512 * 1024;
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	while (text.len < len)
		bytes_add_byte(&text, 'x');
	bytes_add_byte(&text, '\n');
	start(&process, "exec cat");
	assert_true(process_write(&process, bytes_text(&text), text.len, within(LONG_MS)));
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_int_equal(line.len, len);
}

static void a_line_may_be_a_mebibyte_and_no_more(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(process) other = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	start(&process, "head -c 1048576 /dev/zero; echo; head -c 1048577 /dev/zero; echo");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_int_equal(line.len, PROCESS_LINE_MAX);
	assert_int_equal(read_line(&process, &line), PROCESS_TOO_LONG);
	start(&other, "exec cat /dev/zero");
	assert_int_equal(read_line(&other, &line), PROCESS_TOO_LONG);
}

static void the_whole_group_ends_with_it(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};
	int status = 0;
	pid_t child;

	(void)state;
	/* So that we are told what became of the child's child. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	start(&process, "trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $!; wait");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	child = (pid_t)strtol(bytes_text(&line), NULL, 10);
	assert_int_equal(getpgid(child), process.pid);
	process_end(&process);
	assert_int_equal(process.signal, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(no_children());
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void what_a_script_left_behind_may_stay(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};
	pid_t child;

	(void)state;
	start(&process, "sleep 1000 >/dev/null 2>&1 & echo $!");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	child = (pid_t)strtol(bytes_text(&line), NULL, 10);
	assert_true(process_await_end(&process, within(LONG_MS)));
	process_leave(&process);
	process_end(&process);
	assert_int_equal(kill(child, 0), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
}

/* Without it we would wait for its end for ever. */
static void a_child_that_left_its_group_is_killed(void **state)
{
	OWNED_STRUCT(process) process = {0};
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	/* The group of a child that is dead and not yet buried is as good as any, and there is one
	 * in every process namespace. */
	start(&process, "exec /usr/bin/python3 -c 'import os, time\n"
	                "child = os.fork()\n"
	                "if child == 0:\n"
	                " os.setpgid(0, 0)\n"
	                " os._exit(0)\n"
	                "os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)\n"
	                "os.setpgid(0, child)\n"
	                "print(flush=True)\n"
	                "time.sleep(1000)'");
	assert_int_equal(read_line(&process, &line), PROCESS_LINE);
	assert_int_not_equal(getpgid(process.pid), process.pid);
	process_end(&process);
	assert_int_equal(process.signal, SIGKILL);
}

/* It is not of the group, holds stderr open and fills it; it dies of the closed pipe. */
static void a_runaway_that_talks_does_not_hold_up_the_end(void **state)
{
	static const char *const runaways[] = {
	        "setsid sh -c 'echo; exec yes >&2'",
	        "setsid sh -c 'echo; exec yes'",
	        "setsid sh -c 'echo; exec sleep 2'",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(runaways); i++) {
		OWNED_STRUCT(process) process = {0};
		OWNED_STRUCT(bytes) command = {0};
		OWNED_STRUCT(bytes) line = {0};

		bytes_addf(&command, "%s & exec sleep 1000", runaways[i]);
		start(&process, bytes_text(&command));
		assert_int_equal(read_line(&process, &line), PROCESS_LINE);
		process_end(&process);
		assert_true(process.err_out.len <= PROCESS_STDERR_MAX + (size_t)64 * 1024);
	}
}

static void what_cannot_be_started_leaves_nothing(void **state)
{
	unsigned before = open_files();
	struct msiv2_error err = {0};

	(void)state;
	for (int pipes = 0; pipes < 3; pipes++) {
		OWNED_STRUCT(process) process = {0};

		pipes_left = pipes;
		assert_int_equal(process_start(&process, "exit 0", "/", environ, &err),
		                 MSIV2_INTERNAL);
		pipes_left = -1;
		assert_non_null(strstr(err.message, "no pipes"));
	}
	{
		OWNED_STRUCT(process) process = {0};

		no_pid_fd = true;
		assert_int_equal(process_start(&process, "sleep 1000", "/", environ, &err),
		                 MSIV2_INTERNAL);
		no_pid_fd = false;
		assert_non_null(strstr(err.message, "cannot be watched: Too many open files"));
	}
	{
		OWNED_STRUCT(process) process = {0};

		assert_int_equal(
		        process_start(&process, "exit 0", "/nowhere/at/all", environ, &err),
		        MSIV2_CONFIG);
		assert_non_null(strstr(err.message, "cannot be started"));
	}
	assert_int_equal(open_files(), before);
	assert_true(no_children());
}

static void memory_that_runs_out_is_told_as_such(void **state)
{
	bool happened = true;

	(void)state;
	for (unsigned nth = 1; happened; nth++) {
		OWNED_STRUCT(process) process = {0};
		OWNED_STRUCT(bytes) line = {0};
		enum process_said said;

		start(&process, "echo one; exec sleep 1000");
		scarce_at(SCARCE_MEMORY, nth);
		said = process_read_line(&process, within(LONG_MS), &line);
		happened = scarce_end();
		assert_int_equal(said, happened ? PROCESS_NO_MEMORY : PROCESS_LINE);
		assert_in_range(nth, 1, 10);
	}
}

static void nothing_is_left_of_a_process_that_was_freed(void **state)
{
	unsigned before = open_files();

	(void)state;
	{
		OWNED_STRUCT(process) process = {0};

		start(&process, "exec sleep 1000");
	}
	assert_int_equal(open_files(), before);
	assert_true(no_children());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_come_as_they_were_written),
	        cmocka_unit_test(folder_environment_and_end_are_as_they_should),
	        cmocka_unit_test(a_signal_that_ended_it_is_told),
	        cmocka_unit_test(no_descriptor_of_ours_gets_into_it),
	        cmocka_unit_test(ignored_signals_are_not_passed_on),
	        cmocka_unit_test(silence_is_late),
	        cmocka_unit_test(floods_do_not_hold_up_the_deadline),
	        cmocka_unit_test(writing_ends_at_the_deadline),
	        cmocka_unit_test(what_nobody_reads_cannot_be_written),
	        cmocka_unit_test(much_is_written_while_it_answers),
	        cmocka_unit_test(a_line_may_be_a_mebibyte_and_no_more),
	        cmocka_unit_test(the_whole_group_ends_with_it),
	        cmocka_unit_test(what_a_script_left_behind_may_stay),
	        cmocka_unit_test(a_child_that_left_its_group_is_killed),
	        cmocka_unit_test(a_runaway_that_talks_does_not_hold_up_the_end),
	        cmocka_unit_test(what_cannot_be_started_leaves_nothing),
	        cmocka_unit_test(memory_that_runs_out_is_told_as_such),
	        cmocka_unit_test(nothing_is_left_of_a_process_that_was_freed),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
