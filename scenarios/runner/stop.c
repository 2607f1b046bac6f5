/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "stop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/fs.h"

enum msiv2_rc stop_open(struct stop *stop, struct msiv2_error *err)
{
	atomic_init(&stop->asked, false);
	stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop->fd < 0)
		return err_set(err, MSIV2_INTERNAL, "stop", "cannot be made: %s", strerror(errno));
	return MSIV2_OK;
}

void stop_ask(struct stop *stop)
{
	const uint64_t one = 1;
	int before = errno;

	atomic_store(&stop->asked, true);
	/* It can only fail when the counter is full: then it is readable. */
	if (fs_write(stop->fd, &one, sizeof(one)) < 0)
		errno = before;
	errno = before;
}

bool stop_asked(const struct stop *stop)
{
	return stop && atomic_load(&stop->asked);
}

int stop_fd(const struct stop *stop)
{
	return stop ? stop->fd : -1;
}

void stop_close(struct stop *stop)
{
	if (stop->fd >= 0)
		(void)fs_close(stop->fd);
	stop->fd = -1;
}
