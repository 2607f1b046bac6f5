/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "store_internal.h"

#define WHERE         STORE_WHERE
#define ENTRY_TAIL    ".pem"
#define ENTRY_DIGITS  (2 * (size_t)X509_SHA256_LEN)
#define LOOKS_AT_MOST 8

enum msiv2_rc store_alias_folder(const char *alias, char out[STORE_ALIAS_DIGITS + 1],
                                 struct msiv2_error *err)
{
	uint8_t digest[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};

	if (EVP_Digest(alias, strlen(alias), digest, NULL, EVP_sha256(), NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot digest an alias");
	hex_encode(digest, STORE_ALIAS_DIGITS / 2, &hex);
	TRY(bytes_done(&hex, WHERE, err));
	if (!text_copy(out, STORE_ALIAS_DIGITS + 1, bytes_text(&hex)))
		return err_set(err, MSIV2_INTERNAL, WHERE, "an alias without a folder");
	return MSIV2_OK;
}

static bool is_hex(const char *name, size_t digits)
{
	return strspn(name, "0123456789abcdef") == digits;
}

bool store_is_alias_folder(const char *name)
{
	return strlen(name) == STORE_ALIAS_DIGITS && is_hex(name, STORE_ALIAS_DIGITS);
}

bool store_is_entry_file(const char *name)
{
	return is_hex(name, ENTRY_DIGITS) && text_equal(name + ENTRY_DIGITS, ENTRY_TAIL);
}

void store_way_close(struct store_way *way)
{
	for (size_t i = 0; i < STORE_LEVELS; i++)
		folder_close(&way->levels[i]);
}

const struct folder *store_way_alias(const struct store_way *way)
{
	return &way->levels[STORE_LEVELS - 1];
}

enum msiv2_rc store_way_open(const struct store *store, const char *alias_folder, bool make,
                             struct store_way *out, struct msiv2_error *err)
{
	const char *const names[STORE_LEVELS] = {NULL, store->scope_folder, STORE_MY, alias_folder};
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	const struct store_way none = STORE_WAY_NONE;

	*out = none;
	TRY(folder_open(store->root, &store->rule, make, &way.levels[0], err));
	for (size_t i = 1; i < STORE_LEVELS; i++)
		if (names[i] != NULL && way.levels[i - 1].fd >= 0)
			TRY(folder_enter(&way.levels[i - 1], names[i], &store->rule, make,
			                 &way.levels[i], err));
	*out = way;
	way = none;
	return MSIV2_OK;
}

/* The entry is in the folder of its alias, under the name of its certificate. */
static enum msiv2_rc check_place(const struct store_record *record, const char *alias_folder,
                                 struct msiv2_error *err)
{
	char folder[STORE_ALIAS_DIGITS + 1];
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};

	TRY(store_alias_folder(record->entry.alias, folder, err));
	if (!text_equal(folder, alias_folder))
		return err_set(err, MSIV2_STORE, WHERE, "it belongs to another alias");
	TRY(x509_sha256(record->entry.certificate, sha256, err));
	hex_encode(sha256, sizeof(sha256), &hex);
	TRY(bytes_done(&hex, WHERE, err));
	if (strncmp(record->file, bytes_text(&hex), ENTRY_DIGITS) != 0)
		return err_set(err, MSIV2_STORE, WHERE,
		               "its name is not its certificate's SHA-256");
	return MSIV2_OK;
}

/* Out of memory is no fault of the file. */
static enum msiv2_rc understand(struct store_record *record, const struct bytes *text,
                                const char *alias_folder, struct msiv2_error *err)
{
	struct msiv2_error wrong = {0};
	enum msiv2_rc rc = store_entry_decode(text->data, text->len, &record->entry, &wrong);

	if (rc == MSIV2_OK)
		rc = check_place(record, alias_folder, &wrong);
	record->readable = rc == MSIV2_OK;
	if (rc == MSIV2_OK)
		return MSIV2_OK;
	store_entry_free(&record->entry);
	(void)snprintf(record->why, sizeof(record->why), "%.*s", (int)sizeof(record->why) - 1,
	               wrong.message);
	return rc == MSIV2_STORE ? MSIV2_OK : err_set(err, rc, wrong.where, "%s", wrong.message);
}

static enum msiv2_rc read_record(const struct store *store, const struct folder *folder,
                                 const char *alias_folder, struct store_record *record, bool *gone,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};
	enum folder_reading reading;

