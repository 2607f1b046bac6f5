/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "store_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/clock.h"

bool store_folder_make(struct store_folder *folder, const char *tmpfs)
{
	const char *base = getenv("TMPDIR");

	*folder = (struct store_folder){0};
	(void)snprintf(folder->path, sizeof(folder->path), "%s/msiv2-store-XXXXXX",
	               base != NULL && strlen(base) < 32 ? base : "/tmp");
	assert_non_null(mkdtemp(folder->path));
	if (tmpfs == NULL)
		return true;
	folder->mounted = mount("tmpfs", folder->path, "tmpfs", MS_NOSUID | MS_NODEV, tmpfs) == 0;
	if (folder->mounted)
		return true;
	assert_true(errno == EPERM || errno == EACCES);
	assert_int_equal(rmdir(folder->path), 0);
	return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	return where->level == 0 ? 0 : remove(path);
}

void store_folder_drop(struct store_folder *folder)
{
	if (folder->mounted)
		assert_int_equal(umount(folder->path), 0);
	assert_int_equal(nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(rmdir(folder->path), 0);
}

struct store *store_folder_open(const struct store_folder *folder)
{
	struct store *store = NULL;
	struct msiv2_error err = {0};

	if (store_new(STORE_SCOPE_CURRENT_USER, folder->path, clock_system(), &store, &err) !=
	    MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(&err), msiv2_error_message(&err));
	return store;
}

long store_folder_number(const char *variable, long otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? strtol(text, NULL, 10) : otherwise;
}
