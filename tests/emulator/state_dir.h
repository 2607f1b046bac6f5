/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private temporary directory of one test, with a place for a state directory in it. */
#ifndef TESTS_EMULATOR_STATE_DIR_H
#define TESTS_EMULATOR_STATE_DIR_H

#include <stddef.h>

#include "common/bytes.h"

struct state_dir {
	char parent[64];
	char path[80]; /* does not exist yet */
};

/* Makes the parent; fails the test when it cannot. */
void state_dir_new(struct state_dir *dir);
/* Removes everything. */
void state_dir_free(struct state_dir *dir);
/* "PATH/NAME"; valid until the next call. */
const char *state_dir_file(const struct state_dir *dir, const char *name, char out[160]);
/* Appends the whole of a file of the directory; fails the test when it cannot. */
void state_dir_read(const struct state_dir *dir, const char *name, struct bytes *out);
/* Writes a file of the directory with mode 0600. */
void state_dir_write(const struct state_dir *dir, const char *name, const void *data, size_t len);
/* How many files there are. */
size_t state_dir_count(const struct state_dir *dir);

#endif
