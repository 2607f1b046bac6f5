/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "cert_verbs.h"

#include <string.h>

#include "common/text.h"
#include "json_report.h"
#include "ref/certificate.h"
#include "ref/client.h"
#include "store_report.h"
#include "text_report.h"

/* ---- list and show ---- */

/* Which records are meant. */
typedef bool chooses_fn(const struct survey_alias *alias, const struct store_record *record,
                        const char *target);

static bool every(const struct survey_alias *alias, const struct store_record *record,
                  const char *target)
{
	(void)alias;
	(void)record;
	(void)target;
	return true;
}

static bool is_useless(const struct survey_alias *alias, const struct store_record *record,
                       const char *target)
{
	(void)alias;
	(void)target;
	return store_verdict_removes(record->verdict);
}

/* As an acquisition with the same options would judge (LIFE-01, STORE-07). */
static void judge(const struct arguments *args, struct store_desk *desk,
                  struct command_result *result)
{
	store_desk_find_key(desk, args, &result->notes);
	store_desk_judge(desk, desk->session.client->imds_base);
}

static enum msiv2_rc say_json(const struct store_desk *desk, chooses_fn *chooses,
                              const char *target, struct bytes *out, struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};
	cJSON *list;

	json_report_begin(&report, true);
	store_report_place(&report, desk);
	list = json_report_list(&report, NULL, "entries");
	for (size_t i = 0; i < desk->survey.count; i++) {
		const struct survey_alias *alias = &desk->survey.aliases[i];

		for (size_t k = 0; k < alias->records.count; k++) {
			if (chooses(alias, &alias->records.items[k], target))
				TRY(store_report_entry(&report, list, desk, alias,
				                       &alias->records.items[k], target != NULL,
				                       err));
		}
	}
	return json_report_print(&report, out, err);
}

static enum msiv2_rc say_text(const struct store_desk *desk, chooses_fn *chooses,
                              const char *target, struct bytes *out, struct msiv2_error *err)
{
	size_t count = 0;

	text_report_line(out, "store", "%s in %s", store_scope_name(desk->scope),
	                 store_path(desk->store));
	for (size_t i = 0; i < desk->survey.count; i++) {
		const struct survey_alias *alias = &desk->survey.aliases[i];

		for (size_t k = 0; k < alias->records.count; k++) {
			if (!chooses(alias, &alias->records.items[k], target))
				continue;
			bytes_add_byte(out, '\n');
			TRY(store_report_lines(out, desk, alias, &alias->records.items[k],
			                       target != NULL, err));
			count++;
		}
	}
	if (count == 0)
		text_report_line(out, "entries", "none");
	return MSIV2_OK;
}

enum msiv2_rc cert_list(const struct arguments *args, struct store_desk *desk,
                        struct command_result *result, struct msiv2_error *err)
{
	judge(args, desk, result);
	return args->json ? say_json(desk, every, NULL, &result->out, err)
	                  : say_text(desk, every, NULL, &result->out, err);
}

/* The records that TARGET names; several of one alias are fine, several by the beginning of a
 * digest are not. */
static enum msiv2_rc count_named(const struct store_desk *desk, const char *target, size_t *count,
                                 struct msiv2_error *err)
{
	size_t others = 0;

	*count = 0;
	for (size_t i = 0; i < desk->survey.count; i++) {
		const struct survey_alias *alias = &desk->survey.aliases[i];

		for (size_t k = 0; k < alias->records.count; k++) {
			if (!store_desk_is_named(alias, &alias->records.items[k], target))
				continue;
			*count += 1;
			others += !text_equal(alias->name, target);
		}
	}
	if (*count == 0)
		return err_set(err, MSIV2_STORE, store_path(desk->store),
		               "nothing here is named \"%s\": give an alias, or %d digits or more "
		               "of a certificate's SHA-256",
		               target, STORE_DESK_DIGITS_MIN);
	if (others > 1)
		return err_set(err, MSIV2_CONFIG, target,
		               "is the beginning of %zu certificates' SHA-256", others);
	return MSIV2_OK;
}

static enum msiv2_rc add_pem(const struct store_desk *desk, const char *target, struct bytes *out,
                             struct msiv2_error *err)
{
	for (size_t i = 0; i < desk->survey.count; i++) {
		const struct survey_alias *alias = &desk->survey.aliases[i];

		for (size_t k = 0; k < alias->records.count; k++) {
			const struct store_record *record = &alias->records.items[k];

			if (record->readable && store_desk_is_named(alias, record, target))
				TRY(x509_to_pem(record->entry.certificate, out, err));
		}
	}
	return MSIV2_OK;
}

enum msiv2_rc cert_show(const struct arguments *args, struct store_desk *desk,
                        struct command_result *result, struct msiv2_error *err)
{
	size_t count;

	TRY(count_named(desk, args->target, &count, err));
	if (args->pem)
		return add_pem(desk, args->target, &result->out, err);
	judge(args, desk, result);
	return args->json ? say_json(desk, store_desk_is_named, args->target, &result->out, err)
	                  : say_text(desk, store_desk_is_named, args->target, &result->out, err);
}

/* ---- remove and purge ---- */

#define TO_REMOVE STORE_REFUSED
#define TO_KEEP   STORE_CHOSEN

struct removal {
	struct json_report report;
	cJSON *list;
	struct bytes lines;
	size_t removed;
};

static void note_removal(struct removal *removal, const struct survey_alias *alias,
                         const struct store_record *record)
{
	cJSON *item = json_report_item(&removal->report, removal->list);

	json_report_text(&removal->report, item, "alias", alias->name);
	json_report_text(&removal->report, item, "file", record->file);
	json_report_text(&removal->report, item, "verdict", store_verdict_name(record->verdict));
	text_report_line(&removal->lines, "removed", "%s (%s) of %s", record->file,
	                 store_verdict_name(record->verdict),
	                 alias->name != NULL ? alias->name : "an unknown alias");
}

