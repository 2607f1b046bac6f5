/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Entries of a store for measurements: real certificates of one RSA key, as IMDS issues them. What
 * fails ends the program. */
#ifndef BENCH_ENTRY_FACTORY_H
#define BENCH_ENTRY_FACTORY_H

#include "common/err.h"
#include "ref/store/store.h"

struct entry_factory;

/* Makes a key; `store` is borrowed. */
struct entry_factory *entry_factory_new(struct store *store);
/* Frees. */
void entry_factory_free(struct entry_factory *factory);
/* What the owner of the key wants of an alias. Borrows the alias. */
struct store_want entry_factory_want(const struct entry_factory *factory, const char *alias);
/* Makes an entry with a certificate that ends `later` seconds after the first one's. */
struct store_entry *entry_factory_make(struct entry_factory *factory, const char *alias, int later);
/* Takes it back. */
void entry_factory_take(struct store_entry *entry);
/* Puts an entry of another alias, number n, straight into its file, without any sync. */
void entry_factory_plant(struct entry_factory *factory, long n);
/* Has the system drop the alias's files from its page cache, as far as it does. */
void entry_factory_forget(const struct entry_factory *factory, const char *alias);

/* Ends the program with the error's words unless rc is MSIV2_OK. */
void entry_factory_must(enum msiv2_rc rc, const struct msiv2_error *err);
/* Ends the program. */
_Noreturn void entry_factory_die(const char *why);

#endif
