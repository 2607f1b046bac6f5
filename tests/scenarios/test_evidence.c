/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "sandbox.h"
#include "scarce.h"
#include "scenarios/runner/evidence.h"
#include "scenarios/runner/tree.h"
#include "tests/testing.h"

#define JWT        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmNkZWZnaCJ9.c2lnbmF0dXJlc2lnbmF0dXJl"
#define LINES      "{\"to\":{\"id\":1}}\n{\"from\":{\"id\":1}}\n"
#define FAULTS_MAX 5000

static const char *const files[] = {"scenario.json", "run.json",   "steps.json",    "journal.json",
                                    "faults.json",   "store.json", "findings.json", "secrets.json",
                                    "stderr.txt",    "shim.jsonl"};

static const char seen_text[] =
        "{\"run\":{\"suite\":\"" SUITE_VERSION "\",\"outcome\":\"ran\",\"twin\":null},"
        "\"steps\":[{\"do\":\"acquire\",\"with\":{},\"sent\":null,\"reply\":{\"ok\":true}}],"
        "\"journal\":{\"events\":[{\"seq\":1,\"text\":\"\xc3\xa4\\\"\\n\"}],\"dropped\":0},"
        "\"faults\":{\"faults\":[]},\"findings\":{\"findings\":[]},\"store\":null,"
        "\"secrets\":{\"searched\":1,\"hits\":[]}}";

static void fill(struct evidence *evidence)
{
	evidence->scenario = cJSON_Parse("{\"id\":\"sts.a\"}");
	evidence->seen = cJSON_Parse(seen_text);
	evidence->certificates = cJSON_Parse("{\"aa\":\"PEM a\\n\",\"bb\":\"PEM b\\n\"}");
	bytes_add_text(&evidence->stderr_text, "one\ntwo");
	bytes_add_text(&evidence->shim_lines, LINES);
	assert_non_null(evidence->scenario);
	assert_non_null(evidence->seen);
	assert_non_null(evidence->certificates);
}

/* A sandbox with the bundle "good" in it. */
static int setup(void **state)
{
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED(cJSON) *verdict = cJSON_Parse("{\"verdict\":\"pass\"}");
	static struct sandbox sandbox;
	char path[SANDBOX_PATH];

	sandbox_make(&sandbox);
	fill(&evidence);
	sandbox_path(&sandbox, "good", path);
	assert_int_equal(evidence_write(&evidence, verdict, path, NULL), MSIV2_OK);
	*state = &sandbox;
	return 0;
}

static int teardown(void **state)
{
	sandbox_drop(*state);
	return 0;
}

static void content(void **state, const char *name, struct bytes *out)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	assert_int_equal(files_read(path, 65536, MSIV2_STORE, out, NULL), MSIV2_OK);
}

static mode_t mode_of(void **state, const char *name)
{
	char path[SANDBOX_PATH];
	struct stat facts;

	sandbox_path(*state, name, path);
	assert_int_equal(fs_lstat(path, &facts), 0);
	return facts.st_mode & 07777;
}

static void what_was_written_is_read(void **state)
{
	OWNED(cJSON) *seen = cJSON_Parse(seen_text);
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED_STRUCT(bytes) pem = {0};
	OWNED_STRUCT(bytes) verdict = {0};
	char path[SANDBOX_PATH];

	sandbox_path(*state, "good", path);
	assert_int_equal(evidence_read(path, &evidence, NULL), MSIV2_OK);
	assert_true(cJSON_Compare(evidence.seen, seen, true));
	assert_string_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(evidence.scenario, "id")),
	        "sts.a");
	assert_string_equal(bytes_text(&evidence.stderr_text), "one\ntwo");
	assert_string_equal(bytes_text(&evidence.shim_lines), LINES);
	content(state, "good/certificates/bb.pem", &pem);
	assert_string_equal(bytes_text(&pem), "PEM b\n");
	content(state, "good/verdict.json", &verdict);
	assert_non_null(strstr(bytes_text(&verdict), "\"pass\""));
	assert_int_equal(mode_of(state, "good"), 0700);
	assert_int_equal(mode_of(state, "good/run.json"), 0600);
}

static void nothing_secret_is_written(void **state)
{
	static const struct {
		const char *said, *written;
		size_t len;
	} rows[] = {{"before\nx " JWT " y\nafter\n", "before\n[redacted]\nafter\n", 0},
	            {"a\0b " JWT "\nc\n", "[redacted]\nc\n", sizeof("a\0b " JWT "\nc\n") - 1},
	            {"a\0b\nc", "a?b\nc", 5},
	            {"x\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\ny\n",
	             "[redacted]", 0},
	            {"", "", 0},
	            {"\n\n", "\n\n", 0}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(evidence) evidence = {0};
		OWNED_STRUCT(bytes) written = {0};
		char path[SANDBOX_PATH];

		fill(&evidence);
		bytes_clear(&evidence.stderr_text);
		bytes_add(&evidence.stderr_text, rows[i].said,
		          rows[i].len > 0 ? rows[i].len : strlen(rows[i].said));
		sandbox_path(*state, "other", path);
		assert_int_equal(evidence_write(&evidence, NULL, path, NULL), MSIV2_OK);
		content(state, "other/stderr.txt", &written);
		assert_string_equal(bytes_text(&written), rows[i].written);
		tree_remove(path);
	}
}

