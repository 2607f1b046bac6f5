/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "store_scene.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "ref/store/store_internal.h"

#define OTHER_ALIAS "system_assigned_managed_identity#att=1"
#define FIRST_ALIAS "6d1a1f2b-5b0c-4a6e-9a55-0c7f3d2e1b10#att=0"
#define LEFTOVER    "123e4567-e89b-42d3-a456-426614174000.new"

static void put(struct store_scene *scene, const struct entry_recipe *recipe,
                struct store_entry *out)
{
	store_bench_entry(&scene->bench, recipe, out);
	assert_int_equal(store_put(scene->bench.store, out, NULL, NULL), MSIV2_OK);
}

static void write_junk(const char *folder, const char *name, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/%s", folder, name);
	assert_int_equal(files_replace(path, "half of", 7, 0600, MSIV2_STORE, NULL), MSIV2_OK);
}

void store_scene_open(struct store_scene *scene)
{
	char folder[STORE_ALIAS_DIGITS + 1];
	char path[200], junk[80];

	*scene = (struct store_scene){0};
	store_bench_open(&scene->bench);
	put(scene, &(struct entry_recipe){.serial = 1}, &scene->kept);
	put(scene, &(struct entry_recipe){.serial = 2, .from_s = -9 * BENCH_DAY_S},
	    &scene->expired);
	put(scene, &(struct entry_recipe){.serial = 3, .alias = OTHER_ALIAS}, &scene->neighbour);
	store_bench_entry(&scene->bench, &(struct entry_recipe){.serial = 4}, &scene->next);
	store_bench_entry(&scene->bench, &(struct entry_recipe){.alias = FIRST_ALIAS},
	                  &scene->first);
	(void)snprintf(junk, sizeof(junk), "%064d.pem", 1);
	write_junk(scene->bench.folder, junk, path, sizeof(path));
	write_junk(scene->bench.folder, LEFTOVER, path, sizeof(path));
	assert_int_equal(store_alias_folder(OTHER_ALIAS, folder, NULL), MSIV2_OK);
	(void)snprintf(path, sizeof(path), "%s/%s", store_path(scene->bench.store), folder);
	write_junk(path, LEFTOVER, scene->leftover, sizeof(scene->leftover));
}

void store_scene_close(struct store_scene *scene)
{
	store_entry_free(&scene->kept);
	store_entry_free(&scene->expired);
	store_entry_free(&scene->neighbour);
	store_entry_free(&scene->next);
	store_entry_free(&scene->first);
	store_bench_close(&scene->bench);
}

const char *scene_change_name(enum scene_change change)
{
	static const char *const names[] = {"put", "first put", "put again", "remove",
	                                    "remove alias"};

	return names[change];
}

enum msiv2_rc store_scene_change(struct store_scene *scene, enum scene_change change,
                                 struct msiv2_error *err)
{
	struct store *store = scene->bench.store;
	struct store_want want = store_bench_want(&scene->bench);
	OWNED_STRUCT(store_records) records = {0};

	switch (change) {
	case SCENE_PUT:
		return store_put(store, &scene->next, &want, err);
	case SCENE_PUT_AGAIN:
		return store_put(store, &scene->kept, &want, err);
	case SCENE_PUT_FIRST:
		want.alias = FIRST_ALIAS;
		return store_put(store, &scene->first, &want, err);
	case SCENE_REMOVE:
		TRY(store_read(store, BENCH_ALIAS, &records, err));
		(void)store_select(&records, &want);
		return store_remove(store, BENCH_ALIAS, &records,
		                    1u << STORE_EXPIRED | 1u << STORE_CORRUPT, NULL, err);
	case SCENE_REMOVE_ALIAS:
	case SCENE_CHANGES:
		break;
	}
	return store_remove_alias(store, BENCH_ALIAS, NULL, NULL, err);
}

static bool holds(const struct store_records *records, const struct store_entry *entry)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].readable &&
		    X509_cmp(records->items[i].entry.certificate, entry->certificate) == 0)
			return true;
	return false;
}

static void read_alias(struct store *store, const char *alias, struct store_records *out,
                       const char *told)
{
	struct msiv2_error err = {0};

	if (store_read(store, alias, out, &err) != MSIV2_OK)
		fail_msg("%s: %s", told, err.message);
}

static void need(bool held, const char *what, const char *told)
{
	if (!held)
		fail_msg("%s: %s", told, what);
}

/* Nothing may be unreadable but the junk that was there before. */
static size_t count_unreadable(const struct store_records *records)
{
	size_t n = 0;

	for (size_t i = 0; i < records->count; i++)
		n += !records->items[i].readable;
	return n;
}

enum scene_outcome store_scene_check(struct store_scene *scene, struct store *store,
                                     enum scene_change change, const char *told)
{
	OWNED_STRUCT(store_records) ours = {0};
	OWNED_STRUCT(store_records) others = {0};
	OWNED_STRUCT(store_records) firsts = {0};
	bool spent;

	read_alias(store, BENCH_ALIAS, &ours, told);
	read_alias(store, OTHER_ALIAS, &others, told);
	read_alias(store, FIRST_ALIAS, &firsts, told);
	need(holds(&others, &scene->neighbour) && others.count == 1, "the neighbour is lost", told);
	need(change == SCENE_REMOVE_ALIAS || holds(&ours, &scene->kept), "an entry is lost", told);
	need(count_unreadable(&ours) <= 1 && count_unreadable(&firsts) == 0, "half an entry", told);
	need(change == SCENE_PUT || !holds(&ours, &scene->next), "an entry from nowhere", told);
	need(ours.count <= 4 && firsts.count <= 1, "entries from nowhere", told);
	spent = holds(&ours, &scene->expired) || count_unreadable(&ours) > 0;
	switch (change) {
	case SCENE_PUT:
		return holds(&ours, &scene->next) ? SCENE_NEW : SCENE_OLD;
	case SCENE_PUT_FIRST:
		return holds(&firsts, &scene->first) ? SCENE_NEW : SCENE_OLD;
	case SCENE_REMOVE_ALIAS:
		return ours.count == 0 ? SCENE_NEW : SCENE_OLD;
	default:
		return spent ? SCENE_OLD : SCENE_NEW;
	}
}

void store_scene_check_next(struct store_scene *scene, struct store *store, const char *told)
{
	struct store_want want = store_bench_want(&scene->bench);
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error err = {0};
	OWNED_STRUCT(bytes) folder = {0};
	const char *name = strrchr(scene->bench.folder, '/');

	if (store_put(store, &scene->next, &want, &err) != MSIV2_OK)
		fail_msg("%s: the next put: %s", told, err.message);
	read_alias(store, BENCH_ALIAS, &records, told);
	need(holds(&records, &scene->next), "the next put is not there", told);
	need(!holds(&records, &scene->expired) && count_unreadable(&records) == 0,
	     "the next put does not prune", told);
	bytes_addf(&folder, "%s%s", store_path(store), name);
	need(store_bench_count(bytes_text(&folder)) == records.count, "a leftover stays", told);
}

static size_t leftovers_in(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += folder_is_leftover(entry->d_name) && !text_equal(entry->d_name, LEFTOVER);
	closedir(dir);
	return n;
}

size_t store_scene_leftovers(const struct store_scene *scene)
{
	DIR *dir = opendir(store_path(scene->bench.store));
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		OWNED_STRUCT(bytes) path = {0};

		if (!store_is_alias_folder(entry->d_name))
			continue;
		bytes_addf(&path, "%s/%s", store_path(scene->bench.store), entry->d_name);
		n += leftovers_in(bytes_text(&path));
	}
	closedir(dir);
	return n;
}
