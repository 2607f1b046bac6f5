/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A good request while memory runs out somewhere: it is answered, or it is a 500 that says so; it
 * is never blamed on the client, and the next one is answered as ever. */

#include <string.h>

#include "csr_draft.h"
#include "emulator/settings.h"
#include "faults.h"
#include "stage.h"
#include "state_dir.h"
#include "tests/testing.h"

#define FORM                                                                                       \
	"client_id=" STAGE_SYSTEM "&scope=https://vault.azure.net/.default"                        \
	"&grant_type=client_credentials&token_type=mtls_pop"

static struct stage stage;
static X509 *certificate;
static struct bytes body;          /* of issuecredential */
static struct bytes authorization; /* of the resource */

static void ask_metadata(void)
{
	stage_begin(&stage, "imds", "GET", STAGE_METADATA,
	            "cred-api-version=2.0&client_id=" STAGE_USER);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
}

static void ask_certificate(void)
{
	stage_begin(&stage, "imds", "POST", STAGE_ISSUE, "cred-api-version=2.0");
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "Content-Type", "application/json");
	stage_body(&stage, bytes_text(&body));
	stage_imds(&stage);
}

static void ask_older(const char *path)
{
	stage_begin(&stage, "imds", "GET", path, "api-version=2018-02-01&resource=https%3A%2F%2Fa");
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
}

static void ask_older_token(void)
{
	ask_older("/metadata/identity/oauth2/token");
}

static void ask_compute(void)
{
	ask_older("/metadata/instance/compute");
}

static void ask_token(void)
{
	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_peer(&stage, certificate);
	stage_body(&stage, FORM);
	stage_https(&stage);
}

static void call_resource(void)
{
	stage_begin(&stage, "sts", "GET", "/resource", NULL);
	stage_header(&stage, "Authorization", bytes_text(&authorization));
	stage_peer(&stage, certificate);
	stage_https(&stage);
}

static void ask_keys(void)
{
	stage_begin(&stage, "sts", "GET", "/" STAGE_TENANT "/discovery/v2.0/keys", NULL);
	stage_https(&stage);
}

static void ask_clock(void)
{
	stage_begin(&stage, "admin", "POST", "/clock", NULL);
	stage_body(&stage, "{\"advance_s\":0}");
	stage_admin(&stage);
}

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	certificate = stage_issue(&stage, STAGE_SYSTEM);
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &body);
	ask_token();
	bytes_addf(&authorization, "mtls_pop %s", stage_text(&stage, "access_token"));
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	bytes_free(&body);
	bytes_free(&authorization);
	X509_free(certificate);
	stage_free(&stage);
	return 0;
}

/* Asks until no allocation is left to fail. */
static void ask_with_faults(void (*ask)(void))
{
	bool happened = true;

	for (unsigned nth = 1; happened; nth++) {
		fault_at(FAULT_MEMORY, nth);
		ask();
		happened = fault_disarm();
		if (stage.response.status != 200 && stage.response.status != 500)
			fail_msg("allocation %u: %d %s", nth, stage.response.status,
			         bytes_text(&stage.response.body));
		assert_true(happened || stage.response.status == 200);
	}
}

static void metadata_survives(void **state)
{
	(void)state;
	ask_with_faults(ask_metadata);
}

static void issuing_survives(void **state)
{
	(void)state;
	ask_with_faults(ask_certificate);
}

static void the_older_imds_survives(void **state)
{
	(void)state;
	ask_with_faults(ask_older_token);
	ask_with_faults(ask_compute);
}

static void the_token_endpoint_survives(void **state)
{
	(void)state;
	ask_with_faults(ask_token);
}

/* A token that cannot be read for want of memory is not let in; that is all that can be said. */
static void the_resource_survives(void **state)
{
	bool happened = true;

	(void)state;
	for (unsigned nth = 1; happened; nth++) {
		fault_at(FAULT_MEMORY, nth);
		call_resource();
		happened = fault_disarm();
		assert_true(happened ? stage.response.status >= 200 : stage.response.status == 200);
	}
}

static void the_documents_survive(void **state)
{
	(void)state;
	ask_with_faults(ask_keys);
}

static void the_admin_interface_survives(void **state)
{
	(void)state;
	ask_with_faults(ask_clock);
}

/* A world whose state directory fails under the maker of the token key; NULL when the fault came
 * too early for that. */
static struct world *world_without_key(const struct state_dir *dir, unsigned nth)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) keys = {0};
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(world) *world = NULL;
	const struct log silent = {0};
	struct msiv2_emulator_options options = {0};

	bytes_addf(&text, "{\"profile\":\"lenient\",\"state_dir\":\"%s\"}", dir->path);
	options.config_text = bytes_text(&text);
	assert_int_equal(settings_read(&config, &options, NULL), MSIV2_OK);
	fault_at(FAULT_FILES, nth);
	if (world_new(&config, NULL, &silent, &world, NULL) != MSIV2_OK)
		return NULL;
	if (tokens_jwks(world->tokens, &keys, NULL) == MSIV2_OK)
		return NULL;
	assert_int_equal(world_set_ports(world, 1, 2, 3, NULL), MSIV2_OK);
	return steal(&world);
}

/* Without a key nothing is blamed on the client, and health says what is wrong. */
static void a_token_key_that_cannot_be_made_is_the_emulators_fault(void **state)
{
	void (*const asks[])(void) = {ask_token, call_resource, ask_keys};
	struct world *good = stage.world;
	struct world *broken = NULL;

	(void)state;
	for (unsigned nth = 1; !broken && nth < 100; nth++) {
		struct state_dir dir;

		state_dir_new(&dir);
		broken = world_without_key(&dir, nth);
		(void)fault_disarm();
		state_dir_free(&dir);
	}
	assert_non_null(broken);
	stage.world = broken;
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		asks[i]();
		assert_int_equal(stage.response.status, 500);
		assert_string_equal(stage_text(&stage, "error"), "internal_error");
	}
	stage_begin(&stage, "admin", "GET", "/health", NULL);
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 503);
	assert_string_equal(stage.response.content_type, "application/problem+json");
	assert_non_null(strstr(stage_text(&stage, "detail"), "token-key.pem"));
	stage.world = good;
	world_free(broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(metadata_survives),
	        cmocka_unit_test(issuing_survives),
	        cmocka_unit_test(the_older_imds_survives),
	        cmocka_unit_test(the_token_endpoint_survives),
	        cmocka_unit_test(the_resource_survives),
	        cmocka_unit_test(the_documents_survive),
	        cmocka_unit_test(the_admin_interface_survives),
	        cmocka_unit_test(a_token_key_that_cannot_be_made_is_the_emulators_fault),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
