/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The search for secrets a client let out (SEC-01): tokens and attestation tokens by their look
 * (the head of a JWT and the beginning of its body suffice, so that a token that was cut is found),
 * private keys in PEM, DER or base64 of it. A hit tells what and where, never the secret. */
#ifndef SCENARIOS_RUNNER_SECRETS_H
#define SCENARIOS_RUNNER_SECRETS_H

#include <stddef.h>
#include <sys/types.h>

#include "common/bytes.h"
#include "common/json.h"

struct secrets {
	cJSON *hits;     /* [{"what","where"}]; owned */
	size_t searched; /* texts and files */
};

/* Frees what it holds. */
void secrets_free(struct secrets *secrets);
DEFINE_OWNED_VALUE(secrets, secrets_free)

/* Searches bytes; `where` is what a hit says. */
MSIV2_MUST_USE enum msiv2_rc secrets_search(struct secrets *secrets, const char *where,
                                            const void *data, size_t len, struct msiv2_error *err);
/* Searches every file below a folder. */
MSIV2_MUST_USE enum msiv2_rc secrets_search_tree(struct secrets *secrets, const char *root,
                                                 struct msiv2_error *err);
/* Searches the environment and the command line of a process and of all below it, while they
 * run. */
MSIV2_MUST_USE enum msiv2_rc secrets_search_process(struct secrets *secrets, pid_t pid,
                                                    struct msiv2_error *err);
/* secrets.json; owned by the caller, NULL when memory is out. */
cJSON *secrets_json(const struct secrets *secrets);

#endif
