/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/device_ca.h"

#define MODULUS_LEN  256
#define EXPONENT_MAX 8

static const char *const kind_names[ATTEST_KIND_COUNT] = {
        [ATTEST_KEYGUARD] = "keyguard",
        [ATTEST_TPM] = "tpm",
};

const char *attest_kind_name(enum attest_kind kind)
{
	return kind_names[kind];
}

bool attest_kind_from_name(const char *name, enum attest_kind *out)
{
	for (int i = 0; i < ATTEST_KIND_COUNT; i++) {
		if (!text_equal(kind_names[i], name))
			continue;
		*out = (enum attest_kind)i;
		return true;
	}
	return false;
}

void attest_verdict_free(struct attest_verdict *verdict)
{
	bytes_free(&verdict->nonce);
	bytes_free(&verdict->n);
	bytes_free(&verdict->e);
}

static void decide(struct attest_verdict *verdict, enum rule_id rule, const char *reason)
{
	verdict->refused = true;
	verdict->rule = rule;
	(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

bool attest_breach(const struct attest_bench *bench, struct attest_verdict *verdict,
                   enum rule_id rule, const char *fmt, ...)
{
	char reason[ATTEST_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (!rule_breach(bench->modes, rule, bench->findings, "%s", reason))
		return false;
	decide(verdict, rule, reason);
	return true;
}

void attest_refuse(const struct attest_bench *bench, struct attest_verdict *verdict,
                   enum rule_id rule, const char *fmt, ...)
{
	char reason[ATTEST_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	(void)!rule_breach(bench->modes, rule, bench->findings, "%s", reason);
	decide(verdict, rule, reason);
}

enum msiv2_rc attest_refuse_unread(const struct attest_bench *bench, enum msiv2_rc rc,
                                   const struct msiv2_error *why, struct attest_verdict *verdict,
                                   struct msiv2_error *err)
{
	if (rc == MSIV2_CONFIG) {
		attest_refuse(bench, verdict, RULE_ATT_EVIDENCE, "%s: %.100s", why->where,
		              why->message);
		return MSIV2_OK;
	}
	if (err != NULL)
		*err = *why;
	return rc;
}

enum msiv2_rc attest_verdict_done(const struct attest_verdict *verdict, struct msiv2_error *err)
{
	TRY(bytes_done(&verdict->n, "evidence", err));
	TRY(bytes_done(&verdict->e, "evidence", err));
	return bytes_done(&verdict->nonce, "evidence", err);
}

bool attest_refuses_certificate(const struct attest_bench *bench, enum attest_kind kind,
                                const struct bytes *der, X509 **out, struct attest_verdict *verdict)
{
	static const struct blame blame = {MSIV2_CONFIG, "certificate"};
	OWNED(X509) *cert = NULL;
	const char *fault;

	if (x509_from_der(der->data, der->len, &blame, &cert, NULL) != MSIV2_OK) {
		attest_refuse(bench, verdict, RULE_ATT_EVIDENCE, "certificate is not one in DER");
		return true;
	}
	fault = device_ca_fault(bench->device_ca, cert, kind, bench->now_s);
	if (fault != NULL &&
	    attest_breach(bench, verdict, RULE_ATT_CERTIFICATE, "the certificate is %s", fault))
		return true;
	*out = steal(&cert);
	return false;
}

bool attest_refuses_nonce(const struct attest_bench *bench, const void *nonce, size_t len,
                          struct attest_verdict *verdict)
{
	const char *fault = "not of 32 bytes";

	if (len == ATTEST_NONCE_LEN)
		fault = bench->use_nonce(bench->nonce_ctx, nonce);
	base64url_encode(nonce, len, &verdict->nonce);
	return fault != NULL &&
	       attest_breach(bench, verdict, RULE_ATT_NONCE, "the nonce is %s", fault);
}

static bool is_number(const struct bytes *number)
{
	return number->len > 0 && number->data[0] != 0;
}

bool attest_refuses_key(const struct attest_bench *bench, const struct bytes *n,
                        const struct bytes *e, struct attest_verdict *verdict)
{
	bool small_e = e->len == 1 && e->data[0] < 3;

	if (!is_number(n) || !is_number(e)) {
		attest_refuse(bench, verdict, RULE_ATT_EVIDENCE, "n or e is not a number");
		return true;
	}
	base64url_encode(n->data, n->len, &verdict->n);
	base64url_encode(e->data, e->len, &verdict->e);
	if ((n->len != MODULUS_LEN || n->data[0] < 0x80 || (n->data[n->len - 1] & 1) == 0) &&
	    attest_breach(bench, verdict, RULE_ATT_KEY, "the modulus is not one of 2048 bits"))
		return true;
	return (e->len > EXPONENT_MAX || small_e || (e->data[e->len - 1] & 1) == 0) &&
	       attest_breach(bench, verdict, RULE_ATT_KEY, "the exponent is not acceptable");
}

static bool set_padding(EVP_PKEY_CTX *ctx, bool pss)
{
	if (!pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) > 0;
}

/* The key may be of any type: only an RSA key takes the padding. */
static bool verifies(EVP_PKEY *key, const struct attest_signature *what)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	return ctx != NULL && key != NULL && EVP_PKEY_is_a(key, "RSA") &&
	       EVP_DigestVerifyInit(ctx, &pctx, EVP_sha256(), NULL, key) == 1 &&
	       set_padding(pctx, what->pss) &&
	       EVP_DigestVerify(ctx, what->signature, what->len, what->signed_bytes->data,
	                        what->signed_bytes->len) == 1;
}

bool attest_refuses_signature(const struct attest_bench *bench, X509 *cert,
                              const struct attest_signature *signature,
                              struct attest_verdict *verdict)
{
	bool good;

	(void)ERR_set_mark();
	good = verifies(X509_get0_pubkey(cert), signature);
	(void)ERR_pop_to_mark();
	return !good && attest_breach(bench, verdict, RULE_ATT_SIGNATURE,
	                              "the signature is not the certificate's key's");
}
