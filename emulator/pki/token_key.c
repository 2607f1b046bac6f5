/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/token_key.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "common/encoding.h"
#include "common/files.h"
#include "common/mem.h"
#include "common/x509.h"
#include "emulator/pki/private_key.h"
#include "emulator/pki/rsa_numbers.h"
#include "emulator/pki/state_file.h"

struct token_key {
	struct bytes path; /* empty = memory only */
	atomic_bool cancel;

	pthread_mutex_t lock;
	pthread_cond_t settled;
	/* Under the lock. */
	pthread_t maker;
	bool has_maker;
	/* Under the lock until `ready`, unchanging afterwards. */
	bool ready;
	enum msiv2_rc rc; /* how it ended */
	struct msiv2_error why;
	EVP_PKEY *pkey; /* owned */
	struct token_key_public public_part;
};

/* RFC 7638: SHA-256 over the required members in lexical order, without white space. */
static enum msiv2_rc describe(EVP_PKEY *pkey, struct token_key_public *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) jwk = {0};
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	TRY(rsa_numbers(pkey, &out->n, &out->e, err));
	bytes_addf(&jwk, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", bytes_text(&out->e),
	           bytes_text(&out->n));
	TRY(bytes_done(&jwk, "tokens", err));
	if (EVP_Digest(jwk.data, jwk.len, digest, &len, EVP_sha256(), NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, "tokens", "cannot digest the public key");
	base64url_encode(digest, len, &out->kid);
	return bytes_done(&out->kid, "tokens", err);
}

static enum msiv2_rc load(const char *path, EVP_PKEY **out, bool *found, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	OWNED(BIO) *bio = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	TRY(state_file_read(path, &pem, found, err));
	if (!*found)
		return MSIV2_OK;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	pkey = bio != NULL ? private_key_from_pem(bio) : NULL;
	if (pkey == NULL)
		return err_openssl(err, MSIV2_CONFIG, path, "no private key where one belongs");
	if (!EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) != 2048)
		return err_set(err, MSIV2_CONFIG, path, "not an RSA key of 2048 bits");
	*out = steal(&pkey);
	return MSIV2_OK;
}

/* Whoever publishes first decides; the others take that key. */
static enum msiv2_rc publish(const char *path, EVP_PKEY **pkey, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	bool won = false, found = false;

	bytes_add_text(&pem, "# msiv2 emulator, NOT FOR PRODUCTION\n");
	TRY(private_key_to_pem(*pkey, &pem, err));
	TRY(state_file_publish(path, &pem, &won, err));
	if (won)
		return MSIV2_OK;
	EVP_PKEY_free(*pkey);
	*pkey = NULL;
	TRY(load(path, pkey, &found, err));
	if (!found)
		return err_set(err, MSIV2_CONFIG, path, "came and went");
	return MSIV2_OK;
}

static enum msiv2_rc make(struct token_key *key, EVP_PKEY **pkey, struct token_key_public *about,
                          struct msiv2_error *err)
{
	TRY(private_key_make_rsa(&key->cancel, pkey, err));
	if (key->path.len > 0)
		TRY(publish(bytes_text(&key->path), pkey, err));
	return describe(*pkey, about, err);
}

/* Hands over what the maker made, or how it failed. */
static void settle(struct token_key *key, enum msiv2_rc rc, EVP_PKEY *pkey,
                   const struct token_key_public *about, const struct msiv2_error *why)
{
	(void)pthread_mutex_lock(&key->lock);
	key->rc = rc;
	key->pkey = pkey;
	key->public_part = *about;
	key->why = *why;
	key->ready = true;
	(void)pthread_cond_broadcast(&key->settled);
	(void)pthread_mutex_unlock(&key->lock);
}

static void *maker_run(void *arg)
{
	struct token_key *key = arg;
	struct token_key_public about = {0};
	struct msiv2_error why = {0};
	EVP_PKEY *pkey = NULL;
	enum msiv2_rc rc = make(key, &pkey, &about, &why);

	settle(key, rc, pkey, &about, &why);
	return NULL;
}

