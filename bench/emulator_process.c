/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator_process.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json.h"
#include "common/text.h"

extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static void read_ready(struct emulator_process *process)
{
	const struct blame blame = {MSIV2_INTERNAL, "ready line"};
	const struct {
		const char *member;
		char *into;
		size_t size;
	} members[] = {
	        {"imds", process->imds, sizeof(process->imds)},
	        {"sts", process->sts, sizeof(process->sts)},
	        {"resource", process->resource, sizeof(process->resource)},
	        {"ca", process->ca, sizeof(process->ca)},
	};
	OWNED(cJSON) *tree = NULL;
	char line[2048];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(line) && memchr(line, '\n', len) == NULL &&
	       (got = read(process->out, line + len, sizeof(line) - len)) > 0)
		len += (size_t)got;
	if (json_parse_object(line, len, &blame, &tree, NULL) != MSIV2_OK)
		die("the emulator gave no ready line");
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		const char *value = NULL;

		if (json_need_string(tree, members[i].member, &blame, &value, NULL) != MSIV2_OK ||
		    !text_copy(members[i].into, members[i].size, value))
			die("the ready line lacks an address");
	}
}

void emulator_process_start(const char *binary, struct emulator_process *out)
{
	char *argv[] = {(char *)(uintptr_t)binary, NULL};
	posix_spawn_file_actions_t actions;
	int pipes[2];

	memset(out, 0, sizeof(*out));
	if (pipe(pipes) != 0 || posix_spawn_file_actions_init(&actions) != 0)
		die("no pipe");
	(void)posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addclose(&actions, pipes[0]);
	(void)posix_spawn_file_actions_addclose(&actions, pipes[1]);
	if (posix_spawn(&out->pid, binary, &actions, NULL, argv, environ) != 0)
		die("cannot start the emulator");
	(void)posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	out->out = pipes[0];
	read_ready(out);
}

void emulator_process_stop(struct emulator_process *process)
{
	(void)kill(process->pid, SIGTERM);
	(void)waitpid(process->pid, NULL, 0);
	close(process->out);
}

long emulator_process_rss_kib(const struct emulator_process *process)
{
	char path[64], line[256];
	long kib = -1;
	FILE *status;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
	status = fopen(path, "r");
	if (status == NULL)
		return -1;
	while (fgets(line, sizeof(line), status) != NULL) {
		if (text_starts(line, "VmRSS:"))
			kib = strtol(line + 6, NULL, 10);
	}
	(void)fclose(status);
	return kib;
}

int64_t emulator_process_cpu_us(const struct emulator_process *process)
{
	long user = 0, system = 0;
	char path[64];
	FILE *stat;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)process->pid);
	stat = fopen(path, "r");
	if (stat == NULL)
		return 0;
	if (fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
	           &system) != 2)
		user = system = 0;
	(void)fclose(stat);
	return (int64_t)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}
