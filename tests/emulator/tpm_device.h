/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A TPM 2.0 of one's own: swtpm as a child process, spoken to over ESYS. Keys are transient; every
 * function fails the test when the TPM does not do as it is told. */
#ifndef TESTS_EMULATOR_TPM_DEVICE_H
#define TESTS_EMULATOR_TPM_DEVICE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <tss2/tss2_esys.h>

#include "emulator/pki/attest.h"

struct tpm_device {
	char dir[32]; /* short: a socket's path has at most 107 bytes */
	pid_t pid;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

/* Starts one. False when there is no swtpm on this machine. */
bool tpm_device_new(struct tpm_device *device);
/* Ends it and removes its state. */
void tpm_device_free(struct tpm_device *device);

/* A key in the TPM. */
struct tpm_key {
	ESYS_TR handle;
	TPMT_PUBLIC area;
};
/* Makes a primary key of that template in the owner's hierarchy. */
void tpm_device_make(struct tpm_device *device, const TPMT_PUBLIC *template, struct tpm_key *out);
/* Brings a software key into the TPM's null hierarchy, as TPM2_LoadExternal does. */
void tpm_device_import(struct tpm_device *device, EVP_PKEY *key, struct tpm_key *out);
/* Takes it out of the TPM again. */
void tpm_device_drop(struct tpm_device *device, struct tpm_key *key);
/* The public key as OpenSSL's. Owned by the caller. */
EVP_PKEY *tpm_key_public(const struct tpm_key *key);

/* What a TPM said and signed. */
struct tpm_word {
	TPM2B_ATTEST attest;
	TPMT_SIGNATURE signature;
};
/* TPM2_Certify: `ak` about `key`. */
void tpm_device_certify(struct tpm_device *device, const struct tpm_key *key,
                        const struct tpm_key *ak, const uint8_t nonce[ATTEST_NONCE_LEN],
                        struct tpm_word *out);
/* TPM2_Quote of PCR 0, which is another type of word with the same nonce. */
void tpm_device_quote(struct tpm_device *device, const struct tpm_key *ak,
                      const uint8_t nonce[ATTEST_NONCE_LEN], struct tpm_word *out);
/* TPM2_Sign: any bytes, which only an unrestricted key signs; false when the TPM refuses. */
bool tpm_device_sign(struct tpm_device *device, const struct tpm_key *key, const void *data,
                     size_t len, TPMT_SIGNATURE *out);

#endif
