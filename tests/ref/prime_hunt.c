/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "prime_hunt.h"

#include "tests/testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/x509.h"

#define PRIME_LEN 128
#define MOST_MAPS 4096
/* Sanitizers reserve terabytes for their shadows; nothing of a program is in maps like that. */
#define LARGEST_MAP (1UL << 30)

struct hunt {
	BIGNUM *modulus;
	BIGNUM *candidate;
	BIGNUM *rest;
	BN_CTX *ctx;
	unsigned found;
};

static void begin(struct hunt *hunt, EVP_PKEY *public_key)
{
	*hunt = (struct hunt){.candidate = BN_new(), .rest = BN_new(), .ctx = BN_CTX_new()};
	assert_int_equal(EVP_PKEY_get_bn_param(public_key, "n", &hunt->modulus), 1);
	assert_int_equal(BN_num_bytes(hunt->modulus), 2 * PRIME_LEN);
}

static unsigned end(struct hunt *hunt)
{
	BN_free(hunt->modulus);
	BN_clear_free(hunt->candidate);
	BN_free(hunt->rest);
	BN_CTX_free(hunt->ctx);
	return hunt->found;
}

static bool divides(struct hunt *hunt)
{
	return BN_mod(hunt->rest, hunt->modulus, hunt->candidate, hunt->ctx) == 1 &&
	       BN_is_zero(hunt->rest);
}

/* The top bit of an RSA prime of that length is set, and so is the lowest. */
static void look_at(struct hunt *hunt, const uint8_t *at)
{
	uint8_t first = at[0];
	uint8_t last = at[PRIME_LEN - 1];

	if ((first & 0x80) != 0 && (last & 1) != 0) {
		(void)BN_bin2bn(at, PRIME_LEN, hunt->candidate);
		hunt->found += divides(hunt);
	}
	if ((last & 0x80) != 0 && (first & 1) != 0) {
		(void)BN_lebin2bn(at, PRIME_LEN, hunt->candidate);
		hunt->found += divides(hunt);
	}
}

static void search(struct hunt *hunt, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + PRIME_LEN <= len; i++)
		look_at(hunt, data + i);
}

unsigned prime_hunt_bytes(EVP_PKEY *public_key, const void *data, size_t len)
{
	struct hunt hunt;

	begin(&hunt, public_key);
	search(&hunt, data, len);
	return end(&hunt);
}

static void search_file(struct hunt *hunt, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	uint8_t *data;
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &info), 0);
	data = malloc((size_t)info.st_size + 1);
	assert_non_null(data);
	got = read(fd, data, (size_t)info.st_size);
	assert_int_equal(got, info.st_size);
	search(hunt, data, (size_t)got);
	free(data);
	(void)close(fd);
}

static void search_dir(struct hunt *hunt, const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	char path[512];
	struct stat info;

	assert_non_null(list);
	while ((entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		assert_int_equal(lstat(path, &info), 0);
		if (S_ISDIR(info.st_mode))
			search_dir(hunt, path);
		else if (S_ISREG(info.st_mode))
			search_file(hunt, path);
	}
	(void)closedir(list);
}

unsigned prime_hunt_files(EVP_PKEY *public_key, const char *dir)
{
	struct hunt hunt;

	begin(&hunt, public_key);
	search_dir(&hunt, dir);
	return end(&hunt);
}

struct map {
	unsigned long from;
	unsigned long to;
};

/* The list is read first: reading memory with buffered files changes it. */
static size_t list_maps(struct map *maps)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	char rights[8];
	size_t count = 0;

	assert_non_null(file);
	while (count < MOST_MAPS && fgets(line, sizeof(line), file) != NULL) {
		struct map *map = &maps[count];

		if (sscanf(line, "%lx-%lx %7s", &map->from, &map->to, rights) == 3 &&
		    rights[0] == 'r' && rights[1] == 'w' && map->to - map->from < LARGEST_MAP)
			count++;
	}
	(void)fclose(file);
	return count;
}

/* Page by page with the overlap a prime may need; pages of zeroes are quick. */
static void search_map(struct hunt *hunt, int memory, const struct map *map)
{
	uint8_t window[4096 + PRIME_LEN] = {0};
	size_t kept = 0;

	for (unsigned long at = map->from; at < map->to; at += 4096) {
		if (pread(memory, window + kept, 4096, (off_t)at) != 4096) {
			kept = 0;
			continue;
		}
		search(hunt, window, kept + 4096);
		memmove(window, window + kept + 4096 - (PRIME_LEN - 1), PRIME_LEN - 1);
		kept = PRIME_LEN - 1;
	}
	OPENSSL_cleanse(window, sizeof(window));
}

unsigned prime_hunt_memory(EVP_PKEY *public_key)
{
	struct map *maps = calloc(MOST_MAPS, sizeof(*maps));
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	struct hunt hunt;
	size_t count;

	assert_non_null(maps);
	assert_true(memory >= 0);
	begin(&hunt, public_key);
	count = list_maps(maps);
	for (size_t i = 0; i < count; i++)
		search_map(&hunt, memory, &maps[i]);
	(void)close(memory);
	free(maps);
	return end(&hunt);
}
