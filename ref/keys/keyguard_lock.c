/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "common/clock.h"
#include "common/fs.h"

#define LOOK_AGAIN_US (5 * CLOCK_US_PER_MS)
/* HOUSE: making a key takes a quarter of a second; 64 who wait their turn find it made. */
#define LONGEST_MS 10000

static bool lock_fd(int fd, const struct pkcs11_patience *patience)
{
	int64_t until_us = clock_deadline_us(patience->clock, LONGEST_MS);

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (clock_left_us(patience->clock, until_us) == 0 ||
		    clock_left_us(patience->clock, patience->deadline_us) == 0)
			return false;
		clock_wait_us(patience->clock, LOOK_AGAIN_US);
	}
	return true;
}

void keyguard_lock_take(struct keyguard_lock *lock, const char *module_path,
                        const struct pkcs11_patience *patience)
{
	int fd = fs_open(module_path, O_RDONLY, 0);

	lock->fd = 0;
	if (fd < 0)
		return;
	if (fd > 2 && lock_fd(fd, patience))
		lock->fd = fd;
	else
		(void)fs_close(fd);
}

void keyguard_lock_release(struct keyguard_lock *lock)
{
	if (lock->fd != 0)
		(void)fs_close(lock->fd);
	lock->fd = 0;
}
