/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Evidence of keyguard keys (msiv2-keyguard-1) made with OpenSSL alone: good, and with one fault
 * each. */
#ifndef TESTS_EMULATOR_KEYGUARD_EVIDENCE_H
#define TESTS_EMULATOR_KEYGUARD_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "attest_lab.h"
#include "emulator/rule.h"

/* How signature and certificate are spoilt. */
enum keyguard_spoil {
	KEYGUARD_GOOD,
	KEYGUARD_FLIP_STATEMENT, /* after it was signed */
	KEYGUARD_FLIP_SIGNATURE,
	KEYGUARD_PKCS1,
	KEYGUARD_SALT_20,
	KEYGUARD_SHA512,
	KEYGUARD_OTHER_SIGNER,
	KEYGUARD_OTHER_CA,
	KEYGUARD_OTHER_KIND,
	KEYGUARD_CA_ITSELF,
	KEYGUARD_CUT_CERTIFICATE,
	KEYGUARD_LONG_CERTIFICATE, /* one byte behind the DER */
	KEYGUARD_SMALL_SUBJECT,    /* an attested key of 1024 bits */
	KEYGUARD_LEADING_ZERO,     /* before the modulus */
	KEYGUARD_TOP_BIT_CLEAR,    /* of the modulus: 2047 bits in 256 bytes */
	KEYGUARD_MODULUS_EVEN,
	KEYGUARD_DUPLICATE, /* a member of the statement twice */
	KEYGUARD_NOT_JSON   /* the statement */
};

struct keyguard_variant {
	const char *name;
	enum rule_id rule; /* RULE_COUNT = good */
	bool fatal;        /* refused whatever the modes say */
	enum keyguard_spoil spoil;
	const char *statement; /* patch of the statement's members, before it is signed */
	const char *info;      /* patch of the members of AttestationInfo */
};

extern const struct keyguard_variant keyguard_variants[];
extern const size_t keyguard_variant_count;

/* Appends a request's body. */
void keyguard_evidence_make(const struct attest_lab *lab, const struct keyguard_variant *variant,
                            struct bytes *out);
/* As that, good, about `subject`, with nonce (text) and time as given. */
void keyguard_evidence_good(const struct attest_lab *lab, EVP_PKEY *subject, const char *nonce,
                            int64_t time_s, struct bytes *out);

#endif
