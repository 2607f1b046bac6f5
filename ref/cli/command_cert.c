/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "cert_verbs.h"
#include "cert_verify.h"
#include "command.h"
#include "common/text.h"
#include "json_report.h"
#include "ref/certificate.h"
#include "session.h"
#include "text_report.h"

static enum msiv2_rc as_json(const struct msiv2_certificate *cert,
                             const struct msiv2_timings *timings, struct bytes *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};

	json_report_begin(&report, true);
	json_report_certificate(&report, cert);
	json_report_text(&report, NULL, "pem", msiv2_certificate_pem(cert));
	json_report_timings(&report, timings);
	return json_report_print(&report, out, err);
}

/* Without a verb: the certificate that an acquisition would use. */
static enum msiv2_rc acquire(const struct arguments *args, struct command_result *result,
                             struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(msiv2_certificate) *cert = NULL;
	struct msiv2_timings timings;

	TRY(session_open(&session, args, err));
	TRY(msiv2_client_certificate(session.client, &request, &cert, err));
	msiv2_certificate_timings(cert, &timings);
	if (args->json)
		return as_json(cert, &timings, &result->out, err);
	if (args->pem) {
		bytes_add_text(&result->out, msiv2_certificate_pem(cert));
		return MSIV2_OK;
	}
	text_report_legs(&result->out, &timings, cert);
	text_report_certificate(&result->out, cert);
	text_report_line(&result->out, "  identity", "%s", msiv2_certificate_identity_type(cert));
	text_report_line(&result->out, "  endpoint", "%s", msiv2_certificate_endpoint(cert));
	return MSIV2_OK;
}

static const struct verb {
	const char *name;
	bool reads;  /* begins with what the store holds */
	bool target; /* takes one, and needs it */
	bool pem;    /* takes --pem */
	bool all;    /* takes --all */
	cert_verb_fn *run;
	const char *summary;
} verbs[] = {
        {"list", true, false, false, false, cert_list, "every stored one: why it is used or not"},
        {"show", true, true, true, false, cert_show, "all about those of TARGET"},
        {"renew", false, false, false, false, cert_renew, "have a new one issued, and keep it"},
        {"remove", true, true, false, false, cert_remove, "remove those of TARGET"},
        {"purge", true, false, false, true, cert_purge,
         "remove what no acquisition can use; with --all everything"},
        {"verify", false, false, false, false, cert_verify,
         "check permissions, contents, keys and, with --ca, chains"},
};

void command_cert_verbs(struct bytes *out)
{
	for (size_t i = 0; i < TEXT_COUNT(verbs); i++)
		command_verb_help(verbs[i].name, verbs[i].target ? " TARGET" : "", verbs[i].summary,
		                  out);
	bytes_addf(out, "\nTARGET is an alias, or %d digits or more of a certificate's SHA-256.\n",
	           STORE_DESK_DIGITS_MIN);
}

static enum msiv2_rc check(const struct verb *verb, const struct arguments *args,
                           struct msiv2_error *err)
{
	if (verb->target && text_empty(args->target))
		return err_set(err, MSIV2_CONFIG, verb->name,
		               "needs an alias, or the SHA-256 of a certificate");
	if (!verb->target && args->target != NULL)
		return err_set(err, MSIV2_CONFIG, args->target, "unexpected argument");
	if (!verb->pem && args->pem)
		return err_set(err, MSIV2_CONFIG, "--pem", "belongs to msiv2 cert and cert show");
	if (!verb->all && args->everything)
		return err_set(err, MSIV2_CONFIG, "--all", "belongs to msiv2 cert purge");
	return MSIV2_OK;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(verbs); i++) {
		if (text_equal(verbs[i].name, name))
			return &verbs[i];
	}
	return NULL;
}

enum msiv2_rc command_cert(const struct arguments *args, struct command_result *result,
                           struct msiv2_error *err)
{
	const struct verb *verb = find_verb(args->verb);
	OWNED_STRUCT(store_desk) desk = {0};

	if (args->verb == NULL && args->everything)
		return err_set(err, MSIV2_CONFIG, "--all", "belongs to msiv2 cert purge");
	if (args->verb == NULL)
		return acquire(args, result, err);
	if (verb == NULL)
		return err_set(err, MSIV2_CONFIG, args->verb,
		               "must be list, show, renew, remove, purge or verify, or nothing");
	TRY(check(verb, args, err));
	TRY(store_desk_open(&desk, args, err));
	if (verb->reads)
		TRY(store_desk_read(&desk, err));
	return verb->run(args, &desk, result, err);
}
