/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/text.h"
#include "store_internal.h"

#define WHERE        STORE_WHERE
#define MACHINE_ROOT "/var/lib/msiv2"

static const struct {
	const char *name;
	const char *folder;
} scopes[] = {
        [STORE_SCOPE_NONE] = {"none", NULL},
        [STORE_SCOPE_CURRENT_USER] = {"CurrentUser\\My", "CurrentUser"},
        [STORE_SCOPE_LOCAL_MACHINE] = {"LocalMachine\\My", "LocalMachine"},
};

/* Equal, where case and the kind of slash do not matter. */
static bool names_scope(const char *text, const char *name)
{
	OWNED(mem_text) *copy = mem_strdup(text);

	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if (*at == '/')
			*at = '\\';
	return text_equal_nocase(copy, name);
}

enum msiv2_rc store_scope_parse(const char *text, enum store_scope *out, struct msiv2_error *err)
{
	for (size_t i = 0; i < TEXT_COUNT(scopes); i++) {
		if (names_scope(text, scopes[i].name)) {
			*out = (enum store_scope)i;
			return MSIV2_OK;
		}
	}
	return err_set(err, MSIV2_CONFIG, WHERE,
	               "not a store: %s (none, CurrentUser\\My or LocalMachine\\My)", text);
}

const char *store_scope_name(enum store_scope scope)
{
	return (size_t)scope < TEXT_COUNT(scopes) ? scopes[scope].name : "unknown";
}

/* The user's home as the system knows it, for those who run without HOME. */
static bool add_home(struct bytes *out)
{
	const char *home = secure_getenv("HOME");
	struct passwd entry, *found = NULL;
	char room[4096];

	if (home != NULL && home[0] == '/') {
		bytes_add_text(out, home);
		return true;
	}
	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) != 0 || found == NULL ||
	    entry.pw_dir[0] != '/')
		return false;
	bytes_add_text(out, entry.pw_dir);
	return true;
}

static enum msiv2_rc add_default_root(enum store_scope scope, struct bytes *out,
                                      struct msiv2_error *err)
{
	const char *data = secure_getenv("XDG_DATA_HOME");

	if (scope == STORE_SCOPE_LOCAL_MACHINE) {
		bytes_add_text(out, MACHINE_ROOT);
	} else if (data != NULL && data[0] == '/') {
		bytes_add_text(out, data);
		bytes_add_text(out, "/msiv2");
	} else if (add_home(out)) {
		bytes_add_text(out, "/.local/share/msiv2");
	} else {
		return err_set(err, MSIV2_STORE, WHERE, "this user has no home for a store");
	}
	return MSIV2_OK;
}

static enum msiv2_rc add_given_root(const char *root, struct bytes *out, struct msiv2_error *err)
{
	char here[PATH_MAX];

	if (text_empty(root))
		return err_set(err, MSIV2_CONFIG, WHERE, "the root of the store is an empty path");
	if (root[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return err_set(err, MSIV2_CONFIG, WHERE,
			               "%s: relative, and there is no current folder", root);
		bytes_add_text(out, here);
		bytes_add_text(out, text_equal(here, "/") ? "" : "/");
	}
	bytes_add_text(out, root);
	while (out->len > 1 && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	return MSIV2_OK;
}

enum msiv2_rc store_new(enum store_scope scope, const char *root, const struct msiv2_clock *clock,
                        struct store **out, struct msiv2_error *err)
{
	OWNED_STRUCT(store) *store = NULL;
	OWNED_STRUCT(bytes) path = {0};

	*out = NULL;
	if (scope == STORE_SCOPE_NONE)
		return MSIV2_OK;
	if (root != NULL)
		TRY(add_given_root(root, &path, err));
	else
		TRY(add_default_root(scope, &path, err));
	TRY(bytes_done(&path, WHERE, err));
	store = mem_alloc(sizeof(*store));
	if (store == NULL)
		return err_no_memory(err, WHERE);
	store->clock = clock;
	store->scope_folder = scopes[scope].folder;
	store->rule.machine = scope == STORE_SCOPE_LOCAL_MACHINE;
	store->rule.owner = store->rule.machine ? 0 : geteuid();
	store->root = mem_strdup(bytes_text(&path));
	bytes_addf(&path, "/%s/" STORE_MY, store->scope_folder);
	TRY(bytes_done(&path, WHERE, err));
	store->path = mem_strdup(bytes_text(&path));
	if (store->root == NULL || store->path == NULL)
		return err_no_memory(err, WHERE);
	*out = steal(&store);
	return MSIV2_OK;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	mem_free(store->root);
	mem_free(store->path);
	mem_free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}
