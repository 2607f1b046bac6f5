/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_device.h"

#include "tests/testing.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/x509.h"

static const TPM2B_DATA no_data;
static const TPML_PCR_SELECTION no_pcrs;

static bool is_installed(void)
{
	static const char *const paths[] = {"/usr/bin/swtpm", "/usr/local/bin/swtpm"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], X_OK) == 0)
			return true;
	return false;
}

/* A socket that listens before anybody is there to accept: clients wait in its queue, and nobody
 * has to find out when swtpm is ready. */
static int listening(const char *dir, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void become_swtpm(const char *dir, int server, int control)
{
	char state[64], data[64], ctrl[64];

	(void)snprintf(state, sizeof(state), "dir=%s", dir);
	(void)snprintf(data, sizeof(data), "type=unixio,fd=%d", server);
	(void)snprintf(ctrl, sizeof(ctrl), "type=unixio,fd=%d", control);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", data,
	       "--ctrl", ctrl, "--flags", "not-need-init,startup-clear", (char *)NULL);
	_exit(127);
}

bool tpm_device_new(struct tpm_device *device)
{
	char tcti[64];
	int server, control;

	memset(device, 0, sizeof(*device));
	if (!is_installed())
		return false;
	(void)snprintf(device->dir, sizeof(device->dir), "/tmp/msiv2-tpm-XXXXXX");
	assert_non_null(mkdtemp(device->dir));
	server = listening(device->dir, "sock");
	control = listening(device->dir, "sock.ctrl");
	device->pid = fork();
	assert_true(device->pid >= 0);
	if (device->pid == 0)
		become_swtpm(device->dir, server, control);
	(void)close(server);
	(void)close(control);
	(void)snprintf(tcti, sizeof(tcti), "swtpm:path=%s/sock", device->dir);
	assert_int_equal(Tss2_TctiLdr_Initialize(tcti, &device->tcti), TSS2_RC_SUCCESS);
	assert_int_equal(Esys_Initialize(&device->esys, device->tcti, NULL), TSS2_RC_SUCCESS);
	return true;
}

/* swtpm keeps one file of state beside its lock and the sockets. */
static void remove_state(const char *dir)
{
	static const char *const names[] = {"sock", "sock.ctrl", "tpm2-00.permall",
	                                    "tpm2-00.volatilestate", ".lock"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

void tpm_device_free(struct tpm_device *device)
{
	if (device->pid == 0)
		return;
	Esys_Finalize(&device->esys);
	Tss2_TctiLdr_Finalize(&device->tcti);
	(void)kill(device->pid, SIGTERM);
	(void)waitpid(device->pid, NULL, 0);
	remove_state(device->dir);
}

void tpm_device_make(struct tpm_device *device, const TPMT_PUBLIC *template, struct tpm_key *out)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPM2B_PUBLIC wanted = {.publicArea = *template};
	TPM2B_PUBLIC *made = NULL;

	assert_int_equal(Esys_CreatePrimary(device->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
	                                    ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &wanted,
	                                    &no_data, &no_pcrs, &out->handle, &made, NULL, NULL,
	                                    NULL),
	                 TSS2_RC_SUCCESS);
	out->area = made->publicArea;
	Esys_Free(made);
}

static void read_number(EVP_PKEY *key, const char *name, uint8_t *out, uint16_t *size)
{
	OWNED(BIGNUM) *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
	*size = (uint16_t)BN_bn2bin(number, out);
}

void tpm_device_import(struct tpm_device *device, EVP_PKEY *key, struct tpm_key *out)
{
	TPM2B_SENSITIVE sensitive = {.sensitiveArea.sensitiveType = TPM2_ALG_RSA};
	TPM2B_PUBLIC public_part = {
	        .publicArea = {.type = TPM2_ALG_RSA,
	                       .nameAlg = TPM2_ALG_SHA256,
	                       .objectAttributes =
	                               TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH,
	                       .parameters.rsaDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
	                                                .scheme.scheme = TPM2_ALG_NULL,
	                                                .keyBits = 2048}}};
	TPM2B_PUBLIC_KEY_RSA *modulus = &public_part.publicArea.unique.rsa;
	TPM2B_PRIVATE_KEY_RSA *prime = &sensitive.sensitiveArea.sensitive.rsa;

	read_number(key, OSSL_PKEY_PARAM_RSA_N, modulus->buffer, &modulus->size);
	read_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, prime->buffer, &prime->size);
	assert_int_equal(Esys_LoadExternal(device->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                                   &sensitive, &public_part, ESYS_TR_RH_NULL, &out->handle),
	                 TSS2_RC_SUCCESS);
	out->area = public_part.publicArea;
}

