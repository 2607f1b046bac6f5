/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private folder for a test. Functions fail the test when they cannot do what they say. */
#ifndef TESTS_SCENARIOS_SANDBOX_H
#define TESTS_SCENARIOS_SANDBOX_H

#include <stddef.h>

#define SANDBOX_PATH 256

struct sandbox {
	char dir[64];
};

/* Makes it. */
void sandbox_make(struct sandbox *sandbox);
/* Removes it with everything in it. */
void sandbox_drop(struct sandbox *sandbox);
/* The path of a name in it, into out. */
void sandbox_path(const struct sandbox *sandbox, const char *name, char out[SANDBOX_PATH]);
/* Makes a folder in it. */
void sandbox_folder(const struct sandbox *sandbox, const char *name);
/* Writes a file in it with mode 0600. */
void sandbox_write(const struct sandbox *sandbox, const char *name, const void *data, size_t len);

#endif
