/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "wire_samples.h"

#include <dirent.h>

#include "common/files.h"
#include "common/text.h"

#define MAX_SAMPLE 1048576

void wire_sample_read(const char *kind, const char *name, struct bytes *out)
{
	OWNED_STRUCT(bytes) path = {0};
	struct msiv2_error err = {0};

	bytes_addf(&path, "%s/%s/%s", TESTS_WIRE_DIR, kind, name);
	if (files_read(bytes_text(&path), MAX_SAMPLE, MSIV2_CONFIG, out, &err) != MSIV2_OK)
		fail_msg("%s: %s", bytes_text(&path), err.message);
}

static bool judge_one(const char *kind, const char *name, wire_judge_fn judge)
{
	OWNED_STRUCT(bytes) body = {0};
	bool good = text_starts(name, "good_");

	wire_sample_read(kind, name, &body);
	judge(name, good, &body);
	return good;
}

void wire_samples_judge(const char *kind, wire_judge_fn judge)
{
	OWNED_STRUCT(bytes) path = {0};
	const struct dirent *entry;
	unsigned good = 0;
	unsigned bad = 0;
	DIR *dir;

	bytes_addf(&path, "%s/%s", TESTS_WIRE_DIR, kind);
	dir = opendir(bytes_text(&path));
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (!text_starts(entry->d_name, "good_") && !text_starts(entry->d_name, "bad_"))
			continue;
		if (judge_one(kind, entry->d_name, judge))
			good++;
		else
			bad++;
	}
	closedir(dir);
	assert_true(good > 0);
	assert_true(bad > 0);
}
