/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Replies of a shim in the words of docs/shim.md. No token is ever part of one (SEC-01). */
#ifndef SCENARIOS_SHIMS_SHIM_REPLY_H
#define SCENARIOS_SHIMS_SHIM_REPLY_H

#include <stdbool.h>

#include "common/json.h"
#include "ref/include/msiv2.h"

/* A tree under construction; `failed` says that memory ran out somewhere in it. */
struct shim_reply {
	cJSON *tree; /* owned until it is written */
	bool failed;
};

/* Begins with {"ok":ok}, and the id when there is one (NULL: null, the command had none). */
void shim_reply_begin(struct shim_reply *reply, const cJSON *id, bool ok);
/* The first line: who this is and what it can do. */
void shim_reply_hello(struct shim_reply *reply, bool virtual_time);
/* A token without its secret. */
void shim_reply_token(struct shim_reply *reply, const struct msiv2_token *token);
/* "status" of a resource. */
void shim_reply_status(struct shim_reply *reply, int status);
/* The key in use. */
void shim_reply_key(struct shim_reply *reply, const struct msiv2_key_info *info);
/* Why it failed. */
void shim_reply_error(struct shim_reply *reply, const struct msiv2_error *err);
/* Appends another reply, which is taken over, to the list "results". */
void shim_reply_add(struct shim_reply *reply, struct shim_reply *result);
/* Frees the tree. */
void shim_reply_free(struct shim_reply *reply);

#endif
