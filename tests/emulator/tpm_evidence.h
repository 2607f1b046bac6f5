/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Evidence of hardware keys (msiv2-tpm-1). Here a software key plays the attestation key of a TPM,
 * so that every field of what a TPM says can be spoilt and still be signed. What a TPM really says:
 * test_attest_tpm_device.c and the samples recorded by make_wire_attest.c. */
#ifndef TESTS_EMULATOR_TPM_EVIDENCE_H
#define TESTS_EMULATOR_TPM_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <tss2/tss2_tpm2_types.h>

#include "attest_lab.h"
#include "emulator/rule.h"

/* Evidence in its parts, each of which a test may spoil before it is put together and signed. */
struct tpm_draft {
	const struct attest_lab *lab;
	TPMT_PUBLIC key;
	TPMT_PUBLIC identity;
	TPMS_ATTEST attest;
	bool keep_name;        /* the name is as it is; otherwise that of `key` */
	bool name_says_sha256; /* whatever `key` says */
	EVP_PKEY *signer;
	bool pss;
	const EVP_MD *md;
	bool hash_said_wrong; /* the structure says SHA-1 */
	const struct device_ca *ca;
	enum attest_kind kind;
	/* after signing */
	bool flip_attest;
	bool flip_signature;
	bool no_magic; /* the first four bytes become zero, and that is signed */
	size_t tail;   /* zero bytes behind the attest structure, signed too */
	size_t cut;    /* bytes left out at its end */
	size_t public_tail;
	bool show_identity;
};

struct tpm_variant {
	const char *name;
	enum rule_id rule; /* RULE_COUNT = good */
	bool fatal;        /* refused whatever the modes say */
	void (*spoil)(struct tpm_draft *draft);
	const char *info; /* patch of the members of AttestationInfo */
};
extern const struct tpm_variant tpm_variants[];
extern const size_t tpm_variant_count;

/* Appends a request's body. */
void tpm_evidence_make(const struct attest_lab *lab, const struct tpm_variant *variant,
                       struct bytes *out);

/* The parts of evidence as a TPM gave them. */
struct tpm_parts {
	const TPM2B_ATTEST *attest;
	const TPMT_SIGNATURE *signature;
	const TPMT_PUBLIC *key;
	const TPMT_PUBLIC *identity; /* NULL = not shown */
	X509 *certificate;
};
/* Appends a request's body made of these parts. */
void tpm_evidence_put(const struct tpm_parts *parts, struct bytes *out);

/* The public area of a signing key as docs/attestation.md asks for; `restricted` for an AK. */
TPMT_PUBLIC tpm_public_template(bool restricted);

#endif
