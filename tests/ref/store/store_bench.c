/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "store_bench.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"
#include "ref/store/store_internal.h"
#include "tests/ref/certificate_maker.h"

void store_bench_open(struct store_bench *bench)
{
	char folder[STORE_ALIAS_DIGITS + 1];

	*bench = (struct store_bench){.root = "/tmp/msiv2-store-XXXXXX"};
	assert_non_null(mkdtemp(bench->root));
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, bench->root, clock_system(),
	                           &bench->store, NULL),
	                 MSIV2_OK);
	assert_int_equal(store_alias_folder(BENCH_ALIAS, folder, NULL), MSIV2_OK);
	(void)snprintf(bench->folder, sizeof(bench->folder), "%s/%s", store_path(bench->store),
	               folder);
	bench->key = certificate_p256_key();
	bench->other_key = certificate_p256_key();
}

void store_bench_close(struct store_bench *bench)
{
	store_free(bench->store);
	EVP_PKEY_free(bench->key);
	EVP_PKEY_free(bench->other_key);
	store_bench_wipe(bench->root);
	*bench = (struct store_bench){0};
}

static const char * or (const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

void store_bench_entry(const struct store_bench *bench, const struct entry_recipe *recipe,
                       struct store_entry *out)
{
	EVP_PKEY *key = recipe->key != NULL ? recipe->key : bench->key;
	const char *client_id = or (recipe->client_id, BENCH_CLIENT);
	int64_t from_s = BENCH_NOW_S + recipe->from_s;

	*out = (struct store_entry){.alias = mem_strdup(or (recipe->alias, BENCH_ALIAS)),
	                            .source = mem_strdup(or (recipe->source, BENCH_SOURCE)),
	                            .client_id = mem_strdup(client_id),
	                            .tenant_id = mem_strdup(BENCH_TENANT),
	                            .identity_type = mem_strdup("SystemAssigned"),
	                            .endpoint = mem_strdup("https://127.0.0.1:40002/sts"),
	                            .key_kind = mem_strdup(or (recipe->kind, "keyguard")),
	                            .key_name = mem_strdup(or (recipe->key_name, "msiv2-key")),
	                            .device = mem_strdup(recipe->device),
	                            .fresh = recipe->fresh,
	                            .stored_at_s = BENCH_NOW_S + recipe->stored_s};
	assert_int_equal(x509_key_sha256(key, out->key_sha256, NULL), MSIV2_OK);
	out->certificate = certificate_make(&(struct certificate_recipe){
	        .subject_key = key,
	        .issuer_key = bench->other_key,
	        .cn = client_id,
	        .dc = BENCH_TENANT,
	        .issuer = recipe->issuer,
	        .serial = recipe->serial,
	        .not_before_s = from_s,
	        .not_after_s = recipe->until_s != 0 ? BENCH_NOW_S + recipe->until_s
	                                            : from_s + 7 * BENCH_DAY_S});
}

struct store_want store_bench_want(const struct store_bench *bench)
{
	(void)bench;
	return (struct store_want){
	        .alias = BENCH_ALIAS, .source = BENCH_SOURCE, .now_s = BENCH_NOW_S};
}

void store_bench_put(const struct store_bench *bench, const struct entry_recipe *recipe)
{
	OWNED_STRUCT(store_entry) entry = {0};
	struct msiv2_error err = {0};

	store_bench_entry(bench, recipe, &entry);
	assert_int_equal(store_put(bench->store, &entry, NULL, &err), MSIV2_OK);
}

size_t store_bench_count(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.' && strstr(entry->d_name, ".lock") == NULL;
	closedir(dir);
	return n;
}

void store_bench_file(const struct store_bench *bench, const struct store_entry *entry, char *out,
                      size_t size)
{
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};

	assert_int_equal(x509_sha256(entry->certificate, sha256, NULL), MSIV2_OK);
	hex_encode(sha256, sizeof(sha256), &hex);
	(void)snprintf(out, size, "%s/%s.pem", bench->folder, bytes_text(&hex));
}

static int wipe_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void store_bench_wipe(const char *path)
{
	(void)nftw(path, wipe_one, 16, FTW_DEPTH | FTW_PHYS);
}
