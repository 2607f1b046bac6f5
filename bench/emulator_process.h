/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A msiv2-emulator as a child process, for measurements that must not share an address space with
 * it. */
#ifndef BENCH_EMULATOR_PROCESS_H
#define BENCH_EMULATOR_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct emulator_process {
	pid_t pid;
	int out; /* the read end of its stdout */
	char imds[128];
	char sts[128];
	char resource[160];
	char ca[256];
};

/* Starts `binary` on free ports and waits for its ready line; exits the program with a message when
 * that fails. */
void emulator_process_start(const char *binary, struct emulator_process *out);
/* SIGTERM, then waits for the end. */
void emulator_process_stop(struct emulator_process *process);
/* CPU time it has used, all threads, in microseconds (to 10 ms), from /proc. */
int64_t emulator_process_cpu_us(const struct emulator_process *process);
/* Resident memory in KiB, from /proc. */
long emulator_process_rss_kib(const struct emulator_process *process);

#endif
