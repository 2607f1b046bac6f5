/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key_info.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"
#include "common/x509.h"
#include "keys/hierarchy.h"

#define WHERE         "key"
#define SIGNATURE_MAX 1024 /* of RSA keys up to 8192 bits */

#define PADDING_COUNT 2

struct msiv2_key_info {
	const char *kind; /* static text of the provider */
	int strength;
	int bits;
	struct bytes pem;
	struct bytes sha256;
	struct key_description description;
	int64_t sign_us[PADDING_COUNT];
};

/* ---- the self-test ---- */

static const struct {
	enum key_padding padding;
	int openssl;
	const char *complaint;
} paddings[PADDING_COUNT] = {
        [MSIV2_KEY_PSS] = {KEY_PADDING_PSS, RSA_PKCS1_PSS_PADDING,
                           "its RSASSA-PSS signature does not verify"},
        [MSIV2_KEY_PKCS1] = {KEY_PADDING_PKCS1, RSA_PKCS1_PADDING,
                             "its RSASSA-PKCS1-v1_5 signature does not verify"},
};

static bool verifies(EVP_PKEY *public_key, enum msiv2_key_padding which,
                     const uint8_t digest[KEY_DIGEST_LEN], const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);

	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, paddings[which].openssl) != 1)
		return false;
	if (which == MSIV2_KEY_PSS &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1)
		return false;
	return EVP_PKEY_verify(ctx, sig, sig_len, digest, KEY_DIGEST_LEN) == 1;
}

static enum msiv2_rc try_to_sign(struct msiv2_key_info *info, struct key *key,
                                 enum msiv2_key_padding which, const struct msiv2_clock *clock,
                                 struct msiv2_error *err)
{
	static const char text[] = "msiv2: this key signs";
	uint8_t digest[KEY_DIGEST_LEN];
	uint8_t sig[SIGNATURE_MAX];
	size_t sig_len = sizeof(sig);
	int64_t started_us;

	if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot digest");
	started_us = clock_mono_us(clock);
	TRY(key_sign(key, paddings[which].padding, EVP_sha256(), digest, sizeof(digest), sig,
	             &sig_len, err));
	info->sign_us[which] = clock_mono_us(clock) - started_us;
	if (!verifies(key_public(key), which, digest, sig, sig_len))
		return err_openssl(err, MSIV2_KEY_UNAVAILABLE, WHERE, paddings[which].complaint);
	return MSIV2_OK;
}

/* ---- its public half ---- */

static enum msiv2_rc add_pem(EVP_PKEY *public_key, struct bytes *out, struct msiv2_error *err)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;
	long len;

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, public_key) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot write PEM");
	len = BIO_get_mem_data(bio, &text);
	bytes_add(out, text, (size_t)len);
	return bytes_done(out, WHERE, err);
}

static enum msiv2_rc add_sha256(EVP_PKEY *public_key, struct bytes *out, struct msiv2_error *err)
{
	uint8_t digest[X509_SHA256_LEN];

	TRY(x509_key_sha256(public_key, digest, err));
	hex_encode(digest, sizeof(digest), out);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc key_info_new(struct key *key, const struct msiv2_clock *clock,
                           struct msiv2_key_info **out, struct msiv2_error *err)
{
	OWNED_STRUCT(msiv2_key_info) *info = mem_alloc(sizeof(*info));
	const struct key_provider *provider =
	        hierarchy_provider(key_kind(key), strlen(key_kind(key)));

	if (info == NULL)
		return err_no_memory(err, WHERE);
	info->kind = key_kind(key);
	info->strength = provider != NULL ? provider->strength : 0;
	info->bits = key_bits(key);
	key_describe(key, &info->description);
	TRY(add_pem(key_public(key), &info->pem, err));
	TRY(add_sha256(key_public(key), &info->sha256, err));
	TRY(try_to_sign(info, key, MSIV2_KEY_PSS, clock, err));
	TRY(try_to_sign(info, key, MSIV2_KEY_PKCS1, clock, err));
	*out = steal(&info);
	return MSIV2_OK;
}

/* ---- the public object ---- */

void msiv2_key_info_free(struct msiv2_key_info *info)
{
	if (info == NULL)
		return;
	bytes_free(&info->pem);
	bytes_free(&info->sha256);
	mem_free(info);
}

const char *msiv2_key_info_kind(const struct msiv2_key_info *info)
{
	return info->kind;
}

int msiv2_key_info_strength(const struct msiv2_key_info *info)
{
	return info->strength;
}

int msiv2_key_info_bits(const struct msiv2_key_info *info)
{
	return info->bits;
}

const char *msiv2_key_info_pem(const struct msiv2_key_info *info)
{
	return bytes_text(&info->pem);
}

const char *msiv2_key_info_sha256(const struct msiv2_key_info *info)
{
	return bytes_text(&info->sha256);
}

const char *msiv2_key_info_location(const struct msiv2_key_info *info)
{
	return info->description.location;
}

const char *msiv2_key_info_protection(const struct msiv2_key_info *info)
{
	return info->description.protection;
}

bool msiv2_key_info_persistent(const struct msiv2_key_info *info)
{
	return info->description.persistent;
}

bool msiv2_key_info_attestable(const struct msiv2_key_info *info)
{
	return info->description.attestable;
}

int64_t msiv2_key_info_sign_us(const struct msiv2_key_info *info, enum msiv2_key_padding padding)
{
	return (unsigned)padding < PADDING_COUNT ? info->sign_us[padding] : -1;
}
