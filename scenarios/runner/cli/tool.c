/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fs.h"
#include "output.h"

#define VALGRIND_FOUND        99
#define VALGRIND_TIME_LIMIT_S 300 /* it is about thirty times as slow */

void tool_free(struct tool *tool)
{
	bytes_free(&tool->wrapper);
}

/* One of the folders of PATH has it. */
static bool is_installed(const char *name)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t len = strcspn(path, ":");
		OWNED_STRUCT(bytes) file = {0};

		bytes_addf(&file, "%.*s/%s", (int)len, path, name);
		if (!file.failed && access(bytes_text(&file), X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static enum msiv2_rc need(const char *option, const char *program, struct msiv2_error *err)
{
	return is_installed(program) ? MSIV2_OK
	                             : err_set(err, MSIV2_CONFIG, option,
	                                       "%s is not installed (Debian: apt-get install %s)",
	                                       program, program);
}

/* A port of 127.0.0.1 that nobody listens at; 0 when there is none. Each client listens there in
 * its turn, so that whoever debugs knows it beforehand. */
static unsigned free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0 &&
	            getsockname(fd, (struct sockaddr *)&address, &len) == 0;

	if (fd >= 0)
		(void)fs_close(fd);
	return good ? ntohs(address.sin_port) : 0;
}

static enum msiv2_rc choose_gdb(struct tool *tool, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) told = {0};
	unsigned port;

	TRY(need("--gdb", "gdbserver", err));
	port = free_port();
	if (port == 0)
		return err_set(err, MSIV2_INTERNAL, "--gdb", "no port: %s", strerror(errno));
	bytes_addf(&tool->wrapper, "exec gdbserver --once 127.0.0.1:%u", port);
	bytes_addf(&told, "each client waits for: gdb -ex 'target remote 127.0.0.1:%u'", port);
	TRY(bytes_done(&told, "--gdb", err));
	output_complain("--gdb", bytes_text(&told));
	tool->patient = true;
	return bytes_done(&tool->wrapper, "--gdb", err);
}

enum msiv2_rc tool_choose(const struct arguments *arguments, struct tool *tool,
                          struct msiv2_error *err)
{
	if (arguments->gdb)
		return choose_gdb(tool, err);
	if (!arguments->valgrind)
		return MSIV2_OK;
	TRY(need("--valgrind", "valgrind", err));
	bytes_addf(&tool->wrapper, "exec valgrind -q --error-exitcode=%d", VALGRIND_FOUND);
	tool->found_status = VALGRIND_FOUND;
	tool->time_limit_s = VALGRIND_TIME_LIMIT_S;
	return bytes_done(&tool->wrapper, "--valgrind", err);
}
