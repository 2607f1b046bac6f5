/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a client does with a certificate store: look, keep, drop, and the gate that makes many
 * processes mint once.
 *
 * All of it is best effort (STORE-06): no function here fails because of the store. What goes wrong
 * is reported by the first WARN line and by INFO lines after it; the client goes on as if there
 * were no store. A client whose kinds of key all die with the process has none: nothing is looked
 * at and no folder is made (STORE-08). Thread-safe. */
#ifndef REF_PERSISTENCE_H
#define REF_PERSISTENCE_H

#include <stdbool.h>

#include "certificate.h"
#include "common/own.h"
#include "errand.h"
#include "identity.h"
#include "issue.h"
#include "key_settings.h"
#include "store/store.h"

struct persistence;

struct persistence_config {
	enum store_scope scope;
	const char *root; /* NULL = the scope's own */
	const struct identity *identity;
	const struct key_settings *keys; /* borrowed for its life, as are clock and source */
	const char *source;              /* origin of the IMDS */
	const struct msiv2_clock *clock;
};

/* Makes one; touches no file. MSIV2_CONFIG for a root that cannot be meant; a default root that is
 * not to be had (no home) is trouble to report later. */
MSIV2_MUST_USE enum msiv2_rc persistence_new(const struct persistence_config *config,
                                             struct persistence **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void persistence_free(struct persistence *persistence);
DEFINE_OWNED_STRUCT(persistence, persistence_free)

/* Appends the alias of an identity: "system_assigned_managed_identity" or the id as given, and
 * "#att=1" or "#att=0" (STORE-10). */
void persistence_add_alias(const struct identity *identity, bool attest, struct bytes *out);
/* The alias of this client. */
const char *persistence_alias(const struct persistence *persistence);
/* There is a store to use. */
bool persistence_is_on(const struct persistence *persistence);
/* Keys of this kind outlive the process, so that their certificates are worth keeping. */
bool persistence_takes(const struct persistence *persistence, const struct key *key);

/* Which stored certificate will do. */
struct persistence_want {
	const struct key *key; /* NULL = not known yet: finds out whether it is worth having */
	bool fresh;            /* issued with bypass_cache=true */
	/* Another one than this, and issued no sooner (STS-05: it replaced the refused one). NULL =
	 * any. */
	const struct msiv2_certificate *newer_than;
	bool renewal; /* not one that is due for renewal itself */
};

/* Reads what is stored for this client; nothing, after trouble. *out must be empty. */
void persistence_read(struct persistence *persistence, const struct errand *errand,
                      struct store_records *out);
/* The record that will do (STORE-02), or NULL; the records have their verdicts then. */
const struct store_record *persistence_choose(const struct persistence *persistence,
                                              struct store_records *records,
                                              const struct persistence_want *want);
/* Removes what no client of this alias can ever use (STORE-04, STORE-05, STORE-07), by the verdicts
 * of the last persistence_choose(), which it makes more exact where devices have to be told apart.
 */
void persistence_prune(struct persistence *persistence, const struct errand *errand,
                       struct store_records *records);

/* Writes an issued certificate, and prunes (STORE-03). `fresh`: issued past IMDS's cache. */
void persistence_keep(struct persistence *persistence, const struct errand *errand,
                      const struct issue *issue, const struct key *key, bool fresh);
/* STS-05: removes everything of the alias, except what replaced the refused certificate already. */
void persistence_drop(struct persistence *persistence, const struct errand *errand, X509 *refused);

/* The mint gate (LIFE-04): *gate is NULL when it cannot be had, which is no reason not to mint.
 * MSIV2_TIMEOUT only, when this caller's patience ends first. */
MSIV2_MUST_USE enum msiv2_rc persistence_gate(struct persistence *persistence,
                                              const struct errand *errand, struct store_lock **gate,
                                              struct msiv2_error *err);

#endif
