/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "scenarios/runner/scenario.h"
#include "tests/testing.h"

static const char good[] =
        "{\"id\":\"sts.again\",\"title\":\"A title that is long enough\",\"kind\":\"negative\","
        "\"requirements\":[\"STS-05\"],\"level\":\"MUST\",\"twin\":\"flow.cold\","
        "\"why\":\"Because clients get this wrong now and then.\",\"keys\":[\"keyguard\"],"
        "\"time_limit_s\":7,\"client\":{\"attest\":true},"
        "\"faults\":[{\"id\":\"f\",\"fault\":\"wire-reset\",\"endpoint\":\"token\"}],"
        "\"steps\":[{\"do\":\"acquire\",\"name\":\"one\"},"
        "{\"do\":\"mark\",\"with\":{\"name\":\"store\"}},"
        "{\"do\":\"unfault\",\"with\":{\"id\":\"f\"}},"
        "{\"do\":\"acquire\",\"with\":{\"force\":true,\"identity\":{\"kind\":\"client_id\","
        "\"id\":\"x\"}},\"expect\":{\"same_certificate_as\":\"one\"}}],"
        "\"expect\":{\"journal\":[{\"says\":\"once\",\"from\":\"store\","
        "\"match\":{\"endpoint\":\"token\"},\"count\":1}],"
        "\"store\":{\"unchanged\":true}}}";

static void a_good_scenario_is_read_with_all_it_says(void **state)
{
	OWNED_STRUCT(scenario) scenario = {0};

	(void)state;
	assert_int_equal(scenario_read(good, strlen(good), "file", &scenario, NULL), MSIV2_OK);
	assert_string_equal(scenario.id, "sts.again");
	assert_string_equal(scenario.twin, "flow.cold");
	assert_true(scenario.negative);
	assert_int_equal(scenario.level, LEVEL_MUST);
	assert_int_equal(scenario.keys, FEATURE_BIT(KEY_KIND_KEYGUARD));
	assert_int_equal(scenario.time_limit_s, 7);
	assert_null(scenario.world);
	assert_int_equal(cJSON_GetArraySize(scenario.steps), 4);
}

static void what_steps_and_client_ask_for_is_needed_of_the_shim(void **state)
{
	OWNED_STRUCT(scenario) scenario = {0};

	(void)state;
	assert_int_equal(scenario_read(good, strlen(good), "file", &scenario, NULL), MSIV2_OK);
	assert_int_equal(scenario.needs,
	                 FEATURE_BIT(FEATURE_ATTESTATION) | FEATURE_BIT(FEATURE_FORCE) |
	                         FEATURE_BIT(FEATURE_USER_ASSIGNED) | FEATURE_BIT(FEATURE_STORE));
}

