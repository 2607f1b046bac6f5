/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "bridge_internal.h"
#include "common/mem.h"
#include "common/x509.h"

#define SELECT_PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define SELECT_PUBLIC  OSSL_KEYMGMT_SELECT_PUBLIC_KEY

static void keymgmt_free(void *data)
{
	struct bridge_keydata *keydata = data;

	if (keydata == NULL)
		return;
	key_free(keydata->key);
	EVP_PKEY_free(keydata->public_key);
	mem_free(keydata);
}

static void *keymgmt_new(void *provctx)
{
	(void)provctx;
	return mem_alloc(sizeof(struct bridge_keydata));
}

static void *keymgmt_dup(const void *data, int selection)
{
	const struct bridge_keydata *from = data;
	struct bridge_keydata *to = mem_alloc(sizeof(*to));

	if (to == NULL)
		return NULL;
	if (from->public_key != NULL && (selection & SELECT_PUBLIC) != 0 &&
	    EVP_PKEY_up_ref(from->public_key) == 1)
		to->public_key = from->public_key;
	if (from->key != NULL && (selection & SELECT_PRIVATE) != 0)
		to->key = key_ref(from->key);
	return to;
}

static int keymgmt_has(const void *data, int selection)
{
	const struct bridge_keydata *keydata = data;

	if (keydata == NULL)
		return 0;
	if ((selection & SELECT_PRIVATE) != 0 && keydata->key == NULL)
		return 0;
	return (selection & SELECT_PUBLIC) == 0 || keydata->public_key != NULL;
}

/* RSA keys that share their public half share their private one. */
static int keymgmt_match(const void *data1, const void *data2, int selection)
{
	const struct bridge_keydata *a = data1;
	const struct bridge_keydata *b = data2;

	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
		return 1;
	return a->public_key != NULL && b->public_key != NULL &&
	       EVP_PKEY_eq(a->public_key, b->public_key) == 1;
}

/* The public half answers for everything; it has no private numbers to give (KEY-05). */
static int keymgmt_get_params(void *data, OSSL_PARAM params[])
{
	const struct bridge_keydata *keydata = data;

	return keydata->public_key != NULL && EVP_PKEY_get_params(keydata->public_key, params) == 1;
}

static const OSSL_PARAM *keymgmt_gettable_params(void *provctx)
{
	static const OSSL_PARAM params[] = {
	        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
	        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
	        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
	        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	        OSSL_PARAM_END,
	};

	(void)provctx;
	return params;
}

/* One of ours, by openssl_bridge_pkey(). */
static int import_key(struct bridge_keydata *keydata, const OSSL_PARAM *param)
{
	const void *pointer = NULL;
	size_t size = 0;
	struct key *key;

	if (OSSL_PARAM_get_octet_ptr(param, &pointer, &size) != 1 || pointer == NULL)
		return 0;
	key = (struct key *)pointer;
	if (EVP_PKEY_up_ref(key_public(key)) != 1)
		return 0;
	keydata->key = key_ref(key);
	keydata->public_key = key_public(key);
	return 1;
}

/* Somebody else's public key, to be compared with ours. */
static int import_public(struct bridge_keydata *keydata, const OSSL_PARAM params[])
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

	return ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	       EVP_PKEY_fromdata(ctx, &keydata->public_key, EVP_PKEY_PUBLIC_KEY,
	                         (OSSL_PARAM *)params) == 1;
}

static int keymgmt_import(void *data, int selection, const OSSL_PARAM params[])
{
	struct bridge_keydata *keydata = data;
	const OSSL_PARAM *ours = OSSL_PARAM_locate_const(params, BRIDGE_KEY_PARAM);

	if (keydata->public_key != NULL || (selection & SELECT_PUBLIC) == 0)
		return 0;
	if (ours != NULL)
		return import_key(keydata, ours);
	/* Private numbers are no business of this provider: it has no place to keep them. */
	if (OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_D) != NULL)
		return 0;
	return import_public(keydata, params);
}

static const OSSL_PARAM *keymgmt_import_types(int selection)
{
	static const OSSL_PARAM params[] = {
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	        OSSL_PARAM_octet_ptr(BRIDGE_KEY_PARAM, NULL, 0),
	        OSSL_PARAM_END,
	};

	return (selection & SELECT_PUBLIC) != 0 ? params : NULL;
}

/* Refusing whenever the private half is asked for does two things: no serialiser can reach it
 * (KEY-05), and OpenSSL, which first tries to move a key into the provider it would prefer to sign
 * with, falls back to the provider the key lives in: ours. */
static int keymgmt_export(void *data, int selection, OSSL_CALLBACK *take, void *arg)
{
	const struct bridge_keydata *keydata = data;

	if ((selection & SELECT_PRIVATE) != 0 || (selection & SELECT_PUBLIC) == 0 ||
	    keydata->public_key == NULL)
		return 0;
	return EVP_PKEY_export(keydata->public_key, EVP_PKEY_PUBLIC_KEY, take, arg);
}

static const OSSL_PARAM *keymgmt_export_types(int selection)
{
	static const OSSL_PARAM params[] = {
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
	        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	        OSSL_PARAM_END,
	};

	return (selection & SELECT_PRIVATE) == 0 && (selection & SELECT_PUBLIC) != 0 ? params
	                                                                             : NULL;
}

static const char *keymgmt_query_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define ENTRY(id, function)                                                                        \
	{                                                                                          \
		OSSL_FUNC_KEYMGMT_##id, (void (*)(void))(function)                                 \
	}

const OSSL_DISPATCH bridge_keymgmt[] = {
        ENTRY(NEW, keymgmt_new),
        ENTRY(FREE, keymgmt_free),
        ENTRY(DUP, keymgmt_dup),
        ENTRY(HAS, keymgmt_has),
        ENTRY(MATCH, keymgmt_match),
        ENTRY(GET_PARAMS, keymgmt_get_params),
        ENTRY(GETTABLE_PARAMS, keymgmt_gettable_params),
        ENTRY(IMPORT, keymgmt_import),
        ENTRY(IMPORT_TYPES, keymgmt_import_types),
        ENTRY(EXPORT, keymgmt_export),
        ENTRY(EXPORT_TYPES, keymgmt_export_types),
        ENTRY(QUERY_OPERATION_NAME, keymgmt_query_operation_name),
        {0, NULL},
};
