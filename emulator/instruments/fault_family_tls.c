/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults of the TLS handshake (STS-05, STS-06, STS-08). */
#include "common/text.h"
#include "emulator/http/tls_server.h"
#include "emulator/pki/ca.h"
#include "emulator/world.h"
#include "fault_kind.h"

#define DAY_S       INT64_C(86400)
#define WAIT_MAX_MS 600000

/* Alerts (RFC 8446 section 6) by name, and the verdict on a certificate that OpenSSL turns into
 * the alert; 0 = no verdict does. */
static const struct alert {
	const char *name;
	int number;
	int verdict;
} alerts[] = {
        {"handshake_failure", SSL_AD_HANDSHAKE_FAILURE, X509_V_ERR_APPLICATION_VERIFICATION},
        {"bad_certificate", SSL_AD_BAD_CERTIFICATE, X509_V_ERR_CERT_REJECTED},
        {"unsupported_certificate", SSL_AD_UNSUPPORTED_CERTIFICATE, X509_V_ERR_INVALID_PURPOSE},
        {"certificate_revoked", SSL_AD_CERTIFICATE_REVOKED, X509_V_ERR_CERT_REVOKED},
        {"certificate_expired", SSL_AD_CERTIFICATE_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
        {"certificate_unknown", SSL_AD_CERTIFICATE_UNKNOWN, X509_V_ERR_INVALID_EXTENSION},
        {"unknown_ca", SSL_AD_UNKNOWN_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {"access_denied", SSL_AD_ACCESS_DENIED, 0},
        {"protocol_version", SSL_AD_PROTOCOL_VERSION, 0},
        {"internal_error", SSL_AD_INTERNAL_ERROR, 0},
        {"unrecognized_name", SSL_AD_UNRECOGNIZED_NAME, 0},
};

static const struct alert *find_alert(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(alerts); i++)
		if (text_equal(alerts[i].name, name))
			return &alerts[i];
	return NULL;
}

static bool is_alert(const char *text)
{
	return find_alert(text) != NULL;
}

static bool is_certificate_alert(const char *text)
{
	return is_alert(text) && find_alert(text)->verdict != 0;
}

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len < 254 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
	               len;
}

static bool refuse(const struct fault_act *act)
{
	act->tls->end = TLS_CLOSE;
	return true;
}

static bool reset(const struct fault_act *act)
{
	act->tls->end = TLS_RESET;
	return true;
}

static bool alert(const struct fault_act *act)
{
	act->tls->end = TLS_ALERT;
	act->tls->alert = find_alert(fault_text(act, "alert"))->number;
	return true;
}

static bool certificate_alert(const struct fault_act *act)
{
	act->tls->verdict = find_alert(fault_text(act, "alert"))->verdict;
	return true;
}

static bool delay(const struct fault_act *act)
{
	act->tls->wait_ms += fault_number(act, "ms");
	return true;
}

static bool silence(const struct fault_act *act)
{
	act->tls->wait_ms = fault_number(act, "for_ms");
	act->tls->end = TLS_CLOSE;
	return true;
}

/* The server shows another certificate; the last fault of this kind has the last word. */
static bool show(const struct fault_act *act, const struct ca_server_breach *breach)
{
	X509 *certificate = NULL;

	if (ca_issue_server(act->world->ca, breach, &certificate, NULL) != MSIV2_OK)
		return false;
	X509_free(act->tls->certificate);
	act->tls->certificate = certificate;
	return true;
}

static bool wrong_name(const struct fault_act *act)
{
	const struct ca_server_breach breach = {.name = fault_text(act, "name")};

	return show(act, &breach);
}

/* Relative to world time, and to the system's, by which clients without a clock of their own
 * judge: whichever makes it worse. */
static bool expired(const struct fault_act *act)
{
	int64_t world_s = world_now_s(act->world);
	int64_t system_s = clock_now_s(clock_system());
	int64_t now_s = world_s < system_s ? world_s : system_s;
	const struct ca_server_breach breach = {
	        .not_before_s = now_s - fault_number(act, "by_s") - 30 * DAY_S,
	        .not_after_s = now_s - fault_number(act, "by_s"),
	};

	return show(act, &breach);
}

