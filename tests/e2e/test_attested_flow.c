/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The flow on a host that wants attested keys (ATT-01..06), over whatever kind of key
 * with_device.sh made a device for: enrolment, evidence, attestation token, certificate, bound
 * token. */
#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "world.h"

static void require_attestation(struct world *world, bool client_wants)
{
	assert_int_equal(msiv2_emulator_set_attestation(world->emulator, "required", &world->err),
	                 MSIV2_OK);
	msiv2_options_set_attestation(world->options, client_wants);
	world_new_client(world);
}

static void enrol(struct world *world)
{
	if (msiv2_client_enrol_key(world->client, NULL, world_key_kind(),
	                           msiv2_emulator_admin(world->emulator), &world->err) != MSIV2_OK)
		fail_msg("%s: %s", world->err.where, world->err.message);
}

static uint64_t asked(struct world *world, const char *endpoint)
{
	return msiv2_emulator_count(world->emulator, endpoint);
}

static enum msiv2_rc acquire(struct world *world)
{
	struct msiv2_token *token = NULL;
	enum msiv2_rc rc = msiv2_client_acquire(world->client, &world_vault, &token, &world->err);

	msiv2_token_free(token);
	return rc;
}

/* Our client leaves the emulator nothing to note. */
static void expect_no_findings(struct world *world)
{
	char *journal = NULL;

	assert_int_equal(msiv2_emulator_journal(world->emulator, NULL, &journal, &world->err),
	                 MSIV2_OK);
	if (strstr(journal, "\"rule\":") != NULL)
		fail_msg("%s", journal);
	msiv2_emulator_text_free(journal);
}

/* ATT-01: the attestation token comes before the CSR, and the resource takes what comes of it. */
static void an_enrolled_key_is_attested_and_gets_its_token(void **state)
{
	struct world *world = *state;
	const struct msiv2_call call = {.url = msiv2_emulator_resource(world->emulator)};
	struct msiv2_response *response = NULL;
	bool tpm = text_equal(world_key_kind(), "hardware");

	require_attestation(world, true);
	enrol(world);
	if (msiv2_client_call(world->client, &world_vault, &call, &response, &world->err) !=
	    MSIV2_OK)
		fail_msg("%s: %s", world->err.where, world->err.message);
	assert_int_equal(msiv2_response_status(response), 200);
	assert_int_equal(asked(world, "attest-nonce"), 1);
	assert_int_equal(asked(world, tpm ? "attest-tpm" : "attest-keyguard"), 1);
	world_expect_counts(world, 1, 1, 1);
	expect_no_findings(world);
	msiv2_response_free(response);
}

/* ATT-04: a second certificate needs no second attestation while the first is good. */
static void the_attestation_token_is_kept(void **state)
{
	struct world *world = *state;
	struct msiv2_request forced = world_vault;

	forced.force = true;
	require_attestation(world, true);
	enrol(world);
	assert_int_equal(acquire(world), MSIV2_OK);
	msiv2_emulator_revoke_all(world->emulator);
	msiv2_token_free(world_acquire(world, &forced));
	world_expect_counts(world, 2, 2, 3);
	assert_int_equal(asked(world, "attest-nonce"), 1);
}

/* ATT-05: a client that does not ask for attestation is told by IMDS what is missing. */
static void a_host_that_requires_attestation_refuses_a_client_without(void **state)
{
	struct world *world = *state;

	require_attestation(world, false);
	assert_int_equal(acquire(world), MSIV2_IMDS_REFUSED);
	assert_int_equal(msiv2_error_http_status(&world->err), 400);
	assert_non_null(strstr(msiv2_error_message(&world->err), "Attestation Token is missing"));
	world_expect_counts(world, 1, 1, 0);
}

/* ATT-01: evidence that the service does not accept ends the acquisition before IMDS is asked for a
 * certificate. Enrolled by another world, whose device CA this one does not know. */
static void evidence_of_a_foreign_device_is_never_followed_by_a_silent_request(void **state)
{
	static const struct msiv2_emulator_options defaults = {0};
	struct world *world = *state;
	struct msiv2_emulator *other = NULL;

	require_attestation(world, true);
	assert_int_equal(msiv2_emulator_start(&defaults, &other, &world->err), MSIV2_OK);
	assert_int_equal(msiv2_client_enrol_key(world->client, NULL, world_key_kind(),
	                                        msiv2_emulator_admin(other), &world->err),
	                 MSIV2_OK);
	assert_int_equal(acquire(world), MSIV2_ATTESTATION_FAILED);
	world_expect_counts(world, 1, 0, 0);
	msiv2_emulator_stop(other);
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_world(an_enrolled_key_is_attested_and_gets_its_token),
	        in_a_world(the_attestation_token_is_kept),
	        in_a_world(a_host_that_requires_attestation_refuses_a_client_without),
	        in_a_world(evidence_of_a_foreign_device_is_never_followed_by_a_silent_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
