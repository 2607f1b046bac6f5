/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "evidence.h"

#include <dirent.h>
#include <string.h>

#include "certificate_text.h"
#include "common/files.h"
#include "common/text.h"
#include "scrub.h"

#define FILE_MAX    ((size_t)64 * 1024 * 1024)
#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* The members that are files of their own. */
static const char *const members[] = {"run",      "steps", "journal", "faults",
                                      "findings", "store", "secrets"};

void evidence_free(struct evidence *evidence)
{
	cJSON_Delete(evidence->scenario);
	cJSON_Delete(evidence->seen);
	cJSON_Delete(evidence->certificates);
	bytes_free(&evidence->stderr_text);
	bytes_free(&evidence->shim_lines);
	*evidence = (struct evidence){0};
}

/* ---- writing ---- */

static enum msiv2_rc write_file(const char *dir, const char *name, const void *data, size_t len,
                                struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_addf(&path, "%s/%s", dir, name);
	TRY(bytes_done(&path, dir, err));
	return files_replace(bytes_text(&path), data, len, FILE_MODE, MSIV2_STORE, err);
}

/* Indented, as people read it. */
static enum msiv2_rc write_json(const char *dir, const char *name, const cJSON *json,
                                struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) file = {0};
	char *text = cJSON_Print(json);
	enum msiv2_rc rc;

	if (!text)
		return err_no_memory(err, dir);
	bytes_addf(&file, "%s.json", name);
	rc = bytes_done(&file, dir, err);
	if (rc == MSIV2_OK)
		rc = write_file(dir, bytes_text(&file), text, strlen(text), err);
	cJSON_free(text);
	return rc;
}

static enum msiv2_rc write_certificates(const cJSON *certificates, const char *dir,
                                        struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) folder = {0};
	const cJSON *item;

	bytes_addf(&folder, "%s/certificates", dir);
	TRY(bytes_done(&folder, dir, err));
	TRY(files_make_dir(bytes_text(&folder), FOLDER_MODE, MSIV2_STORE, err));
	cJSON_ArrayForEach(item, certificates)
	{
		OWNED_STRUCT(bytes) name = {0};

		bytes_addf(&name, "%s.pem", item->string);
		TRY(bytes_done(&name, dir, err));
		TRY(write_file(bytes_text(&folder), bytes_text(&name), item->valuestring,
		               strlen(item->valuestring), err));
	}
	return MSIV2_OK;
}

/* Line by line, so that one line with a token in it does not hide the others (SEC-01). A private
 * key has many lines: it hides all. */
static void scrub_lines(const struct bytes *text, struct bytes *out)
{
	const char *rest = bytes_text(text);
	const char *end = rest + text->len;

	if (text->len > 0 && holds_private_key(rest, text->len)) {
		scrub_hidden(out);
		return;
	}
	while (rest < end) {
		OWNED_STRUCT(bytes) line = {0};

		for (; rest < end && *rest != '\n'; rest++)
			bytes_add_byte(&line, *rest ? (uint8_t)*rest : '?');
		scrub_text(bytes_text(&line), out);
		out->failed = out->failed || line.failed;
		if (rest < end)
			bytes_add_byte(out, (uint8_t)*rest++);
	}
}

void evidence_last_words(const struct evidence *evidence, struct bytes *out)
{
	OWNED_STRUCT(bytes) text = {0};
	const char *said;
	size_t end, begin;

	scrub_lines(&evidence->stderr_text, &text);
	said = bytes_text(&text);
	end = text.len;
	while (end > 0 && strchr(" \r\n\t", said[end - 1]))
		end--;
	begin = end;
	for (unsigned lines = 0; begin > 0; begin--)
		if (said[begin - 1] == '\n' && ++lines == EVIDENCE_LAST_LINES)
			break;
	bytes_add(out, said + begin, end - begin);
	out->failed = out->failed || text.failed;
}

/* The folder can be read, and nothing is in it. */
static bool is_empty(const char *dir)
{
	const struct dirent *entry;
	DIR *open = opendir(dir);
	bool empty = open != NULL;

	while (empty && (entry = readdir(open)) != NULL)
		empty = text_equal(entry->d_name, ".") || text_equal(entry->d_name, "..");
	if (open)
		(void)closedir(open);
	return empty;
}

