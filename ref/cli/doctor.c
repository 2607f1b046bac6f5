/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "doctor_remedy.h"
#include "ref/acquisition.h"
#include "ref/client_request.h"
#include "ref/key_info.h"
#include "ref/net/address.h"
#include "ref/net/trust.h"
#include "session.h"
#include "store_audit.h"
#include "store_desk.h"
#include "text_report.h"

/* HOUSE: what a clock may be wrong. Certificates begin some minutes before they are issued, and
 * evidence older than that is refused; one that runs a week ahead finds each of them run out. */
#define SKEW_SHOWN_S  60
#define SKEW_BEHIND_S 300
#define SKEW_AHEAD_S  (INT64_C(6) * 24 * 60 * 60)

struct patient {
	struct arguments args; /* without --ca when its file is no good */
	struct session session;
	struct msiv2_key_info *key;
	struct binding *binding;
	int64_t peer_date_s; /* -1 = unknown */
	const char *peer;    /* whose date that is */
	int64_t our_date_s;  /* at the same moment */
};

static struct msiv2_client *client_of(const struct patient *patient)
{
	return patient->session.client;
}

/* ---- findings ---- */

__attribute__((format(printf, 3, 4))) static void
find(struct doctor_finding *finding, enum doctor_verdict verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(finding->words, sizeof(finding->words), fmt, args);
	va_end(args);
	finding->verdict = verdict;
}

/* What an acquisition would have failed with. */
static void find_problem(struct doctor_finding *finding, enum doctor_check check,
                         const struct msiv2_error *err)
{
	find(finding, VERDICT_PROBLEM, "%s: %s", err->where, err->message);
	finding->error = *err;
	finding->remedy = doctor_remedy(check, err->rc);
}

/* Each check has a deadline of its own. False: there is none, and the finding says why. */
static bool begin(const struct patient *patient, struct acquisition *visit,
                  struct doctor_finding *finding, enum doctor_check check)
{
	const struct msiv2_request request = {.timeout_ms = patient->args.timeout_ms};
	struct msiv2_error err = {0};

	if (client_request_begin(client_of(patient), &request, visit, &err) == MSIV2_OK)
		return true;
	find_problem(finding, check, &err);
	return false;
}

/* ---- trust and keys ---- */

static void look_at_trust(struct patient *patient, struct doctor_finding *finding)
{
	OWNED(X509_STORE) *store = NULL;
	struct msiv2_error err = {0};

	if (patient->args.ca == NULL) {
		find(finding, VERDICT_FINE, "the system's roots, for no --ca names others");
	} else if (trust_load(patient->args.ca, &store, &err) == MSIV2_OK) {
		find(finding, VERDICT_FINE, "the roots in %s, and no others", patient->args.ca);
	} else {
		find_problem(finding, CHECK_TRUST, &err);
		patient->args.ca = NULL;
	}
}

static bool is_listed(const struct hierarchy *hierarchy, const struct key_provider *provider)
{
	for (size_t i = 0; i < hierarchy->count; i++) {
		if (hierarchy->providers[i] == provider)
			return true;
	}
	return false;
}

/* KEY-10. A kind that is not listed is left alone: looking at it would make a key there. */
static void look_at_kind(const struct patient *patient, struct doctor_finding *finding,
                         enum doctor_check check)
{
	const struct key_settings *settings = &client_of(patient)->keys;
	const struct hierarchy *hierarchy = &settings->hierarchy;
	const char *name = doctor_check_name(check);
	const struct key_provider *provider = hierarchy_provider(name, strlen(name));
	const struct key_place place =
	        key_settings_place(settings, client_of(patient)->clock, &client_of(patient)->log);
	OWNED_STRUCT(key) *key = NULL;
	struct key_description description;
	enum key_lack lack = KEY_LACK_BROKEN;
	struct acquisition visit;

	if (!is_listed(hierarchy, provider)) {
		find(finding, VERDICT_SKIPPED, "not in --keys, so not used");
		return;
	}
	if (hierarchy->floor != NULL && provider->strength < hierarchy->floor->strength) {
		find(finding, VERDICT_SKIPPED, "weaker than --min-strength, so not used");
		return;
	}
	if (!begin(patient, &visit, finding, check))
		return;
	if (provider->get_or_create(&place, visit.errand.patience.deadline_us, &key, &lack,
	                            &finding->error) != MSIV2_OK) {
		find(finding, VERDICT_WARNING, "%s: %s", key_lack_name(lack),
		     finding->error.message);
		finding->remedy = doctor_remedy_of_lack(check, lack);
		return;
	}
	key_describe(key, &description);
	find(finding, VERDICT_FINE, "RSA %d in %s", key_bits(key), description.location);
}

