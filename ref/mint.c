/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "mint.h"

#include "common/clock.h"
#include "common/mem.h"
#include "legs.h"
#include "renewal.h"

static int64_t now_s(const struct acquisition *a)
{
	return clock_now_s(a->client->clock);
}

static int64_t mono_us(const struct acquisition *a)
{
	return clock_mono_us(a->client->clock);
}

/* What stands behind a certificate, wherever it came from. */
struct origin {
	const struct issue *issue;
	struct key *key;
	EVP_PKEY *pkey;
	bool fresh;
	enum certificate_origin where;
};

/* ISSUE-04 holds for stored certificates as well. */
static enum msiv2_rc bind_it(struct acquisition *a, const struct origin *origin,
                             struct binding **out, struct msiv2_error *err)
{
	const struct binding_parts parts = {.issue = origin->issue,
	                                    .key = origin->key,
	                                    .pkey = origin->pkey,
	                                    .trust = a->client->trust,
	                                    .clock = a->client->clock,
	                                    .fresh = origin->fresh,
	                                    .origin = origin->where};

	TRY(issue_check(origin->issue, key_public(origin->key), now_s(a), err));
	return binding_new(&parts, out, err);
}

/* ---- from the store ---- */

static enum msiv2_rc copy_texts(const struct store_entry *entry, struct issue *out,
                                struct msiv2_error *err)
{
	out->client_id = mem_strdup(entry->client_id);
	out->tenant_id = mem_strdup(entry->tenant_id);
	out->identity_type = mem_strdup(entry->identity_type);
	out->endpoint = mem_strdup(entry->endpoint);
	if (out->client_id == NULL || out->tenant_id == NULL || out->identity_type == NULL ||
	    out->endpoint == NULL || X509_up_ref(entry->certificate) != 1)
		return err_no_memory(err, "certificate");
	out->certificate = entry->certificate;
	return MSIV2_OK;
}

/* One that fails the checks of an issued certificate is none: *out stays NULL. */
static enum msiv2_rc bind_record(struct acquisition *a, const struct store_record *record,
                                 struct key *key, EVP_PKEY *pkey, struct binding **out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(issue) issue = {0};
	const struct origin origin = {.issue = &issue,
	                              .key = key,
	                              .pkey = pkey,
	                              .fresh = record->entry.fresh,
	                              .where = CERTIFICATE_STORED};
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	TRY(copy_texts(&record->entry, &issue, err));
	rc = bind_it(a, &origin, out, &why);
	if (rc == MSIV2_INTERNAL)
		return err_set(err, rc, why.where, "%s", why.message);
	if (rc != MSIV2_OK)
		log_line(&a->errand.log, MSIV2_LOG_WARN, "certificate: %s is not used: %s",
		         record->file, why.message);
	return MSIV2_OK;
}

/* STORE-01, STORE-02. Nothing there for any key is found out before the key is wanted. */
static enum msiv2_rc look(struct acquisition *a, const struct mint_order *order,
                          struct binding **out, struct msiv2_error *err)
{
	struct persistence *persistence = a->client->persistence;
	struct persistence_want want = {.fresh = order->bypass_cache,
	                                .newer_than = order->newer_than,
	                                .renewal = order->renewal};
	OWNED_STRUCT(store_records) records = {0};
	const struct store_record *record;
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;
	int64_t started_us = mono_us(a);

	persistence_read(persistence, &a->errand, &records);
	leg_store(a, started_us);
	if (persistence_choose(persistence, &records, &want) == NULL)
		return MSIV2_OK;
	TRY(leg_key(a, &key, &pkey, err));
	if (!persistence_takes(persistence, key))
		return MSIV2_OK;
	want.key = key;
	record = persistence_choose(persistence, &records, &want);
	if (record != NULL)
		TRY(bind_record(a, record, key, pkey, out, err));
	/* When nothing was found, what is there may only go once there is something better
	 * (ISSUE-05). */
	if (*out == NULL)
		return MSIV2_OK;
	started_us = mono_us(a);
	persistence_prune(persistence, &a->errand, &records);
	leg_store(a, started_us);
	return MSIV2_OK;
}

/* ---- from IMDS ---- */

/* ISSUE-06: a new one is asked for past IMDS's cache, and one from the store may only be what
 * another process replaced the old one by. */
static bool may_look(const struct mint_order *order)
{
	return !order->past_store && (!order->bypass_cache || order->newer_than != NULL);
}

/* LIFE-02: a renewal that ends no later than what it replaces is none. */
static enum msiv2_rc check_gain(const struct mint_order *order, const struct issue *issue,
                                struct msiv2_error *err)
{
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	if (!order->renewal)
		return MSIV2_OK;
	if (x509_validity(issue->certificate, &not_before_s, &not_after_s) &&
	    not_after_s > msiv2_certificate_not_after(order->newer_than))
		return MSIV2_OK;
	return err_set(err, MSIV2_CERT_INVALID, "imds.issuecredential",
	               "the new certificate ends no later than the one at hand");
}

