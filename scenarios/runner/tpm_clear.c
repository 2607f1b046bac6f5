/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_clear.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/own.h"
#include "common/text.h"

#define WHERE      "device"
#define ANSWER_LEN 10 /* tag, size, code */

struct line {
	int fd;
};

static void line_close(struct line *line)
{
	if (line->fd >= 0)
		(void)close(line->fd);
	line->fd = -1;
}
DEFINE_OWNED_VALUE(line, line_close)

/* TPM 2.0 part 3, 24.6, with the platform's empty password. */
static const uint8_t clear[] = {
        0x80, 0x02, 0x00, 0x00, 0x00, 0x1b, 0x00, 0x00, 0x01, 0x26, /* sessions, 27 bytes, Clear */
        0x40, 0x00, 0x00, 0x0c,                                     /* TPM_RH_PLATFORM */
        0x00, 0x00, 0x00, 0x09,                                     /* of the authorization: */
        0x40, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00,       /* TPM_RS_PW, and nothing */
};

static bool reach(const struct line *line, const char *socket_path)
{
	const struct timeval limit = {.tv_sec = TPM_CLEAR_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!text_copy(address.sun_path, sizeof(address.sun_path), socket_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	/* The limit of sending is also that of waiting to be let in. */
	return line->fd >= 0 &&
	       setsockopt(line->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	       setsockopt(line->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	       connect(line->fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool ask(const struct line *line, uint8_t answer[ANSWER_LEN])
{
	size_t len = 0;

	if (send(line->fd, clear, sizeof(clear), MSG_NOSIGNAL) != (ssize_t)sizeof(clear))
		return false;
	while (len < ANSWER_LEN) {
		ssize_t got = recv(line->fd, answer + len, ANSWER_LEN - len, 0);

		if (got == 0)
			errno = ECONNRESET;
		if (got <= 0)
			return false;
		len += (size_t)got;
	}
	return true;
}

enum msiv2_rc tpm_clear(const char *socket_path, struct msiv2_error *err)
{
	OWNED_STRUCT(line) line = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	uint8_t answer[ANSWER_LEN];
	unsigned code = 0;

	if (!reach(&line, socket_path))
		return err_set(err, MSIV2_UNSUPPORTED, WHERE, "no TPM at %s: %s", socket_path,
		               strerror(errno));
	if (!ask(&line, answer))
		return err_set(err, MSIV2_UNSUPPORTED, WHERE, "the TPM at %s does not answer: %s",
		               socket_path, strerror(errno));
	for (size_t i = 6; i < ANSWER_LEN; i++)
		code = code << 8 | answer[i];
	return code == 0
	               ? MSIV2_OK
	               : err_set(err, MSIV2_UNSUPPORTED, WHERE,
	                         "the TPM at %s refuses to be cleared: 0x%08x", socket_path, code);
}
