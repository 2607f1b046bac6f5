/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "json_report.h"

#include "common/text.h"

void json_report_begin(struct json_report *report, bool ok)
{
	report->root = cJSON_CreateObject();
	report->failed = cJSON_AddBoolToObject(report->root, "ok", ok) == NULL;
}

void json_report_free(struct json_report *report)
{
	cJSON_Delete(report->root);
	report->root = NULL;
}

static void check(struct json_report *report, const cJSON *added)
{
	report->failed = report->failed || added == NULL;
}

static cJSON *under(const struct json_report *report, cJSON *parent)
{
	return parent != NULL ? parent : report->root;
}

cJSON *json_report_object(struct json_report *report, cJSON *parent, const char *name)
{
	cJSON *object = cJSON_AddObjectToObject(under(report, parent), name);

	check(report, object);
	return object;
}

void json_report_text(struct json_report *report, cJSON *parent, const char *name, const char *text)
{
	cJSON *object = under(report, parent);

	check(report, text != NULL ? cJSON_AddStringToObject(object, name, text)
	                           : cJSON_AddNullToObject(object, name));
}

void json_report_flag(struct json_report *report, cJSON *parent, const char *name, bool value)
{
	check(report, cJSON_AddBoolToObject(under(report, parent), name, value));
}

cJSON *json_report_list(struct json_report *report, cJSON *parent, const char *name)
{
	cJSON *list = cJSON_AddArrayToObject(under(report, parent), name);

	check(report, list);
	return list;
}

cJSON *json_report_item(struct json_report *report, cJSON *list)
{
	cJSON *object = cJSON_CreateObject();

	if (cJSON_AddItemToArray(list, object))
		return object;
	cJSON_Delete(object);
	report->failed = true;
	return NULL;
}

void json_report_number(struct json_report *report, cJSON *parent, const char *name, double value)
{
	check(report, cJSON_AddNumberToObject(under(report, parent), name, value));
}

void json_report_certificate(struct json_report *report, const struct msiv2_certificate *cert)
{
	cJSON *key = json_report_object(report, NULL, "key");
	cJSON *made;

	json_report_text(report, key, "kind", msiv2_certificate_key_kind(cert));
	json_report_number(report, key, "bits", msiv2_certificate_key_bits(cert));
	made = json_report_object(report, NULL, "certificate");
	json_report_text(report, made, "sha256", msiv2_certificate_sha256(cert));
	json_report_text(report, made, "x5t#S256", msiv2_certificate_x5t_s256(cert));
	json_report_text(report, made, "subject", msiv2_certificate_subject(cert));
	json_report_text(report, made, "issuer", msiv2_certificate_issuer(cert));
	json_report_number(report, made, "not_before", (double)msiv2_certificate_not_before(cert));
	json_report_number(report, made, "not_after", (double)msiv2_certificate_not_after(cert));
	json_report_text(report, made, "identity_type", msiv2_certificate_identity_type(cert));
	json_report_text(report, made, "endpoint", msiv2_certificate_endpoint(cert));
	json_report_text(report, made, "origin", msiv2_certificate_origin(cert));
}

void json_report_timings(struct json_report *report, const struct msiv2_timings *timings)
{
	const struct {
		const char *name;
		int64_t took_us;
	} legs[] = {
	        {"key", timings->key_us},           {"metadata", timings->metadata_us},
	        {"csr", timings->csr_us},           {"attestation", timings->attestation_us},
	        {"issue", timings->issue_us},       {"token", timings->token_us},
	        {"resource", timings->resource_us}, {"store", timings->store_us},
	        {"total", timings->total_us},
	};
	cJSON *object = json_report_object(report, NULL, "timings_ms");

	for (size_t i = 0; i < TEXT_COUNT(legs); i++) {
		if (legs[i].took_us >= 0)
			json_report_number(report, object, legs[i].name,
			                   (double)legs[i].took_us / 1000.0);
	}
}

void json_report_token(struct json_report *report, const struct msiv2_token *token, bool show_token)
{
	json_report_text(report, NULL, "token_type", msiv2_token_type(token));
	json_report_number(report, NULL, "expires_on", (double)msiv2_token_expires_on(token));
	json_report_text(report, NULL, "client_id", msiv2_token_client_id(token));
	json_report_text(report, NULL, "tenant_id", msiv2_token_tenant_id(token));
	json_report_certificate(report, msiv2_token_certificate(token));
	json_report_text(report, NULL, "source",
	                 msiv2_token_from_cache(token) ? "cache" : "network");
	if (show_token)
		json_report_text(report, NULL, "access_token", msiv2_token_secret(token));
}

static const char *or_null(const char *text)
{
	return text_empty(text) ? NULL : text;
}

void json_report_error(struct json_report *report, const char *class_name,
                       const struct msiv2_error *err)
{
	cJSON *error = json_report_object(report, NULL, "error");

	json_report_text(report, error, "class", class_name);
	json_report_text(report, error, "where", msiv2_error_where(err));
	if (msiv2_error_http_status(err) != 0)
		json_report_number(report, error, "http_status", msiv2_error_http_status(err));
	else
		json_report_text(report, error, "http_status", NULL);
	json_report_text(report, error, "code", or_null(msiv2_error_code(err)));
	json_report_text(report, error, "message", msiv2_error_message(err));
	json_report_text(report, error, "correlation_id", or_null(msiv2_error_correlation_id(err)));
}

enum msiv2_rc json_report_print(const struct json_report *report, struct bytes *out,
                                struct msiv2_error *err)
{
	if (report->failed)
		return err_no_memory(err, "output");
	json_print(report->root, out);
	bytes_add_byte(out, '\n');
	return bytes_done(out, "output", err);
}
