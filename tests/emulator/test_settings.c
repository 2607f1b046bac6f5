/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "emulator/config_find.h"
#include "emulator/settings.h"
#include "faults.h"
#include "tests/testing.h"

#define IDENTITIES                                                                                 \
	"[{\"kind\":\"system\",\"client_id\":\"c1c1c1c1-0000-4000-8000-000000000001\","            \
	"\"object_id\":\"d1d1d1d1-0000-4000-8000-000000000001\"}]"

static void each_layer_wins_over_those_below(void **state)
{
	static const char *const environment[] = {"MSIV2_EMULATOR_TOKEN_LIFETIME_S=2",
	                                          "MSIV2_EMULATOR_HOST__SLOW_MS=2",
	                                          "MSIV2_EMULATOR_LISTEN__IMDS_PORT=2", NULL};
	static const struct msiv2_emulator_setting settings[] = {
	        {"host.slow_ms", "4"}, {"host.slow_ms", "3"}, {"listen.imds_port", "3"}};
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"token_lifetime_s\":1,\"certificate_lifetime_s\":1,"
	                       "\"host\":{\"slow_ms\":1},\"listen\":{\"imds_port\":1}}",
	        .environment = environment,
	        .settings = settings,
	        .setting_count = TEXT_COUNT(settings),
	        .imds_port = 4,
	};
	OWNED_STRUCT(config) config = {0};

	(void)state;
	assert_int_equal(settings_read(&config, &options, NULL), MSIV2_OK);
	assert_int_equal(config.attestation_token_lifetime_s, 28800);
	assert_int_equal(config.certificate_lifetime_s, 1);
	assert_int_equal(config.token_lifetime_s, 2);
	assert_int_equal(config.host.slow_ms, 3);
	assert_int_equal(config.imds_port, 4);
}

static void every_kind_of_value_can_be_given_as_text(void **state)
{
	static const struct msiv2_emulator_setting settings[] = {
	        {"host.vm_id", "null"},
	        {"host.vmss_id", "123"},
	        {"clock.frozen", "true"},
	        {"server.names", "[\"a\",\"b\"]"},
	        {"rules.META-02", "off"},
	        {"hosts.b", "{\"vm_id\":\"x\",\"identities\":" IDENTITIES "}"},
	        {"hosts.b.personality", "aci"},
	        {"hosts.b.token_lifetime_s", "5"},
	        {"hosts.b.tenant_id", "99999999-0000-4000-8000-00000000bbbb"},
	        {"tenants.99999999-0000-4000-8000-00000000bbbb.pop", "required"},
	        {"tenants", "{\"99999999-0000-4000-8000-00000000cccc\":{\"pop\":\"off\"}}"},
	};
	const struct msiv2_emulator_options options = {.settings = settings,
	                                               .setting_count = TEXT_COUNT(settings)};
	OWNED_STRUCT(config) config = {0};
	const struct config_host *host;

	(void)state;
	assert_int_equal(settings_read(&config, &options, NULL), MSIV2_OK);
	assert_null(config.host.vm_id);
	assert_string_equal(config.host.vmss_id, "123");
	assert_true(config.clock_frozen);
	assert_int_equal(config.server_names.count, 2);
	host = config_find_host(&config, "b");
	assert_non_null(host);
	assert_string_equal(host->personality, "aci");
	assert_int_equal(host->token_lifetime_s, 5);
	assert_string_equal(config_pop(&config, host->tenant_id), "required");
	assert_string_equal(config_pop(&config, "99999999-0000-4000-8000-00000000CCCC"), "off");
}

/* Variables and settings that are refused: where, and which key. */
static void an_unknown_key_or_a_wrong_value_names_who_gave_it(void **state)
{
	static const struct {
		const char *variable;
		const char *where;
		const char *key;
	} rows[] = {
	        {"MSIV2_EMULATOR_NOTHING=1", "MSIV2_EMULATOR_NOTHING", "nothing: unknown"},
	        {"MSIV2_EMULATOR_=1", "MSIV2_EMULATOR_", "unknown"},
	        {"MSIV2_EMULATOR_IMDSX=1", "MSIV2_EMULATOR_IMDSX", "imdsx: unknown"},
	        {"MSIV2_EMULATOR_HOST__VM_IDD=1", "MSIV2_EMULATOR_HOST__VM_IDD", "host.vm_idd"},
	        {"MSIV2_EMULATOR_HOST__IDENTITIES=[]", "MSIV2_EMULATOR_HOST__IDENTITIES",
	         "host.identities: unknown"},
	        {"MSIV2_EMULATOR_TOKEN_LIFETIME_S=soon", "MSIV2_EMULATOR_TOKEN_LIFETIME_S",
	         "token_lifetime_s: must be a whole number"},
	        {"MSIV2_EMULATOR_SERVER__NAMES=a", "MSIV2_EMULATOR_SERVER__NAMES",
	         "server.names: must be an array"},
	        {"MSIV2_EMULATOR_HOST__PERSONALITY=tired", "MSIV2_EMULATOR_HOST__PERSONALITY",
	         "host.personality: must be"},
	        {"MSIV2_EMULATOR_TENANT_ID=null", "MSIV2_EMULATOR_TENANT_ID", "tenant_id: must be"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		const char *const environment[] = {"PATH=/", rows[i].variable, NULL};
		const struct msiv2_emulator_options options = {.environment = environment};
		OWNED_STRUCT(config) config = {0};
		struct msiv2_error err = {0};

		assert_int_equal(settings_read(&config, &options, &err), MSIV2_CONFIG);
		assert_string_equal(msiv2_error_where(&err), rows[i].where);
		if (!strstr(msiv2_error_message(&err), rows[i].key))
			fail_msg("%s: %s", rows[i].variable, msiv2_error_message(&err));
	}
}

/* `msiv2-emulator env` sets these for clients, and an emulator may be started beside them. */
static void variables_for_clients_are_left_alone(void **state)
{
	static const char *const environment[] = {"MSIV2_EMULATOR_IMDS=http://127.0.0.1:1",
	                                          "MSIV2_EMULATOR_STS=x",
	                                          "MSIV2_EMULATOR_RESOURCE=x",
	                                          "MSIV2_EMULATOR_ADMIN=x",
	                                          "MSIV2_EMULATOR_CA=x",
	                                          "MSIV2_EMULATORS=x",
	                                          "MSIV2_EMULATOR_ADMIN__BIND=127.0.0.2",
	                                          NULL};
	const struct msiv2_emulator_options options = {.environment = environment};
	OWNED_STRUCT(config) config = {0};

	(void)state;
	assert_int_equal(settings_read(&config, &options, NULL), MSIV2_OK);
	assert_string_equal(config.admin_bind, "127.0.0.2");
}

/* The member "from" of a value in a traced configuration. */
static void expect_origin(const cJSON *traced, const char *section, const char *name,
                          const char *origin)
{
	const cJSON *parent = section ? cJSON_GetObjectItemCaseSensitive(traced, section) : traced;
	const cJSON *leaf = cJSON_GetObjectItemCaseSensitive(parent, name);

	assert_non_null(cJSON_GetObjectItemCaseSensitive(leaf, "value"));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(leaf, "from")),
	                    origin);
}

