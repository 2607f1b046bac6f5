/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "hardware_bench.h"

#include "tests/testing.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/x509.h"
#include "ref/keys/key.h"

#define PATIENCE_MS 60000
#define SIG_LEN     (KEY_RSA_BITS / 8)

struct key_place hardware_bench_place(const struct swtpm *swtpm)
{
	return (struct key_place){.tcti = swtpm->tcti, .clock = clock_system()};
}

enum msiv2_rc hardware_bench_try(const struct key_place *place, struct key **out,
                                 enum key_lack *lack, struct msiv2_error *err)
{
	return hardware_provider.get_or_create(place, clock_deadline_us(place->clock, PATIENCE_MS),
	                                       out, lack, err);
}

struct key *hardware_bench_open(const struct key_place *place)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack lack;

	if (hardware_bench_try(place, &key, &lack, &err) != MSIV2_OK) {
		(void)fprintf(stderr, "no key: %s\n", err.message);
		return NULL;
	}
	return key;
}

enum msiv2_rc hardware_bench_sign(struct key *key, struct msiv2_error *err)
{
	const uint8_t digest[KEY_DIGEST_LEN] = {0x5a};
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);

	return key_sign(key, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest), sig, &sig_len,
	                err);
}

static bool verifies(EVP_PKEY *public_key, enum key_padding padding, const EVP_MD *md,
                     const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);
	bool pss = padding == KEY_PADDING_PSS;
	bool right;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(
	        EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
	        1);
	/* Exactly as long as the digest: what TLS 1.3 and CSR-04 want. */
	if (pss)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, EVP_MD_get_size(md)), 1);
	right = EVP_PKEY_verify(ctx, sig, sig_len, digest, (size_t)EVP_MD_get_size(md)) == 1;
	ERR_clear_error();
	return right;
}

bool hardware_bench_signs(struct key *key, enum key_padding padding, const EVP_MD *md)
{
	uint8_t digest[EVP_MAX_MD_SIZE] = {0xa5, 1, 2, 3};
	uint8_t sig[SIG_LEN];
	size_t sig_len = sizeof(sig);
	struct msiv2_error err = {0};

	if (key_sign(key, padding, md, digest, (size_t)EVP_MD_get_size(md), sig, &sig_len, &err) !=
	    MSIV2_OK) {
		(void)fprintf(stderr, "no signature: %s\n", err.message);
		return false;
	}
	if (!verifies(key_public(key), padding, md, digest, sig, sig_len))
		return false;
	digest[0] ^= 1;
	return !verifies(key_public(key), padding, md, digest, sig, sig_len);
}
