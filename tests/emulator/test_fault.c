/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Definitions of faults, their matching and their counts, without an emulator. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/fault_random.h"
#include "emulator/instruments/faults.h"
#include "emulator/instruments/json_path.h"
#include "faults.h"
#include "stage.h"
#include "tests/testing.h"

#define SAMPLES TESTS_WIRE_DIR "/fault"

static const struct blame blame = {MSIV2_CONFIG, "sample"};

static struct fault *read(const char *text)
{
	OWNED(cJSON) *json = cJSON_Parse(text);
	struct fault *fault = NULL;
	struct msiv2_error err = {0};

	if (fault_read(json, "fault", &fault, &err) != MSIV2_OK)
		fail_msg("%s: %s: %s", text, err.where, err.message);
	return fault;
}

static void expect_refused(const char *text, const char *where)
{
	OWNED(cJSON) *json = cJSON_Parse(text);
	struct fault *fault = NULL;
	struct msiv2_error err = {0};

	assert_int_equal(fault_read(json, "body", &fault, &err), MSIV2_CONFIG);
	assert_null(fault);
	assert_string_equal(err.where, where);
}

/* A file whose name begins with "good" is accepted and complete, any other is refused. */
static void check_sample(const char *name)
{
	char path[512];
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *json = NULL;
	OWNED(cJSON) *list = NULL;
	OWNED(cJSON) *again = NULL;
	struct msiv2_error err = {0};
	bool good = text_starts(name, "good");
	enum msiv2_rc rc;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES, name);
	assert_int_equal(files_read(path, 65536, MSIV2_INTERNAL, &text, NULL), MSIV2_OK);
	rc = json_parse(text.data, text.len, &blame, &json, &err);
	if (rc == MSIV2_OK)
		rc = fault_read_list(json, "faults", &list, &err);
	if (good != (rc == MSIV2_OK))
		fail_msg("%s: %s %s", name, err.where, err.message);
	if (!good) {
		assert_true(err.where[0] != '\0' && err.message[0] != '\0');
		return;
	}
	assert_int_equal(fault_read_list(list, "faults", &again, NULL), MSIV2_OK);
	assert_true(cJSON_Compare(list, again, true));
}

static void samples_are_judged_by_their_names(void **state)
{
	DIR *dir = opendir(SAMPLES);
	const struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		check_sample(entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count > 40);
}

static void a_refusal_names_the_full_path(void **state)
{
	(void)state;
	expect_refused("[]", "body");
	expect_refused("{\"fault\":\"x\"}", "body.fault");
	expect_refused("{\"fault\":\"http-empty\",\"\":1}", "body.\"\"");
	expect_refused("{\"fault\":\"http-empty\",\"endpoint\":\"tls\"}", "body.endpoint");
	expect_refused("{\"fault\":\"http-empty\",\"match\":{\"query\":{\"\":\"a\"}}}",
	               "body.match.query");
	expect_refused("{\"fault\":\"http-empty\",\"when\":{\"nth\":[1,0]}}", "body.when.nth");
	expect_refused("{\"fault\":\"json-null\",\"with\":{\"field\":7}}", "body.with.field");
	expect_refused("{\"fault\":\"json-null\"}", "body.with.field");
}

static void what_is_read_is_complete(void **state)
{
	OWNED_STRUCT(fault) *fault = read("{\"fault\":\"wire-drip\"}");
	OWNED(cJSON) *wanted =
	        cJSON_Parse("{\"fault\":\"wire-drip\",\"endpoint\":\"*\",\"match\":{},"
	                    "\"when\":{\"always\":true},\"with\":{\"bytes\":1,\"every_ms\":50},"
	                    "\"enabled\":true}");

	(void)state;
	assert_true(cJSON_Compare(fault->json, wanted, true));
	assert_string_equal(fault->id, "");
}

/* ---- matching ---- */

static bool matches(const char *match, const struct fault_subject *subject)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(fault) *fault = NULL;

	bytes_addf(&text, "{\"fault\":\"http-empty\",\"endpoint\":\"token\",\"match\":%s}", match);
	fault = read(bytes_text(&text));
	return fault_matches(fault, subject);
}