static void look_at_keyguard(struct patient *patient, struct doctor_finding *finding)
{
	look_at_kind(patient, finding, CHECK_KEYGUARD);
}

static void look_at_hardware(struct patient *patient, struct doctor_finding *finding)
{
	look_at_kind(patient, finding, CHECK_HARDWARE);
}

static void look_at_memory(struct patient *patient, struct doctor_finding *finding)
{
	look_at_kind(patient, finding, CHECK_MEMORY);
}

static void look_at_key(struct patient *patient, struct doctor_finding *finding)
{
	const struct msiv2_request request = {.timeout_ms = patient->args.timeout_ms};
	struct msiv2_error err = {0};

	if (msiv2_client_key(client_of(patient), &request, &patient->key, &err) != MSIV2_OK)
		find_problem(finding, CHECK_KEY, &err);
	else
		find(finding, VERDICT_FINE, "%s is used; it signs in %.1f ms",
		     msiv2_key_info_kind(patient->key),
		     (double)msiv2_key_info_sign_us(patient->key, MSIV2_KEY_PSS) / 1000.0);
}

/* ATT-01, ATT-02; the exchange itself belongs to the certificate. */
static void look_at_attestation(struct patient *patient, struct doctor_finding *finding)
{
	const char *kind = msiv2_key_info_kind(patient->key);
	struct msiv2_error err = {0};

	if (!patient->args.attest) {
		find(finding, VERDICT_SKIPPED, "not asked for by --attest");
	} else if (msiv2_key_info_attestable(patient->key)) {
		find(finding, VERDICT_FINE, "the device of the %s key is enrolled", kind);
	} else if (text_equal(kind, "memory")) {
		find(finding, VERDICT_WARNING,
		     "memory keys cannot be attested, requests go without");
		finding->remedy = "use --keys keyguard or hardware, if requests have to be "
		                  "attested";
	} else {
		(void)err_set(&err, MSIV2_ATTESTATION_FAILED, "attestation",
		              "the device of the %s key is not enrolled", kind);
		find_problem(finding, CHECK_ATTESTATION, &err);
	}
}

/* ---- the services ---- */

static void look_at_imds(struct patient *patient, struct doctor_finding *finding)
{
	const struct msiv2_request request = {.timeout_ms = patient->args.timeout_ms};
	struct msiv2_error err = {0};

	if (msiv2_client_probe(client_of(patient), &request, &err) != MSIV2_OK)
		find_problem(finding, CHECK_IMDS, &err);
	else
		find(finding, VERDICT_FINE, "%s has managed identity v2",
		     client_of(patient)->imds_base);
}

static void look_at_identity(struct patient *patient, struct doctor_finding *finding)
{
	OWNED_STRUCT(metadata) host = {0};
	struct msiv2_error err = {0};
	struct acquisition visit;

	if (!begin(patient, &visit, finding, CHECK_IDENTITY))
		return;
	if (imds_metadata(&client_of(patient)->imds, &visit.errand, &host, &err) != MSIV2_OK)
		find_problem(finding, CHECK_IDENTITY, &err);
	else
		find(finding, VERDICT_FINE, "client_id %s of tenant %s", host.client_id,
		     host.tenant_id);
}

static void look_at_certificate(struct patient *patient, struct doctor_finding *finding)
{
	struct msiv2_error err = {0};
	char until[CLOCK_TEXT_SIZE];
	struct acquisition visit;

	if (!begin(patient, &visit, finding, CHECK_CERTIFICATE))
		return;
	if (acquisition_binding(&visit, &patient->binding, &err) != MSIV2_OK) {
		find_problem(finding, CHECK_CERTIFICATE, &err);
		return;
	}
	clock_format_utc(msiv2_certificate_not_after(binding_certificate(patient->binding)), until);
	find(finding, VERDICT_FINE, "%s until %s%s",
	     msiv2_certificate_subject(binding_certificate(patient->binding)), until,
	     visit.timings.attestation_us >= 0 ? ", attested" : "");
}

static void note_date(struct patient *patient, const char *peer, const struct http_answer *answer)
{
	int64_t date_s = http_answer_date_s(answer);

	if (date_s < 0)
		return;
	patient->peer_date_s = date_s;
	patient->peer = peer;
	patient->our_date_s = clock_now_s(client_of(patient)->clock);
}

