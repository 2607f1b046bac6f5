/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_report.h"

#include <inttypes.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "ref/renewal.h"
#include "ref/store/friendly_name.h"
#include "text_report.h"

#define WHERE "store"
#define DAY_S 86400.0

/* What an entry says, as texts and times. */
struct told {
	struct bytes sha256, x5t_s256, subject, issuer, spki, friendly, pem, path;
	int64_t not_before_s, not_after_s;
	int64_t renews_s, stale_s;
};

static void told_free(struct told *told)
{
	struct bytes *const all[] = {&told->sha256, &told->x5t_s256, &told->subject, &told->issuer,
	                             &told->spki,   &told->friendly, &told->pem,     &told->path};

	for (size_t i = 0; i < TEXT_COUNT(all); i++)
		bytes_free(all[i]);
}
DEFINE_OWNED_VALUE(told, told_free)

static enum msiv2_rc tell(const struct store_entry *entry, struct told *out,
                          struct msiv2_error *err)
{
	uint8_t thumbprint[X509_SHA256_LEN];

	TRY(x509_sha256(entry->certificate, thumbprint, err));
	hex_encode(thumbprint, sizeof(thumbprint), &out->sha256);
	base64url_encode(thumbprint, sizeof(thumbprint), &out->x5t_s256);
	hex_encode(entry->key_sha256, sizeof(entry->key_sha256), &out->spki);
	x509_name_text(X509_get_subject_name(entry->certificate), &out->subject);
	x509_name_text(X509_get_issuer_name(entry->certificate), &out->issuer);
	TRY(x509_to_pem(entry->certificate, &out->pem, err));
	if (!x509_validity(entry->certificate, &out->not_before_s, &out->not_after_s))
		return err_set(err, MSIV2_STORE, WHERE, "a certificate without validity");
	/* LIFE-02 and STORE-05 */
	out->renews_s = renewal_due_at_s(out->not_before_s, out->not_after_s);
	out->stale_s = out->not_after_s - RENEWAL_STALE_LEFT_S;
	/* An alias that no other client can show has no friendly name. */
	if (friendly_name_add(entry->alias, entry->endpoint, &out->friendly, NULL) != MSIV2_OK)
		bytes_clear(&out->friendly);
	return bytes_done(&out->spki, WHERE, err);
}

static const char *words_of(const struct store_record *record)
{
	static const char *const words[STORE_VERDICTS] = {
	        [STORE_CHOSEN] = "the one that is used",
	        [STORE_SPARE] = "would do as well; one that lasts longer is used",
	        [STORE_CORRUPT] = "no entry",
	        [STORE_UNREAD] = "cannot be read just now; kept",
	        [STORE_EXPIRED] = "its validity has ended",
	        [STORE_STALE] = "24 hours or less are left",
	        [STORE_FUTURE] = "its validity has not begun; kept, for the clock may be wrong",
	        [STORE_ORPHAN] = "its key is gone: the device holds another one",
	        [STORE_OTHER_DEVICE] = "of a key in another device; kept",
	        [STORE_OTHER_KEY] = "of another kind of key than the one in use; kept",
	        [STORE_OTHER_SOURCE] = "issued by another IMDS; kept",
	        [STORE_OTHER_SUBJECT] = "not of the subject asked for; kept",
	        [STORE_REFUSED] = "refused",
	};

	return text_empty(record->why) ? words[record->verdict] : record->why;
}

static double days_left(const struct store_desk *desk, const struct told *told)
{
	return (double)(told->not_after_s - desk->now_s) / DAY_S;
}

static void add_path(const struct store_desk *desk, const struct survey_alias *alias,
                     const struct store_record *record, struct bytes *out)
{
	bytes_addf(out, "%s/%s/%s", store_path(desk->store), alias->folder, record->file);
}

/* ---- JSON ---- */

void store_report_place(struct json_report *report, const struct store_desk *desk)
{
	cJSON *place = json_report_object(report, NULL, "store");

	json_report_text(report, place, "scope", store_scope_name(desk->scope));
	json_report_text(report, place, "path", store_path(desk->store));
}

static void add_certificate(struct json_report *report, cJSON *item,
                            const struct store_entry *entry, const struct told *told)
{
	cJSON *made = json_report_object(report, item, "certificate");

	json_report_text(report, made, "sha256", bytes_text(&told->sha256));
	json_report_text(report, made, "x5t#S256", bytes_text(&told->x5t_s256));
	json_report_text(report, made, "subject", bytes_text(&told->subject));
	json_report_text(report, made, "issuer", bytes_text(&told->issuer));
	json_report_number(report, made, "not_before", (double)told->not_before_s);
	json_report_number(report, made, "not_after", (double)told->not_after_s);
	json_report_text(report, made, "identity_type", entry->identity_type);
	json_report_text(report, made, "endpoint", entry->endpoint);
}

static void add_life(struct json_report *report, cJSON *item, const struct store_desk *desk,
                     const struct store_entry *entry, const struct told *told)
{
	json_report_text(
	        report, item, "age",
	        renewal_age_name(renewal_age(told->not_before_s, told->not_after_s, desk->now_s)));
	json_report_number(report, item, "days_left", days_left(desk, told));
	json_report_number(report, item, "renews_at", (double)told->renews_s);
	json_report_number(report, item, "stale_at", (double)told->stale_s);
	json_report_number(report, item, "stored_at", (double)entry->stored_at_s);
	json_report_flag(report, item, "fresh", entry->fresh);
}

