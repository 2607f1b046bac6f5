/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/files.h"
#include "common/text.h"
#include "emulator/config.h"
#include "emulator/config_keys.h"
#include "faults.h"
#include "tests/ref/wire_samples.h"
#include "tests/testing.h"

/* Reads one document over the defaults. */
static enum msiv2_rc read_over_defaults(struct config *config, const char *text,
                                        struct msiv2_error *err)
{
	assert_int_equal(config_init(config, NULL), MSIV2_OK);
	enum msiv2_rc rc = config_read(config, text, strlen(text), err);

	return rc == MSIV2_OK ? config_check(config, err) : rc;
}

static void the_defaults_are_the_documented_world(void **state)
{
	OWNED_STRUCT(config) config = {0};

	(void)state;
	assert_int_equal(config_init(&config, NULL), MSIV2_OK);
	assert_int_equal(config_check(&config, NULL), MSIV2_OK);
	assert_string_equal(config.tenant_id, "72f988bf-0000-4000-8000-00000000aaaa");
	assert_string_equal(config.host.vm_id, "11111111-2222-4333-8444-555555555555");
	assert_null(config.host.vmss_id); /* META-05: a plain VM has none */
	assert_int_equal(config.host.identity_count, 2);
	assert_true(config.host.identities[0].system);
	assert_string_equal(config.host.identities[0].client_id,
	                    "a1a1a1a1-0000-4000-8000-000000000001");
	assert_string_equal(config.host.identities[1].object_id,
	                    "b2b2b2b2-0000-4000-8000-000000000002");
	assert_int_equal(config.certificate_lifetime_s, 604800); /* ISSUE-03 */
	assert_int_equal(config.certificate_backdate_s, 300);
	assert_int_equal(config.token_lifetime_s, 86400);
	assert_string_equal(config.bind, "127.0.0.1"); /* SEC-02 */
}

static void every_row_of_the_table_is_complete(void **state)
{
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);

	(void)state;
	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		assert_false(text_empty(keys[i].path));
		if (keys[i].type == CONFIG_INTEGER) {
			assert_true(keys[i].min < keys[i].max);
			assert_in_range(keys[i].number - keys[i].min, 0, keys[i].max - keys[i].min);
		}
		if (keys[i].type == CONFIG_TEXT) {
			assert_true(keys[i].text || keys[i].nullable);
			assert_true(!keys[i].valid || keys[i].expected);
		}
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i].path, keys[k].path);
	}
}

