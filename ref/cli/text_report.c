/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "text_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"

#define LABEL_WIDTH 13

void text_report_line(struct bytes *out, const char *label, const char *fmt, ...)
{
	va_list args;

	bytes_addf(out, "%-*s", LABEL_WIDTH, label);
	va_start(args, fmt);
	bytes_addv(out, fmt, args);
	va_end(args);
	bytes_add_byte(out, '\n');
}

const char *text_report_word(size_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static void leg(struct bytes *out, const char *label, int64_t took_us, const char *text)
{
	if (took_us >= 0)
		bytes_addf(out, "%-*s%9.1f ms%s%s\n", LABEL_WIDTH, label, (double)took_us / 1000.0,
		           text[0] != '\0' ? "  " : "", text);
}

void text_report_legs(struct bytes *out, const struct msiv2_timings *timings,
                      const struct msiv2_certificate *cert)
{
	char key[64] = "";

	if (cert != NULL)
		(void)snprintf(key, sizeof(key), "RSA %d, %s", msiv2_certificate_key_bits(cert),
		               msiv2_certificate_key_kind(cert));
	leg(out, "key", timings->key_us, key);
	leg(out, "metadata", timings->metadata_us, "from IMDS");
	leg(out, "attestation", timings->attestation_us, "token for the key");
	leg(out, "csr", timings->csr_us, "signed with RSASSA-PSS");
	leg(out, "issue", timings->issue_us, "certificate from IMDS");
	leg(out, "store", timings->store_us, "looking, waiting, keeping");
	leg(out, "token", timings->token_us, cert != NULL ? msiv2_certificate_endpoint(cert) : "");
	leg(out, "resource", timings->resource_us, "");
	leg(out, "total", timings->total_us, "");
}

void text_report_certificate(struct bytes *out, const struct msiv2_certificate *cert)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format_utc(msiv2_certificate_not_after(cert), until);
	text_report_line(out, "certificate", "%s", msiv2_certificate_subject(cert));
	text_report_line(out, "  issuer", "%s", msiv2_certificate_issuer(cert));
	text_report_line(out, "  until", "%s", until);
	text_report_line(out, "  origin", "%s", msiv2_certificate_origin(cert));
	text_report_line(out, "  sha256", "%s", msiv2_certificate_sha256(cert));
	text_report_line(out, "  x5t#S256", "%s", msiv2_certificate_x5t_s256(cert));
}

void text_report_token(struct bytes *out, const struct msiv2_token *token, bool show_token)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format_utc(msiv2_token_expires_on(token), until);
	text_report_line(out, "token", "%s until %s, from the %s", msiv2_token_type(token), until,
	                 msiv2_token_from_cache(token) ? "cache" : "network");
	text_report_line(out, "  client_id", "%s", msiv2_token_client_id(token));
	text_report_line(out, "  tenant_id", "%s", msiv2_token_tenant_id(token));
	if (show_token)
		bytes_addf(out, "%-*s%s\n", LABEL_WIDTH, "  secret", msiv2_token_secret(token));
}
