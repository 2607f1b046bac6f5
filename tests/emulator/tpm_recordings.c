/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_recordings.h"

#include "tests/testing.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "common/text.h"
#include "common/x509.h"
#include "tpm_evidence.h"

/* The keys of one piece of evidence. A TPM has room for three. */
struct scene {
	struct tpm_device *device;
	const struct attest_lab *lab;
	struct tpm_key key;
	struct tpm_key ak;
};

static void begin(struct scene *scene, struct tpm_device *device, const struct attest_lab *lab,
                  const TPMT_PUBLIC *key_template, const TPMT_PUBLIC *ak_template)
{
	*scene = (struct scene){.device = device, .lab = lab};
	if (key_template)
		tpm_device_make(device, key_template, &scene->key);
	tpm_device_make(device, ak_template, &scene->ak);
}

static void put(const struct scene *scene, const struct tpm_word *word, bool show_identity,
                struct bytes *out)
{
	OWNED(EVP_PKEY) *ak = tpm_key_public(&scene->ak);
	OWNED(X509) *cert = lab_certify(scene->lab->ca, ATTEST_TPM, ak);
	const struct tpm_parts parts = {
	        .attest = &word->attest,
	        .signature = &word->signature,
	        .key = &scene->key.area,
	        .identity = show_identity ? &scene->ak.area : NULL,
	        .certificate = cert,
	};

	tpm_evidence_put(&parts, out);
}

static void end(struct scene *scene)
{
	tpm_device_drop(scene->device, &scene->key);
	tpm_device_drop(scene->device, &scene->ak);
}

/* TPM2_Certify of keys of these templates. */
static void certify(struct tpm_device *device, const struct attest_lab *lab,
                    const TPMT_PUBLIC *key_template, const TPMT_PUBLIC *ak_template,
                    const uint8_t *nonce, bool show_identity, struct bytes *out)
{
	struct tpm_word word;
	struct scene scene;

	begin(&scene, device, lab, key_template, ak_template);
	tpm_device_certify(device, &scene.key, &scene.ak, nonce, &word);
	put(&scene, &word, show_identity, out);
	end(&scene);
}

static void good(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false), ak = tpm_public_template(true);

	certify(device, lab, &key, &ak, lab_nonce, true, out);
}

static void hidden(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false), ak = tpm_public_template(true);

	certify(device, lab, &key, &ak, lab_nonce, false, out);
}

static void other_nonce(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false), ak = tpm_public_template(true);
	uint8_t nonce[ATTEST_NONCE_LEN] = {1, 2, 3};

	certify(device, lab, &key, &ak, nonce, true, out);
}

/* The identity is unrestricted, and says so. */
static void free_identity(struct tpm_device *device, const struct attest_lab *lab,
                          struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false);
	TPMT_PUBLIC ak = tpm_public_template(true);

	ak.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_RESTRICTED;
	certify(device, lab, &key, &ak, lab_nonce, true, out);
}

/* An AK as the attested key: it signs nothing a client needs. */
static void restricted_key(struct tpm_device *device, const struct attest_lab *lab,
                           struct bytes *out)
{
	const TPMT_PUBLIC ak = tpm_public_template(true);
	TPMT_PUBLIC key = ak;

	key.unique.rsa.size = 1; /* another primary key than the AK itself */
	certify(device, lab, &key, &ak, lab_nonce, true, out);
}

static void decrypting_key(struct tpm_device *device, const struct attest_lab *lab,
                           struct bytes *out)
{
	const TPMT_PUBLIC ak = tpm_public_template(true);
	TPMT_PUBLIC key = tpm_public_template(false);

	key.objectAttributes |= TPMA_OBJECT_DECRYPT;
	certify(device, lab, &key, &ak, lab_nonce, true, out);
}

/* A software key in the TPM: neither made there nor bound to it. */
static void imported_key(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC ak = tpm_public_template(true);
	struct tpm_word word;
	struct scene scene;

	begin(&scene, device, lab, NULL, &ak);
	tpm_device_import(device, lab->subject, &scene.key);
	tpm_device_certify(device, &scene.key, &scene.ak, lab_nonce, &word);
	put(&scene, &word, true, out);
	end(&scene);
}

/* The TPM certified one key, and another is shown. */
static void other_key(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false), ak = tpm_public_template(true);
	TPMT_PUBLIC other_template = key;
	struct tpm_word word;
	struct scene scene;
	struct tpm_key other;

	begin(&scene, device, lab, &key, &ak);
	tpm_device_certify(device, &scene.key, &scene.ak, lab_nonce, &word);
	tpm_device_drop(device, &scene.key);
	other_template.unique.rsa.size = 1;
	tpm_device_make(device, &other_template, &other);
	scene.key = other;
	put(&scene, &word, true, out);
	end(&scene);
}

static void quote(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false), ak = tpm_public_template(true);
	struct tpm_word word;
	struct scene scene;

	begin(&scene, device, lab, &key, &ak);
	tpm_device_quote(device, &scene.ak, lab_nonce, &word);
	put(&scene, &word, true, out);
	end(&scene);
}

/* Why restricted matters: an unrestricted key signs a word no TPM ever said. With its certificate
 * alone nobody can tell. */
static void forged(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out)
{
	const TPMT_PUBLIC key = tpm_public_template(false);
	TPMT_PUBLIC ak = tpm_public_template(true);
	struct tpm_word word;
	struct scene scene;

	ak.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_RESTRICTED;
	begin(&scene, device, lab, &key, &ak);
	tpm_device_certify(device, &scene.key, &scene.ak, lab_nonce, &word);
	word.attest.attestationData[word.attest.size - 1] ^= 1;
	assert_true(tpm_device_sign(device, &scene.ak, word.attest.attestationData,
	                            word.attest.size, &word.signature));
	put(&scene, &word, true, out);
	end(&scene);
}

const struct tpm_recording tpm_recordings[] = {
        {"good_device", RULE_COUNT, false, good},
        {"good_device_identity_hidden", RULE_COUNT, false, hidden},
        {"bad_device_nonce", RULE_ATT_NONCE, false, other_nonce},
        {"bad_device_identity_not_restricted", RULE_ATT_TPM_IDENTITY, false, free_identity},
        {"bad_device_forged_by_unrestricted", RULE_ATT_TPM_IDENTITY, false, forged},
        {"bad_device_key_restricted", RULE_ATT_TPM_ATTRIBUTES, false, restricted_key},
        {"bad_device_key_decrypts", RULE_ATT_TPM_ATTRIBUTES, false, decrypting_key},
        {"bad_device_key_imported", RULE_ATT_TPM_ATTRIBUTES, false, imported_key},
        {"bad_device_other_key", RULE_ATT_TPM_NAME, false, other_key},
        {"bad_device_quote", RULE_ATT_TPM_TYPE, true, quote},
};
const size_t tpm_recording_count = TEXT_COUNT(tpm_recordings);
