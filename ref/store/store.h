/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate store: folders and files, one folder per alias so that a lookup never reads what
 * belongs to others.
 *
 *   ROOT/CurrentUser/My/<hex of SHA-256(alias), 32 digits>/<SHA-256 of the leaf>.pem
 *
 * Folders are 0700 and files 0600 (STORE-11). Every error is MSIV2_STORE (MSIV2_INTERNAL when
 * memory is out, MSIV2_CONFIG for a scope or root that cannot be meant) and names the path; whoever
 * uses the store goes on without it (STORE-06). Symbolic links are never followed below ROOT; what
 * is not a regular file of ours with one link is not read. Changes are made under the alias's write
 * lock (lock.h); readers take no lock and see whole entries only (STORE-09). Thread-safe. */
#ifndef REF_STORE_STORE_H
#define REF_STORE_STORE_H

#include "common/own.h"
#include "lock.h"
#include "selection.h"

enum store_scope {
	STORE_SCOPE_NONE,
	STORE_SCOPE_CURRENT_USER, /* "CurrentUser\My", the default */
	STORE_SCOPE_LOCAL_MACHINE /* "LocalMachine\My": owned by root */
};

struct store;

/* Reads "none", "CurrentUser\My" or "LocalMachine\My", ignoring case; '/' does for '\'.
 * MSIV2_CONFIG otherwise. */
MSIV2_MUST_USE enum msiv2_rc store_scope_parse(const char *text, enum store_scope *out,
                                               struct msiv2_error *err);
/* "none", "CurrentUser\My", "LocalMachine\My". */
const char *store_scope_name(enum store_scope scope);

/* Names a store; touches no file. `root` NULL = $XDG_DATA_HOME/msiv2 or ~/.local/share/msiv2 for
 * the user, /var/lib/msiv2 for the machine. *out is NULL for STORE_SCOPE_NONE. */
MSIV2_MUST_USE enum msiv2_rc store_new(enum store_scope scope, const char *root,
                                       const struct msiv2_clock *clock, struct store **out,
                                       struct msiv2_error *err);
/* Frees; NULL is allowed. */
void store_free(struct store *store);
DEFINE_OWNED_STRUCT(store, store_free)
/* The folder the aliases are in. */
const char *store_path(const struct store *store);

/* Reads every entry of an alias; none, when the store or the alias does not exist yet. */
MSIV2_MUST_USE enum msiv2_rc store_read(struct store *store, const char *alias,
                                        struct store_records *out, struct msiv2_error *err);
/* Writes an entry durably (synced file, rename, synced folder), making folders as needed, and then
 * prunes the alias: what store_verdict_removes() says of `want` (STORE-10). Waits at most
 * STORE_LOCK_WAIT_MS for the write lock. After an error nothing new is there; an entry of the same
 * certificate that was there still is. want NULL = nothing is pruned. */
MSIV2_MUST_USE enum msiv2_rc store_put(struct store *store, const struct store_entry *entry,
                                       const struct store_want *want, struct msiv2_error *err);
/* Removes the records of an alias whose `verdict` is among `verdicts` (bit 1u << verdict), if the
 * files are still what was read. *removed (optional) counts them. */
MSIV2_MUST_USE enum msiv2_rc store_remove(struct store *store, const char *alias,
                                          const struct store_records *records, unsigned verdicts,
                                          size_t *removed, struct msiv2_error *err);
/* The same in a folder as store_each() names it: the way to entries whose alias cannot be read. */
MSIV2_MUST_USE enum msiv2_rc store_remove_in(struct store *store, const char *folder,
                                             const struct store_records *records, unsigned verdicts,
                                             size_t *removed, struct msiv2_error *err);
/* STS-05, STORE-10: everything of an alias, except entries that were issued past IMDS's cache after
 * the refused certificate was (another process has replaced it already). `refused` NULL = all. */
MSIV2_MUST_USE enum msiv2_rc store_remove_alias(struct store *store, const char *alias,
                                                X509 *refused, size_t *removed,
                                                struct msiv2_error *err);

/* Calls `each` for every alias folder, with its records; for people's commands, not for lookups.
 * `alias` is NULL when no entry of the folder can be read. Ends when `each` fails. */
MSIV2_MUST_USE enum msiv2_rc
store_each(struct store *store,
           enum msiv2_rc (*each)(void *ctx, const char *folder, const char *alias,
                                 struct store_records *records, struct msiv2_error *err),
           void *ctx, struct msiv2_error *err);

/* The mint gate of an alias (LIFE-04): see lock.h. Makes the folder as needed. *out must be
 * released; NULL inside when the wait was cut short by a holder without progress. */
MSIV2_MUST_USE enum msiv2_rc store_gate(struct store *store, const char *alias,
                                        const struct patience *patience, struct store_lock **out,
                                        struct msiv2_error *err);

#endif
