/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"

#define SUFFIX ".json"

typedef DIR folder;
static void folder_close(folder *dir)
{
	if (dir)
		(void)closedir(dir);
}
DEFINE_OWNED(folder, folder_close)

void catalogue_free(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->count; i++)
		scenario_free(&catalogue->items[i]);
	mem_free(catalogue->items);
	*catalogue = (struct catalogue){0};
}

static enum msiv2_rc add(struct catalogue *catalogue, struct scenario *scenario,
                         struct msiv2_error *err)
{
	size_t size = (catalogue->count + 1) * sizeof(*catalogue->items);
	struct scenario *items = mem_resize(catalogue->items, size);

	if (!items)
		return err_no_memory(err, "catalogue");
	catalogue->items = items;
	items[catalogue->count++] = steal(scenario);
	return MSIV2_OK;
}

/* One file, whose id must be its place. */
static enum msiv2_rc load_file(struct catalogue *catalogue, const char *path, const char *group,
                               const char *name, struct msiv2_error *err)
{
	OWNED_STRUCT(scenario) scenario = {0};
	OWNED_STRUCT(bytes) id = {0};

	bytes_addf(&id, "%s.%.*s", group, (int)(strlen(name) - strlen(SUFFIX)), name);
	TRY(bytes_done(&id, path, err));
	TRY(scenario_load(path, &scenario, err));
	if (!text_equal(scenario.id, bytes_text(&id)))
		return err_set(err, MSIV2_CONFIG, path, "id: must be \"%s\", as the file's place",
		               bytes_text(&id));
	return add(catalogue, &scenario, err);
}

static bool is_file_name(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > strlen(SUFFIX) &&
	       text_equal(name + len - strlen(SUFFIX), SUFFIX);
}

static enum msiv2_rc open_folder(const char *path, folder **out, struct msiv2_error *err)
{
	*out = opendir(path);
	if (!*out)
		return err_set(err, MSIV2_CONFIG, path, "cannot be read: %s", strerror(errno));
	return MSIV2_OK;
}

static enum msiv2_rc load_group(struct catalogue *catalogue, const char *dir, const char *group,
                                struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED(folder) *open = NULL;
	const struct dirent *entry;

	bytes_addf(&path, "%s/%s", dir, group);
	TRY(bytes_done(&path, dir, err));
	TRY(open_folder(bytes_text(&path), &open, err));
	while ((entry = readdir(open)) != NULL) {
		OWNED_STRUCT(bytes) file = {0};

		if (!is_file_name(entry->d_name))
			continue;
		bytes_addf(&file, "%s/%s", bytes_text(&path), entry->d_name);
		TRY(bytes_done(&file, dir, err));
		TRY(load_file(catalogue, bytes_text(&file), group, entry->d_name, err));
	}
	return MSIV2_OK;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct scenario *)a)->id, ((const struct scenario *)b)->id);
}

static enum msiv2_rc check_twins(const struct catalogue *catalogue, const char *dir,
                                 struct msiv2_error *err)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct scenario *scenario = &catalogue->items[i];
		const struct scenario *twin;

		if (!scenario->twin)
			continue;
		twin = catalogue_find(catalogue, scenario->twin);
		if (!twin || twin->negative)
			return err_set(err, MSIV2_CONFIG, dir, "%s: twin: %s is %s", scenario->id,
			               scenario->twin, twin ? "negative itself" : "not there");
	}
	return MSIV2_OK;
}

enum msiv2_rc catalogue_load(const char *dir, struct catalogue *out, struct msiv2_error *err)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED(folder) *open = NULL;
	const struct dirent *entry;

	TRY(open_folder(dir, &open, err));
	while ((entry = readdir(open)) != NULL)
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
			TRY(load_group(&catalogue, dir, entry->d_name, err));
	if (catalogue.count == 0)
		return err_set(err, MSIV2_CONFIG, dir, "there are no scenarios in it");
	qsort(catalogue.items, catalogue.count, sizeof(*catalogue.items), by_id);
	TRY(check_twins(&catalogue, dir, err));
	*out = steal(&catalogue);
	return MSIV2_OK;
}

const struct scenario *catalogue_find(const struct catalogue *catalogue, const char *id)
{
	struct scenario key = {.id = id};

	return catalogue->count == 0
	               ? NULL
	               : bsearch(&key, catalogue->items, catalogue->count, sizeof(key), by_id);
}
