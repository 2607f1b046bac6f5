/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>
#include <sys/socket.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/x509.h"
#include "csr_draft.h"
#include "emulator/include/msiv2_emulator.h"
#include "stage.h"
#include "tests/testing.h"
#include "wire.h"

#define FORM                                                                                       \
	"client_id=" STAGE_SYSTEM "&scope=https://vault.azure.net/.default"                        \
	"&grant_type=client_credentials&token_type=mtls_pop"
#define CONNECTIONS 64

static struct msiv2_emulator *emulator;
static uint16_t sts_port;
static EVP_PKEY *key;
static X509 *certificate;

/* Asks issuecredential for a certificate of the system-assigned identity. */
static X509 *issue(struct msiv2_emulator *from)
{
	static const struct blame blame = {MSIV2_INTERNAL, "issue"};
	const struct stage client = {.key = key};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) request = {0};
	OWNED_STRUCT(bytes) answer = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED(cJSON) *json = NULL;
	const char *text = NULL;
	X509 *cert = NULL;
	struct wire wire;

	stage_csr_body(&client, STAGE_SYSTEM, DRAFT_CUID, &body);
	bytes_addf(&request,
	           "POST " STAGE_ISSUE "?cred-api-version=2.0 HTTP/1.1\r\nHost: x\r\n"
	           "Metadata: true\r\nContent-Type: application/json\r\n"
	           "Content-Length: %zu\r\n\r\n%s",
	           body.len, bytes_text(&body));
	wire_open(&wire, wire_port(msiv2_emulator_imds(from)));
	wire_send(&wire, bytes_text(&request));
	assert_int_equal(wire_read(&wire, false, &answer), 200);
	wire_close(&wire);
	text = strstr(bytes_text(&answer), "\r\n\r\n") + 4;
	assert_int_equal(json_parse_object(text, strlen(text), &blame, &json, NULL), MSIV2_OK);
	assert_int_equal(json_need_string(json, "certificate", &blame, &text, NULL), MSIV2_OK);
	assert_true(base64_decode(text, strlen(text), &der));
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
	return cert;
}

static int start(void **state)
{
	const struct msiv2_emulator_options options = {0};

	(void)state;
	if (msiv2_emulator_start(&options, &emulator, NULL) != MSIV2_OK)
		return -1;
	sts_port = wire_port(msiv2_emulator_sts(emulator));
	key = EVP_RSA_gen(2048);
	certificate = issue(emulator);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	X509_free(certificate);
	EVP_PKEY_free(key);
	msiv2_emulator_stop(emulator);
	return 0;
}

/* Asks for a token on an open connection. */
static int ask_token(struct wire *wire, struct bytes *answer)
{
	OWNED_STRUCT(bytes) request = {0};

	bytes_addf(&request,
	           "POST " STAGE_TOKEN " HTTP/1.1\r\nHost: localhost\r\n"
	           "Content-Type: application/x-www-form-urlencoded\r\n"
	           "Content-Length: %zu\r\n\r\n" FORM,
	           strlen(FORM));
	wire_send(wire, bytes_text(&request));
	return wire_read(wire, false, answer);
}

/* FEASIBILITY: both versions, with and without a certificate; STS-01, STS-08. */
static void both_tls_versions_carry_the_client_certificate(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct wire_tls with = {versions[i], certificate, key, NULL};
		const struct wire_tls without = {versions[i], NULL, NULL, NULL};
		OWNED_STRUCT(bytes) answer = {0};
		struct wire wire;

		wire_open(&wire, sts_port);
		assert_true(wire_start_tls(&wire, &with));
		assert_int_equal(ask_token(&wire, NULL), 200);
		assert_int_equal(ask_token(&wire, NULL), 200);
		wire_close(&wire);
		wire_open(&wire, sts_port);
		assert_true(wire_start_tls(&wire, &without));
		assert_int_equal(ask_token(&wire, &answer), 400);
		assert_non_null(strstr(bytes_text(&answer), "AADSTS392200"));
		wire_close(&wire);
	}
}

static void old_tls_versions_are_refused(void **state)
{
	const struct wire_tls old = {.version = TLS1_1_VERSION};
	struct wire wire;
	char *journal = NULL;
	char rest;

	(void)state;
	msiv2_emulator_reset(emulator);
	wire_open(&wire, sts_port);
	assert_false(wire_start_tls(&wire, &old));
	/* The alert is sent first; the event is there when the connection is closed. */
	while (recv(wire.fd, &rest, 1, 0) > 0)
		continue;
	wire_close(&wire);
	assert_int_equal(msiv2_emulator_count(emulator, "tls"), 1);
	assert_int_equal(
	        msiv2_emulator_journal(emulator, "endpoint=tls&listener=sts", &journal, NULL),
	        MSIV2_OK);
	assert_non_null(strstr(journal, "\"error\":\"sent "));
	assert_non_null(strstr(journal, "\"alert\":\"sent "));
	msiv2_emulator_text_free(journal);
}