	TRY(folder_read(folder, record->file, &store->rule, ENTRY_MAX_LEN, &text, &record->stamp,
	                &reading, record->why, err));
	*gone = reading == FOLDER_GONE;
	record->trouble = reading == FOLDER_TROUBLE;
	if (reading != FOLDER_READ)
		return MSIV2_OK;
	return understand(record, &text, alias_folder, err);
}

static enum msiv2_rc read_once(const struct store *store, const struct folder *folder,
                               const char *alias_folder, struct store_records *out, bool *gone,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(store_records) records = {0};
	OWNED_STRUCT(folder_names) names = {0};

	*gone = false;
	TRY(folder_list(folder, store_is_entry_file, &names, err));
	records.items = mem_alloc(names.count * sizeof(*records.items));
	if (records.items == NULL)
		return err_no_memory(err, WHERE);
	while (records.count < names.count && !*gone) {
		struct store_record *record = &records.items[records.count];

		record->file = steal(&names.items[records.count]);
		records.count++;
		TRY(read_record(store, folder, alias_folder, record, gone, err));
	}
	*out = steal(&records);
	return MSIV2_OK;
}

/* A name that is gone when its turn comes was replaced meanwhile, maybe by one that the list does
 * not hold: look again, so that nobody finds nothing where there is always something (STORE-09). */
enum msiv2_rc store_records_read(const struct store *store, const struct folder *folder,
                                 const char *alias_folder, struct store_records *out,
                                 struct msiv2_error *err)
{
	bool gone = true;

	for (int look = 0; look < LOOKS_AT_MOST && gone; look++) {
		OWNED_STRUCT(store_records) records = {0};

		TRY(read_once(store, folder, alias_folder, &records, &gone, err));
		if (!gone)
			*out = steal(&records);
	}
	if (gone)
		return err_set(err, MSIV2_STORE, WHERE, "%s: its files change too fast to be read",
		               folder->path);
	return MSIV2_OK;
}

enum msiv2_rc store_read(struct store *store, const char *alias, struct store_records *out,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	char folder[STORE_ALIAS_DIGITS + 1];

	*out = (struct store_records){0};
	TRY(store_alias_folder(alias, folder, err));
	TRY(store_way_open(store, folder, false, &way, err));
	if (store_way_alias(&way)->fd < 0)
		return MSIV2_OK;
	return store_records_read(store, store_way_alias(&way), folder, out, err);
}

/* A folder that cannot be used, as one record that tells why. */
static enum msiv2_rc tell_trouble(const char *why, struct store_records *out,
                                  struct msiv2_error *err)
{
	out->items = mem_alloc(sizeof(*out->items));
	if (out->items == NULL)
		return err_no_memory(err, WHERE);
	out->count = 1;
	out->items[0].trouble = true;
	out->items[0].file = mem_strdup(".");
	(void)snprintf(out->items[0].why, sizeof(out->items[0].why), "%.*s",
	               (int)sizeof(out->items[0].why) - 1, why);
	return out->items[0].file != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc read_folder(const struct store *store, const struct folder *my,
                                 const char *name, struct store_records *out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(folder) folder = FOLDER_NONE;
	struct msiv2_error wrong = {0};
	enum msiv2_rc rc = folder_enter(my, name, &store->rule, false, &folder, &wrong);

	if (rc == MSIV2_OK && folder.fd >= 0)
		rc = store_records_read(store, &folder, name, out, &wrong);
	if (rc == MSIV2_STORE)
		return tell_trouble(wrong.message, out, err);
	return rc == MSIV2_OK ? MSIV2_OK : err_set(err, rc, wrong.where, "%s", wrong.message);
}

static const char *alias_of(const struct store_records *records)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].readable)
			return records->items[i].entry.alias;
	return NULL;
}

enum msiv2_rc store_each(struct store *store,
                         enum msiv2_rc (*each)(void *ctx, const char *folder, const char *alias,
                                               struct store_records *records,
                                               struct msiv2_error *err),
                         void *ctx, struct msiv2_error *err)
{
	OWNED_STRUCT(store_way) way = STORE_WAY_NONE;
	const struct folder *my = &way.levels[STORE_LEVEL_MY];
	OWNED_STRUCT(folder_names) names = {0};

	TRY(store_way_open(store, NULL, false, &way, err));
	if (my->fd < 0)
		return MSIV2_OK;
	TRY(folder_list(my, store_is_alias_folder, &names, err));
	for (size_t i = 0; i < names.count; i++) {
		OWNED_STRUCT(store_records) records = {0};

		TRY(read_folder(store, my, names.items[i], &records, err));
		TRY(each(ctx, names.items[i], alias_of(&records), &records, err));
	}
	return MSIV2_OK;
}
