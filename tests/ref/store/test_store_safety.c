/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* STORE-11: what is open to others or belongs to them is refused, and no trick with links or
 * folders makes the store write elsewhere. */
#include "tests/testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "ref/store/acl.h"
#include "store_bench.h"

struct place {
	struct store_bench bench;
	struct store_entry entry;
	char levels[4][160]; /* ROOT, scope, My, alias */
	char outside[64];    /* a folder that must stay empty */
};

static int open_place(void **state)
{
	static struct place place;

	place = (struct place){.outside = "/tmp/msiv2-outside-XXXXXX"};
	assert_non_null(mkdtemp(place.outside));
	store_bench_open(&place.bench);
	store_bench_entry(&place.bench, &(struct entry_recipe){.serial = 2}, &place.entry);
	(void)snprintf(place.levels[0], sizeof(place.levels[0]), "%s", place.bench.root);
	(void)snprintf(place.levels[1], sizeof(place.levels[1]), "%s/CurrentUser",
	               place.bench.root);
	(void)snprintf(place.levels[2], sizeof(place.levels[2]), "%s",
	               store_path(place.bench.store));
	(void)snprintf(place.levels[3], sizeof(place.levels[3]), "%s", place.bench.folder);
	*state = &place;
	return 0;
}

static int close_place(void **state)
{
	struct place *place = *state;

	assert_int_equal(store_bench_count(place->outside), 0);
	store_bench_wipe(place->outside);
	store_entry_free(&place->entry);
	store_bench_close(&place->bench);
	return 0;
}

/* Neither read nor written, and the error names the path and the reason. */
static void assert_refused(struct place *place, const char *path, const char *why)
{
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error read = {0}, put = {0};

	assert_int_equal(store_read(place->bench.store, BENCH_ALIAS, &records, &read), MSIV2_STORE);
	assert_int_equal(store_put(place->bench.store, &place->entry, NULL, &put), MSIV2_STORE);
	assert_int_equal(records.count, 0);
	if (strstr(read.message, why) == NULL || strstr(put.message, why) == NULL ||
	    !text_starts(read.message, path))
		fail_msg("\"%s\" and \"%s\" do not say \"%s\" of %s", read.message, put.message,
		         why, path);
}

static void a_folder_open_to_others_is_refused_at_every_level(void **state)
{
	static const mode_t modes[] = {0701, 0710, 0704, 0740, 0702, 0720, 0777, 01777};
	struct place *place = *state;

	store_bench_put(&place->bench, &(struct entry_recipe){.serial = 1});
	for (size_t level = 0; level < 4; level++) {
		for (size_t i = 0; i < TEXT_COUNT(modes); i++) {
			/* Others may look into the root, which people name, not write it. */
			if (level == 0 && (modes[i] & 022) == 0)
				continue;
			assert_int_equal(chmod(place->levels[level], modes[i]), 0);
			assert_refused(place, place->levels[level], "is open to others");
		}
		assert_int_equal(chmod(place->levels[level], level == 0 ? 0755 : 0700), 0);
	}
	assert_int_equal(store_put(place->bench.store, &place->entry, NULL, NULL), MSIV2_OK);
}

static void a_folder_of_somebody_else_is_refused_at_every_level(void **state)
{
	struct place *place = *state;

	if (geteuid() != 0)
		skip();
	store_bench_put(&place->bench, &(struct entry_recipe){.serial = 1});
	for (size_t level = 0; level < 4; level++) {
		assert_int_equal(chown(place->levels[level], 65534, (gid_t)-1), 0);
		assert_refused(place, place->levels[level], "belongs to user 65534");
		assert_int_equal(chown(place->levels[level], 0, (gid_t)-1), 0);
	}
}

/* Below the root no link is followed, wherever it leads. */
static void a_link_in_place_of_a_folder_is_refused(void **state)
{
	struct place *place = *state;

	store_bench_put(&place->bench, &(struct entry_recipe){.serial = 1});
	for (size_t level = 1; level < 4; level++) {
		char aside[200];

		(void)snprintf(aside, sizeof(aside), "%s.aside", place->levels[level]);
		assert_int_equal(rename(place->levels[level], aside), 0);
		assert_int_equal(symlink(place->outside, place->levels[level]), 0);
		assert_refused(place, place->levels[level], "symbolic link");
		assert_int_equal(unlink(place->levels[level]), 0);
		assert_int_equal(
		        files_replace(place->levels[level], "", 0, 0600, MSIV2_STORE, NULL),
		        MSIV2_OK);
		assert_refused(place, place->levels[level], "not a folder");
		assert_int_equal(unlink(place->levels[level]), 0);
		assert_int_equal(rename(aside, place->levels[level]), 0);
	}
}

