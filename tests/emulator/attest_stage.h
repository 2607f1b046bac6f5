/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The attestation flow on a stage: a nonce, evidence, a token, a certificate issued with it. */
#ifndef TESTS_EMULATOR_ATTEST_STAGE_H
#define TESTS_EMULATOR_ATTEST_STAGE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attest_lab.h"
#include "stage.h"

#define ATTEST_VERSION       "api-version=2023-04-01-preview"
#define ATTEST_NONCE         "/maa/attest/nonce"
#define ATTEST_KEYGUARD_PATH "/maa/attest/keyguard"
#define ATTEST_TPM_PATH      "/maa/attest/tpm"

/* Appends a fresh nonce, as text. */
void attest_stage_nonce(struct stage *stage, struct bytes *out);
/* Sends evidence; the stage then has the answer. */
void attest_stage_send(struct stage *stage, const char *path, const char *body);
/* Appends a good token about `subject`: nonce, evidence signed by the lab's identity as this
 * stage's world certified it, and all. */
void attest_stage_token(struct stage *stage, const struct attest_lab *lab, EVP_PKEY *subject,
                        struct bytes *out);
/* Asks for a certificate of the system-assigned identity, with `token` as the JSON text of the
 * member attestation_token (NULL = without it). */
void attest_stage_issue(struct stage *stage, const char *token);
/* The certificate in the answer. Owned by the caller. */
X509 *attest_stage_certificate(const struct stage *stage);
/* Asks for a PoP token with that certificate. */
void attest_stage_access(struct stage *stage, X509 *cert);
/* Asks the admin interface. */
void attest_stage_admin(struct stage *stage, const char *method, const char *path,
                        const char *body);

#endif
