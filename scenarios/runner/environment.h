/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The environment of a client under construction: ours without proxies (NET-04) and credentials,
 * and what is set on top. */
#ifndef SCENARIOS_RUNNER_ENVIRONMENT_H
#define SCENARIOS_RUNNER_ENVIRONMENT_H

#include <stddef.h>

#include "common/err.h"
#include "common/own.h"

struct environment {
	char **items; /* "NAME=VALUE", ended by NULL; owned */
	size_t count;
};

/* Frees what it holds. */
void environment_free(struct environment *environment);
DEFINE_OWNED_VALUE(environment, environment_free)

/* Takes over what this process has, without proxies, without what leads SDKs elsewhere, and without
 * whatever holds a token or a private key. */
MSIV2_MUST_USE enum msiv2_rc environment_inherit(struct environment *environment,
                                                 struct msiv2_error *err);
/* Adds "NAME=VALUE" as it is. */
MSIV2_MUST_USE enum msiv2_rc environment_add(struct environment *environment, const char *item,
                                             struct msiv2_error *err);
/* Sets a variable, in the place of one of that name. */
MSIV2_MUST_USE enum msiv2_rc environment_set(struct environment *environment, const char *name,
                                             const char *value, struct msiv2_error *err);

#endif