/* A person may keep the root elsewhere. */
static void the_root_itself_may_be_a_link_of_the_user(void **state)
{
	struct place *place = *state;
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(store_records) records = {0};
	char link_path[96];

	(void)snprintf(link_path, sizeof(link_path), "%s.link", place->bench.root);
	assert_int_equal(symlink(place->bench.root, link_path), 0);
	assert_int_equal(
	        store_new(STORE_SCOPE_CURRENT_USER, link_path, clock_system(), &store, NULL),
	        MSIV2_OK);
	assert_int_equal(store_put(store, &place->entry, NULL, NULL), MSIV2_OK);
	assert_int_equal(store_read(place->bench.store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 1);
	assert_int_equal(unlink(link_path), 0);
}

/* One record, unreadable for `why`, and removed by the next put without touching what it led to. */
static void assert_file_refused(struct place *place, const char *path, const char *why)
{
	OWNED_STRUCT(store_records) records = {0};
	struct store_want want = store_bench_want(&place->bench);
	struct stat st;

	assert_int_equal(store_read(place->bench.store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 1);
	assert_false(records.items[0].readable);
	assert_false(records.items[0].trouble);
	assert_string_equal(records.items[0].why, why);
	assert_int_equal(store_put(place->bench.store, &place->entry, &want, NULL), MSIV2_OK);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(store_remove_alias(place->bench.store, BENCH_ALIAS, NULL, NULL, NULL),
	                 MSIV2_OK);
}

static void what_is_no_plain_file_of_ours_is_not_read(void **state)
{
	struct place *place = *state;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) text = {0};
	char path[256], elsewhere[96];

	store_bench_entry(&place->bench, &(struct entry_recipe){.serial = 1}, &entry);
	assert_int_equal(store_entry_encode(&entry, &text, NULL), MSIV2_OK);
	store_bench_put(&place->bench, &(struct entry_recipe){.serial = 3});
	assert_int_equal(store_remove_alias(place->bench.store, BENCH_ALIAS, NULL, NULL, NULL),
	                 MSIV2_OK);
	store_bench_file(&place->bench, &entry, path, sizeof(path));
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", place->bench.root);
	assert_int_equal(files_replace(elsewhere, text.data, text.len, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_file_refused(place, path, "a symbolic link");
	assert_int_equal(link(elsewhere, path), 0);
	assert_file_refused(place, path, "has several names");
	assert_int_equal(access(elsewhere, F_OK), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_file_refused(place, path, "not a regular file");
	assert_int_equal(files_replace(path, text.data, text.len, 0640, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_file_refused(place, path, "open to others");
	assert_int_equal(files_replace(path, text.data, text.len, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_int_equal(truncate(path, ENTRY_MAX_LEN + 1), 0);
	assert_file_refused(place, path, "too long");
	if (geteuid() == 0) {
		assert_int_equal(files_replace(path, text.data, text.len, 0600, MSIV2_STORE, NULL),
		                 MSIV2_OK);
		assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
		assert_file_refused(place, path, "belongs to somebody else");
	}
}

/* A folder of an entry's name is none of ours: never removed, and in nobody's way. */
static void a_folder_in_an_entrys_place_is_left_alone(void **state)
{
	struct place *place = *state;
	struct store_want want = store_bench_want(&place->bench);
	OWNED_STRUCT(store_records) records = {0};
	char path[256];

	store_bench_put(&place->bench, &(struct entry_recipe){.serial = 1});
	(void)snprintf(path, sizeof(path), "%s/%064d.pem", place->bench.folder, 9);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(store_put(place->bench.store, &place->entry, &want, NULL), MSIV2_OK);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(store_read(place->bench.store, BENCH_ALIAS, &records, NULL), MSIV2_OK);
	assert_int_equal(records.count, 3);
}

static void scopes_have_names_in_any_spelling(void **state)
{
	static const struct {
		const char *text;
		enum store_scope scope;
	} rows[] = {
	        {"none", STORE_SCOPE_NONE},
	        {"NONE", STORE_SCOPE_NONE},
	        {"CurrentUser\\My", STORE_SCOPE_CURRENT_USER},
	        {"currentuser/my", STORE_SCOPE_CURRENT_USER},
	        {"LocalMachine\\My", STORE_SCOPE_LOCAL_MACHINE},
	        {"LOCALMACHINE/MY", STORE_SCOPE_LOCAL_MACHINE},
	};
	static const char *const bad[] = {"", "CurrentUser", "My", "CurrentUser\\My ", "user"};
	enum store_scope scope;
	struct msiv2_error err = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		assert_int_equal(store_scope_parse(rows[i].text, &scope, NULL), MSIV2_OK);
		assert_int_equal(scope, rows[i].scope);
		assert_int_equal(store_scope_parse(store_scope_name(scope), &scope, NULL),
		                 MSIV2_OK);
		assert_int_equal(scope, rows[i].scope);
	}
	for (size_t i = 0; i < TEXT_COUNT(bad); i++)
		assert_int_equal(store_scope_parse(bad[i], &scope, &err), MSIV2_CONFIG);
}

static void assert_path(enum store_scope scope, const char *root, const char *path)
{
	OWNED_STRUCT(store) *store = NULL;

	assert_int_equal(store_new(scope, root, clock_system(), &store, NULL), MSIV2_OK);
	assert_string_equal(store_path(store), path);
}

static void a_store_is_where_the_user_or_the_machine_keeps_data(void **state)
{
	struct store *store = NULL;

	(void)state;
	assert_int_equal(setenv("HOME", "/people/x", 1), 0);
	assert_int_equal(setenv("XDG_DATA_HOME", "/data", 1), 0);
	assert_path(STORE_SCOPE_CURRENT_USER, NULL, "/data/msiv2/CurrentUser/My");
	assert_path(STORE_SCOPE_LOCAL_MACHINE, NULL, "/var/lib/msiv2/LocalMachine/My");
	assert_path(STORE_SCOPE_CURRENT_USER, "/a//b//", "/a//b/CurrentUser/My");
	/* A relative one is to be ignored (XDG Base Directory Specification). */
	assert_int_equal(setenv("XDG_DATA_HOME", "data", 1), 0);
	assert_path(STORE_SCOPE_CURRENT_USER, NULL, "/people/x/.local/share/msiv2/CurrentUser/My");
	assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
	assert_path(STORE_SCOPE_CURRENT_USER, NULL, "/people/x/.local/share/msiv2/CurrentUser/My");
	assert_int_equal(store_new(STORE_SCOPE_NONE, NULL, clock_system(), &store, NULL), MSIV2_OK);
	assert_null(store);
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, "", clock_system(), &store, NULL),
	                 MSIV2_CONFIG);
	assert_int_equal(chdir("/"), 0);
	assert_path(STORE_SCOPE_CURRENT_USER, "s", "/s/CurrentUser/My");
}

/* The machine's store needs a way that is root's alone; /tmp, sticky or not, is none. */
static void the_machines_store_is_not_kept_where_others_write(void **state)
{
	struct place *place = *state;
	OWNED_STRUCT(store) *store = NULL;
	struct msiv2_error err = {0};

	assert_int_equal(store_new(STORE_SCOPE_LOCAL_MACHINE, place->bench.root, clock_system(),
	                           &store, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_put(store, &place->entry, NULL, &err), MSIV2_STORE);
	if (geteuid() == 0)
		assert_string_equal(err.message, "/tmp: is open to others (mode 1777)");
	assert_int_equal(store_bench_count(place->bench.root), 0);
}

/* A folder on a way that is root's alone. */
static void machine_put(struct place *place, const char *root, enum msiv2_rc want, const char *why)
{
	OWNED_STRUCT(store) *store = NULL;
	struct msiv2_error err = {0};

	assert_int_equal(store_new(STORE_SCOPE_LOCAL_MACHINE, root, clock_system(), &store, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_put(store, &place->entry, NULL, &err), want);
	if (strstr(err.message, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

/* An ACL as the kernel keeps it: owner all, user 65534 something, group nothing, mask all. */
static const uint8_t open_acl[] = {
        2,  0, 0, 0,                     /* version */
        1,  0, 7, 0, 255, 255, 255, 255, /* owner */
        2,  0, 7, 0, 254, 255, 0,   0,   /* user 65534 */
        4,  0, 0, 0, 255, 255, 255, 255, /* group */
        16, 0, 7, 0, 255, 255, 255, 255, /* mask */
        32, 0, 0, 0, 255, 255, 255, 255, /* others */
};

static void the_machines_store_judges_its_whole_way(void **state)
{
	struct place *place = *state;
	char base[] = "/var/lib/msiv2-test-XXXXXX";
	char root[64], below[96];

	if (geteuid() != 0 || mkdtemp(base) == NULL)
		skip();
	(void)snprintf(root, sizeof(root), "%s/root", base);
	(void)snprintf(below, sizeof(below), "%s/LocalMachine/My", root);
	machine_put(place, root, MSIV2_OK, "");
	assert_int_equal(chmod(base, 0770), 0);
	machine_put(place, root, MSIV2_STORE, "is open to others (mode 0770)");
	assert_int_equal(chmod(base, 0755), 0);
	assert_int_equal(chown(base, 65534, (gid_t)-1), 0);
	machine_put(place, root, MSIV2_STORE, "belongs to user 65534");
	assert_int_equal(chown(base, 0, (gid_t)-1), 0);
	if (setxattr(below, "system.posix_acl_default", open_acl, sizeof(open_acl), 0) == 0) {
		machine_put(place, root, MSIV2_STORE, "an ACL opens it to others");
		assert_int_equal(removexattr(below, "system.posix_acl_default"), 0);
	} else {
		assert_int_equal(errno, EOPNOTSUPP);
	}
	machine_put(place, root, MSIV2_OK, "");
	(void)snprintf(below, sizeof(below), "%s/link", base);
	assert_int_equal(symlink(root, below), 0);
	machine_put(place, below, MSIV2_STORE, "symbolic link");
	store_bench_wipe(base);
}

static void an_acl_grants_what_its_mask_lets_through(void **state)
{
	uint8_t acl[sizeof(open_acl)];

	(void)state;
	memcpy(acl, open_acl, sizeof(acl));
	assert_true(acl_grants(acl, sizeof(acl), 7));
	acl[4 + 8 + 2] = 5; /* the user: no writing */
	assert_true(acl_grants(acl, sizeof(acl), 7));
	assert_false(acl_grants(acl, sizeof(acl), 2));
	acl[4 + 24 + 2] = 0; /* the mask lets nothing through */
	assert_false(acl_grants(acl, sizeof(acl), 7));
	acl[4 + 32 + 2] = 1; /* others are not bounded by it */
	assert_true(acl_grants(acl, sizeof(acl), 7));
	assert_false(acl_grants(acl, sizeof(acl), 6));
	acl[4 + 32 + 2] = 0;
	/* What makes no sense grants; so does a list without the mask that would have bounded it.
	 */
	for (size_t len = 0; len < sizeof(acl); len++)
		if (len < 4 || len % 8 != 4)
			assert_true(acl_grants(acl, len, 7));
	assert_true(acl_grants(acl, 4 + 16, 7));
	acl[0] = 3;
	assert_true(acl_grants(acl, sizeof(acl), 7));
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_place(a_folder_open_to_others_is_refused_at_every_level),
	        in_a_place(a_folder_of_somebody_else_is_refused_at_every_level),
	        in_a_place(a_link_in_place_of_a_folder_is_refused),
	        in_a_place(the_root_itself_may_be_a_link_of_the_user),
	        in_a_place(what_is_no_plain_file_of_ours_is_not_read),
	        in_a_place(a_folder_in_an_entrys_place_is_left_alone),
	        cmocka_unit_test(scopes_have_names_in_any_spelling),
	        cmocka_unit_test(a_store_is_where_the_user_or_the_machine_keeps_data),
	        in_a_place(the_machines_store_is_not_kept_where_others_write),
	        in_a_place(the_machines_store_judges_its_whole_way),
	        cmocka_unit_test(an_acl_grants_what_its_mask_lets_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
