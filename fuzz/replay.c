/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Replays files through a fuzz target without libFuzzer: replay FILE-OR-DIRECTORY... Each input is
 * also run cut short at several places, so that truncation is covered from the seeds alone. A run
 * that replayed nothing fails. */
#include "target.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/files.h"

#define LARGEST_INPUT (1 << 20)
#define CUTS          16

static size_t replayed;

static void run_cut(const uint8_t *data, size_t size)
{
	/* An exact heap copy, so that reading past the end is seen by ASan. */
	OWNED_STRUCT(bytes) exact = {0};

	bytes_add(&exact, data, size);
	(void)LLVMFuzzerTestOneInput(exact.data, size);
}

static int replay_file(const char *path)
{
	OWNED_STRUCT(bytes) input = {0};
	struct msiv2_error err = {0};

	if (files_read(path, LARGEST_INPUT, MSIV2_CONFIG, &input, &err) != MSIV2_OK) {
		fprintf(stderr, "%s: %s\n", path, err.message);
		return 1;
	}
	for (size_t i = 0; i <= CUTS; i++)
		run_cut(input.data, input.len * i / CUTS);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (dir == NULL)
		return replay_file(path);
	while ((entry = readdir(dir)) != NULL) {
		OWNED_STRUCT(bytes) child = {0};

		if (entry->d_name[0] == '.')
			continue;
		bytes_addf(&child, "%s/%s", path, entry->d_name);
		failed |= replay_file(bytes_text(&child));
	}
	closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%zu inputs replayed, each at %d lengths\n", replayed, CUTS + 1);
	return failed != 0 || replayed == 0;
}
