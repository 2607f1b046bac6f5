/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_bench.h"

#include "tests/testing.h"

#include <fcntl.h>
#include <openssl/rsa.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/x509.h"
#include "ref/keys/pkcs11_object.h"
#include "softhsm_token.h"

extern char **environ;

enum msiv2_rc keyguard_bench_try(const struct key_place *place, struct key **out,
                                 enum key_lack *lack, struct msiv2_error *err)
{
	return keyguard_provider.get_or_create(
	        place, clock_deadline_us(clock_system(), BENCH_PATIENCE_MS), out, lack, err);
}

struct key *keyguard_bench_open(void)
{
	const struct key_place place = {.clock = clock_system()};
	struct msiv2_error err = {0};
	enum key_lack lack = KEY_LACK_NONE;
	struct key *key = NULL;

	if (keyguard_bench_try(&place, &key, &lack, &err) != MSIV2_OK)
		print_error("no key: %s\n", err.message);
	return key;
}

static bool verifies(struct key *key, enum key_padding padding, const EVP_MD *md,
                     const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_public(key), NULL);
	bool pss = padding == KEY_PADDING_PSS;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(
	        EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
	        1);
	if (pss)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, EVP_MD_get_size(md)), 1);
	return EVP_PKEY_verify(ctx, sig, sig_len, digest, (size_t)EVP_MD_get_size(md)) == 1;
}

bool keyguard_bench_signs(struct key *key, enum key_padding padding, const EVP_MD *md,
                          struct msiv2_error *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);

	memset(digest, 0x5A, sizeof(digest));
	if (key_sign(key, padding, md, digest, (size_t)EVP_MD_get_size(md), sig, &sig_len, err) !=
	            MSIV2_OK ||
	    sig_len != sizeof(sig) || !verifies(key, padding, md, digest, sig, sig_len))
		return false;
	digest[0] ^= 1;
	return !verifies(key, padding, md, digest, sig, sig_len);
}

/* ---- counting ---- */

struct census {
	const char *label; /* NULL = everything */
	unsigned count;
};

static enum msiv2_rc count_act(struct pkcs11_session *session, void *ctx,
                               struct pkcs11_trouble *trouble)
{
	struct census *census = ctx;
	struct pkcs11_objects objects = {0};

	if (census->label != NULL)
		TRY(pkcs11_objects_named(session, CKO_PRIVATE_KEY, census->label, &objects,
		                         trouble));
	else
		TRY(pkcs11_objects_find(session, NULL, 0, &objects, trouble));
	census->count = (unsigned)objects.count;
	return MSIV2_OK;
}

static unsigned take_census(const char *label)
{
	const struct pkcs11_patience patience = {clock_system(), CLOCK_NEVER};
	struct pkcs11_trouble trouble = {0};
	struct census census = {.label = label};
	struct pkcs11_module *module = NULL;
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;

	assert_int_equal(pkcs11_module_open(softhsm_module(), &patience, &module, &trouble),
	                 MSIV2_OK);
	assert_int_equal(pkcs11_pool_new(module, SOFTHSM_LABEL, NULL, &pool, &trouble), MSIV2_OK);
	if (pkcs11_pool_run(pool, &patience, count_act, &census, &trouble) != MSIV2_OK)
		fail_msg("%s", trouble.error.message);
	return census.count;
}

unsigned keyguard_bench_count(const char *label)
{
	return take_census(label);
}

unsigned keyguard_bench_objects(void)
{
	return take_census(NULL);
}

/* ---- other processes ---- */

struct actor keyguard_bench_start(const char *count, int start_fd)
{
	char start[16] = "3";
	const char *argv[] = {"keyguard_actor", count, start_fd >= 0 ? start : NULL, NULL};
	posix_spawn_file_actions_t actions;
	struct actor actor = {0};
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
	if (start_fd >= 0)
		assert_int_equal(posix_spawn_file_actions_adddup2(&actions, start_fd, 3), 0);
	assert_int_equal(posix_spawn(&actor.pid, KEYGUARD_ACTOR, &actions, NULL,
	                             (char *const *)argv, environ),
	                 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	actor.output = ends[0];
	return actor;
}

bool keyguard_bench_finish(struct actor *actor, char *line, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int status = 0;

	while (len < size - 1 && (got = read(actor->output, line + len, size - 1 - len)) > 0)
		len += (size_t)got;
	line[len] = '\0';
	(void)close(actor->output);
	assert_int_equal(waitpid(actor->pid, &status, 0), actor->pid);
	return status == 0;
}
