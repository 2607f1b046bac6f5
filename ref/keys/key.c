/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key.h"

#include <stdatomic.h>

#include "common/mem.h"
#include "common/x509.h"
#include "provider.h"

struct key {
	atomic_uint owners;
	const struct key_ops *ops;
	void *state;
	EVP_PKEY *public_key;
	int bits;
};

/* Reads the public half once: a device may be slow, and CSR, TLS and checks all ask for it. */
static enum msiv2_rc read_public(struct key *key, struct msiv2_error *err)
{
	OWNED(EVP_PKEY) *public_key = NULL;

	TRY(key->ops->public_key(key->state, &public_key, err));
	if (!EVP_PKEY_is_a(public_key, "RSA"))
		return err_set(err, MSIV2_KEY_UNAVAILABLE, "key", "the %s key is not RSA",
		               key->ops->kind);
	key->bits = EVP_PKEY_get_bits(public_key);
	key->public_key = steal(&public_key);
	return MSIV2_OK;
}

enum msiv2_rc key_new(const struct key_ops *ops, void *state, struct key **out,
                      struct msiv2_error *err)
{
	OWNED_STRUCT(key) *key = mem_alloc(sizeof(*key));

	if (key == NULL) {
		ops->free(state);
		return err_no_memory(err, "key");
	}
	atomic_init(&key->owners, 1);
	key->ops = ops;
	key->state = state;
	TRY(read_public(key, err));
	*out = steal(&key);
	return MSIV2_OK;
}

struct key *key_ref(struct key *key)
{
	atomic_fetch_add_explicit(&key->owners, 1, memory_order_relaxed);
	return key;
}

void key_free(struct key *key)
{
	if (key == NULL)
		return;
	/* Release and acquire: what other owners did with the state happens before its end. */
	if (atomic_fetch_sub_explicit(&key->owners, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(key->public_key);
	key->ops->free(key->state);
	mem_free(key);
}

enum msiv2_rc key_sign(struct key *key, enum key_padding padding, const EVP_MD *md,
                       const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len,
                       struct msiv2_error *err)
{
	if (digest_len != (size_t)EVP_MD_get_size(md))
		return err_set(err, MSIV2_INTERNAL, "key", "a digest of %zu bytes is not %s",
		               digest_len, EVP_MD_get0_name(md));
	if (*sig_len < (size_t)EVP_PKEY_get_size(key->public_key))
		return err_set(err, MSIV2_INTERNAL, "key", "no room for a signature: %zu bytes",
		               *sig_len);
	return key->ops->sign(key->state, padding, md, digest, digest_len, sig, sig_len, err);
}

EVP_PKEY *key_public(const struct key *key)
{
	return key->public_key;
}

void key_describe(const struct key *key, struct key_description *out)
{
	*out = (struct key_description){0};
	key->ops->describe(key->state, out);
}

enum msiv2_rc key_attest(struct key *key, const char *nonce, int64_t now_s, struct bytes *out,
                         struct msiv2_error *err)
{
	if (key->ops->attest == NULL)
		return err_set(err, MSIV2_ATTESTATION_FAILED, "key", "%s keys cannot be attested",
		               key->ops->kind); /* ATT-02 */
	return key->ops->attest(key->state, nonce, now_s, out, err);
}

bool key_is_attestable(const struct key *key)
{
	return key->ops->attest != NULL;
}

const char *key_kind(const struct key *key)
{
	return key->ops->kind;
}

int key_bits(const struct key *key)
{
	return key->bits;
}
