/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Every fault of the catalogue on the real wire: with it a client sees what its row says, without
 * it not (a minimal pair), it has fired exactly once, and the journal says so. A row of the
 * catalogue without a row here is a failure. */
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/instruments/fault_kind.h"
#include "fault_bench.h"
#include "jwt_key.h"
#include "stage.h"
#include "tests/testing.h"

#define DAY_S INT64_C(86400)

struct row;
typedef bool (*shows_fn)(const struct row *row, const struct fault_seen *seen);

struct row {
	const char *kind;
	enum endpoint endpoint;
	const char *with; /* NULL = defaults */
	shows_fn shows;
	const char *text; /* for shows */
	int number;
};

static struct fault_bench bench;

static bool contains(const struct row *row, const struct fault_seen *seen)
{
	return strstr(bytes_text(&seen->raw), row->text) != NULL;
}

static bool lacks(const struct row *row, const struct fault_seen *seen)
{
	return seen->status != 0 && strstr(bytes_text(&seen->raw), row->text) == NULL;
}

/* That status, and that text somewhere in the answer. */
static bool answers(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == row->number && strstr(bytes_text(&seen->raw), row->text) != NULL;
}

static bool has_empty_body(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == row->number && seen->body[0] == '\0';
}

static bool is_long(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 200 && strlen(seen->body) == (size_t)row->number;
}

/* The right framing, but half of the JSON. */
static bool is_half(const struct row *row, const struct fault_seen *seen)
{
	const char *length = strcasestr(bytes_text(&seen->raw), "\r\nContent-Length: ");

	(void)row;
	return length && strtoul(length + 18, NULL, 10) == strlen(seen->body) &&
	       seen->body[strlen(seen->body) - 1] != '}';
}

/* ---- certificates ---- */

static bool has_other_key(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	(void)row;
	return cert && EVP_PKEY_eq(X509_get0_pubkey(cert), bench.key) != 1;
}

static bool has_other_subject(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);
	OWNED_STRUCT(bytes) cn = {0};

	return cert && x509_name_value(X509_get_subject_name(cert), NID_commonName, &cn) &&
	       text_equal(bytes_text(&cn), row->text);
}

/* The seconds from now to both ends. */
static bool ends_of(const struct fault_seen *seen, int64_t *begins_s, int64_t *ends_s)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);
	int64_t now_s = msiv2_emulator_now_s(bench.emulator);

	if (!cert || !x509_validity(cert, begins_s, ends_s))
		return false;
	*begins_s -= now_s;
	*ends_s -= now_s;
	return true;
}

static bool has_expired(const struct row *row, const struct fault_seen *seen)
{
	int64_t begins_s, ends_s;

	return ends_of(seen, &begins_s, &ends_s) && ends_s <= -row->number && begins_s < ends_s;
}

static bool ends_soon(const struct row *row, const struct fault_seen *seen)
{
	int64_t begins_s, ends_s;

	return ends_of(seen, &begins_s, &ends_s) && ends_s > 0 && ends_s <= row->number;
}

static bool begins_later(const struct row *row, const struct fault_seen *seen)
{
	int64_t begins_s, ends_s;

	return ends_of(seen, &begins_s, &ends_s) && begins_s > row->number / 2;
}

static bool lives_long(const struct row *row, const struct fault_seen *seen)
{
	int64_t begins_s, ends_s;

	(void)row;
	return ends_of(seen, &begins_s, &ends_s) && ends_s > 8 * DAY_S;
}

static bool has_no_client_eku(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	return cert && X509_get_extended_key_usage(cert) == (uint32_t)row->number;
}

static bool has_ku(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	return cert && X509_get_key_usage(cert) == (uint32_t)row->number;
}

static bool is_ca(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	(void)row;
	return cert && X509_check_ca(cert) == 1;
}

/* Issued by the one that issued the client's own. */
static bool has_other_issuer(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	(void)row;
	return cert && X509_NAME_cmp(X509_get_issuer_name(cert),
	                             X509_get_issuer_name(bench.certificate)) != 0;
}

static bool has_bad_signature(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);

	(void)row;
	return cert && !jwt_key_signed_certificate(msiv2_emulator_ca_pem(bench.emulator), cert);
}

/* Base64 of something that is no certificate. */
static bool is_no_der(const struct row *row, const struct fault_seen *seen)
{
	OWNED(X509) *cert = fault_seen_certificate(seen);
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) der = {0};

	(void)row;
	fault_seen_text(seen, "certificate", &text);
	return !cert && base64_decode(bytes_text(&text), text.len, &der) && der.len > 0;
}

/* ---- tokens ---- */

