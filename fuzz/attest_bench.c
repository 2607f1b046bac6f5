/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attest_bench.h"

#include <string.h>

#include "common/rng.h"
#include "common/x509.h"
#include "emulator/pki/device_ca.h"
#include "target.h"

/* Made by the first input, kept for all. */
static struct device_ca *device_ca;
static struct bytes certificates[ATTEST_KIND_COUNT]; /* base64url */

static void __attribute__((destructor)) drop(void)
{
	device_ca_free(device_ca);
	for (int i = 0; i < ATTEST_KIND_COUNT; i++)
		bytes_free(&certificates[i]);
}

static void certify(EVP_PKEY *key, enum attest_kind kind)
{
	OWNED_STRUCT(bytes) der = {0};
	OWNED(X509) *cert = NULL;
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	FUZZ_REQUIRE(len > 0);
	FUZZ_REQUIRE(device_ca_enrol(device_ca, kind, spki, (size_t)len, &cert, NULL) == MSIV2_OK);
	OPENSSL_free(spki);
	FUZZ_REQUIRE(x509_to_der(cert, &der, NULL) == MSIV2_OK);
	base64url_encode(der.data, der.len, &certificates[kind]);
}

static void prepare(void)
{
	OWNED(EVP_PKEY) *key = NULL;

	if (device_ca != NULL)
		return;
	key = EVP_RSA_gen(2048);
	FUZZ_REQUIRE(key != NULL);
	FUZZ_REQUIRE(device_ca_new(NULL, rng_system(), &device_ca, NULL) == MSIV2_OK);
	for (int i = 0; i < ATTEST_KIND_COUNT; i++)
		certify(key, (enum attest_kind)i);
}

void attest_bench_add_certificate(enum attest_kind kind, struct bytes *out)
{
	prepare();
	bytes_add(out, certificates[kind].data, certificates[kind].len);
}

static const char *take_any(void *ctx, const uint8_t nonce[ATTEST_NONCE_LEN])
{
	unsigned *sum = ctx;

	for (size_t i = 0; i < ATTEST_NONCE_LEN; i++)
		*sum += nonce[i]; /* all of it can be read */
	return NULL;
}

static void judge_with(attest_judge_fn judge, const char *profile, const uint8_t *body, size_t len)
{
	OWNED_STRUCT(attest_verdict) verdict = {0};
	struct findings findings = {0};
	struct rule_modes modes;
	unsigned sum = 0;
	struct attest_bench bench = {.now_s = 1795230000,
	                             .use_nonce = take_any,
	                             .nonce_ctx = &sum,
	                             .modes = &modes,
	                             .findings = &findings};

	FUZZ_REQUIRE(rule_modes_profile(&modes, profile));
	prepare();
	bench.device_ca = device_ca_certificate(device_ca);
	FUZZ_REQUIRE(judge(body, len, &bench, &verdict, NULL) == MSIV2_OK);
	if (verdict.refused) {
		FUZZ_REQUIRE(findings.count > 0 && verdict.reason[0] != '\0');
		return;
	}
	/* Nobody here can sign for the identity. */
	FUZZ_REQUIRE(strcmp(profile, "lenient") == 0);
	FUZZ_REQUIRE(verdict.n.len > 0 && verdict.e.len > 0);
	FUZZ_REQUIRE(strlen(bytes_text(&verdict.n)) == verdict.n.len);
}

void attest_bench_judge(attest_judge_fn judge, const uint8_t *body, size_t len)
{
	judge_with(judge, "default", body, len);
	judge_with(judge, "lenient", body, len);
}