/* STS-06: any answer will do, for the handshake is what is looked at. */
static void look_at_token_service(struct patient *patient, struct doctor_finding *finding)
{
	const char *endpoint = binding_endpoint(patient->binding);
	OWNED_STRUCT(http_answer) answer = {0};
	OWNED_STRUCT(bytes) url = {0};
	struct http_request request = {
	        .where = "sts", .malformed = MSIV2_STS_MALFORMED, .method = "GET"};
	struct msiv2_error err = {0};
	struct acquisition visit;

	if (!begin(patient, &visit, finding, CHECK_TOKEN_SERVICE))
		return;
	bytes_add_text(&url, endpoint);
	while (url.len > 0 && url.data[url.len - 1] == '/')
		url.data[--url.len] = '\0';
	bytes_add_byte(&url, '/');
	address_add_encoded(&url, binding_tenant_id(patient->binding));
	bytes_add_text(&url, "/v2.0/.well-known/openid-configuration");
	request.url = bytes_text(&url);
	request.patience = &visit.errand.patience;
	if (bytes_done(&url, "sts", &err) != MSIV2_OK ||
	    http_send(binding_pool(patient->binding), &request, &answer, &err) != MSIV2_OK) {
		find_problem(finding, CHECK_TOKEN_SERVICE, &err);
		return;
	}
	note_date(patient, "the token service", &answer);
	find(finding, VERDICT_FINE, "%s is trusted and takes the certificate", endpoint);
}

/* ---- clock and store ---- */

/* The probe's question, for the date of its answer. Whether it comes is not this check's business.
 */
static void ask_imds_for_the_date(struct patient *patient)
{
	struct msiv2_client *client = client_of(patient);
	struct doctor_finding ignored = {0};
	OWNED_STRUCT(http_answer) answer = {0};
	OWNED_STRUCT(bytes) url = {0};
	struct http_request request = {
	        .where = "imds.probe", .malformed = MSIV2_IMDS_MALFORMED, .method = "GET"};
	struct acquisition visit;

	if (!begin(patient, &visit, &ignored, CHECK_CLOCK))
		return;
	bytes_addf(&url, "%s/metadata/identity/getplatformmetadata?cred-api-version=2.0",
	           client->imds_base);
	request.url = bytes_text(&url);
	request.patience = &visit.errand.patience;
	if (!url.failed && http_send(client->imds_pool, &request, &answer, NULL) == MSIV2_OK)
		note_date(patient, "IMDS", &answer);
}

static void look_at_clock(struct patient *patient, struct doctor_finding *finding)
{
	struct msiv2_error err = {0};
	int64_t ahead_s;

	if (patient->peer == NULL)
		ask_imds_for_the_date(patient);
	if (patient->peer == NULL) {
		find(finding, VERDICT_SKIPPED, "neither IMDS nor the token service tells the date");
		return;
	}
	ahead_s = patient->our_date_s - patient->peer_date_s;
	if (ahead_s >= -SKEW_SHOWN_S && ahead_s <= SKEW_SHOWN_S) {
		find(finding, VERDICT_FINE, "within %d s of %s", SKEW_SHOWN_S, patient->peer);
		return;
	}
	(void)err_set(&err, MSIV2_CERT_INVALID, "clock", "%" PRId64 " s %s %s",
	              ahead_s < 0 ? -ahead_s : ahead_s, ahead_s < 0 ? "behind" : "ahead of",
	              patient->peer);
	find_problem(finding, CHECK_CLOCK, &err);
	if (ahead_s >= -SKEW_BEHIND_S && ahead_s <= SKEW_AHEAD_S)
		finding->verdict = VERDICT_WARNING;
}

struct store_finding {
	char first[512]; /* what is wrong; "" = nothing */
	size_t entries;
};

static void note_problem(void *ctx, const char *path, const char *words)
{
	struct store_finding *found = ctx;

	if (found->first[0] == '\0')
		(void)snprintf(found->first, sizeof(found->first), "%s: %s", path, words);
}

static void count_entry(void *ctx, const char *path, const struct store_entry *entry)
{
	(void)path;
	(void)entry;
	((struct store_finding *)ctx)->entries++;
}

static void audit(const struct store *store, enum store_scope scope, struct doctor_finding *finding)
{
	struct store_finding found = {0};
	struct store_audit audit = {.problem = note_problem,
	                            .entry = count_entry,
	                            .ctx = &found,
	                            .owner = scope == STORE_SCOPE_LOCAL_MACHINE ? 0 : geteuid()};

	if (store_audit(store_path(store), &audit, &finding->error) != MSIV2_OK)
		find(finding, VERDICT_WARNING, "%s", finding->error.message);
	else if (found.first[0] == '\0')
		find(finding, VERDICT_FINE, "%zu %s in %s", found.entries,
		     text_report_word(found.entries, "entry", "entries"), store_path(store));
	else
		find(finding, VERDICT_WARNING, "%s", found.first);
	if (finding->verdict == VERDICT_WARNING)
		finding->remedy = "msiv2 cert verify tells all; see docs/store.md";
}

