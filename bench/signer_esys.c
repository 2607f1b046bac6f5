/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A bare Esys_Sign loop on the persistent handle: it shares nothing with the hardware provider. */
#include <stdlib.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "signer.h"

#define HANDLE 0x81010001 /* docs/attestation.md: the key named "msiv2" */

struct session {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR key;
};

static void must(TSS2_RC rc, const char *what)
{
	if (rc != TSS2_RC_SUCCESS)
		signer_die(what);
}

static void *open_session(void *shared)
{
	const struct key_place *place = shared;
	struct session *session = calloc(1, sizeof(*session));

	must(Tss2_TctiLdr_Initialize(place->tcti, &session->tcti), "Tss2_TctiLdr_Initialize");
	must(Esys_Initialize(&session->esys, session->tcti, NULL), "Esys_Initialize");
	must(Esys_TR_FromTPMPublic(session->esys, HANDLE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                           &session->key),
	     "Esys_TR_FromTPMPublic");
	return session;
}

static void sign_bare(void *arg, enum key_padding padding)
{
	static const TPM2B_DIGEST digest = {.size = KEY_DIGEST_LEN};
	static const TPMT_TK_HASHCHECK no_ticket = {.tag = TPM2_ST_HASHCHECK,
	                                            .hierarchy = TPM2_RH_NULL};
	const struct session *session = arg;
	TPMT_SIG_SCHEME scheme = {.scheme = padding == KEY_PADDING_PSS ? TPM2_ALG_RSAPSS
	                                                               : TPM2_ALG_RSASSA,
	                          .details.any.hashAlg = TPM2_ALG_SHA256};
	TPMT_SIGNATURE *signature = NULL;

	must(Esys_Sign(session->esys, session->key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	               &digest, &scheme, &no_ticket, &signature),
	     "Esys_Sign");
	Esys_Free(signature);
}

static void close_session(void *arg)
{
	struct session *session = arg;

	(void)Esys_TR_Close(session->esys, &session->key);
	Esys_Finalize(&session->esys);
	Tss2_TctiLdr_Finalize(&session->tcti);
	free(session);
}

struct signer signer_esys(const struct key_place *place)
{
	return (struct signer){"Esys_Sign", open_session, sign_bare, close_session,
	                       (void *)(uintptr_t)place};
}
