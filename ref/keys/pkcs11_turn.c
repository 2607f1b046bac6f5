/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_turn.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>

#include "common/clock.h"
#include "common/fs.h"
#include "pkcs11_module.h"

#define LOOK_AGAIN_US CLOCK_US_PER_MS
/* HOUSE: making a key takes a quarter of a second, the rest milliseconds. */
#define LONGEST_MAKE_MS  10000
#define LONGEST_STATE_MS 1000

static bool lock(int fd, int64_t longest_ms, const struct pkcs11_patience *patience)
{
	int64_t until_us = clock_deadline_us(patience->clock, longest_ms);

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (clock_left_us(patience->clock, until_us) == 0 ||
		    clock_left_us(patience->clock, patience->deadline_us) == 0)
			return false;
		clock_wait_us(patience->clock, LOOK_AGAIN_US);
	}
	return true;
}

static int open_file(const char *path)
{
	return strchr(path, '/') != NULL ? fs_open(path, O_RDONLY | O_NONBLOCK, 0) : -1;
}

static int open_directory_of(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;

	if (len == 0 || len >= sizeof(directory))
		return -1;
	memcpy(directory, path, len);
	directory[len] = '\0';
	return fs_open(directory, O_RDONLY | O_DIRECTORY, 0);
}

void pkcs11_turn_take(struct pkcs11_turn *turn, enum pkcs11_turn_for what, const char *module_path,
                      const struct pkcs11_patience *patience)
{
	bool make = what == PKCS11_TURN_MAKE;
	int fd = make ? open_directory_of(module_path) : open_file(module_path);

	turn->fd = 0;
	if (fd < 0)
		return;
	if (fd > 2 && lock(fd, make ? LONGEST_MAKE_MS : LONGEST_STATE_MS, patience))
		turn->fd = fd;
	else
		(void)fs_close(fd);
}

void pkcs11_turn_release(struct pkcs11_turn *turn)
{
	if (turn->fd != 0)
		(void)fs_close(turn->fd);
	turn->fd = 0;
}