/* One change to the good one, and what the message begins with. */
static const struct {
	const char *patch;
	const char *says;
} wrong[] = {
        {"{\"id\":\"Sts.again\"}", "id: "},
        {"{\"id\":\"again\"}", "id: "},
        {"{\"id\":\"a.b.c\"}", "id: "},
        {"{\"id\":null}", "id: "},
        {"{\"title\":\"short\"}", "title: "},
        {"{\"kind\":\"neutral\"}", "kind: must be one of positive, negative"},
        {"{\"requirements\":[]}", "requirements: "},
        {"{\"requirements\":[\"STS-05\",\"STS-05\"]}", "requirements[1]: stands there twice"},
        {"{\"requirements\":[\"sts-05\"]}", "requirements[0]: "},
        {"{\"requirements\":[\"STS-5\"]}", "requirements[0]: "},
        {"{\"level\":\"must\"}", "level: "},
        {"{\"why\":\"so\"}", "why: "},
        {"{\"twin\":null}", "twin: "},
        {"{\"needs\":[\"magic\"]}", "needs[0]: "},
        {"{\"keys\":[]}", "keys: "},
        {"{\"time_limit_s\":0}", "time_limit_s: "},
        {"{\"time_limit_s\":1.5}", "time_limit_s: must be a whole number"},
        {"{\"world\":[]}", "world: must be an object"},
        {"{\"client\":{\"trust\":\"everybody\"}}", "client.trust: "},
        {"{\"client\":{\"identity\":{\"id\":\"x\"}}}", "client.identity.kind: is missing"},
        {"{\"more\":1}", "more: is not known here"},
        {"{\"faults\":[{\"fault\":\"x\"}]}", "faults[0].endpoint: is missing"},
        {"{\"steps\":[]}", "steps: "},
        {"{\"steps\":[{\"do\":\"dance\"}]}", "steps[0].do: "},
        {"{\"steps\":[{\"do\":\"acquire\",\"with\":{\"n\":2}}]}", "steps[0].with.n: "},
        {"{\"steps\":[{\"do\":\"acquire_many\"}]}", "steps[0].with: is missing"},
        {"{\"steps\":[{\"do\":\"acquire_many\",\"with\":{\"n\":2,\"processes\":1}}]}",
         "steps[0].with.processes: "},
        {"{\"steps\":[{\"do\":\"acquire\",\"expect\":{\"other_waits_than\":\"one\"}}]}",
         "steps[0].expect.other_waits_than: "},
        {"{\"steps\":[{\"do\":\"restart\",\"with\":{}}]}", "steps[0].with: restart takes none"},
        {"{\"steps\":[{\"do\":\"store\",\"with\":{\"action\":\"burn\"}}]}",
         "steps[0].with.action: "},
        {"{\"steps\":[{\"do\":\"unfault\",\"with\":{\"id\":\"g\"}}]}", "steps[0].with.id: "},
        {"{\"steps\":[{\"do\":\"acquire\",\"name\":\"a\"},{\"do\":\"acquire\",\"name\":\"a\"}]}",
         "steps[1].name: "},
        {"{\"steps\":[{\"do\":\"acquire\",\"expect\":{\"same_certificate_as\":\"one\"}}]}",
         "steps[0].expect.same_certificate_as: "},
        {"{\"steps\":[{\"do\":\"acquire\",\"expect\":{\"class\":\"bad\"}}]}",
         "steps[0].expect.class: "},
        {"{\"expect\":{\"journal\":[{\"from\":\"nowhere\",\"match\":{}}]}}",
         "expect.journal[0].from: "},
        {"{\"expect\":{\"journal\":[{\"match\":{\"colour\":\"red\"}}]}}", "expect.journal[0]"},
        {"{\"expect\":{\"journal\":[{\"says\":1,\"match\":{}}]}}", "expect.journal[0].says: "},
        {"{\"expect\":{\"journal\":[{\"says\":\"nothing\"}]}}", "expect.journal[0]"},
        {"{\"expect\":{\"store\":{\"entries\":-1}}}", "expect.store.entries: "},
        {"{\"expect\":{\"secrets\":1}}", "expect.secrets: must be true or false"},
};

/* Replaces the members that the patch has; null takes one away. */
static cJSON *patched(const char *patch)
{
	cJSON *json = cJSON_Parse(good);
	OWNED(cJSON) *changes = cJSON_Parse(patch);
	const cJSON *change;

	assert_non_null(json);
	assert_non_null(changes);
	cJSON_ArrayForEach(change, changes)
	{
		cJSON_DeleteItemFromObjectCaseSensitive(json, change->string);
		if (!cJSON_IsNull(change))
			assert_true(cJSON_AddItemToObject(json, change->string,
			                                  cJSON_Duplicate(change, true)));
	}
	return json;
}

static void what_is_wrong_is_named_by_its_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(wrong); i++) {
		OWNED_STRUCT(scenario) scenario = {0};
		struct msiv2_error err = {0};

		if (scenario_take(patched(wrong[i].patch), "file", &scenario, &err) !=
		            MSIV2_CONFIG ||
		    !text_starts(err.message, wrong[i].says))
			fail_msg("%s: \"%s\", not \"%s\"", wrong[i].patch, err.message,
			         wrong[i].says);
		assert_string_equal(err.where, "file");
	}
}

static void text_that_is_no_json_is_refused(void **state)
{
	OWNED_STRUCT(scenario) scenario = {0};

	(void)state;
	assert_int_equal(scenario_read("{", 1, "file", &scenario, NULL), MSIV2_CONFIG);
	assert_int_equal(scenario_read("[]", 2, "file", &scenario, NULL), MSIV2_CONFIG);
	assert_int_equal(scenario_load("/nonexistent.json", &scenario, NULL), MSIV2_CONFIG);
}

static void a_group_is_what_stands_before_the_dot(void **state)
{
	char group[4];

	(void)state;
	scenario_group("sts.again", group, sizeof(group));
	assert_string_equal(group, "sts");
	scenario_group("flow.cold", group, sizeof(group));
	assert_string_equal(group, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_scenario_is_read_with_all_it_says),
	        cmocka_unit_test(what_steps_and_client_ask_for_is_needed_of_the_shim),
	        cmocka_unit_test(what_is_wrong_is_named_by_its_path),
	        cmocka_unit_test(text_that_is_no_json_is_refused),
	        cmocka_unit_test(a_group_is_what_stands_before_the_dot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
