/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shelf.h"

#include "tests/testing.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t mix(uint64_t digest, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ bytes[i]) * FNV_PRIME;
	return digest;
}

static uint64_t mix_file(uint64_t digest, const char *path)
{
	char buffer[4096];
	FILE *file = fopen(path, "re");
	size_t len;

	assert_non_null(file);
	while ((len = fread(buffer, 1, sizeof(buffer), file)) > 0)
		digest = mix(digest, buffer, len);
	assert_int_equal(fclose(file), 0);
	return digest;
}

void shelf_folder(const struct world *world, char out[SHELF_PATH_SIZE])
{
	(void)snprintf(out, SHELF_PATH_SIZE, "%s/CurrentUser/My", world->store);
}

void shelf_look(const struct world *world, struct shelf *out)
{
	char folder[SHELF_PATH_SIZE];
	char pattern[SHELF_PATH_SIZE + 16];
	glob_t found;
	int rc;

	memset(out, 0, sizeof(*out));
	out->digest = FNV_START;
	shelf_folder(world, folder);
	(void)snprintf(pattern, sizeof(pattern), "%s/*/*.pem", folder);
	rc = glob(pattern, 0, NULL, &found);
	assert_true(rc == 0 || rc == GLOB_NOMATCH);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		assert_true(out->count < SHELF_MAX);
		(void)snprintf(out->path[out->count++], SHELF_PATH_SIZE, "%s", path);
		out->digest = mix_file(mix(out->digest, path, strlen(path)), path);
	}
	globfree(&found);
}

bool shelf_holds(const struct shelf *shelf, const char *sha256)
{
	for (size_t i = 0; i < shelf->count; i++) {
		if (strstr(shelf->path[i], sha256) != NULL)
			return true;
	}
	return false;
}

void shelf_expect(const struct world *world, size_t count)
{
	struct shelf shelf;

	shelf_look(world, &shelf);
	assert_int_equal(shelf.count, count);
}

void shelf_flip(const char *path)
{
	FILE *file = fopen(path, "r+e");
	long middle;
	int byte;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	middle = ftell(file) / 2;
	assert_int_equal(fseek(file, middle, SEEK_SET), 0);
	byte = fgetc(file);
	assert_true(byte != EOF);
	assert_int_equal(fseek(file, middle, SEEK_SET), 0);
	assert_true(fputc(byte ^ 1, file) != EOF);
	assert_int_equal(fclose(file), 0);
}
