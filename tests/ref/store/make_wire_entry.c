/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* make_wire_entry FOLDER: writes the samples of tests/wire/store_entry anew. Their keys are thrown
 * away; that they stay as they are is the point of samples, so this is run when the format changes.
 */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "entry_seal.h"
#include "store_bench.h"

static void write_sample(const char *folder, const char *name, const struct bytes *text)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_addf(&path, "%s/%s.pem", folder, name);
	assert_int_equal(
	        files_replace(bytes_text(&path), text->data, text->len, 0644, MSIV2_STORE, NULL),
	        MSIV2_OK);
}

static const struct {
	const char *name, *from, *to;
} changes[] = {
        {"bad_version", "msiv2_store_entry: 1", "msiv2_store_entry: 2"},
        {"bad_client_id", "client_id: 6d", "client_id: 7d"},
        {"bad_tenant_id", "tenant_id: 0f", "tenant_id: 1f"},
        {"bad_endpoint", "endpoint: https", "endpoint: http"},
        {"bad_friendly_name", "alias=system", "alias=System"},
        {"bad_issuer", "issuer: CN=NOT", "issuer: CN=not"},
        {"bad_memory_key", "key_kind: keyguard", "key_kind: memory"},
        {"bad_fresh", "fresh: no", "fresh: maybe"},
        {"bad_stored_at", "stored_at: 1", "stored_at: 01"},
        {"bad_member_missing", "key_name: msiv2-key\n", ""},
        {"bad_armour", "-----BEGIN CERTIFICATE-----", "-----BEGIN RSA PRIVATE KEY-----"},
};

/* A member that need not be there. */
static void make_with_device(const struct store_bench *bench, const char *folder)
{
	static const char line[] = "device: pkcs11:token=msiv2;serial=0123456789abcdef\n";
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) empty = {0};
	OWNED_STRUCT(bytes) twice = {0};
	const char *at;

	store_bench_entry(
	        bench,
	        &(struct entry_recipe){.device = "pkcs11:token=msiv2;serial=0123456789abcdef"},
	        &entry);
	assert_int_equal(store_entry_encode(&entry, &text, NULL), MSIV2_OK);
	write_sample(folder, "good_device", &text);
	at = strstr(bytes_text(&text), line);
	assert_non_null(at);
	entry_seal_splice(&text, (size_t)(at - bytes_text(&text)), strlen(line), "device: \n", 9,
	                  &empty);
	write_sample(folder, "bad_device_empty", &empty);
	entry_seal_splice(&text, (size_t)(at - bytes_text(&text)), 0, line, strlen(line), &twice);
	write_sample(folder, "bad_device_twice", &twice);
}

static void make_all(const char *folder)
{
	struct store_bench bench;
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(store_entry) other = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) second = {0};

	store_bench_open(&bench);
	store_bench_entry(&bench, &(struct entry_recipe){0}, &entry);
	assert_int_equal(store_entry_encode(&entry, &text, NULL), MSIV2_OK);
	write_sample(folder, "good_system", &text);
	store_bench_entry(&bench,
	                  &(struct entry_recipe){.alias = BENCH_CLIENT "#att=1",
	                                         .kind = "hardware",
	                                         .fresh = true,
	                                         .stored_s = -2 * BENCH_NOW_S},
	                  &other);
	assert_int_equal(store_entry_encode(&other, &second, NULL), MSIV2_OK);
	write_sample(folder, "good_hardware_fresh", &second);
	for (size_t i = 0; i < TEXT_COUNT(changes); i++) {
		const char *at = strstr(bytes_text(&text), changes[i].from);
		OWNED_STRUCT(bytes) changed = {0};

		assert_non_null(at);
		entry_seal_splice(&text, (size_t)(at - bytes_text(&text)), strlen(changes[i].from),
		                  changes[i].to, strlen(changes[i].to), &changed);
		write_sample(folder, changes[i].name, &changed);
	}
	text.data[100] ^= 1;
	write_sample(folder, "bad_bit_flipped", &text);
	text.data[100] ^= 1;
	text.len -= 40;
	write_sample(folder, "bad_cut_short", &text);
	make_with_device(&bench, folder);
	store_bench_close(&bench);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	make_all(argv[1]);
	return 0;
}