static void everything_in_a_match_has_to_fit(void **state)
{
	const struct http_header headers[] = {
	        {"X-Team", "red"}, {"X-Twice", "1"}, {"X-Twice", "2"}};
	const struct http_request request = {.headers = headers, .header_count = 3};
	struct query query = {.params = {{"k", "v"}}, .count = 1};
	struct fault_subject subject = {.endpoint = ENDPOINT_TOKEN,
	                                .host = "default",
	                                .method = "POST",
	                                .client_id = STAGE_SYSTEM,
	                                .request = &request,
	                                .query = &query};

	(void)state;
	assert_true(matches("{}", &subject));
	assert_true(matches("{\"host\":\"default\",\"method\":\"POST\"}", &subject));
	assert_false(matches("{\"host\":\"default\",\"method\":\"post\"}", &subject));
	assert_true(matches("{\"client_id\":\"A1A1A1A1-0000-4000-8000-000000000001\"}", &subject));
	assert_false(matches("{\"client_id\":\"" STAGE_USER "\"}", &subject));
	assert_false(matches("{\"correlation_id\":\"x\"}", &subject));
	assert_true(matches("{\"header\":{\"x-team\":\"red\",\"x-no\":null,\"x-twice\":true}}",
	                    &subject));
	assert_false(matches("{\"header\":{\"x-team\":\"blue\"}}", &subject));
	assert_false(matches("{\"header\":{\"x-team\":null}}", &subject));
	assert_true(matches("{\"query\":{\"k\":\"v\",\"z\":null}}", &subject));
	assert_false(matches("{\"query\":{\"k\":\"w\"}}", &subject));
	subject.endpoint = ENDPOINT_ISSUE;
	assert_false(matches("{}", &subject));
	subject = (struct fault_subject){.endpoint = ENDPOINT_TOKEN};
	assert_false(matches("{\"query\":{\"k\":\"v\"}}", &subject));
	assert_true(matches("{\"header\":{\"x-team\":null}}", &subject));
}

static void a_fault_that_is_switched_off_matches_nothing(void **state)
{
	const struct fault_subject subject = {.endpoint = ENDPOINT_TOKEN};
	OWNED_STRUCT(fault) *fault = read("{\"fault\":\"http-empty\",\"enabled\":false}");

	(void)state;
	assert_false(fault_matches(fault, &subject));
}

/* ---- when ---- */

/* The matches from 1 to 8 that are due, as a text. */
static void expect_due(const char *when, const char *wanted)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(fault) *fault = NULL;
	char due[9] = "";

	bytes_addf(&text, "{\"fault\":\"http-empty\",\"when\":%s}", when);
	fault = read(bytes_text(&text));
	for (unsigned nth = 1; nth <= 8; nth++)
		due[nth - 1] = fault_is_due(&fault->when, nth, 0) ? 'x' : '-';
	assert_string_equal(due, wanted);
}

static void when_decides_by_the_count(void **state)
{
	(void)state;
	expect_due("{\"always\":true}", "xxxxxxxx");
	expect_due("{\"nth\":[1,3,8]}", "x-x----x");
	expect_due("{\"first\":2}", "xx------");
	expect_due("{\"from\":7}", "------xx");
	expect_due("{\"percent\":100}", "xxxxxxxx");
}

/* Of 10000 matches, and the same ones each time. */
static void a_percentage_is_drawn_and_one_seed_repeats_it(void **state)
{
	OWNED_STRUCT(fault) *fault = read("{\"fault\":\"http-empty\",\"when\":{\"percent\":30}}");
	unsigned due = 0, differs = 0;

	(void)state;
	for (uint64_t nth = 1; nth <= 10000; nth++) {
		bool one = fault_is_due(&fault->when, nth, fault_random_of(1, "a", nth));
		bool other = fault_is_due(&fault->when, nth, fault_random_of(2, "a", nth));

		assert_true(one == fault_is_due(&fault->when, nth, fault_random_of(1, "a", nth)));
		due += one;
		differs += one != other;
	}
	assert_in_range(due, 2850, 3150);
	assert_in_range(differs, 3900, 4500);
	assert_true(fault_random_of(1, "a", 1) != fault_random_of(1, "b", 1));
}

/* ---- the set ---- */

static void add(struct faults *faults, const char *text, enum faults_found wanted, const char *id)
{
	OWNED(cJSON) *json = cJSON_Parse(text);
	OWNED(cJSON) *shown = NULL;
	enum faults_found found;

	assert_int_equal(faults_add(faults, json, "body", &found, &shown, NULL), MSIV2_OK);
	assert_int_equal(found, wanted);
	if (id)
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(shown, "id")), id);
}

