/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private SoftHSM2 token for a test: its directory, its configuration, its PINs. Everything is
 * under one directory that is gone afterwards. SOFTHSM2_CONF and MSIV2_PKCS11_PIN of the process
 * point to it, and XDG_DATA_HOME, so that certificates of its keys are kept there. */
#ifndef TESTS_REF_SOFTHSM_TOKEN_H
#define TESTS_REF_SOFTHSM_TOKEN_H

#include <stdbool.h>

#define SOFTHSM_LABEL  "msiv2"
#define SOFTHSM_PIN    "246810"
#define SOFTHSM_SO_PIN "13579135"

struct softhsm_token {
	char dir[64];    /* of everything */
	char tokens[96]; /* SoftHSM's directory below it */
	char away[96];   /* where softhsm_token_hide() puts that */
};

/* Makes it and initialises the token; fails the test when that fails. */
void softhsm_token_make(struct softhsm_token *token);
/* The same with its tokens in a directory that exists and stays. */
void softhsm_token_make_in(struct softhsm_token *token, const char *tokens_dir);
/* Initialises a token of the directory's: a new one, or the one there (which empties it). */
void softhsm_token_init(const char *label, bool again);
/* Takes the token's files away, or puts them back. */
void softhsm_token_hide(const struct softhsm_token *token);
void softhsm_token_show(const struct softhsm_token *token);
/* Removes everything. */
void softhsm_token_drop(struct softhsm_token *token);
/* Removes a directory and all below it. */
void softhsm_remove_tree(const char *path);
/* The module's path; fails the test when SoftHSM2 is not installed. */
const char *softhsm_module(void);

#endif