/* Documents that are refused, and the place that the error names. */
static const struct {
	const char *text;
	const char *where;
} refused[] = {
        {"{\"tenant\":1}", "tenant"},
        {"{\"tenant_id\":1}", "tenant_id"},
        {"{\"tenant_id\":\"x\"}", "tenant_id"},
        {"{\"tenant_id\":null}", "tenant_id"},
        {"{\"host\":{\"vm_idd\":\"x\"}}", "host.vm_idd"},
        {"{\"host\":1}", "host"},
        {"{\"host\":{\"vm_id\":\"\"}}", "host.vm_id"},
        {"{\"host\":{\"vm_id\":null}}", "host"},
        {"{\"host\":{\"vm_id\":{\"a\":1}}}", "host.vm_id"},
        {"{\"vm_id\":\"x\"}", "vm_id"},
        {"{\"certificate_lifetime_s\":0}", "certificate_lifetime_s"},
        {"{\"certificate_lifetime_s\":1.5}", "certificate_lifetime_s"},
        {"{\"certificate_lifetime_s\":\"1\"}", "certificate_lifetime_s"},
        {"{\"listen\":{\"imds_port\":65536}}", "listen.imds_port"},
        {"{\"listen\":{\"imds_port\":-1}}", "listen.imds_port"},
        {"{\"listen\":{\"bind\":\"a b\"}}", "listen.bind"},
        {"{\"listen\":{\"public_host\":\"a/b\"}}", "listen.public_host"},
        {"{\"clock\":{\"frozen\":1}}", "clock.frozen"},
        {"{\"clock\":{\"offset_s\":1e30}}", "clock.offset_s"},
        {"{\"profile\":\"loose\"}", "profile"},
        {"{\"rules\":[]}", "rules"},
        {"{\"rules\":{\"META-99\":\"note\"}}", "rules.META-99"},
        {"{\"rules\":{\"META-02\":\"maybe\"}}", "rules.META-02"},
        {"{\"rules\":{\"META-02\":1}}", "rules.META-02"},
        {"{\"server\":{\"names\":\"a\"}}", "server.names"},
        {"{\"server\":{\"names\":[1]}}", "server.names"},
        {"{\"server\":{\"names\":[\"\"]}}", "server.names"},
        {"{\"server\":{\"ca_key\":\"dsa\"}}", "server.ca_key"},
        {"{\"mtls_authentication_endpoint\":\"https://\"}", "mtls_authentication_endpoint"},
        {"{\"mtls_authentication_endpoint\":\"https://a/\"}", "mtls_authentication_endpoint"},
        {"{\"mtls_authentication_endpoint\":\"ftp://a\"}", "mtls_authentication_endpoint"},
        {"{\"identities\":{}}", "identities"},
        {"{\"identities\":[]}", "identities"},
        {"{\"identities\":[1]}", "identities[0]"},
        {"{\"identities\":[{}]}", "identities[0]"},
        {"{\"identities\":[{\"kind\":\"x\"}]}", "identities[0].kind"},
        {"{\"identities\":[{\"kind\":1}]}", "identities[0].kind"},
        {"{\"identities\":[{\"kind\":\"system\",\"clientid\":\"\"}]}", "identities[0].clientid"},
        {"{\"identities\":[{\"client_id\":\"x\"}]}", "identities[0].client_id"},
        {"{\"identities\":[{\"resource_id\":1}]}", "identities[0].resource_id"},
        {"{\"identities\":[{\"kind\":\"user\",\"client_id\":\"a1a1a1a1-0000-4000-8000-"
         "000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\"}]}",
         "identities[0]"},
        {"{\"identities\":[{\"kind\":\"system\",\"client_id\":\"a1a1a1a1-0000-4000-8000-"
         "000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\"},"
         "{\"kind\":\"system\",\"client_id\":\"a1a1a1a1-0000-4000-8000-000000000002\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000002\"}]}",
         "identities"},
        {"{\"identities\":[{\"kind\":\"system\",\"client_id\":\"a1a1a1a1-0000-4000-8000-"
         "000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\"},"
         "{\"kind\":\"user\",\"client_id\":\"A1A1A1A1-0000-4000-8000-000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000002\",\"resource_id\":\"/x\"}]}",
         "identities"},
        {"{\"identities\":[{\"kind\":\"system\",\"client_id\":\"a1a1a1a1-0000-4000-8000-"
         "000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\"},"
         "{\"kind\":\"user\",\"client_id\":\"a1a1a1a1-0000-4000-8000-000000000002\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\",\"resource_id\":\"/x\"}]}",
         "identities"},
        {"{\"identities\":[{\"kind\":\"user\",\"client_id\":\"a1a1a1a1-0000-4000-8000-"
         "000000000001\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000001\",\"resource_id\":\"/X\"},"
         "{\"kind\":\"user\",\"client_id\":\"a1a1a1a1-0000-4000-8000-000000000002\","
         "\"object_id\":\"b1b1b1b1-0000-4000-8000-000000000002\",\"resource_id\":\"/x\"}]}",
         "identities"},
        {"{\"tenant_id\":\"72f988bf-0000-4000-8000-00000000aaaa\","
         "\"tenant_id\":\"72f988bf-0000-4000-8000-00000000aaaa\"}",
         "config"},
        {"[]", "config"},
        {"{} x", "config"},
        {"", "config"},
};

static void an_error_names_the_full_path_of_the_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(refused); i++) {
		OWNED_STRUCT(config) config = {0};
		struct msiv2_error err = {0};

		if (read_over_defaults(&config, refused[i].text, &err) != MSIV2_CONFIG)
			fail_msg("accepted: %s", refused[i].text);
		assert_string_equal(msiv2_error_where(&err), refused[i].where);
		assert_true(strlen(msiv2_error_message(&err)) > 0);
	}
}