/* STORE-06: trouble with it is no problem of an acquisition. STORE-08: memory keys have none. */
static void look_at_store(struct patient *patient, struct doctor_finding *finding)
{
	OWNED_STRUCT(store) *store = NULL;
	enum store_scope scope;

	if (store_desk_name(&patient->args, client_of(patient)->clock, &scope, &store,
	                    &finding->error) != MSIV2_OK) {
		find(finding, VERDICT_WARNING, "%s", finding->error.message);
		finding->remedy = "name a folder with --store-root";
	} else if (store == NULL) {
		find(finding, VERDICT_SKIPPED, "none, by --store");
	} else if (!hierarchy_persists(&client_of(patient)->keys.hierarchy)) {
		find(finding, VERDICT_SKIPPED,
		     "not used: certificates of memory keys die with "
		     "their key");
	} else {
		audit(store, scope, finding);
	}
}

/* ---- the table ---- */

#define NEEDS(check) (1U << (check))

static const struct check_row {
	const char *name;
	unsigned needs; /* checks that have to be fine, or a warning */
	void (*look)(struct patient *patient, struct doctor_finding *finding);
} checks[CHECK_COUNT] = {
        [CHECK_TRUST] = {"trust", 0, look_at_trust},
        [CHECK_KEYGUARD] = {"keyguard", 0, look_at_keyguard},
        [CHECK_HARDWARE] = {"hardware", 0, look_at_hardware},
        [CHECK_MEMORY] = {"memory", 0, look_at_memory},
        [CHECK_KEY] = {"key", 0, look_at_key},
        [CHECK_ATTESTATION] = {"attestation", NEEDS(CHECK_KEY), look_at_attestation},
        [CHECK_IMDS] = {"imds", 0, look_at_imds},
        [CHECK_IDENTITY] = {"identity", NEEDS(CHECK_IMDS), look_at_identity},
        [CHECK_CERTIFICATE] = {"certificate", NEEDS(CHECK_KEY) | NEEDS(CHECK_IDENTITY),
                               look_at_certificate},
        [CHECK_TOKEN_SERVICE] = {"token service", NEEDS(CHECK_TRUST) | NEEDS(CHECK_CERTIFICATE),
                                 look_at_token_service},
        [CHECK_CLOCK] = {"clock", NEEDS(CHECK_IMDS), look_at_clock},
        [CHECK_STORE] = {"store", 0, look_at_store},
};

const char *doctor_check_name(enum doctor_check check)
{
	return checks[check].name;
}

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	static const char *const names[] = {"ok", "warning", "problem", "skipped"};

	return names[verdict];
}

const struct doctor_finding *doctor_first_problem(const struct doctor_report *report)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		if (report->findings[i].verdict == VERDICT_PROBLEM)
			return &report->findings[i];
	}
	return NULL;
}

static bool has_ground(const struct doctor_report *report, const struct check_row *row,
                       struct doctor_finding *finding)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		enum doctor_verdict verdict = report->findings[i].verdict;

		if ((row->needs & NEEDS(i)) == 0 ||
		    (verdict != VERDICT_PROBLEM && verdict != VERDICT_SKIPPED))
			continue;
		find(finding, VERDICT_SKIPPED, "not checked, for it needs: %s", checks[i].name);
		return false;
	}
	return true;
}

static void look(struct patient *patient, struct doctor_report *report, size_t check)
{
	struct doctor_finding *finding = &report->findings[check];

	if (has_ground(report, &checks[check], finding))
		checks[check].look(patient, finding);
}

static enum msiv2_rc examine(struct patient *patient, struct doctor_report *out,
                             struct msiv2_error *err)
{
	/* First, for with a bad file there is no client; the rest is looked at without it. */
	look(patient, out, CHECK_TRUST);
	TRY(session_open(&patient->session, &patient->args, err));
	for (size_t i = CHECK_TRUST + 1; i < CHECK_COUNT; i++)
		look(patient, out, i);
	return MSIV2_OK;
}

enum msiv2_rc doctor_examine(const struct arguments *args, struct doctor_report *out,
                             struct msiv2_error *err)
{
	struct patient patient = {.args = *args, .peer_date_s = -1};
	enum msiv2_rc rc;

	*out = (struct doctor_report){0};
	rc = examine(&patient, out, err);
	msiv2_key_info_free(patient.key);
	binding_free(patient.binding);
	session_close(&patient.session);
	return rc;
}
