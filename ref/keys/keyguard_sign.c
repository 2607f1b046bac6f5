/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_sign.h"

#include <openssl/rsa.h>
#include <string.h>

#include "common/text.h"
#include "common/x509.h"

#define PREFIX_LEN 19

/* What PKCS#11 needs to know of a digest. */
struct digest_row {
	const char *name;
	CK_MECHANISM_TYPE hash;
	CK_RSA_PKCS_MGF_TYPE mgf;
	uint8_t info[PREFIX_LEN]; /* DER of DigestInfo up to the digest (RFC 8017, 9.2 note 1) */
};

static const struct digest_row digests[] = {
        {"SHA2-256",
         CKM_SHA256,
         CKG_MGF1_SHA256,
         {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
          0x05, 0x00, 0x04, 0x20}},
        {"SHA2-384",
         CKM_SHA384,
         CKG_MGF1_SHA384,
         {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
          0x05, 0x00, 0x04, 0x30}},
        {"SHA2-512",
         CKM_SHA512,
         CKG_MGF1_SHA512,
         {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
          0x05, 0x00, 0x04, 0x40}},
};

/* One signature, ready for as many tries as it takes. */
struct signing {
	const struct keyguard_signer *signer;
	CK_MECHANISM mechanism;
	CK_RSA_PKCS_PSS_PARAMS pss;
	uint8_t input[PREFIX_LEN + EVP_MAX_MD_SIZE];
	size_t input_len;
	uint8_t *sig;
	size_t room;
	CK_ULONG sig_len;
};

static const struct digest_row *find_digest(const EVP_MD *md)
{
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		if (EVP_MD_is_a(md, digests[i].name))
			return &digests[i];
	}
	return NULL;
}

static void prepare(struct signing *signing, enum key_padding padding, const struct digest_row *row,
                    const uint8_t *digest, size_t digest_len)
{
	size_t prefix_len = padding == KEY_PADDING_PKCS1 ? PREFIX_LEN : 0;

	if (padding == KEY_PADDING_PSS) {
		/* CSR-04: the salt is as long as the digest. */
		signing->pss = (CK_RSA_PKCS_PSS_PARAMS){row->hash, row->mgf, digest_len};
		signing->mechanism =
		        (CK_MECHANISM){CKM_RSA_PKCS_PSS, &signing->pss, sizeof(signing->pss)};
	} else {
		signing->mechanism = (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0};
		memcpy(signing->input, row->info, PREFIX_LEN);
	}
	memcpy(signing->input + prefix_len, digest, digest_len);
	signing->input_len = prefix_len + digest_len;
}

static enum msiv2_rc sign_act(struct pkcs11_session *session, void *ctx,
                              struct pkcs11_trouble *trouble)
{
	struct signing *signing = ctx;
	CK_RV rv;

	TRY(keyguard_pair_object(session, signing->signer->label, signing->signer->modulus,
	                         trouble));
	rv = session->functions->C_SignInit(session->handle, &signing->mechanism, session->object);
	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_SignInit", rv);
	signing->sig_len = signing->room;
	rv = session->functions->C_Sign(session->handle, signing->input, signing->input_len,
	                                signing->sig, &signing->sig_len);
	return rv == CKR_OK ? MSIV2_OK : pkcs11_failed(trouble, "C_Sign", rv);
}

enum msiv2_rc keyguard_sign(const struct keyguard_signer *signer,
                            const struct pkcs11_patience *patience, enum key_padding padding,
                            const EVP_MD *md, const uint8_t *digest, size_t digest_len,
                            uint8_t *sig, size_t *sig_len, struct pkcs11_trouble *trouble)
{
	struct signing signing = {.signer = signer, .sig = sig, .room = *sig_len};
	const struct digest_row *row = find_digest(md);

	if (row == NULL || digest_len != (size_t)EVP_MD_get_size(md))
		return pkcs11_says(trouble, KEY_LACK_NONE, "cannot sign digests of %s",
		                   EVP_MD_get0_name(md));
	prepare(&signing, padding, row, digest, digest_len);
	TRY(pkcs11_pool_run(signer->pool, patience, sign_act, &signing, trouble));
	*sig_len = signing.sig_len;
	return MSIV2_OK;
}

/* ---- alive? ---- */

static bool verifies(EVP_PKEY *public_key, const uint8_t *digest, size_t digest_len,
                     const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);

	return ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
	       EVP_PKEY_verify(ctx, sig, sig_len, digest, digest_len) == 1;
}

enum msiv2_rc keyguard_probe(const struct keyguard_signer *signer,
                             const struct pkcs11_patience *patience, EVP_PKEY *public_key,
                             bool *alive, struct pkcs11_trouble *trouble)
{
	static const uint8_t digest[KEY_DIGEST_LEN] = "msiv2 liveness probe";
	uint8_t sig[KEYGUARD_MODULUS_LEN];
	size_t sig_len = sizeof(sig);
	enum msiv2_rc rc = keyguard_sign(signer, patience, KEY_PADDING_PSS, EVP_sha256(), digest,
	                                 sizeof(digest), sig, &sig_len, trouble);

	*alive = rc == MSIV2_OK && verifies(public_key, digest, sizeof(digest), sig, sig_len);
	if (rc == MSIV2_KEY_UNAVAILABLE && pkcs11_error_find(trouble->rv)->of_the_key)
		return MSIV2_OK;
	if (rc == MSIV2_OK && !*alive)
		(void)pkcs11_says(trouble, KEY_LACK_BROKEN,
		                  "the key's signature does not fit its public half");
	return rc;
}
