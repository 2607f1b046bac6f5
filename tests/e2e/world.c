/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "world.h"

#include "tests/testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct msiv2_request world_vault = {.resource = "https://vault.azure.net"};

const char *world_key_kind(void)
{
	const char *kind = getenv("MSIV2_TEST_KEYS");

	return kind != NULL ? kind : "memory";
}

void world_new_client(struct world *world)
{
	msiv2_client_free(world->client);
	world->client = NULL;
	assert_int_equal(msiv2_client_new(world->options, &world->client, &world->err), MSIV2_OK);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

void world_remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int world_setup(void **state)
{
	static const struct msiv2_emulator_options defaults = {0};
	struct world *world = calloc(1, sizeof(*world));

	*state = world;
	assert_int_equal(msiv2_emulator_start(&defaults, &world->emulator, &world->err), MSIV2_OK);
	world->options = msiv2_options_new();
	assert_non_null(world->options);
	(void)snprintf(world->store, sizeof(world->store), "/tmp/msiv2-world-XXXXXX");
	assert_non_null(mkdtemp(world->store));
	assert_int_equal(msiv2_options_set_store_root(world->options, world->store, &world->err),
	                 MSIV2_OK);
	assert_int_equal(msiv2_options_set_imds(world->options,
	                                        msiv2_emulator_imds(world->emulator), &world->err),
	                 MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(world->options,
	                                              msiv2_emulator_ca_file(world->emulator),
	                                              &world->err),
	                 MSIV2_OK);
	msiv2_options_set_clock(world->options, msiv2_emulator_clock(world->emulator));
	assert_int_equal(msiv2_options_set_key_kinds(world->options, world_key_kind(), &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	return 0;
}

int world_teardown(void **state)
{
	struct world *world = *state;

	msiv2_client_free(world->client);
	msiv2_options_free(world->options);
	msiv2_emulator_stop(world->emulator);
	world_remove_tree(world->store);
	free(world);
	return 0;
}

struct msiv2_token *world_acquire(struct world *world, const struct msiv2_request *request)
{
	struct msiv2_token *token = NULL;

	if (msiv2_client_acquire(world->client, request, &token, &world->err) != MSIV2_OK)
		fail_msg("%s at %s: %s", msiv2_rc_name(world->err.rc), world->err.where,
		         world->err.message);
	return token;
}

void world_expect_counts(struct world *world, uint64_t metadata, uint64_t issue, uint64_t token)
{
	static const char *const endpoints[] = {"getplatformmetadata", "issuecredential", "token"};
	const uint64_t want[] = {metadata, issue, token};

	for (size_t i = 0; i < 3; i++) {
		uint64_t now = msiv2_emulator_count(world->emulator, endpoints[i]);

		if (now - world->counted[i] != want[i])
			fail_msg("%s was asked %d times, expected %d", endpoints[i],
			         (int)(now - world->counted[i]), (int)want[i]);
		world->counted[i] = now;
	}
}
