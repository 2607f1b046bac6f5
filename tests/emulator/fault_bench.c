/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_bench.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "csr_draft.h"
#include "stage.h"
#include "tests/testing.h"
#include "wire.h"

#define FORM                                                                                       \
	"client_id=" STAGE_SYSTEM "&scope=https://vault.azure.net/.default"                        \
	"&grant_type=client_credentials&token_type=mtls_pop"
#define CLOSE "Host: localhost\r\nConnection: close\r\n"

static const struct blame blame = {MSIV2_INTERNAL, "answer"};

/* ---- requests ---- */

static void print_issue(struct fault_bench *bench, struct bytes *out)
{
	const struct stage client = {.key = bench->key};
	OWNED_STRUCT(bytes) body = {0};

	stage_csr_body(&client, STAGE_SYSTEM, DRAFT_CUID, &body);
	bytes_addf(out,
	           "POST " STAGE_ISSUE "?cred-api-version=2.0 HTTP/1.1\r\n" CLOSE
	           "Metadata: true\r\nContent-Type: application/json\r\n"
	           "Content-Length: %zu\r\n\r\n%s",
	           body.len, bytes_text(&body));
}

static void print_request(struct fault_bench *bench, enum endpoint endpoint, struct bytes *out)
{
	switch (endpoint) {
	case ENDPOINT_PROBE:
		bytes_add_text(out, "GET " STAGE_METADATA "?cred-api-version=2.0 HTTP/1.1\r\n" CLOSE
		                    "\r\n");
		return;
	case ENDPOINT_ISSUE:
		print_issue(bench, out);
		return;
	case ENDPOINT_V1_TOKEN:
		bytes_add_text(out, "GET /metadata/identity/oauth2/token?api-version=2018-02-01&"
		                    "resource=https://vault.azure.net HTTP/1.1\r\n" CLOSE
		                    "Metadata: true\r\n\r\n");
		return;
	case ENDPOINT_TLS:
	case ENDPOINT_TOKEN:
		bytes_addf(out,
		           "POST " STAGE_TOKEN " HTTP/1.1\r\n" CLOSE
		           "Content-Type: application/x-www-form-urlencoded\r\n"
		           "Content-Length: %zu\r\n\r\n" FORM,
		           strlen(FORM));
		return;
	case ENDPOINT_RESOURCE:
		bytes_addf(out,
		           "GET /resource HTTP/1.1\r\n" CLOSE "Authorization: mtls_pop %s\r\n\r\n",
		           bench->token);
		return;
	default:
		bytes_add_text(out, "GET " STAGE_METADATA "?cred-api-version=2.0 HTTP/1.1\r\n" CLOSE
		                    "Metadata: true\r\n\r\n");
	}
}

/* ---- the wire ---- */

/* What happened in the handshake, for OpenSSL's callbacks. */
static int show_certificate(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
	struct fault_bench *bench = SSL_get_ex_data(ssl, 0);
	struct fault_seen *seen = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);

	seen->asked = true;
	X509_up_ref(bench->certificate);
	EVP_PKEY_up_ref(bench->key);
	*certificate = bench->certificate;
	*key = bench->key;
	return 1;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct fault_seen *seen = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
		seen->alert = value & 0xff;
}

static void trust(SSL_CTX *ctx, const char *pem)
{
	OWNED(BIO) *bio = BIO_new_mem_buf(pem, -1);
	X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_non_null(root);
	assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root), 1);
	X509_free(root);
}

/* As a real client does: the chain and the name are judged, but a bad one does not end it here. */
static void start_tls(struct fault_bench *bench, struct wire *wire, struct fault_seen *seen)
{
	wire->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(wire->ctx);
	trust(wire->ctx, msiv2_emulator_ca_pem(bench->emulator));
	SSL_CTX_set_ex_data(wire->ctx, 0, seen);
	SSL_CTX_set_client_cert_cb(wire->ctx, show_certificate);
	SSL_CTX_set_info_callback(wire->ctx, on_info);
	wire->ssl = SSL_new(wire->ctx);
	assert_non_null(wire->ssl);
	SSL_set_ex_data(wire->ssl, 0, bench);
	SSL_set_tlsext_host_name(wire->ssl, "localhost");
	assert_int_equal(SSL_set1_host(wire->ssl, "localhost"), 1);
	SSL_set_fd(wire->ssl, wire->fd);
	seen->handshake = SSL_connect(wire->ssl) == 1;
	seen->reset = !seen->handshake && errno == ECONNRESET;
	seen->verdict = seen->handshake ? SSL_get_verify_result(wire->ssl) : X509_V_OK;
	ERR_clear_error();
}

