/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Folders of a store and the files in them, by open descriptors: once a folder was found to be
 * good, what is done in it is done there, whatever happens to its path meanwhile. Errors are
 * MSIV2_STORE (MSIV2_INTERNAL when memory is out) and begin with the path. */
#ifndef REF_STORE_FOLDER_H
#define REF_STORE_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "selection.h"

/* STORE-11: who may own the folders and files, and what they may grant. */
struct folder_rule {
	uid_t owner;
	bool machine; /* all folders above are root's, closed to writing, without links and ACLs */
};

struct folder {
	int fd;     /* -1 = there is none */
	char *path; /* for errors */
};

#define FOLDER_NONE                                                                                \
	{                                                                                          \
		-1, NULL                                                                           \
	}

/* Closes and frees. */
void folder_close(struct folder *folder);
DEFINE_OWNED_VALUE(folder, folder_close)

/* Opens the folder at an absolute path, which others may look into but not write. Links above it,
 * and it itself, may be links for a user, not for the machine. Absent: made with its parents (each
 * 0700 and synced) when `make`, otherwise out->fd is -1. */
MSIV2_MUST_USE enum msiv2_rc folder_open(const char *path, const struct folder_rule *rule,
                                         bool make, struct folder *out, struct msiv2_error *err);
/* Opens a folder in a folder: no link, 0700 or less, the owner's. Absent: made when `make`,
 * otherwise out->fd is -1. */
MSIV2_MUST_USE enum msiv2_rc folder_enter(const struct folder *in, const char *name,
                                          const struct folder_rule *rule, bool make,
                                          struct folder *out, struct msiv2_error *err);
/* Makes the names in it durable. */
MSIV2_MUST_USE enum msiv2_rc folder_sync(const struct folder *folder, struct msiv2_error *err);
/* Makes its own name durable: syncs the folder it is in. */
MSIV2_MUST_USE enum msiv2_rc folder_sync_above(const struct folder *folder,
                                               struct msiv2_error *err);

struct folder_names {
	char **items; /* sorted */
	size_t count;
};
/* Frees the names. */
void folder_names_free(struct folder_names *names);
DEFINE_OWNED_VALUE(folder_names, folder_names_free)
/* The names that `wanted` wants. */
MSIV2_MUST_USE enum msiv2_rc folder_list(const struct folder *folder,
                                         bool (*wanted)(const char *name), struct folder_names *out,
                                         struct msiv2_error *err);

/* How reading a file ended. */
enum folder_reading {
	FOLDER_READ,    /* whole */
	FOLDER_GONE,    /* no such file, or replaced while it was read */
	FOLDER_REFUSED, /* not a regular file of the owner's, 0600, with one name, of a bearable
	                   size */
	FOLDER_TROUBLE  /* the system would not: says nothing about the file */
};

/* Appends a file of at most max_len bytes. *stamp tells which file it was; `why` what is wrong when
 * refused or in trouble. */
MSIV2_MUST_USE enum msiv2_rc folder_read(const struct folder *folder, const char *name,
                                         const struct folder_rule *rule, size_t max_len,
                                         struct bytes *out, struct store_stamp *stamp,
                                         enum folder_reading *reading, char why[160],
                                         struct msiv2_error *err);
/* Writes a file 0600 in one step and durably: beside it under a name that folder_is_leftover()
 * knows, synced, renamed, the folder synced. After an error there is no such file, or, if there was
 * one before, either of the two. */
MSIV2_MUST_USE enum msiv2_rc folder_write(const struct folder *folder, const char *name,
                                          const void *data, size_t len, struct msiv2_error *err);
/* A file that a writer left behind when it died. */
bool folder_is_leftover(const char *name);
/* Removes the name if it is still of the file that `stamp` tells (NULL = whatever it is; a folder
 * never). *removed becomes true when it is gone by our doing. */
MSIV2_MUST_USE enum msiv2_rc folder_remove(const struct folder *folder, const char *name,
                                           const struct store_stamp *stamp, bool *removed,
                                           struct msiv2_error *err);

#endif