enum msiv2_rc evidence_write(const struct evidence *evidence, const cJSON *verdict, const char *dir,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) errors = {0};

	TRY(files_make_dir(dir, FOLDER_MODE, MSIV2_STORE, err));
	if (!is_empty(dir))
		return err_set(err, MSIV2_STORE, dir, "is not empty");
	TRY(write_json(dir, "scenario", evidence->scenario, err));
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		const cJSON *member = cJSON_GetObjectItemCaseSensitive(evidence->seen, members[i]);

		if (member)
			TRY(write_json(dir, members[i], member, err));
	}
	TRY(write_certificates(evidence->certificates, dir, err));
	scrub_lines(&evidence->stderr_text, &errors);
	TRY(bytes_done(&errors, dir, err));
	TRY(write_file(dir, "stderr.txt", bytes_text(&errors), errors.len, err));
	TRY(write_file(dir, "shim.jsonl", bytes_text(&evidence->shim_lines),
	               evidence->shim_lines.len, err));
	/* Last: a bundle with a verdict is a whole one. */
	return verdict ? write_json(dir, "verdict", verdict, err) : MSIV2_OK;
}

/* ---- reading ---- */

static enum msiv2_rc read_file(const char *dir, const char *name, struct bytes *path,
                               struct bytes *content, struct msiv2_error *err)
{
	bytes_addf(path, "%s/%s", dir, name);
	TRY(bytes_done(path, dir, err));
	return files_read(bytes_text(path), FILE_MAX, MSIV2_CONFIG, content, err);
}

static enum msiv2_rc read_json(const char *dir, const char *name, cJSON **out,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) file = {0};
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) content = {0};
	struct blame blame = {.rc = MSIV2_CONFIG};

	bytes_addf(&file, "%s.json", name);
	TRY(bytes_done(&file, dir, err));
	TRY(read_file(dir, bytes_text(&file), &path, &content, err));
	blame.where = bytes_text(&path);
	return json_parse(content.data, content.len, &blame, out, err);
}

/* Another version may have seen other things, and judges by other rules: the verdict would be
 * neither the one that was given nor the one that would be given now. */
static enum msiv2_rc check_version(const struct evidence *evidence, const char *dir,
                                   struct msiv2_error *err)
{
	const cJSON *run = cJSON_GetObjectItemCaseSensitive(evidence->seen, "run");
	const char *suite = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(run, "suite"));
	OWNED_STRUCT(bytes) path = {0};

	if (text_equal(suite, MSIV2_VERSION_TEXT))
		return MSIV2_OK;
	bytes_addf(&path, "%s/run.json", dir);
	TRY(bytes_done(&path, dir, err));
	return err_set(err, MSIV2_CONFIG, bytes_text(&path),
	               "is of version %.32s of the suite, and this is " MSIV2_VERSION_TEXT,
	               suite ? suite : "(none)");
}

enum msiv2_rc evidence_read(const char *dir, struct evidence *out, struct msiv2_error *err)
{
	OWNED_STRUCT(evidence) evidence = {.seen = cJSON_CreateObject()};
	OWNED_STRUCT(bytes) errors_path = {0};
	OWNED_STRUCT(bytes) lines_path = {0};

	if (!evidence.seen)
		return err_no_memory(err, dir);
	TRY(read_json(dir, "scenario", &evidence.scenario, err));
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		cJSON *member = NULL;

		TRY(read_json(dir, members[i], &member, err));
		if (cJSON_AddItemToObject(evidence.seen, members[i], member))
			continue;
		cJSON_Delete(member);
		return err_no_memory(err, dir);
	}
	TRY(check_version(&evidence, dir, err));
	TRY(read_file(dir, "stderr.txt", &errors_path, &evidence.stderr_text, err));
	TRY(read_file(dir, "shim.jsonl", &lines_path, &evidence.shim_lines, err));
	*out = steal(&evidence);
	return MSIV2_OK;
}
