/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <pthread.h>
#include <string.h>

#include "common/text.h"
#include "emulator/config_find.h"
#include "faults.h"
#include "stage.h"
#include "tests/testing.h"

#define B_IDENTITY                                                                                 \
	"{\"kind\":\"system\",\"client_id\":\"c1c1c1c1-0000-4000-8000-000000000001\","             \
	"\"object_id\":\"d1d1d1d1-0000-4000-8000-000000000001\"}"
#define USER_IDENTITY                                                                              \
	"{\"kind\":\"user\",\"client_id\":\"c2c2c2c2-0000-4000-8000-000000000002\","               \
	"\"object_id\":\"d2d2d2d2-0000-4000-8000-000000000002\",\"resource_id\":\"/u\"}"
#define B_HOST "{\"name\":\"b\",\"vm_id\":\"x\",\"identities\":[" B_IDENTITY "]}"

static struct stage stage;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

/* One admin request; the status. */
static int admin(const char *method, const char *path, const char *body)
{
	stage_begin(&stage, "admin", method, path, NULL);
	if (body)
		stage_body(&stage, body);
	stage_admin(&stage);
	return stage.response.status;
}

static void a_change_is_seen_by_whoever_comes_after_it(void **state)
{
	struct snapshot *before = world_hold(stage.world);
	struct snapshot *after;

	(void)state;
	stage_change(&stage, "{\"token_lifetime_s\":7,\"host\":{\"vmss_id\":\"s\"}}");
	after = world_hold(stage.world);
	assert_int_equal(before->config.token_lifetime_s, 86400);
	assert_null(before->config.host.vmss_id);
	assert_int_equal(after->config.token_lifetime_s, 7);
	assert_string_equal(after->config.host.vmss_id, "s");
	assert_string_equal(after->config.host.vm_id, before->config.host.vm_id);
	snapshot_release(before);
	snapshot_release(after);
}

/* Changes that are refused, with the key that the problem names. */
static void what_is_fixed_or_wrong_changes_nothing(void **state)
{
	static const struct {
		const char *patch;
		const char *key;
	} rows[] = {
	        {"{\"listen\":{\"imds_port\":1},\"token_lifetime_s\":9}", "listen.imds_port"},
	        {"{\"listen\":{\"bind\":\"127.0.0.2\"}}", "listen.bind"},
	        {"{\"state_dir\":\"x\"}", "state_dir"},
	        {"{\"server\":{\"ca_key\":\"rsa\"}}", "server.ca_key"},
	        {"{\"server\":{\"names\":[\"x\"]}}", "server.names"},
	        {"{\"clock\":{\"frozen\":true}}", "clock.frozen"},
	        {"{\"journal_capacity\":1}", "journal_capacity"},
	        {"{\"limits\":{\"body_bytes\":2000}}", "limits.body_bytes"},
	        {"{\"attestation_endpoint\":\"https://a\"}", "attestation_endpoint"},
	        {"{\"token_lifetime_s\":9,\"colour\":1}", "colour"},
	        {"{\"host\":{\"vm_id\":null}}", "host"},
	        {"{\"hosts\":{\"b\":{\"vm_id\":\"x\"}}}", "hosts.b.identities"},
	        {"{\"hosts\":{\"b\":{\"identities\":[" B_IDENTITY "]}}}", "hosts.b"},
	        {"{\"hosts\":{\"B\":{}}}", "hosts.B"},
	        {"{\"hosts\":{\"default\":{}}}", "hosts.default"},
	        {"{\"hosts\":{\"b\":{\"vm_id\":\"x\",\"identities\":[{\"kind\":\"system\","
	         "\"client_id\":\"" STAGE_SYSTEM "\",\"object_id\":\"" STAGE_SYSTEM_OID "\"}]}}}",
	         "hosts.b.identities"},
	        {"{\"tenants\":{\"x\":{}}}", "tenants.x"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		assert_int_equal(admin("PATCH", "/world", rows[i].patch), 400);
		if (!text_starts(stage_text(&stage, "detail"), rows[i].key))
			fail_msg("%s: %s", rows[i].patch, stage_text(&stage, "detail"));
	}
	assert_int_equal(admin("GET", "/world", NULL), 200);
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(stage.json, "token_lifetime_s")),
	                 86400);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "hosts")), 0);
}

