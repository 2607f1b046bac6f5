/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the tests of evidence share: a device CA, keys and identities certified by it and by others,
 * and a bench whose nonce and time stand still, so that recorded evidence can be judged again. */
#ifndef TESTS_EMULATOR_ATTEST_LAB_H
#define TESTS_EMULATOR_ATTEST_LAB_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "emulator/pki/attest.h"
#include "emulator/pki/device_ca.h"

#define LAB_NOW_S INT64_C(1795230000) /* 2026-11-21T03:00:00Z */

struct attest_lab {
	struct device_ca *ca;
	struct device_ca *other_ca;
	EVP_PKEY *identity; /* the key that signs evidence */
	EVP_PKEY *other;    /* some other RSA-2048 key */
	EVP_PKEY *subject;  /* the attested key */
};
/* Makes everything; fails the test when it cannot. */
void attest_lab_new(struct attest_lab *lab);
/* Frees. */
void attest_lab_free(struct attest_lab *lab);

/* The nonce of the lab: 00 01 02 ... */
extern const uint8_t lab_nonce[ATTEST_NONCE_LEN];

/* A bench with the default modes. Its nonce is lab_nonce, as often as one likes; every other is
 * unknown. Valid as long as all parameters and modes are. */
struct attest_bench lab_bench(X509 *device_ca, const struct rule_modes *modes,
                              struct findings *findings);
/* The modes of a profile, with one rule in another mode (RULE_COUNT = none). */
struct rule_modes lab_modes(const char *profile, enum rule_id rule, enum rule_mode mode);

/* Certifies a key. Owned by the caller. */
X509 *lab_certify(const struct device_ca *ca, enum attest_kind kind, EVP_PKEY *key);
/* Appends the base64url of a certificate's DER. */
void lab_add_certificate(X509 *cert, struct bytes *out);
/* Appends base64url of a signature over data. */
void lab_add_signature(EVP_PKEY *key, const void *data, size_t len, bool pss, int salt_len,
                       const EVP_MD *md, struct bytes *out);
/* RFC 7396 for one level: members of `patch` replace those of `object`, null removes. */
void lab_patch(cJSON *object, const char *patch);
/* Replaces the text member by base64url of data. */
void lab_set_bytes(cJSON *object, const char *name, const void *data, size_t len);

/* The rule has a finding of that mode. */
bool lab_found(const struct findings *findings, enum rule_id rule, bool rejected);

/* Judges one kind of evidence. */
typedef enum msiv2_rc (*lab_judge_fn)(const void *body, size_t len,
                                      const struct attest_bench *bench, struct attest_verdict *out,
                                      struct msiv2_error *err);
/* What must come of a body with one fault: refused for that rule by default; `fatal`: whatever the
 * modes; otherwise taken when the rule is off, and noted when it is. RULE_COUNT: taken. */
void lab_expect(lab_judge_fn judge, X509 *device_ca, const char *name, const struct bytes *body,
                enum rule_id rule, bool fatal);

#endif
