/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "state_dir.h"

void state_dir_new(struct state_dir *dir)
{
	(void)snprintf(dir->parent, sizeof(dir->parent), "/tmp/msiv2-test-XXXXXX");
	assert_non_null(mkdtemp(dir->parent));
	(void)snprintf(dir->path, sizeof(dir->path), "%s/state", dir->parent);
}

const char *state_dir_file(const struct state_dir *dir, const char *name, char out[160])
{
	(void)snprintf(out, 160, "%s/%s", dir->path, name);
	return out;
}

/* Counts the entries, and removes them when asked to. */
static size_t walk(const struct state_dir *dir, int remove)
{
	DIR *stream = opendir(dir->path);
	const struct dirent *entry;
	size_t count = 0;

	if (stream == NULL)
		return 0;
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		if (remove)
			assert_int_equal(unlinkat(dirfd(stream), entry->d_name, 0), 0);
	}
	(void)closedir(stream);
	return count;
}

size_t state_dir_count(const struct state_dir *dir)
{
	return walk(dir, 0);
}

void state_dir_free(struct state_dir *dir)
{
	(void)chmod(dir->path, 0700);
	(void)walk(dir, 1);
	(void)rmdir(dir->path);
	assert_int_equal(rmdir(dir->parent), 0);
}

void state_dir_read(const struct state_dir *dir, const char *name, struct bytes *out)
{
	char path[160];

	assert_int_equal(
	        files_read(state_dir_file(dir, name, path), 1 << 20, MSIV2_CONFIG, out, NULL),
	        MSIV2_OK);
}

void state_dir_write(const struct state_dir *dir, const char *name, const void *data, size_t len)
{
	char path[160];

	assert_int_equal(
	        files_replace(state_dir_file(dir, name, path), data, len, 0600, MSIV2_CONFIG, NULL),
	        MSIV2_OK);
}
