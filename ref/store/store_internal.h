/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the files that implement store.h share. */
#ifndef REF_STORE_STORE_INTERNAL_H
#define REF_STORE_STORE_INTERNAL_H

#include "folder.h"
#include "store.h"

#define STORE_WHERE "store"
#define STORE_MY    "My"

struct store {
	const struct msiv2_clock *clock; /* borrowed */
	const char *scope_folder;        /* static */
	struct folder_rule rule;
	char *root;
	char *path;
};

/* ROOT, its scope, "My", and the folder of one alias, all open: outermost first. */
#define STORE_LEVELS   4
#define STORE_LEVEL_MY 2
struct store_way {
	struct folder levels[STORE_LEVELS];
};
/* Closes what is open. */
void store_way_close(struct store_way *way);
DEFINE_OWNED_VALUE(store_way, store_way_close)
#define STORE_WAY_NONE                                                                             \
	{                                                                                          \
		{                                                                                  \
			FOLDER_NONE, FOLDER_NONE, FOLDER_NONE, FOLDER_NONE                         \
		}                                                                                  \
	}

#define STORE_ALIAS_DIGITS 32
/* Name of an alias's folder. */
MSIV2_MUST_USE enum msiv2_rc store_alias_folder(const char *alias, char out[STORE_ALIAS_DIGITS + 1],
                                                struct msiv2_error *err);
/* `name` could be an alias's folder. */
bool store_is_alias_folder(const char *name);
/* `name` could be an entry's file. */
bool store_is_entry_file(const char *name);

/* Opens the way to the folder `alias_folder` (NULL = to "My" only). Without `make` it may end
 * early: the last level's fd is -1 then. */
MSIV2_MUST_USE enum msiv2_rc store_way_open(const struct store *store, const char *alias_folder,
                                            bool make, struct store_way *out,
                                            struct msiv2_error *err);
/* The folder of the alias. */
const struct folder *store_way_alias(const struct store_way *way);

/* Reads the entries of an alias's folder whose name is `alias_folder`. */
MSIV2_MUST_USE enum msiv2_rc store_records_read(const struct store *store,
                                                const struct folder *folder,
                                                const char *alias_folder, struct store_records *out,
                                                struct msiv2_error *err);

#endif
