/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"

#define WALK_DEPTH_MAX   128
#define REMOVE_DEPTH_MAX 16 /* each level holds two descriptors */
#define ROUNDS_MAX       1000

/* ---- walking ---- */

struct walk {
	tree_visit_fn visit;
	void *ctx;
	bool ended; /* by the visitor */
	bool whole; /* nothing was left out */
};

static bool is_dots(const char *name)
{
	return text_equal(name, ".") || text_equal(name, "..");
}

static void walk_at(struct walk *walk, const char *path, const char *relative, int depth);

static void walk_below(struct walk *walk, const char *path, const char *relative, int depth)
{
	DIR *dir = depth < WALK_DEPTH_MAX ? opendir(path) : NULL;
	const struct dirent *entry;

	walk->whole = walk->whole && dir;
	while (dir && !walk->ended && (entry = readdir(dir)) != NULL) {
		OWNED_STRUCT(bytes) full = {0};
		OWNED_STRUCT(bytes) below = {0};

		if (is_dots(entry->d_name))
			continue;
		bytes_addf(&full, "%s/%s", path, entry->d_name);
		bytes_addf(&below, "%s%s%s", depth > 0 ? relative : "", depth > 0 ? "/" : "",
		           entry->d_name);
		walk->whole = walk->whole && !full.failed && !below.failed;
		if (!full.failed && !below.failed)
			walk_at(walk, bytes_text(&full), bytes_text(&below), depth + 1);
	}
	if (dir)
		(void)closedir(dir);
}

static void walk_at(struct walk *walk, const char *path, const char *relative, int depth)
{
	struct stat facts;

	if (fs_lstat(path, &facts) != 0) {
		walk->whole = walk->whole && errno == ENOENT;
		return;
	}
	walk->ended = !walk->visit(walk->ctx, relative, path, &facts);
	if (S_ISDIR(facts.st_mode) && !walk->ended)
		walk_below(walk, path, relative, depth);
}

bool tree_walk(const char *root, tree_visit_fn visit, void *ctx)
{
	struct walk walk = {.visit = visit, .ctx = ctx, .whole = true};

	walk_at(&walk, root, ".", 0);
	return walk.whole && !walk.ended;
}

/* ---- removing ---- */

/* A removal under way. */
struct removal {
	int root;
	unsigned moved;
	bool progress;
};

/* A folder that is being emptied. */
struct level {
	struct removal *removal;
	int dir;
	int depth;
};

/* So that we may look into it. What is none of ours shows later. */
static void make_accessible(int dir, const char *name)
{
	if (fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) != 0)
		return;
}

/* By open folders alone, so that a link put in a folder's place leads nowhere. A folder too deep to
 * be gone into goes up to the root, where the next round finds it. */
static bool remove_entry(void *ctx, const char *name)
{
	const struct level *at = ctx;
	struct level below = {at->removal, -1, at->depth + 1};
	char place[32];

	if (fs_unlinkat(at->dir, name) != 0) {
		make_accessible(at->dir, name);
		if (at->depth < REMOVE_DEPTH_MAX)
			below.dir =
			        fs_openat(at->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (below.dir >= 0) {
			(void)fs_list(below.dir, remove_entry, &below);
			(void)fs_close(below.dir);
		}
		(void)snprintf(place, sizeof(place), "deep.%u", at->removal->moved++);
		if (unlinkat(at->dir, name, AT_REMOVEDIR) != 0 &&
		    (at->depth < REMOVE_DEPTH_MAX ||
		     renameat(at->dir, name, at->removal->root, place) != 0))
			return true;
	}
	at->removal->progress = true;
	return true;
}

void tree_remove(const char *path)
{
	struct removal removal = {.root = -1};
	struct level top = {&removal, -1, 0};

	if (fs_unlink(path) == 0)
		return;
	make_accessible(AT_FDCWD, path);
	removal.root = fs_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (removal.root < 0)
		return;
	top.dir = removal.root;
	for (int round = 0; round < ROUNDS_MAX; round++) {
		removal.progress = false;
		(void)fs_list(removal.root, remove_entry, &top);
		if (rmdir(path) == 0 || !removal.progress)
			break;
	}
	(void)fs_close(removal.root);
}

/* ---- making ---- */

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
