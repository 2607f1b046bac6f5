/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A bare C_Sign loop, written against the module alone: it shares nothing with the keyguard
 * provider. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "signer.h"

struct module {
	CK_FUNCTION_LIST *call;
	CK_SLOT_ID slot;
	const char *name;
};

struct session {
	CK_FUNCTION_LIST *call;
	CK_SESSION_HANDLE handle;
	CK_OBJECT_HANDLE key;
};

static void must(CK_RV rv, const char *what)
{
	if (rv != CKR_OK)
		signer_die(what);
}

static void find_slot(struct module *module, const char *label)
{
	CK_SLOT_ID slots[32];
	CK_ULONG count = TEXT_COUNT(slots);
	size_t len = strlen(label);

	must(module->call->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (module->call->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, label, len) == 0) {
			module->slot = slots[i];
			return;
		}
	}
	signer_die("no token of that label");
}

static void *open_session(void *shared)
{
	const struct module *module = shared;
	struct session *session = calloc(1, sizeof(*session));
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
	        {CKA_CLASS, &class, sizeof(class)},
	        {CKA_LABEL, (void *)(uintptr_t)module->name, strlen(module->name)},
	};
	CK_ULONG found = 0;

	session->call = module->call;
	must(session->call->C_OpenSession(module->slot, CKF_SERIAL_SESSION, NULL, NULL,
	                                  &session->handle),
	     "C_OpenSession");
	must(session->call->C_FindObjectsInit(session->handle, wanted, TEXT_COUNT(wanted)),
	     "C_FindObjectsInit");
	must(session->call->C_FindObjects(session->handle, &session->key, 1, &found),
	     "C_FindObjects");
	must(session->call->C_FindObjectsFinal(session->handle), "C_FindObjectsFinal");
	if (found != 1)
		signer_die("no key of that name in the token");
	return session;
}

static void sign_bare(void *arg, enum key_padding padding)
{
	/* DigestInfo of SHA-256, RFC 8017 section 9.2 note 1. */
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	                               0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	const struct session *session = arg;
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
	CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
	uint8_t data[sizeof(info) + KEY_DIGEST_LEN] = {0};
	CK_ULONG data_len = KEY_DIGEST_LEN;
	uint8_t sig[512];
	CK_ULONG sig_len = sizeof(sig);

	if (padding == KEY_PADDING_PSS) {
		mechanism = (CK_MECHANISM){CKM_RSA_PKCS_PSS, &pss, sizeof(pss)};
	} else {
		memcpy(data, info, sizeof(info));
		data_len = sizeof(data);
	}
	must(session->call->C_SignInit(session->handle, &mechanism, session->key), "C_SignInit");
	must(session->call->C_Sign(session->handle, data, data_len, sig, &sig_len), "C_Sign");
}

static void close_session(void *arg)
{
	struct session *session = arg;

	(void)session->call->C_CloseSession(session->handle);
	free(session);
}

/* The provider has initialised the module and logged in: both hold for the whole process. */
struct signer signer_pkcs11(const struct key_place *place)
{
	static struct module module;
	CK_C_GetFunctionList get;
	void *library = dlopen(place->module, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		signer_die("the PKCS#11 module cannot be loaded");
	get = (CK_C_GetFunctionList)(uintptr_t)dlsym(library, "C_GetFunctionList");
	if (get == NULL)
		signer_die("no C_GetFunctionList in the module");
	must(get(&module.call), "C_GetFunctionList");
	module.name = place->name != NULL ? place->name : "msiv2";
	find_slot(&module, place->token_label != NULL ? place->token_label : "msiv2");
	return (struct signer){"C_Sign", open_session, sign_bare, close_session, &module};
}
