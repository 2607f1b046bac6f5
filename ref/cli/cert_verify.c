/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "cert_verify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "json_report.h"
#include "ref/keys/hierarchy.h"
#include "ref/net/trust.h"
#include "store_audit.h"
#include "store_report.h"
#include "text_report.h"

#define KEYS_MAX 16 /* devices asked once each; more are asked again for each entry */

/* What a device answered about a key. */
struct asked {
	char kind[16];
	char name[128];
	uint8_t sha256[X509_SHA256_LEN];
	char device[256];  /* "" = not known */
	char trouble[320]; /* "" = it is there and signs */
};

struct verification {
	const struct arguments *args;
	const struct store_desk *desk;
	X509_STORE *trust; /* NULL = the chain is not asked for */
	struct json_report report;
	cJSON *list;
	struct bytes lines;
	struct asked asked[KEYS_MAX];
	size_t asked_count;
	size_t entries;
	size_t problems;
};

static void add_problem(void *ctx, const char *path, const char *words)
{
	struct verification *verification = ctx;
	cJSON *item = json_report_item(&verification->report, verification->list);

	verification->problems++;
	json_report_text(&verification->report, item, "path", path);
	json_report_text(&verification->report, item, "message", words);
	bytes_addf(&verification->lines, "problem      %s: %s\n", path, words);
}

/* ---- the key ---- */

static void ask_device(const struct verification *verification, const struct store_entry *entry,
                       struct asked *out)
{
	struct msiv2_error err = {0};
	enum key_lack lack;

	OWNED_STRUCT(bytes) device = {0};

	*out = (struct asked){0};
	if (store_desk_device(verification->desk, entry->key_kind, verification->args->timeout_ms,
	                      &device))
		(void)snprintf(out->device, sizeof(out->device), "%s", bytes_text(&device));
	(void)snprintf(out->kind, sizeof(out->kind), "%s", entry->key_kind);
	(void)snprintf(out->name, sizeof(out->name), "%s", entry->key_name);
	if (store_desk_key(verification->desk, entry->key_kind, entry->key_name,
	                   verification->args->timeout_ms, out->sha256, &lack, &err) != MSIV2_OK)
		(void)snprintf(out->trouble, sizeof(out->trouble), "its %s key is %s: %s",
		               entry->key_kind, key_lack_name(lack), msiv2_error_message(&err));
}

static const struct asked *ask_once(struct verification *verification,
                                    const struct store_entry *entry, struct asked *otherwise)
{
	struct asked *known = verification->asked;

	for (size_t i = 0; i < verification->asked_count; i++) {
		if (text_equal(known[i].kind, entry->key_kind) &&
		    text_equal(known[i].name, entry->key_name))
			return &known[i];
	}
	if (verification->asked_count < KEYS_MAX)
		otherwise = &known[verification->asked_count++];
	ask_device(verification, entry, otherwise);
	return otherwise;
}

/* STORE-07, KEY-08 */
static void judge_key(struct verification *verification, const char *path,
                      const struct store_entry *entry)
{
	struct asked answer;
	const struct asked *device = ask_once(verification, entry, &answer);
	char words[400];

	if (device->trouble[0] == '\0' &&
	    memcmp(device->sha256, entry->key_sha256, sizeof(device->sha256)) == 0)
		return;
	if (device->device[0] != '\0' && entry->device != NULL &&
	    !text_equal(device->device, entry->device)) {
		bytes_addf(&verification->lines, "elsewhere    %s: its key is in %s\n", path,
		           entry->device);
		return;
	}
	if (device->trouble[0] != '\0') {
		add_problem(verification, path, device->trouble);
		return;
	}
	(void)snprintf(words, sizeof(words),
	               "is an orphan: the %s key named %s is another one by now", entry->key_kind,
	               entry->key_name);
	add_problem(verification, path, words);
}

/* ---- the chain ---- */

