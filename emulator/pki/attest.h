/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the judges of evidence share (ATT-03): by what evidence is judged, and what comes of it. The
 * formats are this project's own invention; docs/attestation.md describes them. */
#ifndef EMULATOR_PKI_ATTEST_H
#define EMULATOR_PKI_ATTEST_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "emulator/rule.h"

#define ATTEST_NONCE_LEN  32
#define ATTEST_REASON_MAX 160

/* The kinds of keys that can be attested. */
enum attest_kind { ATTEST_KEYGUARD, ATTEST_TPM, ATTEST_KIND_COUNT };

/* "keyguard", "tpm". */
const char *attest_kind_name(enum attest_kind kind);
/* The kind of that name; false when there is none. */
MSIV2_MUST_USE bool attest_kind_from_name(const char *name, enum attest_kind *out);

/* By what evidence is judged; all borrowed. Evidence, nonces and these are all there is: no judge
 * looks at a clock or at anything else. */
struct attest_bench {
	X509 *device_ca;
	int64_t now_s;
	/* What is wrong with a nonce, as static text; NULL = it is good, and is used now. */
	const char *(*use_nonce)(void *ctx, const uint8_t nonce[ATTEST_NONCE_LEN]);
	void *nonce_ctx;
	const struct rule_modes *modes;
	struct findings *findings; /* breaches are added */
};

/* What comes of it. `{0}` is empty. */
struct attest_verdict {
	bool refused;
	enum rule_id rule; /* that decided against it */
	char reason[ATTEST_REASON_MAX];
	/* base64url; complete when it is not refused */
	struct bytes nonce;
	struct bytes n;
	struct bytes e;
};
/* Frees the texts. */
void attest_verdict_free(struct attest_verdict *verdict);
DEFINE_OWNED_VALUE(attest_verdict, attest_verdict_free)

/* The rule is broken: adds a finding as its mode says, and true (the verdict says so) when that
 * mode refuses. */
MSIV2_MUST_USE bool attest_breach(const struct attest_bench *bench, struct attest_verdict *verdict,
                                  enum rule_id rule, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* As attest_breach(), but refuses whatever the mode: there is nothing to go on with. */
void attest_refuse(const struct attest_bench *bench, struct attest_verdict *verdict,
                   enum rule_id rule, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Evidence that cannot be read (MSIV2_CONFIG) is refused whatever the modes; another rc, that is
 * memory, is handed on. */
MSIV2_MUST_USE enum msiv2_rc attest_refuse_unread(const struct attest_bench *bench,
                                                  enum msiv2_rc rc, const struct msiv2_error *why,
                                                  struct attest_verdict *verdict,
                                                  struct msiv2_error *err);
/* MSIV2_INTERNAL when memory was out while a text of the verdict was written. */
MSIV2_MUST_USE enum msiv2_rc attest_verdict_done(const struct attest_verdict *verdict,
                                                 struct msiv2_error *err);

/* ---- checks of both formats; true = refused ---- */

/* The certificate is one, of that kind of identity, issued by the device CA; *out is owned by the
 * caller and NULL when it is refused. */
MSIV2_MUST_USE bool attest_refuses_certificate(const struct attest_bench *bench,
                                               enum attest_kind kind, const struct bytes *der,
                                               X509 **out, struct attest_verdict *verdict);
/* The nonce has its length and is one of ours; it is used up by this. */
MSIV2_MUST_USE bool attest_refuses_nonce(const struct attest_bench *bench, const void *nonce,
                                         size_t len, struct attest_verdict *verdict);
/* An RSA public key of 2048 bits (KEY-01), as big-endian numbers without leading zeroes. */
MSIV2_MUST_USE bool attest_refuses_key(const struct attest_bench *bench, const struct bytes *n,
                                       const struct bytes *e, struct attest_verdict *verdict);
/* RSA with SHA-256 over some bytes, PKCS#1 v1.5 or (`pss`) PSS with MGF1 SHA-256 and a salt of 32
 * bytes. */
struct attest_signature {
	const struct bytes *signed_bytes;
	const void *signature;
	size_t len;
	bool pss;
};
MSIV2_MUST_USE bool attest_refuses_signature(const struct attest_bench *bench, X509 *cert,
                                             const struct attest_signature *signature,
                                             struct attest_verdict *verdict);

#endif
