/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* openapi.json and the table of routes say the same. Whether answers are as it says, a running
 * emulator is asked by tests/e2e/admin_api.py. */
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "emulator/admin/admin_table.h"
#include "emulator/embedded.h"
#include "stage.h"
#include "tests/testing.h"

static struct stage stage;
static cJSON *described;

static int make_stage(void **state)
{
	static const struct blame blame = {MSIV2_INTERNAL, "openapi.json"};

	(void)state;
	stage_new(&stage, NULL);
	stage_begin(&stage, "admin", "GET", "/openapi.json", NULL);
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 200);
	return json_parse_object(stage.response.body.data, stage.response.body.len, &blame,
	                         &described, NULL) == MSIV2_OK
	               ? 0
	               : -1;
}

static int drop_stage(void **state)
{
	(void)state;
	cJSON_Delete(described);
	stage_free(&stage);
	return 0;
}

static const cJSON *paths(void)
{
	return cJSON_GetObjectItemCaseSensitive(described, "paths");
}

/* Methods are lower case there. */
static const cJSON *operation(const struct admin_route *row)
{
	const cJSON *path = cJSON_GetObjectItemCaseSensitive(paths(), row->path);
	char method[16] = "";

	for (size_t i = 0; row->method[i] != '\0' && i + 1 < sizeof(method); i++)
		method[i] = (char)(row->method[i] - 'A' + 'a');
	return cJSON_GetObjectItemCaseSensitive(path, method);
}

/* The operation has a parameter of that name there ("path"), or any there when name is NULL. */
static bool has_parameter(const cJSON *op, const char *in, const char *name, size_t len)
{
	const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(op, "parameters");
	const cJSON *parameter;

	cJSON_ArrayForEach(parameter, parameters)
	{
		const char *ref = cJSON_GetStringValue(cJSON_GetObjectItem(parameter, "$ref"));
		const char *its_in = cJSON_GetStringValue(cJSON_GetObjectItem(parameter, "in"));
		const char *its = cJSON_GetStringValue(cJSON_GetObjectItem(parameter, "name"));

		/* Those that are shared are of queries. */
		if (ref && !name && text_equal(in, "query"))
			return true;
		if (its && text_equal(its_in, in) &&
		    (!name || (strlen(its) == len && strncmp(its, name, len) == 0)))
			return true;
	}
	return false;
}

static void check_route(const struct admin_route *row)
{
	const cJSON *op = operation(row);
	const cJSON *security = cJSON_GetObjectItemCaseSensitive(op, "security");
	const char *at = row->path;

	if (!op)
		fail_msg("openapi.json does not describe %s %s", row->method, row->path);
	while ((at = strchr(at, '{')) != NULL) {
		size_t len = strcspn(++at, "}");

		if (!has_parameter(op, "path", at, len))
			fail_msg("%s %s: a parameter is not described", row->method, row->path);
	}
	if (has_parameter(op, "query", NULL, 0) != ((row->takes & ADMIN_QUERY) != 0))
		fail_msg("%s %s: the query", row->method, row->path);
	if (cJSON_HasObjectItem(op, "requestBody") != ((row->takes & ADMIN_BODY) != 0))
		fail_msg("%s %s: the body", row->method, row->path);
	/* No security of its own, and an empty one, are different things. */
	if ((security && !security->child) != ((row->takes & ADMIN_OPEN) != 0))
		fail_msg("%s %s: whether a key is needed", row->method, row->path);
	assert_false(text_empty(cJSON_GetStringValue(cJSON_GetObjectItem(op, "summary"))));
	assert_true(cJSON_HasObjectItem(cJSON_GetObjectItem(op, "responses"), "default"));
}

static size_t route_count(void)
{
	size_t count = 0;
	size_t routes = 0;
	const struct admin_routes *const *nouns = admin_table(&count);

	for (size_t i = 0; i < count; i++)
		routes += nouns[i]->count;
	return routes;
}

static void every_route_is_described(void **state)
{
	size_t count = 0;
	const struct admin_routes *const *nouns = admin_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < nouns[i]->count; j++)
			check_route(&nouns[i]->rows[j]);
}

static void nothing_else_is_described(void **state)
{
	const cJSON *path;
	const cJSON *op;
	size_t operations = 0;

	(void)state;
	cJSON_ArrayForEach(path, paths())
	{
		cJSON_ArrayForEach(op, path)
		{
			struct admin_path_params params;
			OWNED_STRUCT(bytes) allow = {0};
			char method[16] = "";
			int status = 0;

			for (size_t i = 0; op->string[i] != '\0' && i + 1 < sizeof(method); i++)
				method[i] = (char)(op->string[i] - 'a' + 'A');
			if (!admin_table_find(method, path->string, &params, &status, &allow))
				fail_msg("there is no route %s %s", method, path->string);
			operations++;
		}
	}
	assert_int_equal(operations, route_count());
}

static void every_route_is_in_the_documentation(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	size_t count = 0;
	const struct admin_routes *const *nouns = admin_table(&count);

	(void)state;
	assert_int_equal(files_read(TESTS_WIRE_DIR "/../../docs/emulator.md", 1024 * 1024,
	                            MSIV2_CONFIG, &text, NULL),
	                 MSIV2_OK);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < nouns[i]->count; j++) {
			const struct admin_route *row = &nouns[i]->rows[j];
			OWNED_STRUCT(bytes) quoted = {0};

			/* What a browser asks for by itself needs no words. */
			if (row->takes & ADMIN_OPEN)
				continue;
			bytes_addf(&quoted, "`%s %s", row->method, row->path);
			if (!strstr(bytes_text(&text), bytes_text(&quoted)))
				fail_msg("docs/emulator.md does not speak of %s %s", row->method,
				         row->path);
		}
	}
}

/* "$ref" leads somewhere, in the whole document. */
static void check_refs(const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	const cJSON *member;

	if (text && text_equal(value->string, "$ref")) {
		const cJSON *at = described;
		char path[128];
		char *rest = path;
		char *name;

		assert_true(text_starts(text, "#/"));
		assert_true(text_copy(path, sizeof(path), text + 2));
		while ((name = strsep(&rest, "/")) != NULL)
			at = cJSON_GetObjectItemCaseSensitive(at, name);
		if (!at)
			fail_msg("%s leads nowhere", text);
	}
	cJSON_ArrayForEach(member, value) check_refs(member);
}

static void every_reference_leads_somewhere(void **state)
{
	(void)state;
	check_refs(described);
}

static void the_version_is_this_one(void **state)
{
	const cJSON *info = cJSON_GetObjectItem(described, "info");

	(void)state;
	stage_begin(&stage, "admin", "GET", "/version", NULL);
	stage_admin(&stage);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(info, "version")),
	                    stage_text(&stage, "version"));
	assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(info, "description")),
	                       "NOT FOR PRODUCTION"));
	assert_int_equal(embedded_openapi_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_route_is_described),
	        cmocka_unit_test(nothing_else_is_described),
	        cmocka_unit_test(every_route_is_in_the_documentation),
	        cmocka_unit_test(every_reference_leads_somewhere),
	        cmocka_unit_test(the_version_is_this_one),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
