/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A good request while memory runs out somewhere: it is answered, or it is a 500 that says so; it
 * is never blamed on the client, and the next one is answered as ever. */

#include "csr_draft.h"
#include "faults.h"
#include "stage.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(metadata_survives),
	        cmocka_unit_test(issuing_survives),
	        cmocka_unit_test(the_token_endpoint_survives),
	        cmocka_unit_test(the_resource_survives),
	        cmocka_unit_test(the_documents_survive),
	        cmocka_unit_test(the_admin_interface_survives),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