void tpm_device_drop(struct tpm_device *device, struct tpm_key *key)
{
	assert_int_equal(Esys_FlushContext(device->esys, key->handle), TSS2_RC_SUCCESS);
}

EVP_PKEY *tpm_key_public(const struct tpm_key *key)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &key->area.unique.rsa;
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OWNED(BIGNUM) *n = BN_bin2bn(modulus->buffer, modulus->size, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *out = NULL;

	assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_ulong(builder, OSSL_PKEY_PARAM_RSA_E, 65537), 1);
	params = OSSL_PARAM_BLD_to_param(builder);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return out;
}

/* RSASSA with SHA-256: what an AK has in its public area, and what other keys are asked for. */
static const TPMT_SIG_SCHEME rsassa = {.scheme = TPM2_ALG_RSASSA,
                                       .details.rsassa.hashAlg = TPM2_ALG_SHA256};

static TPM2B_DATA data_of(const uint8_t nonce[ATTEST_NONCE_LEN])
{
	TPM2B_DATA data = {.size = ATTEST_NONCE_LEN};

	memcpy(data.buffer, nonce, ATTEST_NONCE_LEN);
	return data;
}

static void take(TPM2B_ATTEST *attest, TPMT_SIGNATURE *signature, struct tpm_word *out)
{
	out->attest = *attest;
	out->signature = *signature;
	Esys_Free(attest);
	Esys_Free(signature);
}

void tpm_device_certify(struct tpm_device *device, const struct tpm_key *key,
                        const struct tpm_key *ak, const uint8_t nonce[ATTEST_NONCE_LEN],
                        struct tpm_word *out)
{
	const TPM2B_DATA data = data_of(nonce);
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *attest = NULL;

	assert_int_equal(Esys_Certify(device->esys, key->handle, ak->handle, ESYS_TR_PASSWORD,
	                              ESYS_TR_PASSWORD, ESYS_TR_NONE, &data, &rsassa, &attest,
	                              &signature),
	                 TSS2_RC_SUCCESS);
	take(attest, signature, out);
}

void tpm_device_quote(struct tpm_device *device, const struct tpm_key *ak,
                      const uint8_t nonce[ATTEST_NONCE_LEN], struct tpm_word *out)
{
	const TPML_PCR_SELECTION pcrs = {.count = 1,
	                                 .pcrSelections = {{TPM2_ALG_SHA256, 3, {1, 0, 0}}}};
	const TPM2B_DATA data = data_of(nonce);
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *attest = NULL;

	assert_int_equal(Esys_Quote(device->esys, ak->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
	                            ESYS_TR_NONE, &data, &rsassa, &pcrs, &attest, &signature),
	                 TSS2_RC_SUCCESS);
	take(attest, signature, out);
}

bool tpm_device_sign(struct tpm_device *device, const struct tpm_key *key, const void *data,
                     size_t len, TPMT_SIGNATURE *out)
{
	const TPMT_TK_HASHCHECK no_ticket = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	TPM2B_DIGEST digest = {.size = 32};
	TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;

	assert_int_equal(EVP_Digest(data, len, digest.buffer, NULL, EVP_sha256(), NULL), 1);
	rc = Esys_Sign(device->esys, key->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	               &digest, &rsassa, &no_ticket, &signature);
	if (rc != TSS2_RC_SUCCESS)
		return false;
	*out = *signature;
	Esys_Free(signature);
	return true;
}