/* GET /world is a whole configuration, and changes nothing when it is sent back. */
static void the_world_takes_what_it_shows(void **state)
{
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	stage_change(&stage, "{\"rules\":{\"META-02\":\"off\"},\"pop\":\"required\","
	                     "\"tenants\":{\"99999999-0000-4000-8000-00000000bbbb\":{}}}");
	assert_int_equal(admin("GET", "/world", NULL), 200);
	bytes_add(&text, stage.response.body.data, stage.response.body.len);
	assert_int_equal(admin("PATCH", "/world", bytes_text(&text)), 200);
	assert_string_equal(bytes_text(&stage.response.body), bytes_text(&text));
}

static void modes_and_attestation_are_part_of_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(world_set_mode(stage.world, "META-02", "off", NULL), MSIV2_OK);
	assert_int_equal(world_set_attestation(stage.world, "optional", NULL), MSIV2_OK);
	assert_int_equal(admin("GET", "/world", NULL), 200);
	assert_non_null(strstr(bytes_text(&stage.response.body), "\"META-02\":\"off\""));
	assert_non_null(strstr(bytes_text(&stage.response.body), "\"attestation\":\"optional\""));
	assert_int_equal(admin("PATCH", "/world", "{\"profile\":\"strict\"}"), 200);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_PATH_CASE], RULE_REJECT);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_HEADER], RULE_OFF);
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	assert_int_equal(world_attestation(stage.world), ATTESTATION_OFF);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_HEADER], RULE_REJECT);
}

static void hosts_come_and_go(void **state)
{
	(void)state;
	assert_int_equal(admin("POST", "/hosts", B_HOST), 201);
	assert_string_equal(stage_text(&stage, "name"), "b");
	assert_string_equal(stage_text(&stage, "vm_id"), "x");
	assert_int_equal(admin("POST", "/hosts", B_HOST), 409);
	assert_int_equal(admin("POST", "/hosts", "{\"name\":\"default\"}"), 409);
	assert_int_equal(admin("POST", "/hosts", "{\"vm_id\":\"x\"}"), 400);
	assert_int_equal(admin("GET", "/hosts", NULL), 200);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "hosts")), 2);
	assert_int_equal(admin("PATCH", "/hosts/b", "{\"personality\":\"aci\"}"), 200);
	assert_string_equal(stage_text(&stage, "personality"), "aci");
	assert_int_equal(admin("PATCH", "/hosts/b", "{\"imds_port\":7}"), 400);
	assert_int_equal(admin("PATCH", "/hosts/default", "{\"personality\":\"slow\"}"), 200);
	assert_string_equal(stage_text(&stage, "personality"), "slow");
	assert_string_equal(stage_text(&stage, "imds"), "http://127.0.0.1:1001");
	assert_string_equal(stage_text(&stage, "name"), CONFIG_HOST_NAME);
	assert_int_equal(admin("PATCH", "/hosts/c", "{}"), 404);
	assert_int_equal(admin("GET", "/hosts/c", NULL), 404);
	assert_int_equal(admin("DELETE", "/hosts/b", NULL), 200);
	assert_int_equal(admin("DELETE", "/hosts/b", NULL), 404);
	assert_int_equal(admin("DELETE", "/hosts/default", NULL), 409);
	assert_int_equal(admin("GET", "/hosts", NULL), 200);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "hosts")), 1);
}

static void identities_come_and_go(void **state)
{
	static const char *const path =
	        "/hosts/default/identities/C2C2C2C2-0000-4000-8000-000000000002";

	(void)state;
	assert_int_equal(admin("POST", "/hosts/default/identities", USER_IDENTITY), 201);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "identities")), 3);
	assert_int_equal(admin("POST", "/hosts/default/identities", USER_IDENTITY), 400);
	assert_int_equal(admin("POST", "/hosts/default/identities", "{\"kind\":\"user\"}"), 400);
	assert_int_equal(admin("POST", "/hosts/b/identities", USER_IDENTITY), 404);
	assert_int_equal(admin("DELETE", path, NULL), 200);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "identities")), 2);
	assert_int_equal(admin("DELETE", path, NULL), 404);
	assert_int_equal(admin("DELETE", "/hosts/default/identities/" STAGE_USER, NULL), 200);
	/* The last one stays: a host without an identity has nothing to say. */
	assert_int_equal(admin("DELETE", "/hosts/default/identities/" STAGE_SYSTEM, NULL), 400);
}

