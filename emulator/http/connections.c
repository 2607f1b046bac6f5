/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "connections.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/text.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

/* The address is that text, as "127.0.0.1" or "::1"; "0.0.0.0" and "::" are every
 * address of their kind, "::" those of both. */
static bool is_at(const union address *address, const char *wanted)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, wanted, &v4) == 1) {
		if (address->any.sa_family == AF_INET)
			return v4.s_addr == htonl(INADDR_ANY) ||
			       v4.s_addr == address->v4.sin_addr.s_addr;
		return false;
	}
	if (inet_pton(AF_INET6, wanted, &v6) != 1)
		return false;
	if (memcmp(&v6, &any, sizeof(v6)) == 0)
		return true;
	return address->any.sa_family == AF_INET6 &&
	       memcmp(&v6, &address->v6.sin6_addr, sizeof(v6)) == 0;
}

/* A TCP socket whose own end is that address and port. */
static bool is_ours(int fd, const char *bind, uint16_t port)
{
	union address address;
	socklen_t len = sizeof(address);
	socklen_t type_len = sizeof(int);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_STREAM ||
	    getsockname(fd, &address.any, &len) != 0)
		return false;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port) == port && is_at(&address, bind);
	return address.any.sa_family == AF_INET6 && ntohs(address.v6.sin6_port) == port &&
	       is_at(&address, bind);
}

static bool is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

static void shutdown_one(int fd, const char *bind, uint16_t port, bool listening)
{
	int copy;

	if (!is_ours(fd, bind, port))
		return;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return;
	if (is_ours(copy, bind, port) && (listening || !is_listening(copy)))
		(void)shutdown(copy, SHUT_RDWR);
	(void)fs_close(copy);
}

void connections_shutdown(const char *bind, uint16_t port, bool listening)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		int64_t fd = -1;

		if (text_to_int(entry->d_name, 0, INT32_MAX, &fd) && fd != dirfd(dir))
			shutdown_one((int)fd, bind, port, listening);
	}
	(void)closedir(dir);
}