/* The thread takes no signals: they belong to whoever runs the emulator. */
static int start_maker(struct token_key *key)
{
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&key->maker, NULL, maker_run, key);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* Under the lock. */
static enum msiv2_rc want_maker(struct token_key *key, struct msiv2_error *err)
{
	if (key->ready || key->has_maker)
		return MSIV2_OK;
	if (start_maker(key) != 0)
		return err_set(err, MSIV2_INTERNAL, "tokens", "cannot start a thread");
	key->has_maker = true;
	return MSIV2_OK;
}

enum msiv2_rc token_key_prepare(struct token_key *key, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	(void)pthread_mutex_lock(&key->lock);
	rc = want_maker(key, err);
	(void)pthread_mutex_unlock(&key->lock);
	return rc;
}

static enum msiv2_rc load_kept(struct token_key *key, struct msiv2_error *err)
{
	bool found = false;

	if (key->path.len > 0)
		TRY(load(bytes_text(&key->path), &key->pkey, &found, err));
	if (!found)
		return MSIV2_OK;
	TRY(describe(key->pkey, &key->public_part, err));
	key->ready = true;
	return MSIV2_OK;
}

enum msiv2_rc token_key_new(const char *state_dir, const char *file, struct token_key **out,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(token_key) *key = mem_alloc(sizeof(*key));

	if (key == NULL)
		return err_no_memory(err, "tokens");
	(void)pthread_mutex_init(&key->lock, NULL);
	(void)pthread_cond_init(&key->settled, NULL);
	atomic_init(&key->cancel, false);
	if (state_dir != NULL) {
		TRY(files_make_dir(state_dir, 0700, MSIV2_CONFIG, err));
		TRY(state_file_path(state_dir, file, &key->path, err));
	}
	TRY(load_kept(key, err));
	*out = steal(&key);
	return MSIV2_OK;
}

void token_key_free(struct token_key *key)
{
	if (key == NULL)
		return;
	atomic_store(&key->cancel, true);
	if (key->has_maker)
		(void)pthread_join(key->maker, NULL);
	(void)pthread_cond_destroy(&key->settled);
	(void)pthread_mutex_destroy(&key->lock);
	EVP_PKEY_free(key->pkey);
	bytes_free(&key->public_part.n);
	bytes_free(&key->public_part.e);
	bytes_free(&key->public_part.kid);
	bytes_free(&key->path);
	mem_free(key);
}

enum msiv2_rc token_key_wait(struct token_key *key, EVP_PKEY **out,
                             const struct token_key_public **public_part, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	(void)pthread_mutex_lock(&key->lock);
	rc = want_maker(key, err);
	while (rc == MSIV2_OK && !key->ready)
		(void)pthread_cond_wait(&key->settled, &key->lock);
	(void)pthread_mutex_unlock(&key->lock);
	TRY(rc);
	if (key->rc != MSIV2_OK) {
		if (err != NULL)
			*err = key->why;
		return key->rc;
	}
	*out = key->pkey;
	if (public_part != NULL)
		*public_part = &key->public_part;
	return MSIV2_OK;
}

enum msiv2_rc token_key_look(struct token_key *key, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	(void)pthread_mutex_lock(&key->lock);
	rc = key->rc;
	if (rc != MSIV2_OK && err != NULL)
		*err = key->why;
	(void)pthread_mutex_unlock(&key->lock);
	return rc;
}

enum msiv2_rc token_key_jwks(struct token_key *key, struct bytes *out, struct msiv2_error *err)
{
	const struct token_key_public *about;
	EVP_PKEY *pkey;

	TRY(token_key_wait(key, &pkey, &about, err));
	/* RFC 7517 section 5: readers ignore members they do not know. */
	bytes_addf(out,
	           "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\","
	           "\"n\":\"%s\",\"e\":\"%s\"}],\"emulator\":\"NOT FOR PRODUCTION\"}",
	           bytes_text(&about->kid), bytes_text(&about->n), bytes_text(&about->e));
	return bytes_done(out, "tokens", err);
}
