/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_key.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/mem.h"
#include "keyguard_attest.h"
#include "keyguard_sign.h"

static void keyguard_free(void *state)
{
	struct keyguard_key *key = state;

	pkcs11_pool_free(key->pool);
	keyguard_pair_free(&key->pair);
	mem_free(key->module_path);
	mem_free(key->token_label);
	mem_free(key->name);
	mem_free(key);
}

static enum msiv2_rc keyguard_sign_op(void *state, enum key_padding padding, const EVP_MD *md,
                                      const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                      size_t *sig_len, struct msiv2_error *err)
{
	struct keyguard_key *key = state;
	const struct keyguard_signer signer = {key->pool, key->name, key->pair.modulus};
	const struct pkcs11_patience patience = {key->clock,
	                                         clock_deadline_us(key->clock, KEYGUARD_SIGN_MS)};
	struct pkcs11_trouble trouble = {.module = key->module_path, .token = key->token_label};
	enum msiv2_rc rc = keyguard_sign(&signer, &patience, padding, md, digest, digest_len, sig,
	                                 sig_len, &trouble);

	if (rc == MSIV2_OK)
		return MSIV2_OK;
	if (err != NULL)
		*err = trouble.error;
	/* The time limit is ours, not the caller's. */
	return rc == MSIV2_TIMEOUT ? err_set(err, MSIV2_KEY_UNAVAILABLE, PKCS11_WHERE, "%s",
	                                     msiv2_error_message(&trouble.error))
	                           : rc;
}

static enum msiv2_rc keyguard_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	const struct keyguard_key *key = state;

	if (EVP_PKEY_up_ref(key->pair.public_key) != 1)
		return err_set(err, MSIV2_INTERNAL, PKCS11_WHERE, "cannot share the public key");
	*out = key->pair.public_key;
	return MSIV2_OK;
}

static void keyguard_describe(void *state, struct key_description *out)
{
	struct keyguard_key *key = state;
	struct pkcs11_token token = pkcs11_pool_token(key->pool);
	const struct keyguard_protection *protection = &key->pair.protection;

	(void)snprintf(out->location, sizeof(out->location),
	               "PKCS#11 token %s (%s, serial %s), object %s, by %s", key->token_label,
	               token.model, token.serial, key->name, key->module_path);
	(void)snprintf(out->protection, sizeof(out->protection), "%s, %s, %s",
	               protection->always_sensitive ? "always sensitive" : "not always sensitive",
	               protection->never_extractable ? "never extractable" : "extractable",
	               protection->local ? "made inside" : "brought from outside");
	out->persistent = true;
	out->attestable = keyguard_attest_ready(key);
}

static enum msiv2_rc keyguard_attest_op(void *state, const char *nonce, int64_t now_s,
                                        struct bytes *out, struct msiv2_error *err)
{
	return keyguard_attest(state, nonce, now_s, out, err);
}

static const struct key_ops keyguard_ops = {
        .kind = "keyguard",
        .sign = keyguard_sign_op,
        .public_key = keyguard_public,
        .describe = keyguard_describe,
        .attest = keyguard_attest_op,
        .free = keyguard_free,
};

enum msiv2_rc keyguard_key_new(struct pkcs11_pool *pool, struct keyguard_pair *pair,
                               const struct key_place *place, const struct msiv2_clock *clock,
                               struct key **out, struct pkcs11_trouble *trouble)
{
	struct keyguard_key *key = mem_alloc(sizeof(*key));

	if (key == NULL) {
		pkcs11_pool_free(pool);
		keyguard_pair_free(pair);
		return pkcs11_no_memory(trouble);
	}
	key->pool = pool;
	key->pair = steal(pair);
	key->clock = clock;
	key->module_path = mem_strdup(place->module);
	key->token_label = mem_strdup(place->token_label);
	key->name = mem_strdup(place->name);
	if (key->module_path == NULL || key->token_label == NULL || key->name == NULL) {
		keyguard_free(key);
		return pkcs11_no_memory(trouble);
	}
	return key_new(&keyguard_ops, key, out, &trouble->error);
}