static void read_all(struct wire *wire, int64_t start_us, struct fault_seen *seen)
{
	const struct msiv2_clock *clock = clock_system();
	char piece[4096];
	ssize_t n;

	for (;;) {
		errno = 0;
		n = wire->ssl ? SSL_read(wire->ssl, piece, sizeof(piece))
		              : recv(wire->fd, piece, sizeof(piece), 0);
		if (seen->raw.len == 0)
			seen->first_ms = (clock_mono_us(clock) - start_us) / CLOCK_US_PER_MS;
		if (n <= 0)
			break;
		bytes_add(&seen->raw, piece, (size_t)n);
	}
	seen->reset |= n < 0 && errno == ECONNRESET;
	seen->whole_ms = (clock_mono_us(clock) - start_us) / CLOCK_US_PER_MS;
	ERR_clear_error();
}

void fault_bench_see(struct fault_bench *bench, enum endpoint endpoint, struct fault_seen *seen)
{
	bool tls = endpoint == ENDPOINT_TLS || endpoint == ENDPOINT_TOKEN ||
	           endpoint == ENDPOINT_RESOURCE;
	const char *base =
	        tls ? msiv2_emulator_sts(bench->emulator) : msiv2_emulator_imds(bench->emulator);
	int64_t start_us = clock_mono_us(clock_system());
	OWNED_STRUCT(bytes) request = {0};
	struct wire wire;
	const char *end;

	*seen = (struct fault_seen){.body = ""};
	print_request(bench, endpoint, &request);
	wire_open(&wire, wire_port(base));
	if (tls)
		start_tls(bench, &wire, seen);
	if (!tls || seen->handshake) {
		wire_send_bytes(&wire, request.data, request.len);
		read_all(&wire, start_us, seen);
	}
	wire_close(&wire);
	if (text_starts(bytes_text(&seen->raw), "HTTP/1.1 "))
		seen->status = (int)strtol(bytes_text(&seen->raw) + 9, NULL, 10);
	end = strstr(bytes_text(&seen->raw), "\r\n\r\n");
	if (end)
		seen->body = end + 4;
}

void fault_seen_free(struct fault_seen *seen)
{
	bytes_free(&seen->raw);
}

/* ---- what the answers hold ---- */

void fault_seen_text(const struct fault_seen *seen, const char *name, struct bytes *out)
{
	OWNED(cJSON) *json = cJSON_Parse(seen->body);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	bytes_add_text(out, text ? text : "");
}

X509 *fault_seen_certificate(const struct fault_seen *seen)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) der = {0};
	X509 *cert = NULL;

	fault_seen_text(seen, "certificate", &text);
	if (!base64_decode(bytes_text(&text), text.len, &der) ||
	    x509_from_der(der.data, der.len, &blame, &cert, NULL) != MSIV2_OK)
		return NULL;
	return cert;
}

void fault_bench_admin(struct fault_bench *bench, const char *method, const char *target,
                       const char *body, int status, cJSON **answer)
{
	char *text = NULL;
	int got = 0;

	assert_int_equal(
	        msiv2_emulator_admin_call(bench->emulator, method, target, body, &got, &text, NULL),
	        MSIV2_OK);
	if (got != status)
		fail_msg("%s %s: %d, not %d: %s", method, target, got, status, text);
	if (answer)
		*answer = cJSON_Parse(text);
	msiv2_emulator_text_free(text);
}

void fault_bench_start(struct fault_bench *bench, const char *config_text)
{
	const struct msiv2_emulator_options options = {.config_text = config_text};
	struct msiv2_error *err = msiv2_error_new();
	OWNED_STRUCT(fault_seen) issued = {0};
	OWNED_STRUCT(fault_seen) answer = {0};
	OWNED_STRUCT(bytes) token = {0};

	*bench = (struct fault_bench){.key = EVP_RSA_gen(2048)};
	if (msiv2_emulator_start(&options, &bench->emulator, err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(err), msiv2_error_message(err));
	msiv2_error_free(err);
	fault_bench_see(bench, ENDPOINT_ISSUE, &issued);
	bench->certificate = fault_seen_certificate(&issued);
	assert_non_null(bench->certificate);
	fault_bench_see(bench, ENDPOINT_TOKEN, &answer);
	fault_seen_text(&answer, "access_token", &token);
	assert_true(token.len > 0);
	bench->token = mem_strdup(bytes_text(&token));
}

void fault_bench_stop(struct fault_bench *bench)
{
	msiv2_emulator_stop(bench->emulator);
	X509_free(bench->certificate);
	EVP_PKEY_free(bench->key);
	mem_free(bench->token);
	*bench = (struct fault_bench){0};
}
