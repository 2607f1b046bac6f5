/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "persistence.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "renewal.h"

#define WHERE        "store"
#define SYSTEM_ALIAS "system_assigned_managed_identity"

struct persistence {
	struct store *store; /* NULL = none */
	char *alias;
	char *client_id; /* of the identity, when it was named by it; else NULL */
	const struct key_settings *keys;
	const char *source;
	const struct msiv2_clock *clock;
	struct msiv2_error absence; /* why there is none although one was wanted */
	atomic_bool reported;
};

/* ---- making ---- */

void persistence_add_alias(const struct identity *identity, bool attest, struct bytes *out)
{
	bytes_addf(out, "%s#att=%d", identity->id != NULL ? identity->id : SYSTEM_ALIAS, attest);
}

static enum msiv2_rc name_it(struct persistence *p, const struct persistence_config *config,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) alias = {0};

	persistence_add_alias(config->identity, config->keys->attest, &alias);
	TRY(bytes_done(&alias, WHERE, err));
	p->alias = mem_strdup(bytes_text(&alias));
	if (p->alias == NULL)
		return err_no_memory(err, WHERE);
	if (config->identity->kind != MSIV2_IDENTITY_CLIENT_ID)
		return MSIV2_OK;
	p->client_id = mem_strdup(config->identity->id);
	return p->client_id != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc open_store(struct persistence *p, const struct persistence_config *config,
                                struct msiv2_error *err)
{
	enum msiv2_rc rc;

	/* STORE-08 */
	if (!hierarchy_persists(&config->keys->hierarchy))
		return MSIV2_OK;
	rc = store_new(config->scope, config->root, config->clock, &p->store, &p->absence);
	if (rc == MSIV2_OK || (config->root == NULL && rc != MSIV2_INTERNAL))
		return MSIV2_OK;
	if (err != NULL)
		*err = p->absence;
	return rc;
}

enum msiv2_rc persistence_new(const struct persistence_config *config, struct persistence **out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(persistence) *p = mem_alloc(sizeof(*p));

	if (p == NULL)
		return err_no_memory(err, WHERE);
	atomic_init(&p->reported, false);
	p->keys = config->keys;
	p->source = config->source;
	p->clock = config->clock;
	TRY(name_it(p, config, err));
	TRY(open_store(p, config, err));
	*out = steal(&p);
	return MSIV2_OK;
}

void persistence_free(struct persistence *persistence)
{
	if (persistence == NULL)
		return;
	store_free(persistence->store);
	mem_free(persistence->alias);
	mem_free(persistence->client_id);
	mem_free(persistence);
}

const char *persistence_alias(const struct persistence *persistence)
{
	return persistence->alias;
}

bool persistence_is_on(const struct persistence *persistence)
{
	return persistence->store != NULL || persistence->absence.rc != MSIV2_OK;
}

bool persistence_takes(const struct persistence *persistence, const struct key *key)
{
	return persistence_is_on(persistence) && hierarchy_kind_persists(key_kind(key));
}

/* ---- trouble ---- */

/* STORE-06: reported once. */
static void report(struct persistence *p, const struct errand *errand, const char *what,
                   const struct msiv2_error *trouble)
{
	bool again = atomic_exchange(&p->reported, true);

	log_line(&errand->log, again ? MSIV2_LOG_INFO : MSIV2_LOG_WARN,
	         "%s: %s, going on without: %s: %s", msiv2_rc_name(MSIV2_STORE), what,
	         trouble->where, trouble->message);
}

/* There is a store; otherwise why not has been reported. */
static bool usable(struct persistence *p, const struct errand *errand)
{
	if (p->store == NULL && p->absence.rc != MSIV2_OK)
		report(p, errand, "none to be had", &p->absence);
	return p->store != NULL;
}

/* ---- looking ---- */

void persistence_read(struct persistence *persistence, const struct errand *errand,
                      struct store_records *out)
{
	struct msiv2_error trouble = {0};

	if (usable(persistence, errand) &&
	    store_read(persistence->store, persistence->alias, out, &trouble) != MSIV2_OK)
		report(persistence, errand, "cannot be read", &trouble);
}

/* Issued no sooner: whoever replaced a refused certificate did so after it was issued, and clocks
 * of certificates count whole seconds. */
static bool replaces(const struct store_entry *entry, const struct msiv2_certificate *old)
{
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	return x509_validity(entry->certificate, &not_before_s, &not_after_s) &&
	       not_before_s >= msiv2_certificate_not_before(old);
}

static bool is_due(const struct store_entry *entry, int64_t now_s)
{
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	return !x509_validity(entry->certificate, &not_before_s, &not_after_s) ||
	       renewal_age(not_before_s, not_after_s, now_s) != RENEWAL_FRESH;
}

const struct store_record *persistence_choose(const struct persistence *persistence,
                                              struct store_records *records,
                                              const struct persistence_want *want)
{
	uint8_t digest[X509_SHA256_LEN];
	struct store_want choice = {.alias = persistence->alias,
	                            .source = persistence->source,
	                            .client_id = persistence->client_id,
	                            .now_s = clock_now_s(persistence->clock),
	                            .key_name = key_settings_name(persistence->keys),
	                            .fresh = want->fresh};
	const struct store_record *record;
	size_t chosen;

	if (want->key != NULL && x509_key_sha256(key_public(want->key), digest, NULL) != MSIV2_OK)
		return NULL;
	choice.key_kind = want->key != NULL ? key_kind(want->key) : NULL;
	choice.key_sha256 = want->key != NULL ? digest : NULL;
	choice.not_sha256 =
	        want->newer_than != NULL ? certificate_thumbprint(want->newer_than) : NULL;
	chosen = store_select(records, &choice);
	if (chosen >= records->count)
		return NULL;
	record = &records->items[chosen];
	if (want->newer_than != NULL && !replaces(&record->entry, want->newer_than))
		return NULL;
	return want->renewal && is_due(&record->entry, choice.now_s) ? NULL : record;
}

