/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "connections.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* Which sockets of this process are meant. */
struct wanted {
	const char *bind;
	uint16_t port;
	bool listening;                      /* the listening socket too */
	const struct connections_idle *idle; /* NULL = idle or not */
};

static uint16_t peer_port(int fd)
{
	union address address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, &address.any, &len) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
	                                               : address.v4.sin_port);
}

/* A connection that waits for a thread has something to read; one that keeps a thread waiting has
 * not. */
static bool is_idle(int fd, const struct connections_idle *idle)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	int unread = 0;

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_last_data_sent >= idle->idle_ms && ioctl(fd, FIONREAD, &unread) == 0 &&
	       unread == 0 && !idle->spared(idle->ctx, peer_port(fd));
}

static bool is_wanted(int fd, const struct wanted *wanted)
{
	return is_ours(fd, wanted->bind, wanted->port) &&
	       (wanted->listening || !is_listening(fd)) &&
	       (wanted->idle == NULL || is_idle(fd, wanted->idle));
}

static bool shutdown_one(int fd, const struct wanted *wanted)
{
	bool is;
	int copy;

	if (!is_wanted(fd, wanted))
		return false;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return false;
	is = is_wanted(copy, wanted);
	if (is)
		(void)shutdown(copy, SHUT_RDWR);
	(void)fs_close(copy);
	return is;
}

/* Does that with every descriptor of the process until it was true `most` times; how often it was.
 */
static size_t for_each(bool (*act)(int fd, const struct wanted *wanted),
                       const struct wanted *wanted, size_t most)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	while (count < most && (entry = readdir(dir)) != NULL) {
		int64_t fd = -1;

		if (text_to_int(entry->d_name, 0, INT32_MAX, &fd) && fd != dirfd(dir))
			count += act((int)fd, wanted);
	}
	(void)closedir(dir);
	return count;
}

void connections_shutdown(const char *bind, uint16_t port, bool listening)
{
	const struct wanted wanted = {.bind = bind, .port = port, .listening = listening};

	(void)for_each(shutdown_one, &wanted, SIZE_MAX);
}

size_t connections_count(const char *bind, uint16_t port)
{
	const struct wanted wanted = {.bind = bind, .port = port};

	return for_each(is_wanted, &wanted, SIZE_MAX);
}

size_t connections_shutdown_idle(const char *bind, uint16_t port,
                                 const struct connections_idle *idle)
{
	const struct wanted wanted = {.bind = bind, .port = port, .idle = idle};

	return for_each(shutdown_one, &wanted, idle->most);
}

static bool is_from(int fd, const char *peer, uint16_t port)
{
	union address address;
	socklen_t len = sizeof(address);

	return peer_port(fd) == port && getpeername(fd, &address.any, &len) == 0 &&
	       is_at(&address, peer);
}

int connections_duplicate(const char *bind, uint16_t port, const char *peer, uint16_t from)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int found = -1;

	while (dir && found < 0 && (entry = readdir(dir)) != NULL) {
		int64_t fd = -1;

		if (!text_to_int(entry->d_name, 0, INT32_MAX, &fd) || fd == dirfd(dir) ||
		    !is_ours((int)fd, bind, port) || !is_from((int)fd, peer, from))
			continue;
		found = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
		if (found >= 0 && !is_from(found, peer, from)) {
			(void)fs_close(found);
			found = -1;
		}
	}
	if (dir)
		(void)closedir(dir);
	return found;
}