/* A certificate nobody issued enters through TLS and is answered by the role. */
static void a_foreign_certificate_gets_an_http_answer(void **state)
{
	OWNED(X509) *foreign = X509_new();
	OWNED_STRUCT(bytes) answer = {0};
	const struct wire_tls tls = {TLS1_3_VERSION, foreign, key, NULL};
	struct wire wire;

	(void)state;
	X509_set_version(foreign, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(foreign), 1);
	X509_gmtime_adj(X509_getm_notBefore(foreign), 0);
	X509_gmtime_adj(X509_getm_notAfter(foreign), 3600);
	X509_set_pubkey(foreign, key);
	assert_true(X509_sign(foreign, key, EVP_sha256()) > 0);
	wire_open(&wire, sts_port);
	assert_true(wire_start_tls(&wire, &tls));
	assert_int_equal(ask_token(&wire, &answer), 401);
	assert_non_null(strstr(bytes_text(&answer), "AADSTS700027"));
	wire_close(&wire);
}

/* The trap of FEASIBILITY: a session resumed without a certificate must not be the old client. */
static void a_session_cannot_be_resumed_without_its_certificate(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct wire_tls first = {versions[i], certificate, key, NULL};
		struct wire_tls second = {versions[i], NULL, NULL, NULL};
		OWNED_STRUCT(bytes) answer = {0};
		struct wire wire;

		wire_open(&wire, sts_port);
		assert_true(wire_start_tls(&wire, &first));
		assert_int_equal(ask_token(&wire, NULL), 200);
		second.session = SSL_get1_session(wire.ssl);
		assert_false(versions[i] == TLS1_3_VERSION &&
		             SSL_SESSION_has_ticket(second.session));
		wire_close(&wire);
		wire_open(&wire, sts_port);
		assert_true(wire_start_tls(&wire, &second));
		assert_int_equal(SSL_session_reused(wire.ssl), 0);
		assert_int_equal(ask_token(&wire, &answer), 400);
		assert_non_null(strstr(bytes_text(&answer), "AADSTS392200"));
		wire_close(&wire);
		SSL_SESSION_free(second.session);
	}
}

/* One thread serves many connections in turn; none may inherit the certificate of the one before.
 */
static void connections_do_not_inherit_certificates(void **state)
{
	const struct wire_tls with = {0, certificate, key, NULL};
	const struct wire_tls without = {0};

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct wire wire;

		wire_open(&wire, sts_port);
		assert_true(wire_start_tls(&wire, i % 2 ? &with : &without));
		assert_int_equal(ask_token(&wire, NULL), i % 2 ? 200 : 400);
		wire_close(&wire);
	}
}

static void what_is_not_tls_is_dropped(void **state)
{
	static const char *const garbage[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", "\x16\x03"};
	const struct wire_tls tls = {0};
	struct wire wire;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		wire_open(&wire, sts_port);
		wire_send(&wire, garbage[i]);
		wire_send_end(&wire);
		assert_int_equal(wire_read(&wire, false, NULL), 0);
		wire_close(&wire);
	}
	wire_open(&wire, sts_port);
	assert_true(wire_start_tls(&wire, &tls));
	assert_int_equal(ask_token(&wire, NULL), 400);
	wire_close(&wire);
}

static void the_journal_shows_the_tls_facts_and_no_token(void **state)
{
	const struct wire_tls tls = {TLS1_3_VERSION, certificate, key, NULL};
	struct wire wire;
	char *journal = NULL;

	(void)state;
	msiv2_emulator_reset(emulator);
	wire_open(&wire, sts_port);
	assert_true(wire_start_tls(&wire, &tls));
	assert_int_equal(ask_token(&wire, NULL), 200);
	wire_close(&wire);
	assert_int_equal(msiv2_emulator_count(emulator, "token"), 1);
	assert_int_equal(msiv2_emulator_journal(emulator, "endpoint=token", &journal, NULL),
	                 MSIV2_OK);
	assert_non_null(strstr(journal, "\"version\":\"TLSv1.3\""));
	assert_non_null(strstr(journal, "\"server_name\":\"localhost\""));
	assert_non_null(strstr(journal, "\"resumed\":false"));
	assert_non_null(strstr(journal, "\"client_certificate_sha256\":\""));
	assert_null(strstr(journal, "eyJ")); /* SEC-01 */
	msiv2_emulator_text_free(journal);
}

static void many_tls_clients_stay_connected_at_once(void **state)
{
	static struct wire wires[CONNECTIONS];
	const struct wire_tls tls = {0};

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++) {
		wire_open(&wires[i], sts_port);
		assert_true(wire_start_tls(&wires[i], &tls));
	}
	for (int i = 0; i < CONNECTIONS; i++)
		assert_int_equal(ask_token(&wires[i], NULL), 400);
	for (int i = 0; i < CONNECTIONS; i++)
		wire_close(&wires[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_tls_versions_carry_the_client_certificate),
	        cmocka_unit_test(old_tls_versions_are_refused),
	        cmocka_unit_test(a_foreign_certificate_gets_an_http_answer),
	        cmocka_unit_test(a_session_cannot_be_resumed_without_its_certificate),
	        cmocka_unit_test(connections_do_not_inherit_certificates),
	        cmocka_unit_test(what_is_not_tls_is_dropped),
	        cmocka_unit_test(the_journal_shows_the_tls_facts_and_no_token),
	        cmocka_unit_test(many_tls_clients_stay_connected_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