static void each_value_tells_where_it_came_from(void **state)
{
	static const char *const environment[] = {"MSIV2_EMULATOR_HOST__SLOW_MS=2", NULL};
	static const struct msiv2_emulator_setting settings[] = {{"pop", "off"}};
	static const struct msiv2_emulator_rule rules[] = {{"META-02", "note"}};
	static const char *const names[] = {"x"};
	const struct msiv2_emulator_options options = {
	        .config_text = "{\"token_lifetime_s\":86400,\"host\":{\"slow_ms\":1,"
	                       "\"vmss_id\":\"s\"},\"rules\":{\"META-03\":\"off\"}}",
	        .environment = environment,
	        .settings = settings,
	        .setting_count = 1,
	        .rules = rules,
	        .rule_count = 1,
	        .names = names,
	        .name_count = 1,
	        .imds_port = 4,
	        .profile = "strict",
	};
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(origins) origins = {0};
	OWNED(cJSON) *values = NULL;
	OWNED(cJSON) *traced = NULL;

	(void)state;
	assert_int_equal(settings_trace(&config, &options, &origins, NULL), MSIV2_OK);
	values = config_json(&config);
	traced = origins_json(&origins, values);
	assert_non_null(traced);
	expect_origin(traced, NULL, "tenant_id", "default");
	expect_origin(traced, NULL, "identities", "default");
	expect_origin(traced, NULL, "hosts", "default");
	/* Also where it says what the default is. */
	expect_origin(traced, NULL, "token_lifetime_s", "config_text");
	expect_origin(traced, "host", "vmss_id", "config_text");
	expect_origin(traced, "host", "vm_id", "default");
	expect_origin(traced, "host", "slow_ms", "MSIV2_EMULATOR_HOST__SLOW_MS");
	expect_origin(traced, NULL, "pop", "--set");
	expect_origin(traced, "listen", "imds_port", "--imds-port");
	expect_origin(traced, NULL, "profile", "--profile");
	expect_origin(traced, "server", "names", "--name");
	expect_origin(traced, "rules", "META-02", "--rule");
	expect_origin(traced, "rules", "META-03", "config_text");
}

static void running_out_of_memory_is_reported_wherever_it_happens(void **state)
{
	static const char *const environment[] = {"MSIV2_EMULATOR_HOST__SLOW_MS=2", NULL};
	static const struct msiv2_emulator_setting settings[] = {
	        {"hosts.b", "{\"vm_id\":\"x\",\"identities\":" IDENTITIES "}"},
	        {"tenants.99999999-0000-4000-8000-00000000bbbb.pop", "off"}};
	const struct msiv2_emulator_options options = {.environment = environment,
	                                               .settings = settings,
	                                               .setting_count = 2,
	                                               .imds_port = 1};
	bool happened = true;
	unsigned nth = 1;

	(void)state;
	for (; happened; nth++) {
		OWNED_STRUCT(config) config = {0};
		OWNED_STRUCT(origins) origins = {0};
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = settings_trace(&config, &options, &origins, NULL);
		happened = fault_disarm();
		assert_int_equal(rc, happened ? MSIV2_INTERNAL : MSIV2_OK);
	}
	assert_true(nth > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_layer_wins_over_those_below),
	        cmocka_unit_test(every_kind_of_value_can_be_given_as_text),
	        cmocka_unit_test(an_unknown_key_or_a_wrong_value_names_who_gave_it),
	        cmocka_unit_test(variables_for_clients_are_left_alone),
	        cmocka_unit_test(each_value_tells_where_it_came_from),
	        cmocka_unit_test(running_out_of_memory_is_reported_wherever_it_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
