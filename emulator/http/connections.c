/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "connections.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/text.h"

/* The local port of a TCP socket, or 0 for anything else. */
static uint16_t local_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) != 0)
		return 0;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

static bool is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

static void shutdown_one(int fd, uint16_t port, bool listening)
{
	int copy;

	if (local_port(fd) != port)
		return;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return;
	if (local_port(copy) == port && (listening || !is_listening(copy)))
		(void)shutdown(copy, SHUT_RDWR);
	(void)fs_close(copy);
}

void connections_shutdown(uint16_t port, bool listening)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		int64_t fd = -1;

		if (text_to_int(entry->d_name, 0, INT32_MAX, &fd) && fd != dirfd(dir))
			shutdown_one((int)fd, port, listening);
	}
	(void)closedir(dir);
}
