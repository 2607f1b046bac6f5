/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What is on disk in a world's certificate store, as somebody sees it who knows the folders but not
 * the code: which entries there are, and ways to spoil them. */
#ifndef TESTS_E2E_SHELF_H
#define TESTS_E2E_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#define SHELF_PATH_SIZE 256
#define SHELF_MAX       16

struct shelf {
	size_t count; /* entries: files that end in ".pem" */
	char path[SHELF_MAX][SHELF_PATH_SIZE];
	uint64_t digest; /* of names and bytes of them all */
};

/* Looks at every entry of every alias. */
void shelf_look(const struct world *world, struct shelf *out);
/* The folder of the aliases. */
void shelf_folder(const struct world *world, char out[SHELF_PATH_SIZE]);
/* The entry of a certificate is there. */
bool shelf_holds(const struct shelf *shelf, const char *sha256);
/* Fails the test unless there are so many entries. */
void shelf_expect(const struct world *world, size_t count);
/* Flips a bit in the middle of a file. */
void shelf_flip(const char *path);

#endif
