/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "paper_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "ref/keys/memory.h"
#include "ref/keys/provider.h"

struct paper {
	struct key *inner;
	struct paper_script *script;
};

static enum msiv2_rc sign(void *state, enum key_padding padding, const EVP_MD *md,
                          const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len,
                          struct msiv2_error *err)
{
	struct paper *paper = state;

	TRY(key_sign(paper->inner, padding, md, digest, digest_len, sig, sig_len, err));
	if (paper->script->spoils_one && paper->script->spoils == padding)
		sig[*sig_len - 1] ^= 1;
	return MSIV2_OK;
}

static enum msiv2_rc public_key(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	struct paper *paper = state;

	(void)err;
	*out = key_public(paper->inner);
	(void)EVP_PKEY_up_ref(*out);
	return MSIV2_OK;
}

static void describe(void *state, struct key_description *out)
{
	const struct paper *paper = state;

	(void)snprintf(out->location, sizeof(out->location), "a drawer");
	(void)snprintf(out->protection, sizeof(out->protection), "made of paper");
	out->attestable = paper->script->enrolled;
}

static enum msiv2_rc attest(void *state, const char *nonce, int64_t now_s, struct bytes *out,
                            struct msiv2_error *err)
{
	struct paper *paper = state;

	atomic_fetch_add(&paper->script->asked, 1);
	if (paper->script->rc != MSIV2_OK)
		return err_set(err, paper->script->rc, "key.paper", "%s", paper->script->words);
	bytes_addf(out, "{\"paper\":\"%s\",\"time\":%" PRId64 "}", nonce, now_s);
	return MSIV2_OK;
}

static void free_paper(void *state)
{
	struct paper *paper = state;

	key_free(paper->inner);
	free(paper);
}

#define PAPER_OPS(name)                                                                            \
	{                                                                                          \
		.kind = name, .sign = sign, .public_key = public_key, .describe = describe,        \
		.attest = attest, .free = free_paper                                               \
	}

static const struct key_ops all_ops[] = {PAPER_OPS("keyguard"), PAPER_OPS("hardware"),
                                         PAPER_OPS("mystery")};

struct key *paper_key_new(const char *kind, struct key *inner, struct paper_script *script)
{
	struct paper *paper = malloc(sizeof(*paper));
	struct key *key = NULL;

	*paper = (struct paper){.inner = key_ref(inner), .script = script};
	for (size_t i = 0; i < TEXT_COUNT(all_ops); i++) {
		if (strcmp(all_ops[i].kind, kind) == 0)
			assert_int_equal(key_new(&all_ops[i], paper, &key, NULL), MSIV2_OK);
	}
	assert_non_null(key);
	return key;
}

struct key *paper_key_make(const char *kind, struct paper_script *script)
{
	OWNED_STRUCT(key) *inner = NULL;

	assert_int_equal(memory_key_create(&inner, NULL), MSIV2_OK);
	return paper_key_new(kind, inner, script);
}
