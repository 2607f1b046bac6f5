/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The store as a client sees it: what is put is found, what is spent goes, neighbours stay. */
#include "tests/testing.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "store_bench.h"

#define OTHER_ALIAS "system_assigned_managed_identity#att=1"

static int open_bench(void **state)
{
	static struct store_bench bench;

	store_bench_open(&bench);
	*state = &bench;
	return 0;
}

static int close_bench(void **state)
{
	store_bench_close(*state);
	return 0;
}

static size_t count_of(struct store_bench *bench, const char *alias)
{
	OWNED_STRUCT(store_records) records = {0};
	size_t readable = 0;

	assert_int_equal(store_read(bench->store, alias, &records, NULL), MSIV2_OK);
	for (size_t i = 0; i < records.count; i++)
		readable += records.items[i].readable;
	return readable;
}

static void assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, geteuid());
}

static void what_is_put_is_found(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(store_records) records = {0};
	struct store_want want = store_bench_want(bench);
	struct msiv2_error err = {0};

	store_bench_entry(bench, &(struct entry_recipe){.fresh = true, .stored_s = 5}, &entry);
	assert_int_equal(store_put(bench->store, &entry, &want, &err), MSIV2_OK);
	assert_int_equal(store_read(bench->store, BENCH_ALIAS, &records, &err), MSIV2_OK);
	assert_int_equal(records.count, 1);
	assert_true(records.items[0].readable);
	assert_int_equal(store_select(&records, &want), 0);
	assert_int_equal(records.items[0].verdict, STORE_CHOSEN);
	assert_string_equal(records.items[0].entry.endpoint, entry.endpoint);
	assert_string_equal(records.items[0].entry.key_name, entry.key_name);
	assert_true(records.items[0].entry.fresh);
	assert_int_equal(records.items[0].entry.stored_at_s, BENCH_NOW_S + 5);
	assert_int_equal(X509_cmp(records.items[0].entry.certificate, entry.certificate), 0);
}

