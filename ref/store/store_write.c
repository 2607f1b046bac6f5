/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "store_internal.h"

#define WHERE      STORE_WHERE
#define WRITE_LOCK "write.lock"
#define MINT_LOCK  "mint.lock"

/* A machine's store made by anybody else would be refused at the next look. */
static enum msiv2_rc check_writer(const struct store *store, struct msiv2_error *err)
{
	if (geteuid() != store->rule.owner)
		return err_set(err, MSIV2_STORE, WHERE, "%s: only user %u writes here", store->path,
		               (unsigned)store->rule.owner);
	return MSIV2_OK;
}

static struct store_lock_file lock_file(const struct store *store, const struct folder *folder,
                                        const char *name)
{
	return (struct store_lock_file){.dir = folder->fd,
	                                .name = name,
	                                .folder = folder->path,
	                                .owner = store->rule.owner};
}

/* STORE-09 */
static enum msiv2_rc lock_for_writing(const struct store *store, const struct folder *folder,
                                      struct store_lock **out, struct msiv2_error *err)
{
	const struct patience patience = {.clock = store->clock, .deadline_us = CLOCK_NEVER};
	const struct store_lock_file file = lock_file(store, folder, WRITE_LOCK);
	enum store_lock_end end;

	TRY(store_lock_take(&file, &patience, STORE_LOCK_WAIT_MS, 0, &end, out, err));
	if (end != STORE_LOCK_HELD)
		return err_set(err, MSIV2_STORE, WHERE,
		               "%s: somebody else has been writing for %d ms", folder->path,
		               STORE_LOCK_WAIT_MS);
	return MSIV2_OK;
}

/* Removes what died writers left; ours to judge, because a living one would hold the lock. */
static void sweep(const struct folder *folder)
{
	OWNED_STRUCT(folder_names) names = {0};
	bool removed;

	if (folder_list(folder, folder_is_leftover, &names, NULL) != MSIV2_OK)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (folder_remove(folder, names.items[i], NULL, &removed, NULL) != MSIV2_OK)
			return;
}

/* Before the first entry of an alias is there, its folders' own names are made durable: whoever
 * made them may have died before that. Later writers rely on it. */
static enum msiv2_rc sync_way(const struct store_way *way, struct msiv2_error *err)
{
	TRY(folder_sync_above(&way->levels[0], err));
	for (size_t i = 0; i < STORE_LEVELS - 1; i++)
		TRY(folder_sync(&way->levels[i], err));
	return MSIV2_OK;
}

/* Removes those that `condemned` says, under the lock; then their names are gone for good. */
static enum msiv2_rc remove_some(const struct folder *folder, const struct store_records *records,
                                 bool (*condemned)(const void *ctx,
                                                   const struct store_record *record),
                                 const void *ctx, size_t *count, struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;
	bool any = false;

	for (size_t i = 0; i < records->count; i++) {
		const struct store_record *record = &records->items[i];
		enum msiv2_rc one;
		bool removed = false;

		if (!condemned(ctx, record))
			continue;
		one = folder_remove(folder, record->file, &record->stamp, &removed,
		                    rc == MSIV2_OK ? err : NULL);
		rc = rc == MSIV2_OK ? one : rc;
		*count += removed;
		any = any || removed;
	}
	if (any && rc == MSIV2_OK)
		rc = folder_sync(folder, err);
	return rc;
}

static bool is_spent(const void *ctx, const struct store_record *record)
{
	(void)ctx;
	return store_verdict_removes(record->verdict);
}

/* Best effort: the entry is there, and the next writer judges again what could not be removed. */
static void prune(const struct store *store, const struct folder *folder, const char *alias_folder,
                  const struct store_want *want)
{
	OWNED_STRUCT(store_records) records = {0};
	size_t count = 0;
	enum msiv2_rc rc = store_records_read(store, folder, alias_folder, &records, NULL);

	(void)store_select(&records, want);
	if (rc == MSIV2_OK)
		rc = remove_some(folder, &records, is_spent, NULL, &count, NULL);
	(void)rc;
}

#define FILE_NAME_SIZE (2 * X509_SHA256_LEN + sizeof(".pem"))

static enum msiv2_rc name_file(X509 *certificate, char out[FILE_NAME_SIZE], struct msiv2_error *err)
{
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};

	TRY(x509_sha256(certificate, sha256, err));
	hex_encode(sha256, sizeof(sha256), &hex);
	TRY(bytes_done(&hex, WHERE, err));
	(void)snprintf(out, FILE_NAME_SIZE, "%s.pem", bytes_text(&hex));
	return MSIV2_OK;
}

/* The file, once the way to it will be found again after a power cut. */
static enum msiv2_rc write_entry(const struct store_way *way, const struct store_entry *entry,
                                 const struct bytes *text, struct msiv2_error *err)
{
	const struct folder *folder = store_way_alias(way);
	OWNED_STRUCT(folder_names) before = {0};
	char name[FILE_NAME_SIZE];

	TRY(name_file(entry->certificate, name, err));
	TRY(folder_list(folder, store_is_entry_file, &before, err));
	if (before.count == 0)
		TRY(sync_way(way, err));
	return folder_write(folder, name, text->data, text->len, err);
}

