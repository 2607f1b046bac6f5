/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "selection.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "ref/renewal.h"

static const struct {
	const char *name;
	bool removes;
} verdicts[] = {
        [STORE_CHOSEN] = {"chosen", false},
        [STORE_SPARE] = {"spare", false},
        [STORE_CORRUPT] = {"corrupt", true},
        [STORE_UNREAD] = {"unread", false},
        [STORE_EXPIRED] = {"expired", true},
        [STORE_STALE] = {"stale", true},
        [STORE_FUTURE] = {"future", false},
        [STORE_ORPHAN] = {"orphan", true},
        [STORE_OTHER_DEVICE] = {"other-device", false},
        [STORE_OTHER_KEY] = {"other-key", false},
        [STORE_OTHER_SOURCE] = {"other-source", false},
        [STORE_OTHER_SUBJECT] = {"other-subject", false},
        [STORE_REFUSED] = {"refused", false},
};
_Static_assert(TEXT_COUNT(verdicts) == STORE_VERDICTS, "each verdict has a row");

const char *store_verdict_name(enum store_verdict verdict)
{
	return (unsigned)verdict < STORE_VERDICTS ? verdicts[verdict].name : "unknown";
}

bool store_verdict_removes(enum store_verdict verdict)
{
	return (unsigned)verdict < STORE_VERDICTS && verdicts[verdict].removes;
}

void store_records_free(struct store_records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		mem_free(records->items[i].file);
		store_entry_free(&records->items[i].entry);
	}
	mem_free(records->items);
	*records = (struct store_records){0};
}

static bool issuer_is(const struct store_entry *entry, const char *issuer)
{
	OWNED_STRUCT(bytes) text = {0};

	return store_entry_issuer(entry, &text, NULL) == MSIV2_OK &&
	       text_equal_nocase(bytes_text(&text), issuer);
}

/* STORE-01: what the certificate says it is for, and who says so. */
static bool is_of_subject(const struct store_entry *entry, const struct store_want *want)
{
	return (want->client_id == NULL || text_equal_nocase(entry->client_id, want->client_id)) &&
	       (want->tenant_id == NULL || text_equal_nocase(entry->tenant_id, want->tenant_id)) &&
	       (want->issuer == NULL || issuer_is(entry, want->issuer));
}

static bool is_refused(const struct store_entry *entry, const struct store_want *want)
{
	uint8_t sha256[X509_SHA256_LEN];

	if (want->fresh && !entry->fresh)
		return true;
	if (want->not_sha256 == NULL)
		return false;
	/* One that cannot be digested cannot be told from the refused one either. */
	return x509_sha256(entry->certificate, sha256, NULL) != MSIV2_OK ||
	       memcmp(sha256, want->not_sha256, sizeof(sha256)) == 0;
}

static enum store_verdict judge_key(const struct store_entry *entry, const struct store_want *want)
{
	/* Each program has a key of its own when it names one: what another key has certified is
	 * that program's business. */
	if (want->key_name != NULL && !text_equal(entry->key_name, want->key_name))
		return STORE_OTHER_KEY;
	if (want->key_kind == NULL)
		return STORE_SPARE;
	if (!text_equal(entry->key_kind, want->key_kind))
		return STORE_OTHER_KEY;
	if (want->key_sha256 != NULL &&
	    memcmp(entry->key_sha256, want->key_sha256, X509_SHA256_LEN) == 0)
		return STORE_SPARE;
	/* HOUSE: two devices may have keys of one name. */
	if (entry->device != NULL && !text_equal(entry->device, want->device))
		return STORE_OTHER_DEVICE;
	return STORE_ORPHAN; /* STORE-07 */
}

static enum store_verdict judge(const struct store_record *record, const struct store_want *want)
{
	const struct store_entry *entry = &record->entry;
	int64_t not_before_s = 0, not_after_s = 0;

	if (!record->readable)
		return record->trouble ? STORE_UNREAD : STORE_CORRUPT;
	if (!x509_validity(entry->certificate, &not_before_s, &not_after_s) ||
	    (want->alias != NULL && !text_equal(entry->alias, want->alias)))
		return STORE_CORRUPT;
	if (want->now_s > not_after_s)
		return STORE_EXPIRED;
	if (want->source != NULL && !text_equal(entry->source, want->source))
		return STORE_OTHER_SOURCE;
	if (not_after_s - RENEWAL_STALE_LEFT_S <= want->now_s)
		return STORE_STALE;
	if (want->now_s < not_before_s)
		return STORE_FUTURE;
	if (!is_of_subject(entry, want))
		return STORE_OTHER_SUBJECT;
	if (is_refused(entry, want))
		return STORE_REFUSED;
	return judge_key(entry, want);
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

#define RANKS 5

/* What decides, most important first. Of one that was judged, so the validity can be read. */
static void rank(const struct store_record *record, int64_t out[RANKS])
{
	int64_t not_before_s = 0, not_after_s = 0;
	bool valid = x509_validity(record->entry.certificate, &not_before_s, &not_after_s);

	out[0] = valid ? not_after_s : 0;
	out[1] = valid ? not_before_s : 0;
	out[2] = record->entry.fresh;
	out[3] = record->entry.stored_at_s;
	out[4] = record->stamp.changed_ns;
}

/* a is used rather than b. */
static bool is_better(const struct store_record *a, const struct store_record *b)
{
	int64_t left[RANKS], right[RANKS];
	int order = 0;

	rank(a, left);
	rank(b, right);
	for (size_t i = 0; i < RANKS && order == 0; i++)
		order = compare(left[i], right[i]);
	if (order == 0)
		order = strcmp(b->file, a->file);
	return order > 0;
}

size_t store_select(struct store_records *records, const struct store_want *want)
{
	size_t best = records->count;

	for (size_t i = 0; i < records->count; i++) {
		struct store_record *record = &records->items[i];

		record->verdict = judge(record, want);
		if (record->verdict == STORE_SPARE &&
		    (best == records->count || is_better(record, &records->items[best])))
			best = i;
	}
	if (best < records->count)
		records->items[best].verdict = STORE_CHOSEN;
	return best;
}
