/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* KEY-05: that a hardware key does not leave is tried, not believed. */
#include "tests/testing.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/text.h"
#include "common/x509.h"
#include "hardware_bench.h"
#include "prime_hunt.h"
#include "ref/keys/key.h"
#include "ref/keys/openssl_bridge.h"
#include "ref/keys/tpm_role.h"

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE

static struct swtpm swtpm;
static struct key *key;
static struct foreign_client client;
static ESYS_TR object;

/* The key, and another program with the same rights on the same TPM. */
static int set_up(void **state)
{
	struct key_place place;

	(void)state;
	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	key = hardware_bench_open(&place);
	if (key == NULL)
		return -1;
	foreign_open(&swtpm, &client);
	return Esys_TR_FromTPMPublic(client.esys, TPM_HANDLE_DEFAULT, NO_SESSION, &object) ==
	                       TSS2_RC_SUCCESS
	               ? 0
	               : -1;
}

static int tear_down(void **state)
{
	(void)state;
	foreign_close(&client);
	key_free(key);
	swtpm_drop(&swtpm);
	return 0;
}

static void its_attributes_say_that_it_was_made_inside_and_stays(void **state)
{
	TPM2B_PUBLIC *area = NULL;

	(void)state;
	assert_int_equal(Esys_ReadPublic(client.esys, object, NO_SESSION, &area, NULL, NULL),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(area->publicArea.objectAttributes,
	                 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                         TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
	                         TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT);
	assert_int_equal(area->publicArea.type, TPM2_ALG_RSA);
	assert_int_equal(area->publicArea.parameters.rsaDetail.keyBits, KEY_RSA_BITS);
	assert_int_equal(area->publicArea.parameters.rsaDetail.scheme.scheme, TPM2_ALG_NULL);
	Esys_Free(area);
}

static TSS2_RC policy_for(TPM2_CC command, ESYS_TR *session)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};

	assert_int_equal(Esys_StartAuthSession(client.esys, ESYS_TR_NONE, ESYS_TR_NONE, NO_SESSION,
	                                       NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256,
	                                       session),
	                 TSS2_RC_SUCCESS);
	return Esys_PolicyCommandCode(client.esys, *session, NO_SESSION, command);
}

/* Duplication is authorized by policy only; the TPM looks at fixedTPM before anything else. */
static void it_cannot_be_duplicated(void **state)
{
	const TPMT_SYM_DEF_OBJECT no_wrapping = {.algorithm = TPM2_ALG_NULL};
	const TPM2B_DATA no_key = {0};
	TPM2B_DATA *key_out = NULL;
	TPM2B_PRIVATE *duplicate = NULL;
	TPM2B_ENCRYPTED_SECRET *secret = NULL;
	ESYS_TR session = ESYS_TR_NONE;

	(void)state;
	assert_int_equal(policy_for(TPM2_CC_Duplicate, &session), TSS2_RC_SUCCESS);
	assert_int_not_equal(Esys_Duplicate(client.esys, object, ESYS_TR_RH_NULL, session,
	                                    ESYS_TR_NONE, ESYS_TR_NONE, &no_key, &no_wrapping,
	                                    &key_out, &duplicate, &secret),
	                     TSS2_RC_SUCCESS);
	assert_int_not_equal(Esys_Duplicate(client.esys, object, ESYS_TR_RH_NULL, PASSWORD, &no_key,
	                                    &no_wrapping, &key_out, &duplicate, &secret),
	                     TSS2_RC_SUCCESS);
	assert_null(duplicate);
	assert_int_equal(Esys_FlushContext(client.esys, session), TSS2_RC_SUCCESS);
}

/* The mark in authPolicy authorizes nobody: no session has that digest. */
static void its_mark_is_no_policy_anybody_meets(void **state)
{
	const TPM2B_DIGEST digest = {.size = KEY_DIGEST_LEN};
	const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_RSASSA,
	                                .details.any.hashAlg = TPM2_ALG_SHA256};
	const TPMT_TK_HASHCHECK no_ticket = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	TPMT_SIGNATURE *signature = NULL;
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;

	(void)state;
	assert_int_equal(policy_for(TPM2_CC_Sign, &session), TSS2_RC_SUCCESS);
	rc = Esys_Sign(client.esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &scheme,
	               &no_ticket, &signature);
	assert_int_equal(rc & (TPM2_RC_FMT1 | 0x3f), TPM2_RC_POLICY_FAIL);
	assert_int_equal(Esys_FlushContext(client.esys, session), TSS2_RC_SUCCESS);
}

/* Nothing but a signature: raw RSA with the private key would be a decryption oracle. */
static void it_does_nothing_but_sign(void **state)
{
	const TPM2B_PUBLIC_KEY_RSA text = {.size = 256, .buffer = {1}};
	const TPMT_RSA_DECRYPT raw = {.scheme = TPM2_ALG_NULL};
	const TPM2B_DATA no_label = {0};
	TPM2B_PUBLIC_KEY_RSA *out = NULL;
	TPM2B_SENSITIVE_DATA *data = NULL;

	(void)state;
	assert_int_not_equal(
	        Esys_RSA_Decrypt(client.esys, object, PASSWORD, &text, &raw, &no_label, &out),
	        TSS2_RC_SUCCESS);
	assert_int_not_equal(Esys_Unseal(client.esys, object, PASSWORD, &data), TSS2_RC_SUCCESS);
}

static void openssl_cannot_export_it(void **state)
{
	static const char *const parts[] = {"d", "rsa-factor1", "rsa-factor2", "rsa-exponent1",
	                                    "rsa-coefficient1"};
	OWNED_STRUCT(openssl_bridge) *bridge = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;
	OWNED(BIO) *out = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;

	(void)state;
	assert_int_equal(openssl_bridge_new(&bridge, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, key, &pkey, NULL), MSIV2_OK);
	assert_int_not_equal(PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(BIO_ctrl_pending(out), 0);
	assert_true(i2d_PrivateKey(pkey, &der) <= 0);
	for (size_t i = 0; i < TEXT_COUNT(parts); i++) {
		BIGNUM *number = NULL;

		assert_int_not_equal(EVP_PKEY_get_bn_param(pkey, parts[i], &number), 1);
		assert_null(number);
	}
	ERR_clear_error();
}

/* The primes are in the TPM: in the state of a simulated one, which is a file, they are found. In
 * our process, core image and all, they never are. */
static void its_primes_are_in_the_tpm_and_not_in_this_process(void **state)
{
	OWNED(EVP_PKEY) *public_key = EVP_PKEY_dup(key_public(key));

	(void)state;
	foreign_close(&client);
	assert_int_equal(prime_hunt_memory(public_key), 0);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	assert_true(hardware_bench_signs(key, KEY_PADDING_PKCS1, EVP_sha256()));
	assert_int_equal(prime_hunt_memory(public_key), 0);
	assert_true(prime_hunt_files(public_key, swtpm.dir) > 0);
	foreign_open(&swtpm, &client);
}

#define WITH_KEY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_KEY(its_attributes_say_that_it_was_made_inside_and_stays),
	        WITH_KEY(it_cannot_be_duplicated),
	        WITH_KEY(its_mark_is_no_policy_anybody_meets),
	        WITH_KEY(it_does_nothing_but_sign),
	        WITH_KEY(openssl_cannot_export_it),
	        WITH_KEY(its_primes_are_in_the_tpm_and_not_in_this_process),
	};

	return cmocka_run_group_tests_name("hardware_secrecy", tests, NULL, NULL);
}