static bool token_part_contains(const struct fault_seen *seen, int part, const char *text)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(bytes) decoded = {0};

	fault_seen_text(seen, "access_token", &token);
	return jwt_key_part(bytes_text(&token), part, &decoded) &&
	       strstr(bytes_text(&decoded), text) != NULL;
}

static bool header_contains(const struct row *row, const struct fault_seen *seen)
{
	return token_part_contains(seen, 0, row->text);
}

static bool header_lacks(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 200 && !header_contains(row, seen);
}

static bool payload_contains(const struct row *row, const struct fault_seen *seen)
{
	return token_part_contains(seen, 1, row->text);
}

static bool payload_lacks(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 200 && !payload_contains(row, seen);
}

/* Bound to something else than the certificate that was shown. */
static bool is_bound_elsewhere(const struct row *row, const struct fault_seen *seen)
{
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) text = {0};

	(void)row;
	assert_int_equal(x509_sha256(bench.certificate, sha256, NULL), MSIV2_OK);
	base64url_encode(sha256, sizeof(sha256), &text);
	return token_part_contains(seen, 1, "x5t#S256") &&
	       !token_part_contains(seen, 1, bytes_text(&text));
}

static bool is_not_signed(const struct row *row, const struct fault_seen *seen)
{
	OWNED_STRUCT(bytes) token = {0};

	(void)row;
	fault_seen_text(seen, "access_token", &token);
	return token.len > 0 && token.data[token.len - 1] == '.' &&
	       token_part_contains(seen, 0, "\"none\"");
}

static bool is_signed_wrong(const struct row *row, const struct fault_seen *seen)
{
	OWNED_STRUCT(bytes) token = {0};

	(void)row;
	fault_seen_text(seen, "access_token", &token);
	return token.len > 0 && !jwt_key_signed_token(&bench, bytes_text(&token));
}

static bool claim_is_beyond(const struct row *row, const struct fault_seen *seen)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(bytes) payload = {0};
	OWNED(cJSON) *claims = NULL;
	double time, now = (double)msiv2_emulator_now_s(bench.emulator);

	fault_seen_text(seen, "access_token", &token);
	if (!jwt_key_part(bytes_text(&token), 1, &payload))
		return false;
	claims = cJSON_Parse(bytes_text(&payload));
	time = cJSON_GetNumberValue(cJSON_GetObjectItem(claims, row->text));
	return row->number < 0 ? time < now + row->number : time > now + row->number;
}

/* ---- connections ---- */

static bool is_late(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 200 && seen->first_ms >= row->number;
}

/* Slower as a whole than its first byte. */
static bool drips(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 200 && seen->whole_ms >= seen->first_ms + row->number;
}

static bool is_cut(const struct row *row, const struct fault_seen *seen)
{
	return !seen->reset && seen->raw.len == (size_t)row->number;
}

static bool is_reset(const struct row *row, const struct fault_seen *seen)
{
	return seen->reset && seen->raw.len <= (size_t)row->number;
}

static bool is_silent(const struct row *row, const struct fault_seen *seen)
{
	return seen->raw.len == 0 && !seen->reset && seen->whole_ms >= row->number;
}

static bool is_garbage(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 0 && seen->raw.len == (size_t)row->number;
}

static bool promises_more(const struct row *row, const struct fault_seen *seen)
{
	const char *length = strcasestr(bytes_text(&seen->raw), "\r\nContent-Length: ");

	return length && strtoul(length + 18, NULL, 10) == strlen(seen->body) + (size_t)row->number;
}

/* ---- TLS ---- */

static bool is_refused(const struct row *row, const struct fault_seen *seen)
{
	(void)row;
	return !seen->handshake && !seen->reset && seen->alert == 0;
}

static bool is_reset_in_handshake(const struct row *row, const struct fault_seen *seen)
{
	(void)row;
	return !seen->handshake && seen->reset;
}

static bool is_alerted(const struct row *row, const struct fault_seen *seen)
{
	return seen->status == 0 && seen->alert == row->number;
}

static bool is_distrusted(const struct row *row, const struct fault_seen *seen)
{
	return seen->handshake && seen->verdict == row->number;
}

static bool is_not_asked(const struct row *row, const struct fault_seen *seen)
{
	(void)row;
	return seen->handshake && !seen->asked && seen->status == 400;
}

/* ---- the table ---- */

#define META  ENDPOINT_METADATA
#define ISSUE ENDPOINT_ISSUE
#define TOKEN ENDPOINT_TOKEN
#define TLS   ENDPOINT_TLS
#define AADSTS(code, status)                                                                       \
	{                                                                                          \
		"aadsts-" #code, TOKEN, NULL, answers, "\"error_codes\":[" #code "]", status       \
	}

