/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "troupe.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "scarce.h"
#include "tests/testing.h"

void troupe_make(struct troupe *troupe)
{
	*troupe = (struct troupe){0};
	sandbox_make(&troupe->sandbox);
	sandbox_folder(&troupe->sandbox, "catalogue");
	sandbox_folder(&troupe->sandbox, "work");
	sandbox_folder(&troupe->sandbox, "tmp");
	sandbox_path(&troupe->sandbox, "catalogue", troupe->catalogue_dir);
	sandbox_path(&troupe->sandbox, "out", troupe->out_dir);
	sandbox_path(&troupe->sandbox, "work", troupe->work_dir);
	sandbox_path(&troupe->sandbox, "tmp", troupe->temporary);
	assert_int_equal(setenv("TMPDIR", troupe->temporary, 1), 0);
	assert_int_equal(stop_open(&troupe->stop, NULL), MSIV2_OK);
	troupe->plan = (struct run_plan){
	        .perform = {.stage = {.scripts = "/nowhere", .seed = 7, .key = KEY_KIND_MEMORY},
	                    .mode = CLIENT_SHIM,
	                    .work_dir = troupe->work_dir},
	        .jobs = 1,
	        .ctx = troupe};
	troupe_add(troupe, "flow", "cold", "good", NULL);
}

void troupe_add(struct troupe *troupe, const char *group, const char *name, const char *resource,
                const char *twin)
{
	OWNED_STRUCT(bytes) text = {0};
	char file[SANDBOX_PATH];

	bytes_addf(&text,
	           "{\"id\":\"%s.%s\",\"title\":\"A title that is long enough\",\"kind\":\"%s\","
	           "\"requirements\":[\"STS-05\"],\"level\":\"MUST\",\"time_limit_s\":1,%s%s%s"
	           "\"why\":\"Because clients get this wrong now and then.\","
	           "\"steps\":[{\"do\":\"acquire\",\"with\":{\"resource\":\"%s\"}%s}],"
	           "\"expect\":{}}",
	           group, name, twin ? "negative" : "positive", twin ? "\"twin\":\"" : "",
	           twin ? twin : "", twin ? "\"," : "", resource,
	           twin ? ",\"expect\":{\"class\":\"sts_refused\"}" : "");
	assert_in_range(snprintf(file, sizeof(file), "catalogue/%s", group), 1, sizeof(file) - 1);
	sandbox_folder(&troupe->sandbox, file);
	assert_in_range(snprintf(file, sizeof(file), "catalogue/%s/%s.json", group, name), 1,
	                sizeof(file) - 1);
	sandbox_write(&troupe->sandbox, file, bytes_text(&text), text.len);
}

static bool is_empty(const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	bool empty = true;

	assert_non_null(dir);
	while (empty && (entry = readdir(dir)) != NULL)
		empty = text_equal(entry->d_name, ".") || text_equal(entry->d_name, "..");
	(void)closedir(dir);
	return empty;
}

enum msiv2_rc troupe_run(struct troupe *troupe, const char *command, struct msiv2_error *err)
{
	unsigned before = open_files();
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	results_free(&troupe->results);
	if (!troupe->catalogue.items &&
	    catalogue_load(troupe->catalogue_dir, &troupe->catalogue, &why) != MSIV2_OK)
		fail_msg("%s: %s", why.where, why.message);
	troupe->plan.catalogue = &troupe->catalogue;
	troupe->plan.selection = &troupe->selection;
	troupe->plan.perform.command = command;
	rc = run(&troupe->plan, &troupe->results, err);
	assert_int_equal(open_files(), before);
	assert_true(no_children());
	assert_true(is_empty(troupe->temporary));
	return rc;
}

const struct result *troupe_result(const struct troupe *troupe, const char *id)
{
	for (size_t i = 0; i < troupe->results.count; i++)
		if (text_equal(troupe->results.items[i].scenario->id, id))
			return &troupe->results.items[i];
	return NULL;
}

void troupe_verdict(const struct troupe *troupe, const char *id, enum verdict_kind kind,
                    const char *words)
{
	const struct result *result = troupe_result(troupe, id);

	assert_non_null(result);
	if (result->verdict.kind != kind || !strstr(result->verdict.reason, words))
		fail_msg("%s: %s: %s", id, verdict_word(result->verdict.kind),
		         result->verdict.reason);
	assert_string_equal(result->verdict.scenario, id);
}

void troupe_drop(struct troupe *troupe)
{
	results_free(&troupe->results);
	catalogue_free(&troupe->catalogue);
	stop_close(&troupe->stop);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	sandbox_drop(&troupe->sandbox);
}