/* STORE-11 */
static void folders_are_0700_and_files_0600_whatever_the_umask(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	char path[256];

	for (int i = 0; i < 2; i++) {
		static const mode_t masks[] = {0, 077};
		mode_t before = umask(masks[i]);

		store_bench_put(bench, &(struct entry_recipe){.serial = i + 1});
		(void)umask(before);
	}
	assert_mode(bench->folder, 0700);
	assert_mode(store_path(bench->store), 0700);
	store_bench_entry(bench, &(struct entry_recipe){.serial = 1}, &entry);
	(void)snprintf(path, sizeof(path), "%s/CurrentUser", bench->root);
	assert_mode(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/write.lock", bench->folder);
	assert_mode(path, 0600);
	assert_int_equal(store_bench_count(bench->folder), 2);
}

/* STS-05 by many processes: only who has something to remove queues for the write lock. */
static void who_has_nothing_to_remove_needs_no_lock(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) refused = {0};
	struct msiv2_error err = {0};
	size_t removed = 0;
	char path[256];
	int held;

	store_bench_put(bench, &(struct entry_recipe){.serial = 1, .fresh = true});
	store_bench_entry(bench, &(struct entry_recipe){.serial = 2}, &refused);
	(void)snprintf(path, sizeof(path), "%s/write.lock", bench->folder);
	held = open(path, O_RDWR | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(
	        store_remove_alias(bench->store, BENCH_ALIAS, refused.certificate, &removed, &err),
	        MSIV2_OK);
	assert_int_equal(store_remove_alias(bench->store, BENCH_ALIAS, NULL, &removed, &err),
	                 MSIV2_STORE);
	assert_non_null(strstr(err.message, "for 300 ms"));
	assert_int_equal(removed, 0);
	assert_int_equal(close(held), 0);
	assert_int_equal(store_remove_alias(bench->store, BENCH_ALIAS, NULL, &removed, &err),
	                 MSIV2_OK);
	assert_int_equal(removed, 1);
}

static void an_entry_is_a_pem_file_for_ordinary_tools(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(BIO) *bio = NULL;
	OWNED(X509) *read = NULL;
	char path[256];

	store_bench_entry(bench, &(struct entry_recipe){0}, &entry);
	assert_int_equal(store_put(bench->store, &entry, NULL, NULL), MSIV2_OK);
	store_bench_file(bench, &entry, path, sizeof(path));
	assert_mode(path, 0600);
	assert_int_equal(files_read(path, ENTRY_MAX_LEN, MSIV2_STORE, &text, NULL), MSIV2_OK);
	bio = BIO_new_mem_buf(text.data, (int)text.len);
	read = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(read);
	assert_int_equal(X509_cmp(read, entry.certificate), 0);
	assert_non_null(strstr(bytes_text(&text),
	                       "\nfriendly_name: MSAL|alias=" BENCH_ALIAS "|ep=https://"));
	assert_null(strstr(bytes_text(&text), "PRIVATE"));
}

static void a_store_that_is_not_there_holds_nothing_and_stays_away(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(store_records) records = {0};
	char root[96];
	size_t removed = 7;

	(void)snprintf(root, sizeof(root), "%s/none/yet", bench->root);
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, root, clock_system(), &store, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_read(store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 0);
	assert_int_equal(store_remove_alias(store, BENCH_ALIAS, NULL, &removed, NULL), MSIV2_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(store_bench_count(bench->root), 0);
}

static void missing_folders_are_made_with_their_parents(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(store_records) records = {0};
	char root[96];

	(void)snprintf(root, sizeof(root), "%s/a/b/", bench->root);
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, root, clock_system(), &store, NULL),
	                 MSIV2_OK);
	store_bench_entry(bench, &(struct entry_recipe){0}, &entry);
	assert_int_equal(store_put(store, &entry, NULL, NULL), MSIV2_OK);
	assert_int_equal(store_read(store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 1);
	(void)snprintf(root, sizeof(root), "%s/a", bench->root);
	assert_mode(root, 0700);
}

/* STORE-10: expired ones go after a write; those of other aliases are nobody's business. */
static void spent_entries_go_after_a_write_and_neighbours_stay(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	struct store_want want = store_bench_want(bench);

	store_bench_put(bench, &(struct entry_recipe){.from_s = -9 * BENCH_DAY_S});
	store_bench_put(bench, &(struct entry_recipe){.until_s = BENCH_DAY_S, .from_s = -1});
	store_bench_put(bench, &(struct entry_recipe){.until_s = 3 * BENCH_DAY_S, .from_s = -1});
	store_bench_put(bench,
	                &(struct entry_recipe){.alias = OTHER_ALIAS, .from_s = -9 * BENCH_DAY_S});
	store_bench_entry(bench, &(struct entry_recipe){0}, &entry);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 3);
	assert_int_equal(store_put(bench->store, &entry, &want, NULL), MSIV2_OK);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 2);
	assert_int_equal(count_of(bench, OTHER_ALIAS), 1);
}

/* STORE-04: whatever is in an entry's place goes with the next write, even what was never a file of
 * ours; its neighbours stay. */
