/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fs.h"

#define CHUNK      ((size_t)16 * 1024)
#define FIRST_FREE 3

/* ---- starting ---- */

/* The three pipes of a child; [0] is read from. */
struct pipes {
	int in[2], out[2], err[2];
};

static void shut(int *fd)
{
	if (*fd >= 0)
		(void)fs_close(*fd);
	*fd = -1;
}

static void pipes_free(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		shut(&pipes->in[i]);
		shut(&pipes->out[i]);
		shut(&pipes->err[i]);
	}
}
DEFINE_OWNED_VALUE(pipes, pipes_free)

static bool pipes_make(struct pipes *pipes)
{
	return pipe2(pipes->in, O_CLOEXEC) == 0 && pipe2(pipes->out, O_CLOEXEC) == 0 &&
	       pipe2(pipes->err, O_CLOEXEC) == 0 && fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) == 0;
}

/* Nothing of ours but the three pipes gets into the child: an emulator's socket held open there
 * would keep its peer waiting for an end. */
static int set_files(posix_spawn_file_actions_t *files, const struct pipes *pipes, const char *dir)
{
	int rc = posix_spawn_file_actions_adddup2(files, pipes->in[0], STDIN_FILENO);

	rc = rc ? rc : posix_spawn_file_actions_adddup2(files, pipes->out[1], STDOUT_FILENO);
	rc = rc ? rc : posix_spawn_file_actions_adddup2(files, pipes->err[1], STDERR_FILENO);
	rc = rc ? rc : posix_spawn_file_actions_addchdir_np(files, dir);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(files, FIRST_FREE);
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t pipe_only;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	rc = posix_spawnattr_setsigmask(attributes, &none);
	rc = rc ? rc : posix_spawnattr_setsigdefault(attributes, &pipe_only);
	rc = rc ? rc : posix_spawnattr_setpgroup(attributes, 0);
	return rc ? rc
	          : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
	                                                         POSIX_SPAWN_SETSIGMASK |
	                                                         POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct pipes *pipes, const char *command, const char *dir,
                 char *const *environment, pid_t *pid)
{
	const char *const words[] = {"sh", "-c", command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = set_files(&files, pipes, dir);
	rc = rc ? rc : set_attributes(&attributes);
	/* posix_spawn() does not write to what argv points to. */
	rc = rc ? rc
	        : posix_spawn(pid, "/bin/sh", &files, &attributes, (char *const *)words,
	                      environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

enum msiv2_rc process_start(struct process *process, const char *command, const char *dir,
                            char *const *environment, struct msiv2_error *err)
{
	OWNED_STRUCT(pipes) pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
	int rc;

	*process = (struct process){
	        .pid_fd = -1, .in_fd = -1, .out_fd = -1, .err_fd = -1, .stop = process->stop};
	if (!pipes_make(&pipes))
		return err_set(err, MSIV2_INTERNAL, command, "no pipes: %s", strerror(errno));
	rc = spawn(&pipes, command, dir, environment, &process->pid);
	if (rc != 0) {
		process->pid = 0;
		return err_set(err, MSIV2_CONFIG, command, "cannot be started: %s", strerror(rc));
	}
	process->pid_fd = pidfd_open(process->pid, 0);
	rc = errno;
	process->in_fd = pipes.in[1];
	process->out_fd = pipes.out[0];
	process->err_fd = pipes.err[0];
	pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
	if (process->pid_fd >= 0)
		return MSIV2_OK;
	process_end(process);
	return err_set(err, MSIV2_INTERNAL, command, "cannot be watched: %s", strerror(rc));
}

/* ---- listening ---- */

/* Reads what is there; closes at the end. */
static void drain(int *fd, struct bytes *into, size_t max_len)
{
	char chunk[CHUNK];
	ssize_t n = fs_read(*fd, chunk, sizeof(chunk));

	if (n > 0 && into->len < max_len)
		bytes_add(into, chunk, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		shut(fd);
}

static int poll_ms(int64_t deadline_us)
{
	int64_t left = clock_left_us(clock_system(), deadline_us);

	if (left == CLOCK_NEVER)
		return -1;
	left = (left + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* What is waited for besides what the child says. */
enum awaited { AWAIT_WORDS, AWAIT_ROOM, AWAIT_EXIT };

/* No time is left. Asked before each wait: a child that never stops talking is late all the same.
 */
static bool is_late(int64_t deadline_us)
{
	return clock_left_us(clock_system(), deadline_us) == 0;
}

/* Waits for anything to happen and takes it in; false when nothing did until the deadline. */
static bool listen_once(struct process *process, enum awaited awaited, int64_t deadline_us)
{
	struct pollfd fds[] = {
	        {.fd = process->out_fd, .events = POLLIN},
	        {.fd = process->err_fd, .events = POLLIN},
	        {.fd = awaited == AWAIT_ROOM ? process->in_fd : -1, .events = POLLOUT},
	        {.fd = awaited == AWAIT_EXIT ? process->pid_fd : -1, .events = POLLIN},
	        {.fd = stop_fd(process->stop), .events = POLLIN}};
	int n = poll(fds, sizeof(fds) / sizeof(fds[0]), poll_ms(deadline_us));

	if (n < 0)
		return errno == EINTR;
	if (fds[0].revents)
		drain(&process->out_fd, &process->out, 2 * PROCESS_LINE_MAX);
	if (fds[1].revents)
		drain(&process->err_fd, &process->err_out, PROCESS_STDERR_MAX);
	process->ended = process->ended || fds[3].revents;
	return n > 0 && !fds[4].revents;
}

bool process_write(struct process *process, const char *text, size_t len, int64_t deadline_us)
{
	while (len > 0) {
		ssize_t n = process->in_fd >= 0 ? fs_write(process->in_fd, text, len) : -1;

		if (process->in_fd < 0 || (n < 0 && errno != EAGAIN))
			return false;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (is_late(deadline_us) || !listen_once(process, AWAIT_ROOM, deadline_us)) {
			return false;
		}
	}
	return true;
}

/* Moves the first line out of what was read; false when there is none. */
static bool take_line(struct bytes *from, struct bytes *line)
{
	const uint8_t *end = from->len > 0 ? memchr(from->data, '\n', from->len) : NULL;
	size_t len = end ? (size_t)(end - from->data) : 0;

	if (!end)
		return false;
	bytes_add(line, from->data, len);
	memmove(from->data, end + 1, from->len - len - 1);
	from->len -= len + 1;
	from->data[from->len] = '\0';
	return true;
}

enum process_said process_read_line(struct process *process, int64_t deadline_us,
                                    struct bytes *line)
{
	for (;;) {
		if (is_late(deadline_us))
			return PROCESS_LATE;
		if (take_line(&process->out, line))
			return line->failed                   ? PROCESS_NO_MEMORY
			       : line->len > PROCESS_LINE_MAX ? PROCESS_TOO_LONG
			                                      : PROCESS_LINE;
		if (process->out.failed)
			return PROCESS_NO_MEMORY;
		if (process->out.len > PROCESS_LINE_MAX)
			return PROCESS_TOO_LONG;
		if (process->out_fd < 0)
			return PROCESS_END;
		if (!listen_once(process, AWAIT_WORDS, deadline_us))
			return PROCESS_LATE;
	}
}

/* ---- ending ---- */

bool process_await_end(struct process *process, int64_t deadline_us)
{
	shut(&process->in_fd);
	while (!process->ended)
		if (is_late(deadline_us) || !listen_once(process, AWAIT_EXIT, deadline_us))
			return false;
	return true;
}

void process_leave(struct process *process)
{
	process->leave = true;
}

void process_end(struct process *process)
{
	siginfo_t info = {0};

	if (process->pid <= 0)
		return;
	/* As long as nobody took the child back, the group is there and is ours. The child may have
	 * left it. */
	if (!process->leave) {
		(void)kill(-process->pid, SIGKILL);
		(void)kill(process->pid, SIGKILL);
	}
	while (waitid(P_PID, (id_t)process->pid, &info, WEXITED) != 0 && errno == EINTR)
		;
	process->status = info.si_code == CLD_EXITED ? info.si_status : 0;
	process->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	process->pid = 0;
	process->ended = true;
	shut(&process->in_fd);
	shut(&process->out_fd);
	/* What the dead left in the pipe. Whoever left the group may still be talking. */
	while (process->err_fd >= 0 && process->err_out.len < PROCESS_STDERR_MAX &&
	       listen_once(process, AWAIT_WORDS, clock_deadline_us(clock_system(), 0)))
		;
	shut(&process->err_fd);
	shut(&process->pid_fd);
}

void process_free(struct process *process)
{
	process_end(process);
	bytes_free(&process->out);
	bytes_free(&process->err_out);
}