enum msiv2_rc store_put(struct store *store, const struct store_entry *entry,
                        const struct store_want *want, struct msiv2_error *err)
{
	OWNED_STRUCT(store_lock) *lock = NULL;
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	OWNED_STRUCT(bytes) text = {0};
	char folder[STORE_ALIAS_DIGITS + 1];

	TRY(store_entry_encode(entry, &text, err));
	TRY(store_alias_folder(entry->alias, folder, err));
	TRY(check_writer(store, err));
	TRY(store_way_open(store, folder, true, &way, err));
	TRY(lock_for_writing(store, store_way_alias(&way), &lock, err));
	sweep(store_way_alias(&way));
	TRY(write_entry(&way, entry, &text, err));
	if (want != NULL)
		prune(store, store_way_alias(&way), folder, want);
	return MSIV2_OK;
}

static bool has_verdict(const void *ctx, const struct store_record *record)
{
	const unsigned *verdicts = ctx;

	return (*verdicts & 1u << record->verdict) != 0;
}

static bool holds_any(const struct store_records *records, unsigned verdicts)
{
	for (size_t i = 0; i < records->count; i++) {
		if (has_verdict(&verdicts, &records->items[i]))
			return true;
	}
	return false;
}

enum msiv2_rc store_remove_in(struct store *store, const char *folder,
                              const struct store_records *records, unsigned verdicts,
                              size_t *removed, struct msiv2_error *err)
{
	OWNED_STRUCT(store_lock) *lock = NULL;
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	size_t unasked = 0;

	removed = removed != NULL ? removed : &unasked;
	*removed = 0;
	if (!store_is_alias_folder(folder))
		return err_set(err, MSIV2_STORE, WHERE, "%s: not the folder of an alias", folder);
	if (!holds_any(records, verdicts))
		return MSIV2_OK;
	TRY(check_writer(store, err));
	TRY(store_way_open(store, folder, false, &way, err));
	if (store_way_alias(&way)->fd < 0)
		return MSIV2_OK;
	TRY(lock_for_writing(store, store_way_alias(&way), &lock, err));
	sweep(store_way_alias(&way));
	return remove_some(store_way_alias(&way), records, has_verdict, &verdicts, removed, err);
}

enum msiv2_rc store_remove(struct store *store, const char *alias,
                           const struct store_records *records, unsigned verdicts, size_t *removed,
                           struct msiv2_error *err)
{
	char folder[STORE_ALIAS_DIGITS + 1];

	TRY(store_alias_folder(alias, folder, err));
	return store_remove_in(store, folder, records, verdicts, removed, err);
}

/* STS-05: a fresh one that came after the refused one has taken its place already. */
static bool goes_with(const void *ctx, const struct store_record *record)
{
	X509 *refused = (X509 *)ctx;
	int64_t refused_s = 0, issued_s = 0, unused;

	if (refused == NULL || !record->readable || !record->entry.fresh ||
	    X509_cmp(refused, record->entry.certificate) == 0 ||
	    !x509_validity(refused, &refused_s, &unused) ||
	    !x509_validity(record->entry.certificate, &issued_s, &unused))
		return true;
	return issued_s < refused_s;
}

/* Looks without the write lock: of many processes that were refused the first one has removed it,
 * and the others need not queue for the lock in which the next certificate is written. */
static enum msiv2_rc any_goes(const struct store *store, const struct folder *folder,
                              const char *alias_folder, X509 *refused, bool *out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(store_records) records = {0};

	*out = false;
	TRY(store_records_read(store, folder, alias_folder, &records, err));
	for (size_t i = 0; i < records.count && !*out; i++)
		*out = goes_with(refused, &records.items[i]);
	return MSIV2_OK;
}

enum msiv2_rc store_remove_alias(struct store *store, const char *alias, X509 *refused,
                                 size_t *removed, struct msiv2_error *err)
{
	OWNED_STRUCT(store_records) records = {0};
	OWNED_STRUCT(store_lock) *lock = NULL;
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	char folder[STORE_ALIAS_DIGITS + 1];
	size_t unasked = 0;
	bool any;

	removed = removed != NULL ? removed : &unasked;
	*removed = 0;
	TRY(store_alias_folder(alias, folder, err));
	TRY(check_writer(store, err));
	TRY(store_way_open(store, folder, false, &way, err));
	if (store_way_alias(&way)->fd < 0)
		return MSIV2_OK;
	TRY(any_goes(store, store_way_alias(&way), folder, refused, &any, err));
	if (!any)
		return MSIV2_OK;
	TRY(lock_for_writing(store, store_way_alias(&way), &lock, err));
	sweep(store_way_alias(&way));
	TRY(store_records_read(store, store_way_alias(&way), folder, &records, err));
	return remove_some(store_way_alias(&way), &records, goes_with, refused, removed, err);
}

enum msiv2_rc store_gate(struct store *store, const char *alias, const struct patience *patience,
                         struct store_lock **out, struct msiv2_error *err)
{
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	char folder[STORE_ALIAS_DIGITS + 1];
	struct store_lock_file file;
	enum store_lock_end end;

	*out = NULL;
	TRY(store_alias_folder(alias, folder, err));
	TRY(check_writer(store, err));
	TRY(store_way_open(store, folder, true, &way, err));
	file = lock_file(store, store_way_alias(&way), MINT_LOCK);
	return store_lock_take(&file, patience, INT64_MAX, STORE_GATE_STALL_MS, &end, out, err);
}