static void corrupt_entries_go_after_a_write(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	struct store_want want = store_bench_want(bench);
	char path[256];

	store_bench_put(bench, &(struct entry_recipe){.serial = 1});
	for (char c = 'a'; c <= 'c'; c++) {
		(void)snprintf(path, sizeof(path), "%s/%064d.pem", bench->folder, c);
		if (c == 'a')
			assert_int_equal(files_replace(path, "junk", 4, 0600, MSIV2_STORE, NULL),
			                 MSIV2_OK);
		else if (c == 'b')
			assert_int_equal(symlink("/etc/passwd", path), 0);
		else
			assert_int_equal(mkfifo(path, 0600), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/notes.txt", bench->folder);
	assert_int_equal(files_replace(path, "mine", 4, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	store_bench_entry(bench, &(struct entry_recipe){.serial = 2}, &entry);
	assert_int_equal(store_put(bench->store, &entry, &want, NULL), MSIV2_OK);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 2);
	assert_int_equal(store_bench_count(bench->folder), 3);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void an_entry_in_the_folder_of_another_alias_is_corrupt(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(store_records) records = {0};
	OWNED_STRUCT(bytes) text = {0};
	char path[256];

	store_bench_put(bench, &(struct entry_recipe){.serial = 1});
	store_bench_entry(bench, &(struct entry_recipe){.alias = OTHER_ALIAS}, &entry);
	assert_int_equal(store_entry_encode(&entry, &text, NULL), MSIV2_OK);
	store_bench_file(bench, &entry, path, sizeof(path));
	assert_int_equal(files_replace(path, text.data, text.len, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	(void)snprintf(path, sizeof(path), "%s/%064d.pem", bench->folder, 7);
	bytes_clear(&text);
	store_entry_free(&entry);
	store_bench_entry(bench, &(struct entry_recipe){.serial = 2}, &entry);
	assert_int_equal(store_entry_encode(&entry, &text, NULL), MSIV2_OK);
	assert_int_equal(files_replace(path, text.data, text.len, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_read(bench->store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 3);
	for (size_t i = 0, told = 0; i < records.count; i++) {
		const struct store_record *record = &records.items[i];

		told += text_equal(record->why, "it belongs to another alias") ||
		        text_equal(record->why, "its name is not its certificate's SHA-256");
		assert_int_equal(record->readable, record->why[0] == '\0');
		assert_true(i < 2 || told == 2);
	}
}

static size_t remove_orphans(struct store_bench *bench, const struct store_records *records)
{
	size_t removed = 99;

	assert_int_equal(store_remove(bench->store, BENCH_ALIAS, records, 1u << STORE_ORPHAN,
	                              &removed, NULL),
	                 MSIV2_OK);
	return removed;
}

static void read_with_key(struct store_bench *bench, struct store_records *out)
{
	struct store_want want = store_bench_want(bench);
	uint8_t key_sha256[X509_SHA256_LEN];

	assert_int_equal(x509_key_sha256(bench->key, key_sha256, NULL), MSIV2_OK);
	want.key_kind = "keyguard";
	want.key_sha256 = key_sha256;
	assert_int_equal(store_read(bench->store, BENCH_ALIAS, out, NULL), MSIV2_OK);
	(void)store_select(out, &want);
}

/* STORE-07 */
static void only_the_asked_verdicts_are_removed_and_only_what_was_read(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) orphan = {0};
	OWNED_STRUCT(store_records) before = {0};
	OWNED_STRUCT(store_records) after = {0};
	size_t removed = 99;

	store_bench_put(bench, &(struct entry_recipe){.serial = 1});
	store_bench_put(bench, &(struct entry_recipe){.serial = 3, .kind = "hardware"});
	store_bench_entry(bench, &(struct entry_recipe){.key = bench->other_key}, &orphan);
	assert_int_equal(store_put(bench->store, &orphan, NULL, NULL), MSIV2_OK);
	read_with_key(bench, &before);
	assert_int_equal(store_remove(bench->store, BENCH_ALIAS, &before, 1u << STORE_CORRUPT,
	                              &removed, NULL),
	                 MSIV2_OK);
	assert_int_equal(removed, 0);
	/* Somebody puts it anew: that is not the file that was judged. */
	assert_int_equal(store_put(bench->store, &orphan, NULL, NULL), MSIV2_OK);
	assert_int_equal(remove_orphans(bench, &before), 0);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 3);
	read_with_key(bench, &after);
	assert_int_equal(remove_orphans(bench, &after), 1);
	assert_int_equal(remove_orphans(bench, &after), 0);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 2);
}

/* STS-05, STORE-10 */
static void a_refused_certificate_takes_all_of_its_alias_but_its_fresh_successors(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) refused = {0};
	size_t removed = 0;
	char path[256];

	store_bench_entry(bench, &(struct entry_recipe){.fresh = true}, &refused);
	assert_int_equal(store_put(bench->store, &refused, NULL, NULL), MSIV2_OK);
	store_bench_put(bench, &(struct entry_recipe){.from_s = 60});
	store_bench_put(bench, &(struct entry_recipe){.from_s = -60, .fresh = true});
	store_bench_put(bench, &(struct entry_recipe){.from_s = 60, .fresh = true});
	store_bench_put(bench, &(struct entry_recipe){.alias = OTHER_ALIAS});
	(void)snprintf(path, sizeof(path), "%s/%064d.pem", bench->folder, 1);
	assert_int_equal(files_replace(path, "junk", 4, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(
	        store_remove_alias(bench->store, BENCH_ALIAS, refused.certificate, &removed, NULL),
	        MSIV2_OK);
	assert_int_equal(removed, 4);
	assert_int_equal(count_of(bench, BENCH_ALIAS), 1);
	assert_int_equal(store_remove_alias(bench->store, BENCH_ALIAS, NULL, &removed, NULL),
	                 MSIV2_OK);
	assert_int_equal(removed, 1);
	assert_int_equal(store_bench_count(bench->folder), 0);
	assert_int_equal(count_of(bench, OTHER_ALIAS), 1);
}

static enum msiv2_rc note_alias(void *ctx, const char *folder, const char *alias,
                                struct store_records *records, struct msiv2_error *err)
{
	size_t *seen = ctx;

	(void)err;
	assert_int_equal(strlen(folder), 32);
	seen[0]++;
	seen[1] += text_equal(alias, BENCH_ALIAS);
	seen[2] += text_equal(alias, OTHER_ALIAS);
	seen[3] += records->count;
	seen[4] += records->count == 1 && records->items[0].trouble;
	return MSIV2_OK;
}

static enum msiv2_rc enough(void *ctx, const char *folder, const char *alias,
                            struct store_records *records, struct msiv2_error *err)
{
	size_t *calls = ctx;

	(void)folder;
	(void)alias;
	(void)records;
	++*calls;
	return err_set(err, MSIV2_UNSUPPORTED, "test", "enough");
}

static void every_alias_is_shown_even_one_that_cannot_be_read(void **state)
{
	struct store_bench *bench = *state;
	char path[256];
	size_t seen[5] = {0};
	size_t calls = 0;

	assert_int_equal(store_each(bench->store, note_alias, seen, NULL), MSIV2_OK);
	assert_int_equal(seen[0], 0);
	store_bench_put(bench, &(struct entry_recipe){.serial = 1});
	store_bench_put(bench, &(struct entry_recipe){.serial = 2});
	store_bench_put(bench, &(struct entry_recipe){.alias = OTHER_ALIAS});
	(void)snprintf(path, sizeof(path), "%s/%032d", store_path(bench->store), 5);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/lost+found", store_path(bench->store));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(store_each(bench->store, note_alias, seen, NULL), MSIV2_OK);
	assert_int_equal(seen[0], 3);
	assert_int_equal(seen[1], 1);
	assert_int_equal(seen[2], 1);
	assert_int_equal(seen[3], 4);
	assert_int_equal(seen[4], 1);
	assert_int_equal(store_each(bench->store, enough, &calls, NULL), MSIV2_UNSUPPORTED);
	assert_int_equal(calls, 1);
}

static void what_cannot_be_read_is_not_written(void **state)
{
	struct store_bench *bench = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	struct msiv2_error err = {0};

	store_bench_entry(bench, &(struct entry_recipe){.alias = "a|b#att=0"}, &entry);
	assert_int_equal(store_put(bench->store, &entry, NULL, &err), MSIV2_STORE);
	assert_non_null(strstr(err.message, "friendly name: the alias holds '|'"));
	assert_int_equal(store_bench_count(bench->root), 0);
}

#define in_a_store(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_store(what_is_put_is_found),
	        in_a_store(folders_are_0700_and_files_0600_whatever_the_umask),
	        in_a_store(who_has_nothing_to_remove_needs_no_lock),
	        in_a_store(an_entry_is_a_pem_file_for_ordinary_tools),
	        in_a_store(a_store_that_is_not_there_holds_nothing_and_stays_away),
	        in_a_store(missing_folders_are_made_with_their_parents),
	        in_a_store(spent_entries_go_after_a_write_and_neighbours_stay),
	        in_a_store(corrupt_entries_go_after_a_write),
	        in_a_store(an_entry_in_the_folder_of_another_alias_is_corrupt),
	        in_a_store(only_the_asked_verdicts_are_removed_and_only_what_was_read),
	        in_a_store(a_refused_certificate_takes_all_of_its_alias_but_its_fresh_successors),
	        in_a_store(every_alias_is_shown_even_one_that_cannot_be_read),
	        in_a_store(what_cannot_be_read_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
