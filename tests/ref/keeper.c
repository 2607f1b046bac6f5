/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "keeper.h"

#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper_provider.h"
#include "store_seam.h"

static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	struct keeper *desk = (struct keeper *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (leg == LEG_ISSUE && desk->gone > 0) {
		desk->gone--;
		return fake_cloud_says(answer, 410, "{}");
	}
	if (leg != LEG_TOKEN || desk->refusals == 0)
		return false;
	desk->refusals--;
	return fake_cloud_says(answer, 401, "{\"error\":\"invalid_client\"}");
}

void keeper_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct keeper *desk = ctx;
	size_t len = strlen(desk->log);

	desk->warnings += level <= MSIV2_LOG_WARN && strncmp(line, "store: ", 7) == 0;
	(void)snprintf(desk->log + len, sizeof(desk->log) - len, "%d %s\n", (int)level, line);
}

struct msiv2_options *keeper_options(struct keeper *desk, const char *kinds)
{
	struct msiv2_options *options = msiv2_options_new();

	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(options, kinds, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store_root(options, desk->root, NULL), MSIV2_OK);
	if (desk->key_name != NULL)
		assert_int_equal(
		        msiv2_options_set_key_place(options, MSIV2_KEY_NAME, desk->key_name, NULL),
		        MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	msiv2_options_set_log(options, keeper_log, desk, MSIV2_LOG_INFO);
	return options;
}

/* A new process, so to speak. */
void keeper_open(struct keeper *desk, const char *kinds)
{
	struct msiv2_options *options = keeper_options(desk, kinds);

	msiv2_client_free(desk->client);
	desk->client = NULL;
	desk->warnings = 0;
	desk->log[0] = '\0';
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	msiv2_options_free(options);
}

int keeper_setup(void **state)
{
	struct keeper *desk = test_calloc(1, sizeof(*desk));

	memset(store_seam(), 0, sizeof(*store_seam()));
	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	(void)snprintf(desk->root, sizeof(desk->root), "/tmp/msiv2-shelf-XXXXXX");
	assert_non_null(mkdtemp(desk->root));
	keeper_open(desk, "keyguard,memory");
	*state = desk;
	return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

int keeper_teardown(void **state)
{
	struct keeper *desk = *state;

	msiv2_token_free(desk->token);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	paper_provider_reset();
	assert_int_equal(nftw(desk->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	test_free(desk);
	return 0;
}

const struct msiv2_request keeper_vault = {.resource = CLOUD_RESOURCE};
const struct msiv2_request keeper_forced = {.resource = CLOUD_RESOURCE, .force = true};

enum msiv2_rc keeper_acquire(struct keeper *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, &desk->err);
}

void keeper_expect(struct keeper *desk, const struct msiv2_request *request, const char *origin,
                   int metadata, int issue, int token)
{
	if (keeper_acquire(desk, request) != MSIV2_OK)
		fail_msg("%s: %s", desk->err.where, desk->err.message);
	assert_string_equal(msiv2_certificate_origin(msiv2_token_certificate(desk->token)), origin);
	fake_cloud_expect(&desk->cloud, metadata, issue, token);
}

/* Entries of all aliases. */
size_t keeper_entries(const struct keeper *desk)
{
	char pattern[128];
	glob_t found = {0};
	size_t count;

	(void)snprintf(pattern, sizeof(pattern), "%s/CurrentUser/My/*/*.pem", desk->root);
	(void)glob(pattern, 0, NULL, &found);
	count = found.gl_pathc;
	globfree(&found);
	return count;
}