/* Whether it has run out is not asked here: that is no damage, and list tells it. */
static void judge_chain(struct verification *verification, const char *path,
                        const struct store_entry *entry)
{
	OWNED(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	char words[200];

	if (verification->trust == NULL)
		return;
	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, verification->trust, entry->certificate, NULL) != 1) {
		add_problem(verification, path, "its chain cannot be judged: out of memory");
		return;
	}
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
	if (X509_verify_cert(ctx) == 1)
		return;
	(void)snprintf(words, sizeof(words), "its chain leads to no root of --ca: %s",
	               X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	add_problem(verification, path, words);
}

static void judge_entry(void *ctx, const char *path, const struct store_entry *entry)
{
	struct verification *verification = ctx;

	verification->entries++;
	judge_key(verification, path, entry);
	judge_chain(verification, path, entry);
}

/* ---- the report ---- */

static enum msiv2_rc say_json(struct verification *verification, const struct store_audit *audit,
                              struct command_result *result, struct msiv2_error *err)
{
	struct json_report *report = &verification->report;
	struct msiv2_error found = {0};

	(void)cJSON_ReplaceItemInObject(report->root, "ok",
	                                cJSON_CreateBool(verification->problems == 0));
	store_report_place(report, verification->desk);
	json_report_number(report, NULL, "folders", (double)audit->folders);
	json_report_number(report, NULL, "files", (double)audit->files);
	json_report_number(report, NULL, "leftovers", (double)audit->leftovers);
	json_report_number(report, NULL, "entries", (double)verification->entries);
	if (verification->problems > 0) {
		(void)err_set(&found, MSIV2_STORE, store_path(verification->desk->store), "%zu %s",
		              verification->problems,
		              text_report_word(verification->problems, "problem", "problems"));
		json_report_error(report, msiv2_rc_name(found.rc), &found);
	}
	return json_report_print(report, &result->out, err);
}

static enum msiv2_rc say_text(const struct verification *verification,
                              const struct store_audit *audit, struct command_result *result,
                              struct msiv2_error *err)
{
	struct bytes *out = &result->out;

	text_report_line(out, "store", "%s in %s", store_scope_name(verification->desk->scope),
	                 store_path(verification->desk->store));
	bytes_add(out, verification->lines.data, verification->lines.len);
	text_report_line(
	        out, "verified", "%zu %s, %zu %s, %zu %s, %zu %s; %zu %s", audit->folders,
	        text_report_word(audit->folders, "folder", "folders"), audit->files,
	        text_report_word(audit->files, "file", "files"), verification->entries,
	        text_report_word(verification->entries, "entry", "entries"), audit->leftovers,
	        text_report_word(audit->leftovers, "leftover", "leftovers"), verification->problems,
	        text_report_word(verification->problems, "problem", "problems"));
	return bytes_done(&verification->lines, "output", err);
}

static enum msiv2_rc run(struct verification *verification, struct command_result *result,
                         struct msiv2_error *err)
{
	struct store_audit audit = {
	        .problem = add_problem,
	        .entry = judge_entry,
	        .ctx = verification,
	        .owner = verification->desk->scope == STORE_SCOPE_LOCAL_MACHINE ? 0 : geteuid(),
	};

	if (verification->args->ca != NULL)
		TRY(trust_load(verification->args->ca, &verification->trust, err));
	json_report_begin(&verification->report, true);
	verification->list = json_report_list(&verification->report, NULL, "problems");
	TRY(store_audit(store_path(verification->desk->store), &audit, err));
	result->exit_code = verification->problems > 0 ? EXIT_OF(MSIV2_STORE) : 0;
	return verification->args->json ? say_json(verification, &audit, result, err)
	                                : say_text(verification, &audit, result, err);
}

enum msiv2_rc cert_verify(const struct arguments *args, struct store_desk *desk,
                          struct command_result *result, struct msiv2_error *err)
{
	struct verification verification = {.args = args, .desk = desk};
	enum msiv2_rc rc = run(&verification, result, err);

	X509_STORE_free(verification.trust);
	json_report_free(&verification.report);
	bytes_free(&verification.lines);
	return rc;
}
