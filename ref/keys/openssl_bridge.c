/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "openssl_bridge.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include "bridge_internal.h"
#include "common/mem.h"
#include "common/x509.h"

#define WHERE "key.bridge"

struct openssl_bridge {
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *base; /* OpenSSL's own: it serialises our public keys */
	OSSL_PROVIDER *ours;
};

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_store)
{
	/* The names by which OpenSSL knows RSA keys: only equal names are ever compared. */
	static const OSSL_ALGORITHM keys[] = {
	        {"RSA:rsaEncryption:1.2.840.113549.1.1.1", BRIDGE_PROPERTY, bridge_keymgmt,
	         "RSA keys that sign elsewhere"},
	        {NULL, NULL, NULL, NULL},
	};
	static const OSSL_ALGORITHM signatures[] = {
	        {"RSA:rsaEncryption:1.2.840.113549.1.1.1", BRIDGE_PROPERTY, bridge_signature,
	         "RSA signatures made elsewhere"},
	        {NULL, NULL, NULL, NULL},
	};

	(void)provctx;
	*no_store = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	default:
		return NULL;
	}
}

/* The provider keeps nothing of its own: its context is the core's handle, only to be not NULL. */
static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
                         const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
	        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
	        {0, NULL},
	};

	(void)core;
	*out = functions;
	*provctx = (void *)handle;
	return 1;
}

enum msiv2_rc openssl_bridge_new(struct openssl_bridge **out, struct msiv2_error *err)
{
	OWNED_STRUCT(openssl_bridge) *bridge = mem_alloc(sizeof(*bridge));

	if (bridge == NULL)
		return err_no_memory(err, WHERE);
	bridge->libctx = OSSL_LIB_CTX_new();
	if (bridge->libctx == NULL)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot make a library context");
	bridge->base = OSSL_PROVIDER_load(bridge->libctx, "default");
	if (bridge->base == NULL)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "no default provider");
	if (OSSL_PROVIDER_add_builtin(bridge->libctx, BRIDGE_PROVIDER, provider_init) == 1)
		bridge->ours = OSSL_PROVIDER_load(bridge->libctx, BRIDGE_PROVIDER);
	if (bridge->ours == NULL)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot load the provider");
	*out = steal(&bridge);
	return MSIV2_OK;
}

void openssl_bridge_free(struct openssl_bridge *bridge)
{
	if (bridge == NULL)
		return;
	if (bridge->ours != NULL)
		OSSL_PROVIDER_unload(bridge->ours);
	if (bridge->base != NULL)
		OSSL_PROVIDER_unload(bridge->base);
	OSSL_LIB_CTX_free(bridge->libctx);
	mem_free(bridge);
}

enum msiv2_rc openssl_bridge_pkey(struct openssl_bridge *bridge, struct key *key, EVP_PKEY **out,
                                  struct msiv2_error *err)
{
	void *pointer = key;
	OSSL_PARAM params[] = {
	        OSSL_PARAM_construct_octet_ptr(BRIDGE_KEY_PARAM, &pointer, sizeof(pointer)),
	        OSSL_PARAM_construct_end(),
	};
	/* Both providers of the context know RSA; the property says which. */
	OWNED(EVP_PKEY_CTX) *ctx =
	        EVP_PKEY_CTX_new_from_name(bridge->libctx, "RSA", BRIDGE_PROPERTY);
	OWNED(EVP_PKEY) *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot wrap a key");
	*out = steal(&pkey);
	return MSIV2_OK;
}