static void a_user_assigned_identity_may_be_on_several_hosts(void **state)
{
	struct snapshot *snapshot;
	const struct config_host *host = NULL;

	(void)state;
	assert_int_equal(admin("POST", "/hosts", B_HOST), 201);
	assert_int_equal(admin("POST", "/hosts/b/identities", USER_IDENTITY), 201);
	assert_int_equal(admin("POST", "/hosts/default/identities", USER_IDENTITY), 201);
	snapshot = world_hold(stage.world);
	assert_non_null(config_find_client(&snapshot->config, STAGE_TENANT,
	                                   "c2c2c2c2-0000-4000-8000-000000000002", &host));
	assert_string_equal(host->name, CONFIG_HOST_NAME);
	snapshot_release(snapshot);
	/* Not in two tenants at once. */
	assert_int_equal(admin("PATCH", "/hosts/b",
	                       "{\"tenant_id\":\"99999999-0000-4000-8000-00000000bbbb\"}"),
	                 400);
}

static void changes_are_events(void **state)
{
	(void)state;
	assert_int_equal(admin("PATCH", "/world", "{\"pop\":\"off\"}"), 200);
	assert_int_equal(admin("POST", "/hosts", B_HOST), 201);
	assert_int_equal(admin("DELETE", "/hosts/b", NULL), 200);
	assert_int_equal(admin("DELETE", "/hosts/b", NULL), 404);
	stage_begin(&stage, "admin", "GET", "/journal", "endpoint=world");
	stage_admin(&stage);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "events")), 3);
	assert_non_null(strstr(bytes_text(&stage.response.body), "{\\\"pop\\\":\\\"off\\\"}"));
}

static void memory_that_runs_out_changes_nothing(void **state)
{
	bool happened = true;

	(void)state;
	for (unsigned nth = 1; happened; nth++) {
		OWNED(cJSON) *patch = cJSON_Parse("{\"token_lifetime_s\":5}");
		struct snapshot *snapshot;
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = world_change(stage.world, patch, NULL);
		happened = fault_disarm();
		assert_int_equal(rc, happened ? MSIV2_INTERNAL : MSIV2_OK);
		snapshot = world_hold(stage.world);
		assert_int_equal(snapshot->config.token_lifetime_s, happened ? 86400 : 5);
		snapshot_release(snapshot);
	}
}

#define CHANGES 200

static void *read_world(void *ctx)
{
	struct world *world = ctx;

	for (int i = 0; i < CHANGES; i++) {
		struct snapshot *snapshot = world_hold(world);

		/* Both were changed together. */
		assert_int_equal(snapshot->config.token_lifetime_s,
		                 snapshot->config.certificate_lifetime_s);
		snapshot_release(snapshot);
	}
	return NULL;
}

static void readers_see_whole_configurations_while_it_changes(void **state)
{
	pthread_t readers[3];

	(void)state;
	stage_change(&stage, "{\"token_lifetime_s\":1,\"certificate_lifetime_s\":1}");
	for (size_t i = 0; i < TEXT_COUNT(readers); i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_world, stage.world), 0);
	for (int i = 2; i < CHANGES / 4; i++) {
		OWNED_STRUCT(bytes) patch = {0};

		bytes_addf(&patch, "{\"token_lifetime_s\":%d,\"certificate_lifetime_s\":%d}", i, i);
		stage_change(&stage, bytes_text(&patch));
	}
	for (size_t i = 0; i < TEXT_COUNT(readers); i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_change_is_seen_by_whoever_comes_after_it),
	        TEST(what_is_fixed_or_wrong_changes_nothing),
	        TEST(the_world_takes_what_it_shows),
	        TEST(modes_and_attestation_are_part_of_the_configuration),
	        TEST(hosts_come_and_go),
	        TEST(identities_come_and_go),
	        TEST(a_user_assigned_identity_may_be_on_several_hosts),
	        TEST(changes_are_events),
	        TEST(memory_that_runs_out_changes_nothing),
	        TEST(readers_see_whole_configurations_while_it_changes),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
