/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"
#include "common/text.h"
#include "json_report.h"
#include "ref/key_info.h"
#include "session.h"
#include "text_report.h"

/* ---- the key ---- */

static enum msiv2_rc as_json(const struct msiv2_key_info *info, struct bytes *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};
	cJSON *key;
	cJSON *sign;

	json_report_begin(&report, true);
	key = json_report_object(&report, NULL, "key");
	json_report_text(&report, key, "kind", msiv2_key_info_kind(info));
	json_report_number(&report, key, "strength", msiv2_key_info_strength(info));
	json_report_number(&report, key, "bits", msiv2_key_info_bits(info));
	json_report_text(&report, key, "spki_sha256", msiv2_key_info_sha256(info));
	json_report_text(&report, key, "location", msiv2_key_info_location(info));
	json_report_text(&report, key, "protection", msiv2_key_info_protection(info));
	json_report_flag(&report, key, "persistent", msiv2_key_info_persistent(info));
	json_report_flag(&report, key, "attestable", msiv2_key_info_attestable(info));
	sign = json_report_object(&report, key, "sign_ms");
	json_report_number(&report, sign, "pss",
	                   (double)msiv2_key_info_sign_us(info, MSIV2_KEY_PSS) / 1000.0);
	json_report_number(&report, sign, "pkcs1",
	                   (double)msiv2_key_info_sign_us(info, MSIV2_KEY_PKCS1) / 1000.0);
	json_report_text(&report, NULL, "pem", msiv2_key_info_pem(info));
	return json_report_print(&report, out, err);
}

static void for_people(const struct msiv2_key_info *info, struct bytes *out)
{
	text_report_line(out, "key", "%s, strength %d of 3, RSA %d", msiv2_key_info_kind(info),
	                 msiv2_key_info_strength(info), msiv2_key_info_bits(info));
	text_report_line(out, "  public", "SPKI sha256 %s", msiv2_key_info_sha256(info));
	text_report_line(out, "  lives in", "%s", msiv2_key_info_location(info));
	text_report_line(out, "  protection", "%s", msiv2_key_info_protection(info));
	text_report_line(out, "  persistent", "%s",
	                 msiv2_key_info_persistent(info) ? "yes" : "no, it dies with its process");
	text_report_line(out, "  attestable", "%s", msiv2_key_info_attestable(info) ? "yes" : "no");
	text_report_line(out, "  signs", "PSS in %.1f ms, PKCS#1 v1.5 in %.1f ms, both verified",
	                 (double)msiv2_key_info_sign_us(info, MSIV2_KEY_PSS) / 1000.0,
	                 (double)msiv2_key_info_sign_us(info, MSIV2_KEY_PKCS1) / 1000.0);
}

static enum msiv2_rc show(const struct arguments *args, struct session *session,
                          struct command_result *result, struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(msiv2_key_info) *info = NULL;

	TRY(msiv2_client_key(session->client, &request, &info, err));
	if (args->json)
		return as_json(info, &result->out, err);
	if (args->pem)
		bytes_add_text(&result->out, msiv2_key_info_pem(info));
	else
		for_people(info, &result->out);
	return MSIV2_OK;
}

/* ---- what is done to a device ---- */

/* One line, or {"ok":true,"<done>":"<kind>"}. */
static enum msiv2_rc say_done(const struct arguments *args, const char *done, struct bytes *out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};

	if (!args->json) {
		text_report_line(out, done, "%s", args->keys);
		return MSIV2_OK;
	}
	json_report_begin(&report, true);
	json_report_text(&report, NULL, done, args->keys);
	return json_report_print(&report, out, err);
}

static enum msiv2_rc enrol(const struct arguments *args, struct session *session,
                           struct command_result *result, struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);

	TRY(msiv2_client_enrol_key(session->client, &request, args->keys, args->authority, err));
	return say_done(args, "enrolled", &result->out, err);
}

static enum msiv2_rc remove_key(const struct arguments *args, struct session *session,
                                struct command_result *result, struct msiv2_error *err)
{
	TRY(msiv2_client_remove_key(session->client, args->keys, err));
	return say_done(args, "removed", &result->out, err);
}

static const struct verb {
	const char *name; /* NULL = none given */
	bool authority;   /* takes --authority, and needs it */
	bool device;      /* is about one device, named by --keys */
	enum msiv2_rc (*run)(const struct arguments *args, struct session *session,
	                     struct command_result *result, struct msiv2_error *err);
	const char *summary; /* NULL = not shown by help */
} verbs[] = {
        {NULL, false, false, show, NULL},
        {"enrol", true, true, enrol, "have the identity of its device certified by --authority"},
        {"remove", false, true, remove_key, "remove the key from its device"},
};

void command_key_verbs(struct bytes *out)
{
	for (size_t i = 0; i < TEXT_COUNT(verbs); i++)
		if (verbs[i].summary != NULL)
			command_verb_help(verbs[i].name, "", verbs[i].summary, out);
}

static enum msiv2_rc check(const struct verb *verb, const struct arguments *args,
                           struct msiv2_error *err)
{
	if (verb->authority && args->authority == NULL)
		return err_set(err, MSIV2_CONFIG, "--authority", "is required");
	if (!verb->authority && args->authority != NULL)
		return err_set(err, MSIV2_CONFIG, "--authority", "belongs to msiv2 key enrol");
	if (!verb->device)
		return MSIV2_OK;
	if (args->pem)
		return err_set(err, MSIV2_CONFIG, "--pem", "belongs to msiv2 key alone");
	if (!text_equal(args->keys, "keyguard") && !text_equal(args->keys, "hardware"))
		return err_set(err, MSIV2_CONFIG, "--keys", "must be keyguard or hardware");
	return MSIV2_OK;
}

enum msiv2_rc command_key(const struct arguments *args, struct command_result *result,
                          struct msiv2_error *err)
{
	OWNED_STRUCT(session) session = {0};

	for (size_t i = 0; i < TEXT_COUNT(verbs); i++) {
		if (!text_equal(verbs[i].name, args->verb))
			continue;
		TRY(check(&verbs[i], args, err));
		TRY(session_open(&session, args, err));
		return verbs[i].run(args, &session, result, err);
	}
	return err_set(err, MSIV2_CONFIG, args->verb, "must be enrol or remove, or nothing");
}
