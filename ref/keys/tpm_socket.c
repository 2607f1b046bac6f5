/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_socket.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/own.h"

#define WHERE "key.hardware"

typedef struct addrinfo addrinfo_list;

static void addrinfo_list_free(addrinfo_list *list)
{
	if (list != NULL)
		freeaddrinfo(list);
}
DEFINE_OWNED(addrinfo_list, addrinfo_list_free)

static enum msiv2_rc failed(struct msiv2_error *err, const char *what, int number)
{
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "%s: %s", what, strerror(number));
}

/* A connect() that gives up after one nap, so that the deadline is looked at: the kernel takes the
 * socket's send timeout for it, and waits for room in the listener's queue meanwhile. */
static enum msiv2_rc limit_connect(int fd, const struct patience *patience, struct msiv2_error *err)
{
	int64_t nap_us = patience_nap_us(patience, CLOCK_US_PER_S);
	struct timeval nap = {.tv_sec = nap_us / CLOCK_US_PER_S,
	                      .tv_usec = nap_us % CLOCK_US_PER_S};

	TRY(patience_check(patience, WHERE, err));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &nap, sizeof(nap)) != 0)
		return failed(err, "cannot limit a connection's time", errno);
	return MSIV2_OK;
}

static bool connect_goes_on(int number)
{
	return number == EAGAIN || number == EINPROGRESS || number == EALREADY || number == EINTR;
}

static enum msiv2_rc connect_within(int fd, const struct sockaddr *to, socklen_t len,
                                    const struct patience *patience, struct msiv2_error *err)
{
	for (;;) {
		TRY(limit_connect(fd, patience, err));
		if (connect(fd, to, len) == 0 || errno == EISCONN)
			return MSIV2_OK;
		if (!connect_goes_on(errno))
			return failed(err, "cannot connect", errno);
	}
}

static enum msiv2_rc connect_new(int family, const struct sockaddr *to, socklen_t len,
                                 const struct patience *patience, int *out, struct msiv2_error *err)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum msiv2_rc rc;

	if (fd < 0)
		return failed(err, "no socket", errno);
	rc = connect_within(fd, to, len, patience, err);
	if (rc == MSIV2_OK)
		*out = fd;
	else
		(void)fs_close(fd);
	return rc;
}

static enum msiv2_rc connect_unix(const char *path, const struct patience *patience, int *fd,
                                  struct msiv2_error *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	/* tpm_address_parse() saw to it that it fits. */
	memcpy(to.sun_path, path, strlen(path));
	return connect_new(AF_UNIX, (const struct sockaddr *)&to, sizeof(to), patience, fd, err);
}

static enum msiv2_rc connect_tcp(const struct tpm_address *address, const struct patience *patience,
                                 int *fd, struct msiv2_error *err)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	OWNED(addrinfo_list) *list = NULL;
	enum msiv2_rc rc = MSIV2_KEY_UNAVAILABLE;
	int failure = getaddrinfo(address->host, address->port, &hints, &list);

	if (failure != 0)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "cannot look up %s port %s: %s",
		               address->host, address->port, gai_strerror(failure));
	for (const struct addrinfo *to = list; to != NULL && rc == MSIV2_KEY_UNAVAILABLE;
	     to = to->ai_next)
		rc = connect_new(to->ai_family, to->ai_addr, to->ai_addrlen, patience, fd, err);
	return rc;
}

enum msiv2_rc tpm_socket_connect(const struct tpm_address *address, const struct patience *patience,
                                 int *fd, struct msiv2_error *err)
{
	return address->way == TPM_WAY_UNIX ? connect_unix(address->path, patience, fd, err)
	                                    : connect_tcp(address, patience, fd, err);
}

/* Waits until the socket is ready for what was refused with EAGAIN. */
static enum msiv2_rc await(int fd, short events, const struct patience *patience,
                           struct msiv2_error *err)
{
	struct pollfd on = {.fd = fd, .events = events};
	int64_t nap_us = patience_nap_us(patience, CLOCK_US_PER_S);

	TRY(patience_check(patience, WHERE, err));
	/* Rounded up: a nap of less than a millisecond must not become a busy loop. */
	(void)poll(&on, 1, (int)((nap_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS));
	return MSIV2_OK;
}

static bool transfer_goes_on(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

enum msiv2_rc tpm_socket_send(int fd, const struct patience *patience, const void *data, size_t len,
                              struct msiv2_error *err)
{
	const uint8_t *at = data;

	while (len > 0) {
		/* Not write(): a TPM that went away must not raise SIGPIPE in a library. */
		ssize_t sent = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && !transfer_goes_on(errno))
			return failed(err, "cannot send", errno);
		if (sent < 0)
			TRY(await(fd, POLLOUT, patience, err));
		if (sent > 0) {
			at += sent;
			len -= (size_t)sent;
		}
	}
	return MSIV2_OK;
}

enum msiv2_rc tpm_socket_receive(int fd, const struct patience *patience, void *out, size_t len,
                                 struct msiv2_error *err)
{
	uint8_t *at = out;

	while (len > 0) {
		ssize_t got = recv(fd, at, len, MSG_DONTWAIT);

		if (got == 0)
			return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
			               "it closed the connection");
		if (got < 0 && !transfer_goes_on(errno))
			return failed(err, "cannot receive", errno);
		if (got < 0)
			TRY(await(fd, POLLIN, patience, err));
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
	return MSIV2_OK;
}