static const struct row rows[] = {
        {"tls-refuse", TLS, NULL, is_refused, NULL, 0},
        {"tls-reset", TLS, NULL, is_reset_in_handshake, NULL, 0},
        {"tls-silence", TLS, "{\"for_ms\":50}", is_refused, NULL, 0},
        {"tls-delay", TLS, "{\"ms\":400}", is_late, NULL, 400},
        {"tls-alert", TLS, "{\"alert\":\"access_denied\"}", is_alerted, NULL, SSL_AD_ACCESS_DENIED},
        {"tls-certificate-alert", TLS, "{\"alert\":\"certificate_revoked\"}", is_alerted, NULL,
         SSL_AD_CERTIFICATE_REVOKED},
        {"tls-wrong-name", TLS, NULL, is_distrusted, NULL, X509_V_ERR_HOSTNAME_MISMATCH},
        {"tls-expired", TLS, NULL, is_distrusted, NULL, X509_V_ERR_CERT_HAS_EXPIRED},
        {"tls-not-yet-valid", TLS, NULL, is_distrusted, NULL, X509_V_ERR_CERT_NOT_YET_VALID},
        {"tls-foreign", TLS, NULL, is_distrusted, NULL,
         X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {"tls-no-certificate-request", TLS, NULL, is_not_asked, NULL, 0},

        {"http-status", META,
         "{\"status\":418,\"body\":\"short\",\"headers\":{\"X-One\":\"1\"},"
         "\"content_type\":\"text/plain\"}",
         answers, "X-One: 1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n", 418},
        {"http-empty", ISSUE, NULL, has_empty_body, NULL, 200},
        {"http-html", TOKEN, NULL, answers, "<!DOCTYPE html>", 200},
        {"http-redirect", ISSUE, "{\"location\":\"http://127.0.0.1:1/x\"}", answers,
         "\r\nLocation: http://127.0.0.1:1/x\r\n", 307},
        {"http-throttle", META, "{\"retry_after\":7}", answers, "\r\nRetry-After: 7\r\n", 429},
        {"v2-missing", ISSUE, NULL, answers, "\r\nServer: IMDS/", 404},
        {"probe-answer", ENDPOINT_PROBE, "{\"status\":500}", answers, "\r\nServer: IMDS/", 500},
        {"server-missing", META, NULL, lacks, "\r\nServer:", 0},
        {"server-other", META, NULL, contains, "\r\nServer: nginx\r\n", 0},
        {"http-content-type", TOKEN, NULL, contains, "\r\nContent-Type: text/html\r\n", 0},
        {"http-header", TOKEN, "{\"name\":\"Cache-Control\"}", lacks, "\r\nCache-Control:", 0},
        {"http-body", META, "{\"body\":{\"a\":[]}}", answers, "\r\n\r\n{\"a\":[]}", 200},
        {"http-oversized", META, "{\"bytes\":1048577}", is_long, NULL, 1048577},

        AADSTS(392200, 400),
        AADSTS(500181, 401),
        AADSTS(1000502, 401),
        AADSTS(90002, 400),
        AADSTS(500011, 400),
        AADSTS(700016, 400),
        AADSTS(700027, 401),
        AADSTS(7000214, 401),
        AADSTS(1000610, 401),
        AADSTS(1000611, 401),
        AADSTS(1000612, 401),
        AADSTS(1000613, 401),
        AADSTS(1000614, 401),
        AADSTS(1000901, 400),
        AADSTS(50000, 500),
        AADSTS(90033, 503),
        {"invalid-client-without-codes", TOKEN, NULL, answers, "{\"error\":\"invalid_client\"",
         401},
        {"token-error", TOKEN, "{\"status\":403,\"error\":\"no_way\",\"code\":5}", answers,
         "{\"error\":\"no_way\",\"error_description\":\"AADSTS5: The request", 403},
        {"claims-challenge", ENDPOINT_RESOURCE, "{\"claims\":{\"a\":1}}", answers,
         "\r\nWWW-Authenticate: mtls_pop realm=\"\", error=\"insufficient_claims\", "
         "claims=\"eyJhIjoxfQ==\"\r\n",
         401},

        {"x509-wrong-key", ISSUE, "{\"type\":\"ec\"}", has_other_key, NULL, 0},
        {"x509-wrong-subject", ISSUE, "{\"cn\":\"else\"}", has_other_subject, "else", 0},
        {"x509-expired", ISSUE, NULL, has_expired, NULL, 60},
        {"x509-near-expiry", ISSUE, NULL, ends_soon, NULL, 3600},
        {"x509-future", ISSUE, NULL, begins_later, NULL, 3600},
        {"x509-long-lived", ISSUE, NULL, lives_long, NULL, 0},
        {"x509-wrong-eku", ISSUE, NULL, has_no_client_eku, NULL, XKU_SSL_SERVER},
        {"x509-wrong-ku", ISSUE, NULL, has_ku, NULL, KU_KEY_ENCIPHERMENT},
        {"x509-ca", ISSUE, NULL, is_ca, NULL, 0},
        {"x509-wrong-issuer", ISSUE, NULL, has_other_issuer, NULL, 0},
        {"x509-bad-signature", ISSUE, NULL, has_bad_signature, NULL, 0},
        {"x509-broken-der", ISSUE, NULL, is_no_der, NULL, 0},
        {"x509-cut-der", ISSUE, NULL, is_no_der, NULL, 0},
        {"x509-trailing-bytes", ISSUE, NULL, is_no_der, NULL, 0},

        {"jwt-no-cnf", TOKEN, NULL, payload_lacks, "cnf", 0},
        {"jwt-wrong-cnf", TOKEN, NULL, is_bound_elsewhere, NULL, 0},
        {"jwt-wrong-aud", TOKEN, NULL, payload_contains,
         "\"aud\":\"https://somewhere.else.example\"", 0},
        {"jwt-wrong-iss", TOKEN, NULL, payload_contains, "\"iss\":\"https://issuer.example\"", 0},
        {"jwt-wrong-kid", TOKEN, NULL, header_contains, "\"kid\":\"unknown-key\"", 0},
        {"jwt-no-kid", TOKEN, NULL, header_lacks, "\"kid\"", 0},
        {"jwt-wrong-alg", TOKEN, NULL, header_contains, "\"alg\":\"HS256\"", 0},
        {"jwt-unsecured", TOKEN, NULL, is_not_signed, NULL, 0},
        {"jwt-bad-signature", TOKEN, NULL, is_signed_wrong, NULL, 0},
        {"jwt-expired", ENDPOINT_V1_TOKEN, NULL, claim_is_beyond, "exp", -3000},
        {"jwt-not-yet-valid", TOKEN, NULL, claim_is_beyond, "nbf", 3000},
        {"jwt-claim", TOKEN, "{\"claim\":\"tid\",\"value\":17}", payload_contains, "\"tid\":17", 0},
        {"jwt-header", TOKEN, "{\"name\":\"crit\",\"value\":[\"x\"]}", header_contains,
         "\"crit\":[\"x\"]", 0},

        {"json-missing", META, "{\"field\":\"cuId.vmId\"}", contains, "\"cuId\":{}", 0},
        {"json-null", TOKEN, "{\"field\":\"expires_in\"}", contains, "\"expires_in\":null", 0},
        {"json-empty", META, "{\"field\":\"clientId\"}", contains, "\"clientId\":\"\"", 0},
        {"json-value", ISSUE, "{\"field\":\"mtls_authentication_endpoint\",\"value\":\"http://x\"}",
         contains, "\"mtls_authentication_endpoint\":\"http://x\"", 0},
        {"json-wrong-type", TOKEN, "{\"field\":\"token_type\",\"type\":\"array\"}", contains,
         "\"token_type\":[]", 0},
        {"json-duplicate", META, "{\"field\":\"clientId\",\"value\":\"twice\"}", contains,
         ",\"clientId\":\"twice\"}", 0},
        {"json-rename", ISSUE, "{\"field\":\"client_id\",\"name\":\"clientId\"}", contains,
         "\"clientId\":\"" STAGE_SYSTEM "\"", 0},
        {"json-reorder", META, NULL, contains, "\r\n\r\n{\"attestationEndpoint\":", 0},
        {"json-unknown", ENDPOINT_V1_TOKEN, NULL, contains,
         ",\"x-unknown\":{\"a\":[1,null,\"b\"]}}", 0},
        {"json-array", TOKEN, NULL, contains, "\r\n\r\n[{", 0},
        {"json-truncated", ISSUE, NULL, is_half, NULL, 0},
        {"json-trailing", META, NULL, contains, "}{}", 0},
        {"certificate-pem", ISSUE, NULL, contains, "\"-----BEGIN CERTIFICATE-----\\n", 0},
        {"certificate-not-base64", ISSUE, NULL, contains, "-_=\"", 0},

        {"wire-delay", META, "{\"ms\":400}", is_late, NULL, 400},
        {"wire-drip", META, "{\"bytes\":40,\"every_ms\":60}", drips, NULL, 400},
        {"wire-cut", META, "{\"after\":33}", is_cut, NULL, 33},
        {"wire-reset", TOKEN, "{\"after\":20}", is_reset, NULL, 20},
        {"wire-silence", META, "{\"for_ms\":60}", is_silent, NULL, 60},
        {"wire-garbage", META, "{\"bytes\":300}", is_garbage, NULL, 300},
        {"wire-wrong-length", META, NULL, promises_more, NULL, 10},
};

/* These are about time: a slow machine is late without them, too. */
static bool has_twin(const struct row *row)
{
	return row->shows != is_late && row->shows != drips;
}

static const struct row *find_row(const char *kind)
{
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (text_equal(rows[i].kind, kind))
			return &rows[i];
	return NULL;
}

static void expect(const struct row *row, bool wanted)
{
	OWNED_STRUCT(fault_seen) seen = {0};

	fault_bench_see(&bench, row->endpoint, &seen);
	if (row->shows(row, &seen) != wanted)
		fail_msg("%s: %s; handshake %d, asked %d, verdict %ld, alert %d, reset %d, "
		         "%lld/%lld ms: %s",
		         row->kind, wanted ? "nothing of it is to be seen" : "seen without it",
		         seen.handshake, seen.asked, seen.verdict, seen.alert, seen.reset,
		         (long long)seen.first_ms, (long long)seen.whole_ms, bytes_text(&seen.raw));
}

/* The fault has matched and fired once, and one event has it. */
static void expect_counted(const struct row *row)
{
	OWNED(cJSON) *fault = NULL;
	OWNED(cJSON) *journal = NULL;
	OWNED_STRUCT(bytes) query = {0};

	fault_bench_admin(&bench, "GET", "/faults/it", NULL, 200, &fault);
	if (cJSON_GetNumberValue(cJSON_GetObjectItem(fault, "fired")) != 1 ||
	    cJSON_GetNumberValue(cJSON_GetObjectItem(fault, "matched")) != 1)
		fail_msg("%s: did not match and fire once", row->kind);
	bytes_addf(&query, "/journal?fault=%s&endpoint=%s", row->kind,
	           endpoint_name(row->endpoint));
	fault_bench_admin(&bench, "GET", bytes_text(&query), NULL, 200, &journal);
	if (cJSON_GetArraySize(cJSON_GetObjectItem(journal, "events")) != 1)
		fail_msg("%s: not in exactly one event", row->kind);
}

static void check_row(const struct row *row)
{
	OWNED_STRUCT(bytes) definition = {0};

	msiv2_emulator_reset(bench.emulator);
	if (has_twin(row))
		expect(row, false);
	bytes_addf(&definition, "{\"id\":\"it\",\"fault\":\"%s\",\"endpoint\":\"%s\"", row->kind,
	           endpoint_name(row->endpoint));
	if (row->with)
		bytes_addf(&definition, ",\"with\":%s", row->with);
	bytes_add_text(&definition, "}");
	fault_bench_admin(&bench, "POST", "/faults", bytes_text(&definition), 201, NULL);
	expect(row, true);
	expect_counted(row);
}

static void check_family(const struct fault_family *family)
{
	for (size_t i = 0; i < family->count; i++) {
		const struct row *row = find_row(family->kinds[i].name);

		if (!row)
			fail_msg("%s has no row in this test", family->kinds[i].name);
		check_row(row);
	}
}

/* One test for each family. */
static void its_faults_show_on_the_wire(void **state)
{
	check_family(*state);
}

static void every_row_here_is_in_the_catalogue(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (!fault_kind_find(rows[i].kind))
			fail_msg("%s is no fault", rows[i].kind);
}

static int start(void **state)
{
	(void)state;
	fault_bench_start(&bench, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fault_bench_stop(&bench);
	return 0;
}

#define FAMILY(name, family)                                                                       \
	{                                                                                          \
		name, its_faults_show_on_the_wire, NULL, NULL, (void *)&fault_family_##family      \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        FAMILY("handshake_faults_show_on_the_wire", tls),
	        FAMILY("faults_of_http_answers_show_on_the_wire", http),
	        FAMILY("errors_of_token_service_and_resource_show_on_the_wire", entra),
	        FAMILY("certificate_faults_show_on_the_wire", x509),
	        FAMILY("token_faults_show_on_the_wire", jwt),
	        FAMILY("json_faults_show_on_the_wire", json),
	        FAMILY("connection_faults_show_on_the_wire", wire),
	        cmocka_unit_test(every_row_here_is_in_the_catalogue),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
