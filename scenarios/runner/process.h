/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One child process in a process group of its own, spoken to in lines. What it writes to stderr is
 * gathered meanwhile. Deadlines are points of the system's monotonic clock. SIGPIPE has to be
 * ignored by this process. One thread at a time. */
#ifndef SCENARIOS_RUNNER_PROCESS_H
#define SCENARIOS_RUNNER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/bytes.h"
#include "stop.h"

#define PROCESS_LINE_MAX   ((size_t)1024 * 1024)
#define PROCESS_STDERR_MAX ((size_t)4 * 1024 * 1024)

struct process {
	pid_t pid;                         /* 0: none */
	int pid_fd, in_fd, out_fd, err_fd; /* -1: closed */
	struct bytes out;                  /* read and not asked for yet */
	struct bytes err_out;              /* all of stderr, up to the limit */
	bool ended;
	bool leave; /* the group stays */
	int status; /* exit status when it ended by itself */
	int signal; /* that ended it, or 0 */
	/* Ends all waiting as if the deadline had passed. Set before process_start(), which leaves
	 * it; may be NULL. */
	const struct stop *stop;
};

/* What came of waiting for a line. */
enum process_said {
	PROCESS_LINE,
	PROCESS_END,
	PROCESS_LATE,
	PROCESS_TOO_LONG,
	PROCESS_NO_MEMORY /* ours */
};

/* Runs `command` by /bin/sh in the folder `dir` with that environment. MSIV2_CONFIG when there is
 * no shell or folder. End it with process_end() in any case. */
MSIV2_MUST_USE enum msiv2_rc process_start(struct process *process, const char *command,
                                           const char *dir, char *const *environment,
                                           struct msiv2_error *err);
/* Writes text; false when it could not be written until the deadline, or nobody reads any more. */
MSIV2_MUST_USE bool process_write(struct process *process, const char *text, size_t len,
                                  int64_t deadline_us);
/* The next line without its newline, appended to `line`, as long as the deadline has not passed. */
enum process_said process_read_line(struct process *process, int64_t deadline_us,
                                    struct bytes *line);
/* Closes its stdin and reads until it ends; false when it has not by then. */
bool process_await_end(struct process *process, int64_t deadline_us);
/* From now on process_end() leaves alone what the child started. */
void process_leave(struct process *process);
/* Kills what is left of the group, takes it back and closes everything; the texts stay. */
void process_end(struct process *process);
/* Frees the texts too. */
void process_free(struct process *process);
DEFINE_OWNED_VALUE(process, process_free)

#endif