static bool not_yet_valid(const struct fault_act *act)
{
	int64_t world_s = world_now_s(act->world);
	int64_t system_s = clock_now_s(clock_system());
	int64_t now_s = world_s > system_s ? world_s : system_s;
	const struct ca_server_breach breach = {
	        .not_before_s = now_s + fault_number(act, "by_s"),
	        .not_after_s = now_s + fault_number(act, "by_s") + 30 * DAY_S,
	};

	return show(act, &breach);
}

static bool foreign(const struct fault_act *act)
{
	const struct ca_server_breach breach = {.foreign = true};

	return show(act, &breach);
}

static bool no_request(const struct fault_act *act)
{
	act->tls->no_certificate_wanted = true;
	return true;
}

#define HELLO(rules) rules, FAULT_AT_HELLO, FAULT_TLS_ONLY, 0

static const struct fault_kind kinds[] = {
        {"tls-refuse",
         "The connection is closed after the client's hello, without a word of TLS.",
         HELLO("NET-03"),
         {{0}},
         refuse},
        {"tls-reset",
         "The connection is reset (TCP RST) after the client's hello.",
         HELLO("STS-05 NET-03"),
         {{0}},
         reset},
        {"tls-silence",
         "The client's hello is not answered; then the connection is closed.",
         HELLO("NET-04"),
         {{"for_ms", FAULT_INTEGER, "30000", 1, WAIT_MAX_MS, false, "how long", NULL}},
         silence},
        {"tls-delay",
         "The server's hello comes late.",
         HELLO("NET-04"),
         {{"ms", FAULT_INTEGER, "1000", 1, WAIT_MAX_MS, false, "how late", NULL}},
         delay},
        {"tls-alert",
         "The server ends the handshake with a fatal alert instead of its hello.",
         HELLO("NET-03"),
         {{"alert", FAULT_TEXT, "\"handshake_failure\"", 0, 0, false,
           "the name of an alert of RFC 8446, such as handshake_failure or access_denied",
           is_alert}},
         alert},
        {"tls-certificate-alert",
         "The server refuses the client's certificate with a fatal alert. With TLS 1.3 the "
         "client's "
         "handshake is complete by then and the alert comes in place of an answer.",
         "STS-05",
         FAULT_AT_PEER,
         FAULT_TLS_ONLY,
         0,
         {{"alert", FAULT_TEXT, "\"bad_certificate\"", 0, 0, false,
           "bad_certificate, unsupported_certificate, certificate_revoked, certificate_expired, "
           "certificate_unknown, unknown_ca or handshake_failure",
           is_certificate_alert}},
         certificate_alert},
        {"tls-wrong-name",
         "The server's certificate is for another name alone.",
         HELLO("STS-06"),
         {{"name", FAULT_TEXT, "\"wrong.example\"", 0, 0, false, "a DNS name or IPv4 address",
           is_name}},
         wrong_name},
        {"tls-expired",
         "The server's certificate has expired.",
         HELLO("STS-06"),
         {{"by_s", FAULT_INTEGER, "86400", 1, 3650 * DAY_S, false, "how long ago", NULL}},
         expired},
        {"tls-not-yet-valid",
         "The server's certificate is not valid yet.",
         HELLO("STS-06"),
         {{"by_s", FAULT_INTEGER, "86400", 1, 3650 * DAY_S, false, "how far ahead", NULL}},
         not_yet_valid},
        {"tls-foreign",
         "The server's certificate is from a CA that nobody knows.",
         HELLO("STS-06"),
         {{0}},
         foreign},
        {"tls-no-certificate-request",
         "The server does not ask for a client certificate, so none is sent.",
         HELLO("STS-01"),
         {{0}},
         no_request},
};

const struct fault_family fault_family_tls = {"tls", "TLS handshake", kinds, TEXT_COUNT(kinds)};
