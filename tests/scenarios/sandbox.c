/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sandbox.h"

#include <stdio.h>

#include "common/files.h"
#include "common/text.h"
#include "scenarios/runner/tree.h"
#include "tests/testing.h"

void sandbox_make(struct sandbox *sandbox)
{
	OWNED_STRUCT(bytes) path = {0};

	assert_int_equal(tree_make_private("msiv2-test", &path, NULL), MSIV2_OK);
	assert_true(text_copy(sandbox->dir, sizeof(sandbox->dir), bytes_text(&path)));
}

void sandbox_drop(struct sandbox *sandbox)
{
	tree_remove(sandbox->dir);
	assert_false(files_exists(sandbox->dir));
}

void sandbox_path(const struct sandbox *sandbox, const char *name, char out[SANDBOX_PATH])
{
	int len = snprintf(out, SANDBOX_PATH, "%s/%s", sandbox->dir, name);

	assert_in_range(len, 1, SANDBOX_PATH - 1);
}

void sandbox_folder(const struct sandbox *sandbox, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(sandbox, name, path);
	assert_int_equal(files_make_dir(path, 0700, MSIV2_CONFIG, NULL), MSIV2_OK);
}

void sandbox_write(const struct sandbox *sandbox, const char *name, const void *data, size_t len)
{
	char path[SANDBOX_PATH];

	sandbox_path(sandbox, name, path);
	assert_int_equal(files_replace(path, data, len, 0600, MSIV2_CONFIG, NULL), MSIV2_OK);
}
