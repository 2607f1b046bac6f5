/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "disk_model.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NODES   64
#define MAX_CHANGES 256
#define MAX_FDS     256
#define MAX_NAMES   32
#define NAME_SIZE   96
#define OUTSIDE     (-1)

enum change_kind { ADD, RENAME, UNLINK, WRITE, SYNC };

struct change {
	enum change_kind kind;
	int node; /* the folder, or the file */
	char name[NAME_SIZE];
	char to[NAME_SIZE];
	int added;   /* ADD, RENAME: what the name is of then */
	size_t size; /* WRITE: how long the file is then */
};

struct node {
	bool folder;
	char *data; /* a file's newest content */
	size_t size;
	size_t synced; /* how much of it the disk holds from the start */
};

struct disk_model {
	char root[64];
	struct node nodes[MAX_NODES];
	int node_count;
	struct change changes[MAX_CHANGES];
	size_t change_count;
	size_t start; /* changes before are the tree as it was: durable */
	int node_of[MAX_FDS];
};

static int add_node(struct disk_model *disk, bool folder)
{
	assert_true(disk->node_count < MAX_NODES);
	disk->nodes[disk->node_count].folder = folder;
	return disk->node_count++;
}

static struct change *add_change(struct disk_model *disk, enum change_kind kind, int node)
{
	struct change *change = &disk->changes[disk->change_count++];

	assert_true(disk->change_count <= MAX_CHANGES);
	*change = (struct change){.kind = kind, .node = node};
	return change;
}

static void copy_name(char out[NAME_SIZE], const char *name)
{
	assert_true(strlen(name) < NAME_SIZE);
	(void)snprintf(out, NAME_SIZE, "%s", name);
}

static int add_name(struct disk_model *disk, int folder, const char *name, bool is_folder)
{
	struct change *change = add_change(disk, ADD, folder);

	copy_name(change->name, name);
	change->added = add_node(disk, is_folder);
	return change->added;
}

/* Names of a folder, as some of its changes left them. */
struct names {
	struct {
		char name[NAME_SIZE];
		int node;
	} items[MAX_NAMES];
	size_t count;
};

static size_t find(const struct names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && strcmp(names->items[i].name, name) != 0)
		i++;
	return i;
}

static void set(struct names *names, const char *name, int node)
{
	size_t i = find(names, name);

	assert_true(i < MAX_NAMES);
	copy_name(names->items[i].name, name);
	names->items[i].node = node;
	if (i == names->count)
		names->count++;
}

static void drop(struct names *names, const char *name)
{
	size_t i = find(names, name);

	if (i < names->count)
		names->items[i] = names->items[--names->count];
}

/* Which file a rename moves is known from the newest names, even when the disk never saw it added.
 */
static void apply(struct names *names, const struct change *change)
{
	if (change->kind == UNLINK) {
		drop(names, change->name);
	} else if (change->kind == ADD) {
		set(names, change->name, change->added);
	} else if (change->kind == RENAME) {
		drop(names, change->name);
		set(names, change->to, change->added);
	}
}

static bool names_something(const struct change *change)
{
	return change->kind == ADD || change->kind == RENAME || change->kind == UNLINK;
}

static void newest(const struct disk_model *disk, int folder, struct names *out)
{
	*out = (struct names){0};
	for (size_t i = 0; i < disk->change_count; i++)
		if (disk->changes[i].node == folder && names_something(&disk->changes[i]))
			apply(out, &disk->changes[i]);
}

static int lookup(const struct disk_model *disk, int folder, const char *name)
{
	struct names names;
	size_t i;

	newest(disk, folder, &names);
	i = find(&names, name);
	return i < names.count ? names.items[i].node : OUTSIDE;
}

static void load_file(struct node *node, const char *path)
{
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	node->data = calloc(1, 65536);
	assert_non_null(node->data);
	node->size = fread(node->data, 1, 65536, file);
	node->synced = node->size;
	fclose(file);
}

static void load_folder(struct disk_model *disk, int folder, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char child[512];
		struct stat st;
		int node;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		assert_int_equal(lstat(child, &st), 0);
		node = add_name(disk, folder, entry->d_name, S_ISDIR(st.st_mode));
		if (S_ISDIR(st.st_mode))
			load_folder(disk, node, child);
		else
			load_file(&disk->nodes[node], child);
	}
	closedir(dir);
}

struct disk_model *disk_model_new(const char *root)
{
	struct disk_model *disk = calloc(1, sizeof(*disk));

	assert_non_null(disk);
	(void)snprintf(disk->root, sizeof(disk->root), "%s", root);
	for (size_t i = 0; i < MAX_FDS; i++)
		disk->node_of[i] = OUTSIDE;
	load_folder(disk, add_node(disk, true), root);
	disk->start = disk->change_count;
	return disk;
}

void disk_model_free(struct disk_model *disk)
{
	for (int i = 0; i < disk->node_count; i++)
		free(disk->nodes[i].data);
	free(disk);
}

static void opened(struct disk_model *disk, const struct fs_call *call)
{
	int folder = call->fd >= 0 ? disk->node_of[call->fd] : OUTSIDE;
	int node = OUTSIDE;

	assert_true(call->opened < MAX_FDS);
	if (call->fd < 0 && strcmp(call->name, disk->root) == 0)
		node = 0;
	else if (folder != OUTSIDE && strcmp(call->name, ".") == 0)
		node = folder;
	else if (folder != OUTSIDE)
		node = lookup(disk, folder, call->name);
	if (node == OUTSIDE && folder != OUTSIDE && call->create)
		node = add_name(disk, folder, call->name, false);
	disk->node_of[call->opened] = node;
}

