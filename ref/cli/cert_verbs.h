/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What `msiv2 cert VERB` does with a store. */
#ifndef REF_CLI_CERT_VERBS_H
#define REF_CLI_CERT_VERBS_H

#include "command.h"
#include "store_desk.h"

/* A verb on an opened store. */
typedef enum msiv2_rc cert_verb_fn(const struct arguments *args, struct store_desk *desk,
                                   struct command_result *result, struct msiv2_error *err);

/* list: every entry. */
cert_verb_fn cert_list;
/* show TARGET: all that is known of what TARGET names, and its PEM. */
cert_verb_fn cert_show;
/* remove TARGET. MSIV2_STORE when it names nothing. */
cert_verb_fn cert_remove;
/* purge: what is of no use; with --all everything. */
cert_verb_fn cert_purge;
/* renew: a new certificate for the identity, kept in the store. MSIV2_CONFIG when no kind of key in
 * --keys outlives this process, MSIV2_STORE when the new certificate is not in the store. Opens the
 * desk itself. */
cert_verb_fn cert_renew;

#endif
