/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Looks at the folders and files of a store as they are, with plain system calls: who owns them,
 * who may read them, what does not belong there, and whether each file is an entry. An independent
 * look: it does not use the code that reads the store for an acquisition, but for the codec. */
#ifndef REF_CLI_STORE_AUDIT_H
#define REF_CLI_STORE_AUDIT_H

#include <stddef.h>
#include <sys/types.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "ref/store/entry.h"

/* Told for each thing that is wrong, or for each entry that is not. Texts are borrowed. */
struct store_audit {
	void (*problem)(void *ctx, const char *path, const char *words);
	void (*entry)(void *ctx, const char *path, const struct store_entry *entry);
	void *ctx;
	uid_t owner;    /* whose everything has to be */
	size_t folders; /* looked at */
	size_t files;
	size_t leftovers; /* of writers that died: the next one sweeps them */
};

/* Looks at the store whose aliases are in `path` (ROOT/SCOPE/My). What does not exist has nothing
 * wrong. MSIV2_INTERNAL when memory is out. */
MSIV2_MUST_USE enum msiv2_rc store_audit(const char *path, struct store_audit *audit,
                                         struct msiv2_error *err);

#endif
