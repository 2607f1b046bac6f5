/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The command line of `msiv2` as values. Texts are borrowed from argv. */
#ifndef REF_CLI_ARGUMENTS_H
#define REF_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "ref/include/msiv2.h"

/* One bit per command, for the rows of the option table. */
enum command_bit {
	COMMAND_TOKEN = 1,
	COMMAND_CALL = 2,
	COMMAND_CSR = 4,
	COMMAND_CERT = 8,
	COMMAND_PROBE = 16,
	COMMAND_KEY = 32,
	COMMAND_DOCTOR = 64,
	COMMAND_ALL = 127,
	COMMAND_KEYED = COMMAND_ALL & ~COMMAND_PROBE,
	COMMAND_STORED = COMMAND_TOKEN | COMMAND_CALL | COMMAND_CERT | COMMAND_DOCTOR
};

struct arguments {
	enum msiv2_identity_kind identity_kind;
	const char *identity_id;
	const char *imds;
	const char *ca;
	int64_t timeout_ms; /* 0 = the library's default */
	int64_t clock_offset_s;
	int verbosity;
	bool json;
	bool help;
	/* keys */
	const char *keys;
	const char *min_strength;
	const char *key_places[MSIV2_KEY_PLACES];
	bool attest;
	/* tokens */
	const char *resource;
	enum msiv2_token_type type;
	const char *claims;
	bool force;
	bool show_token;
	/* call */
	const char *url;
	const char *method;
	const char *data;
	const char *content_type;
	/* key and cert */
	const char *verb;      /* NULL = none given */
	const char *target;    /* of the verb; NULL = none given */
	const char *authority; /* key */
	/* the store */
	const char *store; /* NULL = the library's default */
	const char *store_root;
	bool everything; /* cert purge */
	/* csr, cert and key */
	bool pem;
	const char *der; /* file, or "-" */
};

/* Reads the options of one command from argv[0..argc). Positional arguments are the URL of `call`,
 * the verb of `key`, and the verb of `cert` with its target. MSIV2_CONFIG naming the option. */
MSIV2_MUST_USE enum msiv2_rc arguments_read(enum command_bit command, int argc, char **argv,
                                            struct arguments *out, struct msiv2_error *err);
/* Appends the help lines of one command's options. */
void arguments_help(enum command_bit command, struct bytes *out);

#endif