static const char everything[] =
        "{\"tenant_id\":\"00000000-0000-4000-8000-000000000001\","
        "\"host\":{\"vm_id\":null,\"vmss_id\":\"set\"},"
        "\"identities\":[{\"kind\":\"user\",\"client_id\":\"a2a2a2a2-0000-4000-8000-000000000003\","
        "\"object_id\":\"b2b2b2b2-0000-4000-8000-000000000003\",\"resource_id\":\"/x\"}],"
        "\"certificate_lifetime_s\":3600,\"certificate_backdate_s\":0,\"token_lifetime_s\":60,"
        "\"token_resources\":[\"https://a\"],\"resource_audiences\":[\"https://a\",\"b\"],"
        "\"mtls_authentication_endpoint\":\"https://mtls.example:8443/x\","
        "\"attestation_endpoint\":\"https://maa.example\","
        "\"clock\":{\"offset_s\":-5,\"frozen\":true},\"profile\":\"strict\","
        "\"rules\":{\"META-03/correlation-id\":\"off\",\"META-02\":\"note\"},"
        "\"listen\":{\"bind\":\"::1\",\"public_host\":\"emu\",\"imds_port\":1,\"sts_port\":2,"
        "\"admin_port\":3,\"connections\":4},"
        "\"server\":{\"names\":[\"emu\",\"10.0.0.1\"],\"ca_key\":\"rsa\",\"ca_out\":\"ca.pem\"},"
        "\"state_dir\":\"state\",\"journal_capacity\":10,"
        "\"limits\":{\"body_bytes\":2048,\"request_timeout_ms\":500}}";

static void every_key_is_read_and_printed_back_the_same(void **state)
{
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(config) again = {0};
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};

	(void)state;
	assert_int_equal(read_over_defaults(&config, everything, NULL), MSIV2_OK);
	assert_string_equal(config.host.vmss_id, "set");
	assert_null(config.host.vm_id);
	assert_int_equal(config.clock_offset_s, -5);
	assert_true(config.clock_frozen);
	assert_string_equal(config.server_names.items[1], "10.0.0.1");
	assert_int_equal(config.rule_count, 2);
	config_print(&config, &first);
	assert_int_equal(bytes_done(&first, "test", NULL), MSIV2_OK);
	assert_int_equal(read_over_defaults(&again, bytes_text(&first), NULL), MSIV2_OK);
	config_print(&again, &second);
	assert_string_equal(bytes_text(&first), bytes_text(&second));
}

static void the_printed_defaults_are_accepted(void **state)
{
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(config) again = {0};
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	assert_int_equal(config_init(&config, NULL), MSIV2_OK);
	config_print(&config, &text);
	assert_int_equal(read_over_defaults(&again, bytes_text(&text), NULL), MSIV2_OK);
	assert_string_equal(again.tenant_id, config.tenant_id);
	assert_int_equal(again.host.identity_count, 2);
}

static void a_later_document_wins_key_by_key(void **state)
{
	static const char later[] = "{\"token_lifetime_s\":61,\"server\":{\"names\":[\"c\"]},"
	                            "\"rules\":{\"META-02\":\"reject\"}}";
	OWNED_STRUCT(config) config = {0};
	struct rule_modes modes;

	(void)state;
	assert_int_equal(read_over_defaults(&config, everything, NULL), MSIV2_OK);
	assert_int_equal(config_read(&config, later, strlen(later), NULL), MSIV2_OK);
	assert_int_equal(config.token_lifetime_s, 61);
	assert_int_equal(config.certificate_lifetime_s, 3600);
	assert_int_equal(config.server_names.count, 1);
	assert_int_equal(config_modes(&config, &modes, NULL), MSIV2_OK);
	assert_int_equal(modes.mode[RULE_META_HEADER], RULE_REJECT);
	assert_int_equal(modes.mode[RULE_META_CORRELATION], RULE_OFF);
	assert_int_equal(modes.mode[RULE_META_PATH_CASE], RULE_REJECT); /* profile strict */
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	OWNED_STRUCT(config) config = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(config_init(&config, NULL), MSIV2_OK);
	assert_int_equal(config_read_file(&config, "/nonexistent/emu.json", NULL, &err),
	                 MSIV2_CONFIG);
	assert_non_null(strstr(msiv2_error_where(&err), "/nonexistent/emu.json"));
}