static void written(struct disk_model *disk, int file, const struct fs_call *call)
{
	struct node *node = &disk->nodes[file];
	size_t at = call->at >= 0 ? (size_t)call->at : node->size;

	if (node->data == NULL)
		node->data = calloc(1, 65536);
	assert_true(node->data != NULL && at + call->len <= 65536);
	memcpy(node->data + at, call->data, call->len);
	node->size = at + call->len > node->size ? at + call->len : node->size;
	add_change(disk, WRITE, file)->size = node->size;
}

void disk_model_watch(void *ctx, const struct fs_call *call)
{
	struct disk_model *disk = ctx;
	int node = call->fd >= 0 && call->fd < MAX_FDS ? disk->node_of[call->fd] : OUTSIDE;
	struct change *change;
	int moved;

	if (call->kind == FS_CALL_OPEN)
		opened(disk, call);
	if (node == OUTSIDE)
		return;
	switch (call->kind) {
	case FS_CALL_MKDIR:
		(void)add_name(disk, node, call->name, true);
		break;
	case FS_CALL_WRITE:
		written(disk, node, call);
		break;
	case FS_CALL_SYNC:
		(void)add_change(disk, SYNC, node);
		break;
	case FS_CALL_CLOSE:
		disk->node_of[call->fd] = OUTSIDE;
		break;
	case FS_CALL_RENAME:
		moved = lookup(disk, node, call->name);
		change = add_change(disk, RENAME, node);
		copy_name(change->name, call->name);
		copy_name(change->to, call->to);
		change->added = moved;
		break;
	case FS_CALL_UNLINK:
		copy_name(add_change(disk, UNLINK, node)->name, call->name);
		break;
	case FS_CALL_OPEN:
		break;
	}
}

size_t disk_model_changes(const struct disk_model *disk)
{
	return disk->change_count - disk->start;
}

/* Its folder was synced after it and before the cut, or it was there from the start. */
static bool is_durable(const struct disk_model *disk, size_t change, size_t end)
{
	if (change < disk->start)
		return true;
	for (size_t i = change + 1; i < end; i++)
		if (disk->changes[i].kind == SYNC &&
		    disk->changes[i].node == disk->changes[change].node)
			return true;
	return false;
}

size_t disk_model_pending(const struct disk_model *disk, size_t after)
{
	size_t end = disk->start + after, pending = 0;

	for (size_t i = disk->start; i < end; i++)
		pending += names_something(&disk->changes[i]) && !is_durable(disk, i, end);
	return pending;
}

/* Length of a file at the cut, and how much of it was synced by then. */
static void file_then(const struct disk_model *disk, int file, size_t end, size_t *size,
                      size_t *synced)
{
	*size = *synced = disk->nodes[file].synced;
	for (size_t i = disk->start; i < end; i++) {
		if (disk->changes[i].node != file)
			continue;
		if (disk->changes[i].kind == WRITE)
			*size = disk->changes[i].size;
		else if (disk->changes[i].kind == SYNC)
			*synced = *size;
	}
}

static void restore_file(const struct disk_model *disk, int file, const struct disk_cut *cut,
                         const char *path)
{
	const struct node *node = &disk->nodes[file];
	char block[65536] = {0};
	size_t size, synced;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	file_then(disk, file, disk->start + cut->after, &size, &synced);
	if (node->data != NULL)
		memcpy(block, node->data, size);
	if (synced < size && cut->loss == DISK_ZEROES)
		memset(block + synced, 0, size - synced);
	else if (synced < size && cut->loss == DISK_EMPTY)
		size = synced;
	else if (synced < size && cut->loss == DISK_HALF)
		size = synced + (size - synced) / 2;
	assert_int_equal(write(fd, block, size), (ssize_t)size);
	(void)close(fd);
}

static void names_then(const struct disk_model *disk, int folder, const struct disk_cut *cut,
                       struct names *out)
{
	size_t end = disk->start + cut->after;
	unsigned nth = 0;

	*out = (struct names){0};
	for (size_t i = 0; i < end; i++) {
		bool kept = true;

		if (!names_something(&disk->changes[i]))
			continue;
		if (!is_durable(disk, i, end))
			kept = (cut->kept & 1u << nth++) != 0;
		if (kept && disk->changes[i].node == folder)
			apply(out, &disk->changes[i]);
	}
}

static void restore_folder(const struct disk_model *disk, int folder, const struct disk_cut *cut,
                           const char *path)
{
	struct names names;

	names_then(disk, folder, cut, &names);
	for (size_t i = 0; i < names.count; i++) {
		char child[512];

		(void)snprintf(child, sizeof(child), "%s/%s", path, names.items[i].name);
		if (disk->nodes[names.items[i].node].folder) {
			assert_int_equal(mkdir(child, 0700), 0);
			restore_folder(disk, names.items[i].node, cut, child);
		} else {
			restore_file(disk, names.items[i].node, cut, child);
		}
	}
}

void disk_model_restore(const struct disk_model *disk, const struct disk_cut *cut, const char *root)
{
	restore_folder(disk, 0, cut, root);
}
