/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Another process that uses the same token: gets the key, signs COUNT times, judges each signature
 * and prints the SHA-256 of the public key. Exit 1 with the reason on stderr otherwise.
 *
 *     keyguard_actor COUNT [START_FD]     waits until START_FD is closed at the other end */
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "common/x509.h"
#include "ref/keys/provider.h"

#define PATIENCE_MS 60000

static bool sign_and_verify(struct key *key, struct msiv2_error *err)
{
	uint8_t digest[KEY_DIGEST_LEN] = {1, 2, 3};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_public(key), NULL);

	if (key_sign(key, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest), sig, &sig_len,
	             err) != MSIV2_OK)
		return false;
	return EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_verify(ctx, sig, sig_len, digest, sizeof(digest)) == 1;
}

static void print_thumbprint(struct key *key)
{
	unsigned char *der = NULL;
	unsigned char hash[32];
	int len = i2d_PUBKEY(key_public(key), &der);

	(void)EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)printf("%02x", hash[i]);
	(void)printf("\n");
}

static int fail(const char *what, const struct msiv2_error *err)
{
	(void)fprintf(stderr, "keyguard_actor %ld: %s: %s\n", (long)getpid(), what,
	              msiv2_error_message(err));
	return 1;
}

int main(int argc, char **argv)
{
	struct msiv2_error *err = msiv2_error_new();
	const struct key_place place = {.clock = clock_system()};
	enum key_lack lack = KEY_LACK_NONE;
	OWNED_STRUCT(key) *key = NULL;
	int64_t count = 0;
	int64_t start_fd = 0;
	char byte;
	int rc = 0;

	if (argc < 2 || !text_to_int(argv[1], 0, 1000000, &count) ||
	    (argc > 2 && !text_to_int(argv[2], 0, 1000, &start_fd)))
		return 2;
	if (argc > 2)
		(void)!read((int)start_fd, &byte, 1);
	if (keyguard_provider.get_or_create(&place, clock_deadline_us(clock_system(), PATIENCE_MS),
	                                    &key, &lack, err) != MSIV2_OK)
		rc = fail("no key", err);
	for (int64_t i = 0; rc == 0 && i < count; i++)
		rc = sign_and_verify(key, err) ? 0 : fail("no signature", err);
	if (rc == 0)
		print_thumbprint(key);
	msiv2_error_free(err);
	return rc;
}