/* ISSUE-07, STORE-08 */
static bool worth_keeping(const struct acquisition *a, const struct binding *binding,
                          const struct key *key)
{
	return persistence_takes(a->client->persistence, key) &&
	       !binding_is_stale(binding, now_s(a));
}

static void store_it(struct acquisition *a, const struct mint_order *order,
                     const struct issue *issue, const struct key *key)
{
	int64_t started_us = mono_us(a);

	persistence_keep(a->client->persistence, &a->errand, issue, key, order->bypass_cache);
	leg_store(a, started_us);
}

static enum msiv2_rc issue_one(struct acquisition *a, const struct mint_order *order,
                               struct key *key, EVP_PKEY *pkey, struct binding **out,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(metadata) host = {0};
	OWNED_STRUCT(attested) *attested = NULL;
	OWNED_STRUCT(bytes) csr = {0};
	OWNED_STRUCT(issue) issue = {0};
	const struct origin origin = {.issue = &issue,
	                              .key = key,
	                              .pkey = pkey,
	                              .fresh = order->bypass_cache,
	                              .where = CERTIFICATE_ISSUED};

	TRY(leg_metadata(a, &host, err));
	TRY(leg_attestation(a, &host, key, &attested, err));
	TRY(leg_csr(a, &host, key, pkey, &csr, err));
	TRY(leg_issue(a, &csr, attested, order->bypass_cache, &issue, err));
	TRY(bind_it(a, &origin, out, err));
	TRY(check_gain(order, &issue, err));
	if (worth_keeping(a, *out, key))
		store_it(a, order, &issue, key);
	return MSIV2_OK;
}

/* Behind the gate, when there is one: nobody else mints for this alias until it is released. */
static enum msiv2_rc mint_behind(struct acquisition *a, const struct mint_order *order,
                                 struct store_lock **gate, struct binding **out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	/* LIFE-04: the second look, now that nobody else is minting. */
	if (persistence_is_on(a->client->persistence) && may_look(order))
		TRY(look(a, order, out, err));
	if (*out != NULL)
		return MSIV2_OK;
	TRY(leg_key(a, &key, &pkey, err)); /* KEY-01, KEY-04 */
	if (!persistence_takes(a->client->persistence, key)) {
		a->gate = NULL;
		store_lock_release(steal(gate)); /* nobody gains by waiting */
	}
	return issue_one(a, order, key, pkey, out, err);
}

/* From the store, or else behind its gate. */
static enum msiv2_rc look_or_queue(struct acquisition *a, const struct mint_order *order,
                                   struct binding **out, struct store_lock **gate,
                                   struct msiv2_error *err)
{
	int64_t started_us;
	enum msiv2_rc rc;

	if (!persistence_is_on(a->client->persistence))
		return MSIV2_OK;
	if (may_look(order))
		TRY(look(a, order, out, err));
	if (*out != NULL)
		return MSIV2_OK;
	started_us = mono_us(a);
	rc = persistence_gate(a->client->persistence, &a->errand, gate, err);
	leg_store(a, started_us);
	return rc;
}

static void tell_timings(const struct acquisition *a, struct binding *binding)
{
	struct msiv2_timings timings = a->timings;

	timings.total_us = mono_us(a) - a->started_us;
	binding_set_timings(binding, &timings);
}

enum msiv2_rc mint(struct acquisition *a, const struct mint_order *order, struct binding **out,
                   struct msiv2_error *err)
{
	OWNED_STRUCT(store_lock) *gate = NULL;
	OWNED_STRUCT(binding) *binding = NULL;
	enum msiv2_rc rc = MSIV2_OK;

	TRY(look_or_queue(a, order, &binding, &gate, err));
	if (binding == NULL) {
		a->gate = gate;
		a->gate_step_us = a->gate_told_us = mono_us(a);
		a->errand.patience.lifesign = (struct lifesign){leg_lives, a};
		rc = mint_behind(a, order, &gate, &binding, err);
		a->gate = NULL;
		a->errand.patience.lifesign = (struct lifesign){0};
	}
	TRY(rc);
	tell_timings(a, binding);
	token_cache_keep(a->client->tokens, binding_thumbprint(binding)); /* TOK-02 */
	log_line(&a->errand.log, MSIV2_LOG_INFO, "certificate: %s, sha256 %s, %s",
	         msiv2_certificate_origin(binding_certificate(binding)),
	         msiv2_certificate_sha256(binding_certificate(binding)),
	         msiv2_certificate_subject(binding_certificate(binding)));
	*out = steal(&binding);
	return MSIV2_OK;
}
