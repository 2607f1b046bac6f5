/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private root for a store under test: a folder of the real file system, or a small file system
 * in memory when this process may mount one. */
#ifndef TESTS_REF_STORE_USE_STORE_FOLDER_H
#define TESTS_REF_STORE_USE_STORE_FOLDER_H

#include <stdbool.h>

#include "ref/store/store.h"

struct store_folder {
	char path[64];
	bool mounted;
};

/* Makes it. `tmpfs` options ("size=4m,mode=0700") mount one there; false when this process may not.
 * NULL = the real file system, which never fails. */
bool store_folder_make(struct store_folder *folder, const char *tmpfs);
/* Removes it and all that is below. */
void store_folder_drop(struct store_folder *folder);
/* A store of one's own there. Fails the test when it cannot be had. */
struct store *store_folder_open(const struct store_folder *folder);
/* A whole number from the environment, or what is said otherwise. */
long store_folder_number(const char *variable, long otherwise);

#endif
