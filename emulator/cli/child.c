/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/text.h"

#define SIGNAL_STATUS 128 /* what shells add to the number of a signal */
#define CHILDREN_MAX  4096

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* Those that were not ignored when we were started (nohup), and the death of children. */
static void signals_of_interest(sigset_t *set)
{
	struct sigaction action;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < TEXT_COUNT(forwarded); i++)
		if (sigaction(forwarded[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, forwarded[i]);
}

void child_block_signals(void)
{
	sigset_t set;

	signals_of_interest(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Between fork and exec: nothing here may need a lock. Never returns. */
static void become(char *const *argv, char *const *environment, const sigset_t *inherited,
                   pid_t parent, int report_fd)
{
	ssize_t written;
	int reason;

	/* When the emulator is killed the program has nothing left to talk to. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CHILD_NOT_RUNNABLE);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, inherited, NULL);
	(void)execvpe(argv[0], argv, environment);
	reason = errno;
	written = write(report_fd, &reason, sizeof(reason));
	_exit(written == (ssize_t)sizeof(reason) && reason == ENOENT ? CHILD_NOT_FOUND
	                                                             : CHILD_NOT_RUNNABLE);
}

/* Starts the program. *reason is why it could not be executed, or 0. */
static pid_t start(char *const *argv, char *const *environment, const sigset_t *inherited,
                   int *reason)
{
	pid_t parent = getpid();
	pid_t child;
	int ends[2];

	*reason = 0;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	child = fork();
	if (child == 0)
		become(argv, environment, inherited, parent, ends[1]);
	(void)fs_close(ends[1]);
	/* Nothing to read: the pipe was closed by a successful exec. */
	if (child > 0 && fs_read(ends[0], reason, sizeof(*reason)) != (ssize_t)sizeof(*reason))
		*reason = 0;
	(void)fs_close(ends[0]);
	return child;
}

/* Takes back every process that has ended; true when `child` was one of them. */
static bool reap(pid_t child, int *status)
{
	bool ended = false;
	int how = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		if (pid != child)
			continue;
		ended = true;
		*status = WIFSIGNALED(how) ? SIGNAL_STATUS + WTERMSIG(how) : WEXITSTATUS(how);
	}
	return ended;
}

/* Waits for the end, handing signals on meanwhile. */
static int attend(pid_t child)
{
	siginfo_t info;
	sigset_t set;
	int status = 0;

	signals_of_interest(&set);
	while (!reap(child, &status)) {
		int got = sigwaitinfo(&set, &info);

		/* What the terminal sends (code above 0) went to the whole process group. */
		if (got > 0 && got != SIGCHLD && info.si_code <= 0)
			(void)kill(child, got);
	}
	return status;
}

/* Kills every child that /proc tells of; false when it tells of none. */
static bool kill_children(void)
{
	char text[CHILDREN_MAX];
	char path[64];
	char *rest = text;
	bool any = false;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = fs_open(path, O_RDONLY | O_CLOEXEC, 0);
	len = fd >= 0 ? fs_read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		(void)fs_close(fd);
	text[len > 0 ? len : 0] = '\0';
	while (*rest != '\0') {
		char *end = NULL;
		long pid = strtol(rest, &end, 10);

		if (end == rest || *end != ' ') /* cut: the next round gets it */
			break;
		any = kill((pid_t)pid, SIGKILL) == 0 || any;
		rest = end + 1;
	}
	return any;
}

/* Orphans of the program became our children; they end now, and theirs after them. */
static void end_leftovers(void)
{
	while (waitpid(-1, NULL, WNOHANG) >= 0)
		if (kill_children())
			(void)waitpid(-1, NULL, 0);
		else
			return;
}

enum msiv2_rc child_run(char *const *argv, char *const *environment, const sigset_t *inherited,
                        int *status, struct msiv2_error *err)
{
	int reason = 0;
	pid_t child;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = start(argv, environment, inherited, &reason);
	if (child < 0) {
		*status = CHILD_NOT_RUNNABLE;
		return err_set(err, MSIV2_CONFIG, argv[0], "cannot be started: %s",
		               strerror(errno));
	}
	*status = attend(child);
	end_leftovers();
	if (reason != 0)
		return err_set(err, MSIV2_CONFIG, argv[0], "cannot be run: %s", strerror(reason));
	return MSIV2_OK;
}