/* Removes the chosen records of one alias, if they are still what was read. */
static enum msiv2_rc remove_of(struct store_desk *desk, struct survey_alias *alias,
                               chooses_fn *chooses, const char *target, struct removal *removal,
                               struct msiv2_error *err)
{
	size_t removed = 0;
	size_t chosen = 0;

	for (size_t k = 0; k < alias->records.count; k++) {
		struct store_record *record = &alias->records.items[k];
		bool leaves = chooses(alias, record, target);

		if (leaves)
			note_removal(removal, alias, record);
		record->verdict = leaves ? TO_REMOVE : TO_KEEP;
		chosen += leaves;
	}
	if (chosen == 0)
		return MSIV2_OK;
	TRY(store_remove_in(desk->store, alias->folder, &alias->records, 1U << TO_REMOVE, &removed,
	                    err));
	removal->removed += removed;
	return MSIV2_OK;
}

static enum msiv2_rc say_removed(const struct arguments *args, const struct store_desk *desk,
                                 struct removal *removal, struct bytes *out,
                                 struct msiv2_error *err)
{
	if (!args->json) {
		bytes_add(out, removal->lines.data, removal->lines.len);
		if (removal->lines.len == 0)
			text_report_line(out, "removed", "nothing");
		return bytes_done(&removal->lines, "output", err);
	}
	store_report_place(&removal->report, desk);
	json_report_number(&removal->report, NULL, "removed", (double)removal->removed);
	return json_report_print(&removal->report, out, err);
}

static enum msiv2_rc remove_all(const struct arguments *args, struct store_desk *desk,
                                chooses_fn *chooses, struct bytes *out, struct msiv2_error *err)
{
	struct removal removal = {0};
	enum msiv2_rc rc = MSIV2_OK;

	json_report_begin(&removal.report, true);
	removal.list = json_report_list(&removal.report, NULL, "entries");
	for (size_t i = 0; rc == MSIV2_OK && i < desk->survey.count; i++)
		rc = remove_of(desk, &desk->survey.aliases[i], chooses, args->target, &removal,
		               err);
	if (rc == MSIV2_OK)
		rc = say_removed(args, desk, &removal, out, err);
	json_report_free(&removal.report);
	bytes_free(&removal.lines);
	return rc;
}

enum msiv2_rc cert_remove(const struct arguments *args, struct store_desk *desk,
                          struct command_result *result, struct msiv2_error *err)
{
	size_t count;

	TRY(count_named(desk, args->target, &count, err));
	judge(args, desk, result);
	return remove_all(args, desk, store_desk_is_named, &result->out, err);
}

/* Whoever issued it: what is of no use to any client of this store goes. */
enum msiv2_rc cert_purge(const struct arguments *args, struct store_desk *desk,
                         struct command_result *result, struct msiv2_error *err)
{
	store_desk_find_key(desk, args, &result->notes);
	store_desk_judge(desk, NULL);
	return remove_all(args, desk, args->everything ? every : is_useless, &result->out, err);
}

/* ---- renew ---- */

static const struct store_record *find_certificate(const struct survey *survey, const char *sha256)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct store_records *records = &survey->aliases[i].records;

		for (size_t k = 0; k < records->count; k++) {
			if (records->items[k].readable &&
			    text_starts(records->items[k].file, sha256))
				return &records->items[k];
		}
	}
	return NULL;
}

/* Persistence is best effort for an acquisition (STORE-06), but what was asked for here. */
static enum msiv2_rc check_kept(const struct store_desk *desk, const struct msiv2_certificate *cert,
                                struct msiv2_error *err)
{
	if (text_equal(msiv2_certificate_key_kind(cert), memory_provider.kind))
		return err_set(
		        err, MSIV2_STORE, store_path(desk->store),
		        "the new certificate is of a memory key and dies with it (STORE-08)");
	if (find_certificate(&desk->survey, msiv2_certificate_sha256(cert)) == NULL)
		return err_set(err, MSIV2_STORE, store_path(desk->store),
		               "the new certificate could not be kept; -v tells why");
	return MSIV2_OK;
}

static enum msiv2_rc say_renewed(const struct arguments *args, const struct store_desk *desk,
                                 const struct msiv2_certificate *cert, struct bytes *out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};
	struct msiv2_timings timings;

	msiv2_certificate_timings(cert, &timings);
	if (!args->json) {
		text_report_legs(out, &timings, cert);
		text_report_certificate(out, cert);
		text_report_line(out, "  kept in", "%s", store_path(desk->store));
		return MSIV2_OK;
	}
	json_report_begin(&report, true);
	store_report_place(&report, desk);
	json_report_certificate(&report, cert);
	json_report_text(&report, NULL, "pem", msiv2_certificate_pem(cert));
	json_report_timings(&report, &timings);
	return json_report_print(&report, out, err);
}

enum msiv2_rc cert_renew(const struct arguments *args, struct store_desk *desk,
                         struct command_result *result, struct msiv2_error *err)
{
	struct msiv2_request request = session_request(args);
	OWNED_STRUCT(msiv2_certificate) *cert = NULL;

	request.force = true;
	if (!hierarchy_persists(&desk->session.client->keys.hierarchy))
		return err_set(err, MSIV2_CONFIG, "--keys",
		               "must name keyguard or hardware: certificates of memory keys are "
		               "never kept");
	TRY(msiv2_client_certificate(desk->session.client, &request, &cert, err));
	TRY(store_desk_read(desk, err));
	TRY(check_kept(desk, cert, err));
	return say_renewed(args, desk, cert, &result->out, err);
}