static void a_folder_that_is_not_empty_is_left_alone(void **state)
{
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED_STRUCT(bytes) file = {0};
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];

	fill(&evidence);
	sandbox_folder(*state, "other");
	sandbox_write(*state, "other/run.json", "mine", 4);
	sandbox_path(*state, "other", path);
	assert_int_equal(evidence_write(&evidence, NULL, path, &err), MSIV2_STORE);
	assert_string_equal(err.where, path);
	content(state, "other/run.json", &file);
	assert_string_equal(bytes_text(&file), "mine");
	sandbox_path(*state, "other/run.json", path);
	assert_int_equal(evidence_write(&evidence, NULL, path, &err), MSIV2_STORE);
	assert_string_equal(err.where, path);
	sandbox_path(*state, "none/below", path);
	assert_int_equal(evidence_write(&evidence, NULL, path, &err), MSIV2_STORE);
	assert_string_equal(err.where, path);
}

/* Reading fails and names that file, and nothing comes of it. */
static void refused(void **state, const char *file, const char *says)
{
	OWNED_STRUCT(evidence) evidence = {0};
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];
	char bundle[SANDBOX_PATH];
	char name[SANDBOX_PATH];

	assert_in_range(snprintf(name, sizeof(name), "good/%s", file), 1, sizeof(name) - 1);
	sandbox_path(*state, name, path);
	sandbox_path(*state, "good", bundle);
	assert_int_equal(evidence_read(bundle, &evidence, &err), MSIV2_CONFIG);
	assert_string_equal(err.where, path);
	if (!strstr(err.message, says))
		fail_msg("%s: %s", file, err.message);
	assert_null(evidence.seen);
}

static void put(void **state, const char *file, const void *data, size_t len)
{
	char name[SANDBOX_PATH];

	assert_in_range(snprintf(name, sizeof(name), "good/%s", file), 1, sizeof(name) - 1);
	sandbox_write(*state, name, data, len);
}

/* Takes the file away; *kept is what it held. */
static void take_away(void **state, const char *file, struct bytes *kept)
{
	char name[SANDBOX_PATH];
	char path[SANDBOX_PATH];

	assert_in_range(snprintf(name, sizeof(name), "good/%s", file), 1, sizeof(name) - 1);
	content(state, name, kept);
	sandbox_path(*state, name, path);
	assert_int_equal(fs_unlink(path), 0);
}

static void each_missing_file_is_named(void **state)
{
	for (size_t i = 0; i < TEXT_COUNT(files); i++) {
		OWNED_STRUCT(bytes) kept = {0};

		take_away(state, files[i], &kept);
		refused(state, files[i], "No such file");
		put(state, files[i], bytes_text(&kept), kept.len);
	}
	what_was_written_is_read(state);
}

static void each_cut_or_broken_file_is_named(void **state)
{
	static const char *const broken[] = {
	        "", "{", "nonsense", "{\"a\":1}{}", "[1,2,]", "\xff\xfe", "{\"a\":1,\"a\":2}"};

	for (size_t i = 0; i < TEXT_COUNT(files); i++) {
		OWNED_STRUCT(bytes) kept = {0};

		if (!strstr(files[i], ".json") || strstr(files[i], ".jsonl"))
			continue;
		take_away(state, files[i], &kept);
		for (size_t j = 0; j < TEXT_COUNT(broken); j++) {
			put(state, files[i], broken[j], strlen(broken[j]));
			refused(state, files[i], "JSON: ");
		}
		if (kept.len > 4) {
			put(state, files[i], bytes_text(&kept), kept.len / 2);
			refused(state, files[i], "JSON: ");
		}
		put(state, files[i], bytes_text(&kept), kept.len);
	}
	what_was_written_is_read(state);
}

static void what_is_no_file_of_its_own_is_named(void **state)
{
	for (size_t i = 0; i < TEXT_COUNT(files); i++) {
		OWNED_STRUCT(bytes) kept = {0};
		char name[SANDBOX_PATH];
		char path[SANDBOX_PATH];

		take_away(state, files[i], &kept);
		assert_in_range(snprintf(name, sizeof(name), "good/%s", files[i]), 1,
		                sizeof(name) - 1);
		sandbox_path(*state, name, path);
		assert_int_equal(mkfifo(path, 0600), 0);
		refused(state, files[i], "");
		assert_int_equal(fs_unlink(path), 0);
		assert_int_equal(fs_mkdir(path, 0700), 0);
		refused(state, files[i], "");
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(symlink("/dev/zero", path), 0);
		refused(state, files[i], "");
		assert_int_equal(fs_unlink(path), 0);
		assert_int_equal(symlink(files[i], path), 0);
		refused(state, files[i], "");
		assert_int_equal(fs_unlink(path), 0);
		put(state, files[i], bytes_text(&kept), kept.len);
	}
	what_was_written_is_read(state);
}

