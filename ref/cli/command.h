/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The commands of `msiv2`: one function each, from arguments to what is printed. */
#ifndef REF_CLI_COMMAND_H
#define REF_CLI_COMMAND_H

#include "arguments.h"
#include "common/bytes.h"
#include "common/err.h"

#define EXIT_OF(rc)           ((rc) == MSIV2_OK ? 0 : (int)(rc) + 1)
#define EXIT_RESOURCE_REFUSED 20 /* the resource answered other than 2xx */

/* What a command has to say. Nothing is printed before it is complete. */
struct command_result {
	struct bytes out;   /* stdout */
	struct bytes notes; /* stderr */
	int exit_code;
};

/* Runs a command. An error is printed by the caller, which also derives the exit code from it. */
typedef enum msiv2_rc command_fn(const struct arguments *args, struct command_result *result,
                                 struct msiv2_error *err);

/* Appends the help of a command's verbs. */
typedef void verbs_help_fn(struct bytes *out);
/* One verb of it, with what it takes ("" = nothing). */
void command_verb_help(const char *name, const char *argument, const char *summary,
                       struct bytes *out);

/* msiv2 token */
command_fn command_token;
/* msiv2 call */
command_fn command_call;
/* msiv2 csr */
command_fn command_csr;
/* msiv2 cert */
command_fn command_cert;
verbs_help_fn command_cert_verbs;
/* msiv2 probe */
command_fn command_probe;

/* msiv2 key */
command_fn command_key;
verbs_help_fn command_key_verbs;
/* msiv2 doctor */
command_fn command_doctor;

#endif
