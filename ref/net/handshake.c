/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "handshake.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "common/text.h"

/* Alerts that blame a client certificate once the server has asked for one (RFC 8446 section 6.2).
 * handshake_failure is what TLS 1.2 servers say when no certificate suits them. */
static const int certificate_alerts[] = {
        SSL3_AD_HANDSHAKE_FAILURE,    SSL3_AD_BAD_CERTIFICATE,     SSL3_AD_UNSUPPORTED_CERTIFICATE,
        SSL3_AD_CERTIFICATE_REVOKED,  SSL3_AD_CERTIFICATE_EXPIRED, SSL3_AD_CERTIFICATE_UNKNOWN,
        TLS1_AD_UNKNOWN_CA,           TLS1_AD_ACCESS_DENIED,       TLS1_AD_DECRYPT_ERROR,
        TLS13_AD_CERTIFICATE_REQUIRED};

static bool blames_certificate(int alert)
{
	for (size_t i = 0; i < TEXT_COUNT(certificate_alerts); i++) {
		if (certificate_alerts[i] == alert)
			return true;
	}
	return false;
}

static void note_message(struct handshake *watched, int version, int type)
{
	/* Before TLS 1.3 the server's Finished comes after its judgement; in TLS 1.3 the first
	 * message after it is a session ticket. */
	int last = version >= TLS1_3_VERSION ? SSL3_MT_NEWSESSION_TICKET : SSL3_MT_FINISHED;

	if (type == SSL3_MT_CERTIFICATE_REQUEST)
		watched->asked = true;
	else if (type == last || (type == SSL3_MT_FINISHED && !watched->asked))
		watched->accepted = true;
}

static void on_message(int write_p, int version, int content_type, const void *data, size_t len,
                       SSL *ssl, void *arg)
{
	struct handshake *watched = arg;
	const uint8_t *bytes = data;

	(void)ssl;
	if (content_type == SSL3_RT_HANDSHAKE && len >= 1 && write_p == 0) {
		note_message(watched, version, bytes[0]);
	} else if (content_type == SSL3_RT_HANDSHAKE && len >= 1 &&
	           bytes[0] == SSL3_MT_CLIENT_HELLO) {
		*watched = (struct handshake){.started = true};
	} else if (content_type == SSL3_RT_ALERT && write_p == 0 && len >= 2) {
		watched->refused |= watched->asked && blames_certificate(bytes[1]);
		if (bytes[0] == SSL3_AL_FATAL)
			watched->alert = bytes[1];
	}
}

static void on_state(const SSL *ssl, int where, int ret)
{
	struct handshake *watched = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	unsigned long code = ERR_peek_last_error();

	/* A handshake that only waits for bytes exits with an empty error queue. */
	if ((where & SSL_CB_EXIT) != 0 && ret <= 0 && code != 0) {
		watched->reason = ERR_GET_REASON(code);
		watched->no_signature =
		        ERR_GET_LIB(code) == ERR_LIB_EVP || watched->reason == ERR_R_EVP_LIB;
	}
	watched->verify = SSL_get_verify_result(ssl);
}

void handshake_watch(SSL_CTX *ctx, struct handshake *watched)
{
	SSL_CTX_set_app_data(ctx, watched);
	SSL_CTX_set_msg_callback(ctx, on_message);
	SSL_CTX_set_msg_callback_arg(ctx, watched);
	SSL_CTX_set_info_callback(ctx, on_state);
}

const char *handshake_distrust(const struct handshake *watched)
{
	if (watched->reason != SSL_R_CERTIFICATE_VERIFY_FAILED || watched->verify == X509_V_OK)
		return NULL;
	return X509_verify_cert_error_string(watched->verify);
}

const char *handshake_alert(const struct handshake *watched)
{
	return watched->alert > 0 ? SSL_alert_desc_string_long(watched->alert) : NULL;
}

bool handshake_key_failed(const struct handshake *watched)
{
	return watched->asked && watched->no_signature;
}

bool handshake_refused_certificate(const struct handshake *watched, bool line_ended)
{
	bool by_peer =
	        watched->reason == 0 || watched->reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;

	if (watched->refused)
		return true;
	return line_ended && watched->started && !watched->accepted && by_peer;
}