static void a_file_is_read_like_a_text(void **state)
{
	char path[] = "/tmp/msiv2-config-XXXXXX";
	int fd = mkstemp(path);
	OWNED_STRUCT(config) config = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"token_lifetime_s\":5}", 22), 22);
	assert_int_equal(config_init(&config, NULL), MSIV2_OK);
	assert_int_equal(config_read_file(&config, path, NULL, NULL), MSIV2_OK);
	assert_int_equal(config.token_lifetime_s, 5);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(config_read_file(&config, path, NULL, &err), MSIV2_CONFIG);
	assert_string_equal(msiv2_error_where(&err), path);
	close(fd);
	unlink(path);
}

static void a_list_has_a_limit(void **state)
{
	struct config_list list = {0};
	struct msiv2_error err = {0};

	(void)state;
	for (int i = 0; i < CONFIG_ITEMS_MAX; i++)
		assert_int_equal(config_list_add(&list, "x", "names", NULL), MSIV2_OK);
	assert_int_equal(config_list_add(&list, "x", "names", &err), MSIV2_CONFIG);
	assert_string_equal(msiv2_error_where(&err), "names");
	config_list_free(&list);
}

/* Every allocation that reading makes fails once; nothing leaks, the class is right. */
static void running_out_of_memory_is_reported_wherever_it_happens(void **state)
{
	unsigned nth = 1;
	bool happened = true;

	(void)state;
	for (; happened; nth++) {
		OWNED_STRUCT(config) config = {0};
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = config_init(&config, NULL);
		if (rc == MSIV2_OK)
			rc = config_read(&config, everything, strlen(everything), NULL);
		happened = fault_disarm();
		assert_int_equal(rc, happened ? MSIV2_INTERNAL : MSIV2_OK);
	}
	assert_true(nth > 30);
}

static void expect_spoken_of(const struct bytes *text, const char *prefix, const char *path)
{
	OWNED_STRUCT(bytes) quoted = {0};

	bytes_addf(&quoted, "`%s%s`", prefix, path);
	if (!strstr(bytes_text(text), bytes_text(&quoted)))
		fail_msg("docs/emulator.md does not speak of %s%s", prefix, path);
}

static void every_key_is_in_the_documentation(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);

	(void)state;
	assert_int_equal(files_read(TESTS_WIRE_DIR "/../../docs/emulator.md", 1024 * 1024,
	                            MSIV2_CONFIG, &text, NULL),
	                 MSIV2_OK);
	for (size_t i = 0; i < count; i++)
		expect_spoken_of(&text, "", keys[i].path);
	for (size_t i = 0; i < config_host_table.count; i++)
		expect_spoken_of(&text, config_host_table.keys[i].further ? "hosts.NAME." : "host.",
		                 config_host_table.keys[i].path);
	for (size_t i = 0; i < config_tenant_table.count; i++)
		expect_spoken_of(&text, "tenants.UUID.", config_tenant_table.keys[i].path);
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(config) config = {0};

	if ((read_over_defaults(&config, bytes_text(body), NULL) == MSIV2_OK) != good)
		fail_msg("%s is %s", name, good ? "refused" : "accepted");
}

static void the_samples_are_judged_as_they_are_named(void **state)
{
	(void)state;
	wire_samples_judge("config", judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_defaults_are_the_documented_world),
	        cmocka_unit_test(every_row_of_the_table_is_complete),
	        cmocka_unit_test(an_error_names_the_full_path_of_the_key),
	        cmocka_unit_test(every_key_is_read_and_printed_back_the_same),
	        cmocka_unit_test(the_printed_defaults_are_accepted),
	        cmocka_unit_test(a_later_document_wins_key_by_key),
	        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	        cmocka_unit_test(a_file_is_read_like_a_text),
	        cmocka_unit_test(a_list_has_a_limit),
	        cmocka_unit_test(running_out_of_memory_is_reported_wherever_it_happens),
	        cmocka_unit_test(the_samples_are_judged_as_they_are_named),
	        cmocka_unit_test(every_key_is_in_the_documentation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
