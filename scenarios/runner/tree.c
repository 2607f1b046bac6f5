/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"

#define DEPTH_MAX 32

static bool is_dots(const char *name)
{
	return text_equal(name, ".") || text_equal(name, "..");
}

static bool walk(const char *path, const char *relative, tree_visit_fn visit, void *ctx, int depth)
{
	const struct dirent *entry;
	struct stat facts;
	bool good;
	DIR *dir;

	if (fs_lstat(path, &facts) != 0)
		return errno == ENOENT;
	if (!visit(ctx, relative, path, &facts))
		return false;
	if (!S_ISDIR(facts.st_mode) || depth >= DEPTH_MAX)
		return true;
	dir = opendir(path);
	good = dir != NULL;
	while (good && (entry = readdir(dir)) != NULL) {
		OWNED_STRUCT(bytes) full = {0};
		OWNED_STRUCT(bytes) below = {0};

		if (is_dots(entry->d_name))
			continue;
		bytes_addf(&full, "%s/%s", path, entry->d_name);
		bytes_addf(&below, "%s%s%s", depth > 0 ? relative : "", depth > 0 ? "/" : "",
		           entry->d_name);
		good = !full.failed && !below.failed &&
		       walk(bytes_text(&full), bytes_text(&below), visit, ctx, depth + 1);
	}
	if (dir)
		(void)closedir(dir);
	return good;
}

bool tree_walk(const char *root, tree_visit_fn visit, void *ctx)
{
	return walk(root, ".", visit, ctx, 0);
}

/* Files go at once; folders become open to us, and go when they are empty. */
static bool unlink_file(void *ctx, const char *relative, const char *path, const struct stat *facts)
{
	(void)ctx;
	(void)relative;
	if (S_ISDIR(facts->st_mode))
		(void)chmod(path, 0700);
	else
		(void)fs_unlink(path);
	return true;
}

static bool remove_folder(void *ctx, const char *relative, const char *path,
                          const struct stat *facts)
{
	bool *again = ctx;

	(void)relative;
	if (S_ISDIR(facts->st_mode) && rmdir(path) != 0 && errno == ENOTEMPTY)
		*again = true;
	return true;
}

void tree_remove(const char *path)
{
	bool again = true;

	(void)tree_walk(path, unlink_file, NULL);
	/* A folder is shown before what is in it: each round takes the innermost ones away. */
	for (int round = 0; again && round <= DEPTH_MAX; round++) {
		again = false;
		(void)tree_walk(path, remove_folder, &again);
	}
}

enum msiv2_rc tree_make_private(const char *prefix, struct bytes *path, struct msiv2_error *err)
{
	const char *dir = getenv("TMPDIR");
	char text[PATH_MAX];
	int len = snprintf(text, sizeof(text), "%s/%s.XXXXXX", text_empty(dir) ? "/tmp" : dir,
	                   prefix);

	if (len < 0 || (size_t)len >= sizeof(text) || !mkdtemp(text))
		return err_set(err, MSIV2_CONFIG, text, "cannot be made: %s", strerror(errno));
	bytes_add_text(path, text);
	return bytes_done(path, text, err);
}

enum msiv2_rc tree_make(const char *dir, const char *name, struct bytes *path,
                        struct msiv2_error *err)
{
	bytes_addf(path, "%s/%s", dir, name);
	TRY(bytes_done(path, dir, err));
	return files_make_dir(bytes_text(path), 0700, MSIV2_CONFIG, err);
}