static void a_file_that_is_too_large_is_named(void **state)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, "good/journal.json", path);
	assert_int_equal(truncate(path, (off_t)65 * 1024 * 1024), 0);
	refused(state, "journal.json", "");
}

static void another_version_is_named(void **state)
{
	static const struct {
		const char *run, *says;
	} rows[] = {{"{\"suite\":\"9.9.9\"}", "version 9.9.9"},
	            {"{\"suite\":9}", "version (none)"},
	            {"{}", "version (none)"},
	            {"[]", "version (none)"},
	            {"null", "version (none)"}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		put(state, "run.json", rows[i].run, strlen(rows[i].run));
		refused(state, "run.json", rows[i].says);
	}
}

static void a_folder_that_is_none_is_named(void **state)
{
	OWNED_STRUCT(evidence) evidence = {0};
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];

	sandbox_path(*state, "none", path);
	assert_int_equal(evidence_read(path, &evidence, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.where, "none/scenario.json"));
	sandbox_path(*state, "good/run.json", path);
	assert_int_equal(evidence_read(path, &evidence, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.where, "good/run.json/scenario.json"));
}

static bool is_whole(const char *path)
{
	OWNED_STRUCT(evidence) evidence = {0};

	return evidence_read(path, &evidence, NULL) == MSIV2_OK;
}

static void what_could_not_be_written_is_no_bundle(void **state)
{
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED(cJSON) *verdict = cJSON_Parse("{}");
	char path[SANDBOX_PATH];
	char mark[SANDBOX_PATH];

	fill(&evidence);
	sandbox_path(*state, "other", path);
	sandbox_path(*state, "other/verdict.json", mark);
	for (int what = SCARCE_MEMORY; what <= SCARCE_FILES; what++) {
		unsigned failures = 0;
		bool happened = true;

		for (unsigned nth = 1; happened; nth++) {
			struct msiv2_error err = {0};
			unsigned before = open_files();
			enum msiv2_rc rc;

			scarce_at((enum scarce)what, nth);
			rc = evidence_write(&evidence, verdict, path, &err);
			happened = scarce_end();
			assert_int_equal(rc == MSIV2_OK, !happened);
			assert_int_equal(err.rc, rc);
			/* One with a verdict is a whole one. */
			assert_true(files_exists(mark) ? is_whole(path) : rc != MSIV2_OK);
			assert_true(rc == MSIV2_OK || text_starts(err.where, path));
			failures += rc != MSIV2_OK;
			assert_int_equal(open_files(), before);
			tree_remove(path);
			assert_in_range(nth, 1, FAULTS_MAX);
		}
		assert_in_range(failures, 30, FAULTS_MAX);
	}
}

static void what_could_not_be_read_is_nothing(void **state)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, "good", path);
	for (int what = SCARCE_MEMORY; what <= SCARCE_FILES; what++) {
		unsigned failures = 0;
		bool happened = true;

		for (unsigned nth = 1; happened; nth++) {
			OWNED_STRUCT(evidence) evidence = {0};
			struct msiv2_error err = {0};
			unsigned before = open_files();
			enum msiv2_rc rc;

			scarce_at((enum scarce)what, nth);
			rc = evidence_read(path, &evidence, &err);
			happened = scarce_end();
			assert_int_equal(rc == MSIV2_OK, !happened);
			assert_int_equal(err.rc, rc);
			assert_int_equal(evidence.seen != NULL, rc == MSIV2_OK);
			failures += rc != MSIV2_OK;
			assert_int_equal(open_files(), before);
			assert_in_range(nth, 1, FAULTS_MAX);
		}
		assert_in_range(failures, 20, FAULTS_MAX);
	}
}

#define WITH_BUNDLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_BUNDLE(what_was_written_is_read),
	        WITH_BUNDLE(nothing_secret_is_written),
	        WITH_BUNDLE(a_folder_that_is_not_empty_is_left_alone),
	        WITH_BUNDLE(each_missing_file_is_named),
	        WITH_BUNDLE(each_cut_or_broken_file_is_named),
	        WITH_BUNDLE(what_is_no_file_of_its_own_is_named),
	        WITH_BUNDLE(a_file_that_is_too_large_is_named),
	        WITH_BUNDLE(another_version_is_named),
	        WITH_BUNDLE(a_folder_that_is_none_is_named),
	        WITH_BUNDLE(what_could_not_be_written_is_no_bundle),
	        WITH_BUNDLE(what_could_not_be_read_is_nothing),
	};

	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