static unsigned removed_verdicts(void)
{
	unsigned verdicts = 0;

	for (unsigned i = 0; i < STORE_VERDICTS; i++)
		verdicts |= store_verdict_removes((enum store_verdict)i) ? 1U << i : 0;
	return verdicts;
}

#define DEVICE_MS 5000

/* The device that keys of a kind are in; false when it cannot be told, which costs nothing but that
 * entries stay longer. */
static bool name_device(const struct persistence *p, const struct errand *errand, const char *kind,
                        struct bytes *out)
{
	struct key_place place = key_settings_place(p->keys, p->clock, &errand->log);
	int64_t limit_us = clock_deadline_us(p->clock, DEVICE_MS);

	place.lifesign = errand->patience.lifesign;
	if (errand->patience.deadline_us < limit_us)
		limit_us = errand->patience.deadline_us;
	return hierarchy_device(kind, &place, limit_us, out);
}

/* STORE-07: those of the device at hand after all, which persistence_choose() does not ask for. */
static void find_orphans(const struct persistence *p, const struct errand *errand,
                         struct store_records *records)
{
	OWNED_STRUCT(bytes) device = {0};
	bool asked = false;

	for (size_t i = 0; i < records->count; i++) {
		struct store_record *record = &records->items[i];

		if (record->verdict != STORE_OTHER_DEVICE)
			continue;
		if (!asked && !name_device(p, errand, record->entry.key_kind, &device))
			return;
		asked = true;
		if (text_equal(record->entry.device, bytes_text(&device)))
			record->verdict = STORE_ORPHAN;
	}
}

void persistence_prune(struct persistence *persistence, const struct errand *errand,
                       struct store_records *records)
{
	struct msiv2_error trouble = {0};
	bool any = false;

	find_orphans(persistence, errand, records);

	for (size_t i = 0; i < records->count; i++) {
		const struct store_record *record = &records->items[i];

		if (!store_verdict_removes(record->verdict))
			continue;
		any = true;
		log_line(&errand->log, MSIV2_LOG_INFO, "store: %s is %s%s%s: removed", record->file,
		         store_verdict_name(record->verdict), record->why[0] != '\0' ? ", " : "",
		         record->why);
	}
	/* Without the write lock when there is nothing to remove, which is nearly always. */
	if (any && store_remove(persistence->store, persistence->alias, records, removed_verdicts(),
	                        NULL, &trouble) != MSIV2_OK)
		report(persistence, errand, "cannot be cleaned", &trouble);
}

/* ---- changing ---- */

void persistence_keep(struct persistence *persistence, const struct errand *errand,
                      const struct issue *issue, const struct key *key, bool fresh)
{
	struct msiv2_error trouble = {0};
	struct store_entry entry = {
	        .alias = persistence->alias,
	        .source = (char *)persistence->source,
	        .client_id = issue->client_id,
	        .tenant_id = issue->tenant_id,
	        .identity_type = issue->identity_type,
	        .endpoint = issue->endpoint,
	        .key_kind = (char *)key_kind(key),
	        .key_name = (char *)key_settings_name(persistence->keys),
	        .fresh = fresh,
	        .stored_at_s = clock_now_s(persistence->clock),
	        .certificate = issue->certificate,
	};
	struct store_want want = {.alias = persistence->alias,
	                          .source = persistence->source,
	                          .now_s = entry.stored_at_s,
	                          .key_kind = entry.key_kind,
	                          .key_name = entry.key_name,
	                          .key_sha256 = entry.key_sha256};
	OWNED_STRUCT(bytes) device = {0};

	if (!usable(persistence, errand) ||
	    x509_key_sha256(key_public(key), entry.key_sha256, &trouble) != MSIV2_OK)
		return;
	if (name_device(persistence, errand, entry.key_kind, &device))
		want.device = entry.device = (char *)device.data;
	if (store_put(persistence->store, &entry, &want, &trouble) != MSIV2_OK)
		report(persistence, errand, "cannot be written", &trouble);
}

void persistence_drop(struct persistence *persistence, const struct errand *errand, X509 *refused)
{
	struct msiv2_error trouble = {0};

	if (!usable(persistence, errand))
		return;
	if (store_remove_alias(persistence->store, persistence->alias, refused, NULL, &trouble) !=
	    MSIV2_OK)
		report(persistence, errand, "cannot be cleaned", &trouble);
}

enum msiv2_rc persistence_gate(struct persistence *persistence, const struct errand *errand,
                               struct store_lock **gate, struct msiv2_error *err)
{
	struct msiv2_error trouble = {0};
	enum msiv2_rc rc;

	*gate = NULL;
	if (!usable(persistence, errand))
		return MSIV2_OK;
	rc = store_gate(persistence->store, persistence->alias, &errand->patience, gate, &trouble);
	if (rc == MSIV2_TIMEOUT) {
		if (err != NULL)
			*err = trouble;
		return rc;
	}
	if (rc != MSIV2_OK)
		report(persistence, errand, "no mint gate", &trouble);
	else if (*gate == NULL)
		log_line(&errand->log, MSIV2_LOG_WARN,
		         "store: who holds the mint gate shows no progress: minting alone");
	return MSIV2_OK;
}
