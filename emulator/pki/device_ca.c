/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/device_ca.h"

#include <openssl/err.h>

#include "common/files.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca_pair.h"
#include "emulator/pki/state_file.h"

#define WHERE     "device-ca"
#define FILE_NAME "device-ca.pem"

static const struct ca_profile authority = {
        "msiv2 device CA NOT FOR PRODUCTION",
        "critical,CA:TRUE,pathlen:0",
        "critical,keyCertSign,cRLSign",
        NULL,
};

static const struct ca_profile identities[ATTEST_KIND_COUNT] = {
        [ATTEST_KEYGUARD] = {"keyguard identity NOT FOR PRODUCTION", "critical,CA:FALSE",
                             "critical,digitalSignature", NULL},
        [ATTEST_TPM] = {"tpm identity NOT FOR PRODUCTION", "critical,CA:FALSE",
                        "critical,digitalSignature", NULL},
};

struct device_ca {
	struct ca_pair pair;
	const struct rng *rng; /* borrowed */
};

static enum msiv2_rc load(const char *path, struct ca_pair *out, bool *found,
                          struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	OWNED_STRUCT(ca_pair) pair = {0};
	OWNED(BIO) *bio = NULL;

	TRY(state_file_read(path, &pem, found, err));
	if (!*found)
		return MSIV2_OK;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (bio == NULL)
		return err_set(err, MSIV2_CONFIG, path, "is empty");
	TRY(ca_pair_from_pem(bio, path, &pair, err));
	TRY(ca_pair_check(&pair, CA_KEY_EC_P256, &authority, NULL, path, err));
	*out = steal(&pair);
	return MSIV2_OK;
}

static enum msiv2_rc make(const struct rng *rng, struct ca_pair *out, struct msiv2_error *err)
{
	return ca_pair_make(CA_KEY_EC_P256, &authority, NULL, NULL, rng, out, err);
}

/* Whoever publishes first decides; the others take what is there. */
static enum msiv2_rc settle(const char *state_dir, const struct rng *rng, struct ca_pair *out,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) pem = {.secret = true};
	bool found = false, won = false;

	TRY(files_make_dir(state_dir, 0700, MSIV2_CONFIG, err));
	TRY(state_file_path(state_dir, FILE_NAME, &path, err));
	TRY(load(bytes_text(&path), out, &found, err));
	if (found)
		return MSIV2_OK;
	TRY(make(rng, out, err));
	TRY(ca_pair_to_pem(out, &pem, err));
	TRY(state_file_publish(bytes_text(&path), &pem, &won, err));
	if (won)
		return MSIV2_OK;
	ca_pair_free(out);
	TRY(load(bytes_text(&path), out, &found, err));
	if (!found)
		return err_set(err, MSIV2_CONFIG, bytes_text(&path), "came and went");
	return MSIV2_OK;
}

enum msiv2_rc device_ca_new(const char *state_dir, const struct rng *rng, struct device_ca **out,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(device_ca) *ca = mem_alloc(sizeof(*ca));

	if (ca == NULL)
		return err_no_memory(err, WHERE);
	ca->rng = rng;
	if (state_dir == NULL)
		TRY(make(rng, &ca->pair, err));
	else
		TRY(settle(state_dir, rng, &ca->pair, err));
	*out = steal(&ca);
	return MSIV2_OK;
}

void device_ca_free(struct device_ca *ca)
{
	if (ca == NULL)
		return;
	ca_pair_free(&ca->pair);
	mem_free(ca);
}

X509 *device_ca_certificate(const struct device_ca *ca)
{
	return ca->pair.cert;
}

enum msiv2_rc device_ca_pem(const struct device_ca *ca, struct bytes *out, struct msiv2_error *err)
{
	bytes_add_text(out, "# msiv2 device CA, NOT FOR PRODUCTION\n");
	return x509_to_pem(ca->pair.cert, out, err);
}

static bool is_rsa_2048(EVP_PKEY *key)
{
	return key != NULL && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == 2048;
}

static enum msiv2_rc read_spki(const void *spki, size_t len, EVP_PKEY **out,
                               struct msiv2_error *err)
{
	OWNED(EVP_PKEY) *key = NULL;
	const uint8_t *at = spki;

	(void)ERR_set_mark();
	if (len > 0 && len <= INT32_MAX)
		key = d2i_PUBKEY(NULL, &at, (long)len);
	(void)ERR_pop_to_mark();
	if (!is_rsa_2048(key) || at != (const uint8_t *)spki + len)
		return err_set(err, MSIV2_CONFIG, "public_key",
		               "is not the SubjectPublicKeyInfo of an RSA key of 2048 bits");
	*out = steal(&key);
	return MSIV2_OK;
}

enum msiv2_rc device_ca_enrol(const struct device_ca *ca, enum attest_kind kind, const void *spki,
                              size_t len, X509 **out, struct msiv2_error *err)
{
	OWNED(EVP_PKEY) *key = NULL;
	struct ca_certificate what = {.profile = &identities[kind],
	                              .issuer = ca->pair.cert,
	                              .issuer_key = ca->pair.key,
	                              .not_before_s = CA_FOREVER_NOT_BEFORE_S,
	                              .not_after_s = CA_FOREVER_NOT_AFTER_S,
	                              .rng = ca->rng};

	TRY(read_spki(spki, len, &key, err));
	what.public_key = key;
	return ca_certificate_make(&what, out, err);
}

static bool signed_by(X509 *authority_cert, X509 *cert)
{
	bool good;

	(void)ERR_set_mark();
	good = X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(authority_cert)) ==
	               0 &&
	       X509_verify(cert, X509_get0_pubkey(authority_cert)) == 1;
	(void)ERR_pop_to_mark();
	return good;
}

/* Nobody but the device CA writes the subject, so it tells the kind. */
static bool is_of_kind(X509 *cert, enum attest_kind kind)
{
	OWNED_STRUCT(bytes) name = {0};

	return x509_name_value(X509_get_subject_name(cert), NID_commonName, &name) &&
	       text_equal(bytes_text(&name), identities[kind].common_name);
}

const char *device_ca_fault(X509 *device_ca, X509 *cert, enum attest_kind kind, int64_t now_s)
{
	int64_t not_before_s, not_after_s;

	if (!signed_by(device_ca, cert))
		return "not issued by this world's device CA";
	if (!is_of_kind(cert, kind))
		return "not one of this kind of identity";
	if (!is_rsa_2048(X509_get0_pubkey(cert)))
		return "not that of an RSA key of 2048 bits";
	if (!x509_validity(cert, &not_before_s, &not_after_s) || now_s < not_before_s ||
	    now_s > not_after_s)
		return "outside its validity";
	return NULL;
}
