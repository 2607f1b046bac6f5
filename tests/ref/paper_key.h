/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A key that says of itself what a test wants: it signs in memory, calls itself keyguard or
 * hardware, and gives evidence made of paper. */
#ifndef TESTS_REF_PAPER_KEY_H
#define TESTS_REF_PAPER_KEY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "ref/keys/key.h"

/* What it does when it is asked for evidence. One may serve many keys; it outlives them. */
struct paper_script {
	enum msiv2_rc rc; /* MSIV2_OK: {"paper":"NONCE","time":NOW} */
	const char *words;
	bool enrolled;
	bool spoils_one;         /* its signatures of one padding are wrong: */
	enum key_padding spoils; /* of this one */
	atomic_int asked;
};

/* A key of that kind ("keyguard", "hardware", or "mystery") that signs as `inner` does. Fails the
 * test when it cannot. Owned by the caller. */
struct key *paper_key_new(const char *kind, struct key *inner, struct paper_script *script);
/* The same on an inner key of its own. */
struct key *paper_key_make(const char *kind, struct paper_script *script);

#endif