static double number(struct faults *faults, const char *id, const char *name)
{
	enum faults_found found;
	OWNED(cJSON) *json = faults_get(faults, id, &found);

	assert_int_equal(found, FAULTS_FOUND);
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

static void faults_are_named_counted_and_removed(void **state)
{
	const struct fault_subject subject = {.endpoint = ENDPOINT_TOKEN};
	OWNED_STRUCT(faults) *faults = NULL;
	OWNED_STRUCT(fault_plan) plan = {0};
	OWNED(cJSON) *unfired = NULL;

	(void)state;
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	assert_false(faults_any(faults));
	add(faults, "{\"fault\":\"wire-cut\",\"id\":\"f1\"}", FAULTS_FOUND, "f1");
	add(faults, "{\"fault\":\"http-empty\"}", FAULTS_FOUND, "f2");
	add(faults, "{\"fault\":\"http-empty\",\"id\":\"f1\"}", FAULTS_TAKEN, NULL);
	add(faults, "{\"fault\":\"v2-missing\"}", FAULTS_FOUND, "f3");
	faults_plan(faults, &subject, UINT32_MAX, 1, &plan);
	/* In the order of stages, not of definition. */
	assert_int_equal(plan.count, 2);
	assert_string_equal(plan.items[0].id, "f2");
	assert_string_equal(plan.items[1].id, "f1");
	faults_fired(faults, &plan.items[0]);
	assert_int_equal((int)number(faults, "f2", "fired"), 1);
	assert_int_equal((int)number(faults, "f1", "matched"), 1);
	assert_int_equal((int)number(faults, "f1", "fired"), 0);
	unfired = faults_unfired(faults);
	assert_int_equal(cJSON_GetArraySize(unfired), 2);
	assert_int_equal(faults_remove(faults, "f2"), FAULTS_FOUND);
	assert_int_equal(faults_remove(faults, "f2"), FAULTS_NOT_FOUND);
	/* Removed while its exchange was under way: nothing is counted, nothing breaks. */
	faults_fired(faults, &plan.items[0]);
	faults_clear(faults);
	assert_false(faults_any(faults));
}

static void a_patch_keeps_id_counts_and_place(void **state)
{
	const struct fault_subject subject = {.endpoint = ENDPOINT_TOKEN};
	OWNED_STRUCT(faults) *faults = NULL;
	OWNED_STRUCT(fault_plan) plan = {0};
	OWNED(cJSON) *patch = cJSON_Parse("{\"with\":{\"ms\":5},\"when\":{\"from\":2}}");
	OWNED(cJSON) *other = cJSON_Parse("{\"fault\":\"http-empty\"}");
	OWNED(cJSON) *renamed = cJSON_Parse("{\"id\":\"b\"}");
	OWNED(cJSON) *shown = NULL;
	OWNED(cJSON) *again = NULL;
	cJSON *none = NULL;
	enum faults_found found;

	(void)state;
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	add(faults, "{\"fault\":\"wire-delay\",\"id\":\"a\"}", FAULTS_FOUND, "a");
	faults_plan(faults, &subject, UINT32_MAX, 1, &plan);
	assert_int_equal(faults_patch(faults, "a", patch, "body", &found, &shown, NULL), MSIV2_OK);
	assert_int_equal(found, FAULTS_FOUND);
	assert_int_equal((int)number(faults, "a", "matched"), 1);
	assert_int_equal((int)cJSON_GetNumberValue(
	                         cJSON_GetObjectItem(cJSON_GetObjectItem(shown, "with"), "ms")),
	                 5);
	/* Another fault begins with its own defaults. */
	assert_int_equal(faults_patch(faults, "a", other, "body", &found, &again, NULL), MSIV2_OK);
	assert_null(cJSON_GetObjectItem(again, "with")->child);
	assert_int_equal(faults_patch(faults, "a", renamed, "body", &found, &none, NULL),
	                 MSIV2_CONFIG);
	assert_int_equal(faults_patch(faults, "z", patch, "body", &found, &none, NULL), MSIV2_OK);
	assert_int_equal(found, FAULTS_NOT_FOUND);
}

static void a_list_that_is_wrong_changes_nothing(void **state)
{
	OWNED_STRUCT(faults) *faults = NULL;
	OWNED(cJSON) *wrong = cJSON_Parse("[{\"fault\":\"http-empty\"},{\"fault\":\"x\"}]");
	OWNED(cJSON) *right = cJSON_Parse("[{\"fault\":\"http-empty\"},{\"fault\":\"http-html\"}]");

	(void)state;
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	add(faults, "{\"fault\":\"wire-cut\",\"id\":\"a\"}", FAULTS_FOUND, "a");
	assert_int_equal(faults_set(faults, wrong, "faults", NULL), MSIV2_CONFIG);
	assert_int_equal((int)number(faults, "a", "fired"), 0);
	assert_int_equal(faults_set(faults, right, "faults", NULL), MSIV2_OK);
	assert_int_equal((int)number(faults, "f2", "fired"), 0);
	assert_int_equal(faults_set(faults, NULL, "faults", NULL), MSIV2_OK);
	assert_false(faults_any(faults));
}

static void there_is_room_for_so_many_faults_and_no_more(void **state)
{
	OWNED_STRUCT(faults) *faults = NULL;

	(void)state;
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	for (int i = 0; i < FAULTS_MAX; i++)
		add(faults, "{\"fault\":\"http-empty\"}", FAULTS_FOUND, NULL);
	add(faults, "{\"fault\":\"http-empty\"}", FAULTS_FULL, NULL);
	assert_int_equal(faults_remove(faults, "f7"), FAULTS_FOUND);
	add(faults, "{\"fault\":\"http-empty\"}", FAULTS_FOUND, "f257");
}

/* One exchange meets so many; the rest are not due. */
static void a_plan_is_bounded(void **state)
{
	const struct fault_subject subject = {.endpoint = ENDPOINT_TOKEN};
	OWNED_STRUCT(faults) *faults = NULL;
	OWNED_STRUCT(fault_plan) plan = {0};

	(void)state;
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	for (int i = 0; i < FAULT_PLAN_MAX + 1; i++)
		add(faults, "{\"fault\":\"wire-delay\"}", FAULTS_FOUND, NULL);
	faults_plan(faults, &subject, UINT32_MAX, 1, &plan);
	assert_int_equal(plan.count, FAULT_PLAN_MAX);
	assert_int_equal((int)number(faults, "f17", "matched"), 1);
}

/* Every allocation of our own fails once: an error, and the set as it was. */
static void memory_that_runs_out_leaves_the_set_as_it_was(void **state)
{
	OWNED_STRUCT(faults) *faults = NULL;
	OWNED(cJSON) *json = cJSON_Parse("{\"fault\":\"http-empty\"}");
	OWNED(cJSON) *shown = NULL;
	enum faults_found found;

	(void)state;
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(faults_new(&faults, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_int_equal(faults_new(&faults, NULL), MSIV2_OK);
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(faults_add(faults, json, "body", &found, &shown, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_false(faults_any(faults));
}

/* ---- paths ---- */

static void paths_lead_into_documents(void **state)
{
	static const char *const wrong[] = {"",    ".",  "a.",  "a..b",  "[",        "[]",
	                                    "[x]", "a]", "a[1", "a[1]b", "[1234567]"};
	OWNED(cJSON) *json = cJSON_Parse("{\"a\":{\"b\":[10,{\"x5t#S256\":20}]},\"c\":null}");
	cJSON *parent = NULL;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(wrong); i++)
		if (json_path_is(wrong[i]))
			fail_msg("'%s' is no path", wrong[i]);
	assert_true(json_path_is("a.b[1].x5t#S256") && json_path_is("[0]"));
	assert_int_equal(json_path_find(json, "a.b[0]", &parent)->valueint, 10);
	assert_true(cJSON_IsArray(parent));
	assert_int_equal(json_path_find(json, "a.b[1].x5t#S256", &parent)->valueint, 20);
	assert_true(cJSON_IsNull(json_path_find(json, "c", &parent)));
	assert_ptr_equal(parent, json);
	assert_null(json_path_find(json, "a.b[2]", &parent));
	assert_null(json_path_find(json, "a[0]", &parent));
	assert_null(json_path_find(json, "c.d", &parent));
	assert_null(json_path_find(json, "A", &parent));
	assert_null(json_path_find(json, "", &parent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(samples_are_judged_by_their_names),
	        cmocka_unit_test(a_refusal_names_the_full_path),
	        cmocka_unit_test(what_is_read_is_complete),
	        cmocka_unit_test(everything_in_a_match_has_to_fit),
	        cmocka_unit_test(a_fault_that_is_switched_off_matches_nothing),
	        cmocka_unit_test(when_decides_by_the_count),
	        cmocka_unit_test(a_percentage_is_drawn_and_one_seed_repeats_it),
	        cmocka_unit_test(faults_are_named_counted_and_removed),
	        cmocka_unit_test(a_patch_keeps_id_counts_and_place),
	        cmocka_unit_test(a_list_that_is_wrong_changes_nothing),
	        cmocka_unit_test(there_is_room_for_so_many_faults_and_no_more),
	        cmocka_unit_test(a_plan_is_bounded),
	        cmocka_unit_test(memory_that_runs_out_leaves_the_set_as_it_was),
	        cmocka_unit_test(paths_lead_into_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