enum msiv2_rc store_report_entry(struct json_report *report, cJSON *list,
                                 const struct store_desk *desk, const struct survey_alias *alias,
                                 const struct store_record *record, bool whole,
                                 struct msiv2_error *err)
{
	cJSON *item = json_report_item(report, list);
	const struct store_entry *entry = &record->entry;
	OWNED_STRUCT(told) told = {0};
	cJSON *key;

	add_path(desk, alias, record, &told.path);
	json_report_text(report, item, "alias", alias->name);
	json_report_text(report, item, "file", bytes_text(&told.path));
	json_report_text(report, item, "verdict", store_verdict_name(record->verdict));
	json_report_text(report, item, "why", words_of(record));
	json_report_flag(report, item, "purged", store_verdict_removes(record->verdict));
	if (!record->readable)
		return bytes_done(&told.path, WHERE, err);
	TRY(tell(entry, &told, err));
	json_report_text(report, item, "friendly_name",
	                 told.friendly.len > 0 ? bytes_text(&told.friendly) : NULL);
	json_report_text(report, item, "source", entry->source);
	json_report_text(report, item, "client_id", entry->client_id);
	json_report_text(report, item, "tenant_id", entry->tenant_id);
	key = json_report_object(report, item, "key");
	json_report_text(report, key, "kind", entry->key_kind);
	json_report_text(report, key, "name", entry->key_name);
	json_report_text(report, key, "device", entry->device);
	json_report_text(report, key, "spki_sha256", bytes_text(&told.spki));
	add_certificate(report, item, entry, &told);
	add_life(report, item, desk, entry, &told);
	if (whole)
		json_report_text(report, item, "pem", bytes_text(&told.pem));
	return MSIV2_OK;
}

/* ---- for people ---- */

static void add_date(struct bytes *out, const char *label, int64_t time_s, const char *words)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format_utc(time_s, text);
	text_report_line(out, label, "%s%s", text, words);
}

static void add_times(struct bytes *out, const struct store_desk *desk, const struct told *told)
{
	char until[CLOCK_TEXT_SIZE];
	char renews[CLOCK_TEXT_SIZE];
	char stale[CLOCK_TEXT_SIZE];

	clock_format_utc(told->not_after_s, until);
	clock_format_utc(told->renews_s, renews);
	clock_format_utc(told->stale_s, stale);
	text_report_line(out, "  until", "%s, %.1f days left", until, days_left(desk, told));
	text_report_line(out, "  renews", "%s%s, stale from %s", renews,
	                 desk->now_s >= told->renews_s ? " (due)" : "", stale);
}

static void add_the_rest(struct bytes *out, const struct store_entry *entry,
                         const struct told *told)
{
	text_report_line(out, "  client_id", "%s", entry->client_id);
	text_report_line(out, "  tenant_id", "%s", entry->tenant_id);
	text_report_line(out, "  identity", "%s", entry->identity_type);
	text_report_line(out, "  device", "%s", entry->device != NULL ? entry->device : "unknown");
	text_report_line(out, "  endpoint", "%s", entry->endpoint);
	text_report_line(out, "  source", "%s", entry->source);
	text_report_line(out, "  friendly", "%s",
	                 told->friendly.len > 0 ? bytes_text(&told->friendly) : "none");
	text_report_line(out, "  x5t#S256", "%s", bytes_text(&told->x5t_s256));
	add_date(out, "  from", told->not_before_s, "");
	add_date(out, "  stored", entry->stored_at_s,
	         entry->fresh ? ", issued past IMDS's cache" : "");
}

enum msiv2_rc store_report_lines(struct bytes *out, const struct store_desk *desk,
                                 const struct survey_alias *alias,
                                 const struct store_record *record, bool whole,
                                 struct msiv2_error *err)
{
	const struct store_entry *entry = &record->entry;
	OWNED_STRUCT(told) told = {0};

	add_path(desk, alias, record, &told.path);
	text_report_line(out, store_verdict_name(record->verdict), "%s%s", words_of(record),
	                 store_verdict_removes(record->verdict) ? "; purge removes it" : "");
	text_report_line(out, "  alias", "%s", alias->name != NULL ? alias->name : "unknown");
	if (!record->readable) {
		text_report_line(out, "  file", "%s", bytes_text(&told.path));
		return bytes_done(&told.path, WHERE, err);
	}
	TRY(tell(entry, &told, err));
	text_report_line(out, "  subject", "%s", bytes_text(&told.subject));
	text_report_line(out, "  issuer", "%s", bytes_text(&told.issuer));
	text_report_line(out, "  sha256", "%s", bytes_text(&told.sha256));
	add_times(out, desk, &told);
	text_report_line(out, "  key", "%s, name %s, SPKI sha256 %s", entry->key_kind,
	                 entry->key_name, bytes_text(&told.spki));
	if (!whole)
		return MSIV2_OK;
	add_the_rest(out, entry, &told);
	text_report_line(out, "  file", "%s", bytes_text(&told.path));
	bytes_add(out, told.pem.data, told.pem.len);
	return MSIV2_OK;
}
