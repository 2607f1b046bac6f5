/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A store as the commands of `msiv2 cert` see it: opened by the command line's words, with the key
 * that an acquisition would use, if it is there. Nothing is made: no key, no folder. */
#ifndef REF_CLI_STORE_DESK_H
#define REF_CLI_STORE_DESK_H

#include "arguments.h"
#include "common/bytes.h"
#include "common/own.h"
#include "ref/keys/provider.h"
#include "ref/store/survey.h"
#include "session.h"

struct store_desk {
	struct session session;
	struct store *store;
	enum store_scope scope;
	const char *key_kind; /* static; of the key an acquisition would use; NULL = not known */
	bool key_there;       /* it exists; otherwise one would be made */
	uint8_t key_sha256[X509_SHA256_LEN];
	struct bytes device; /* it is in; empty = not known */
	int64_t now_s;
	struct survey survey; /* empty until it is read; then not judged yet */
};

/* Opens in place: see session_open(). Touches no file. MSIV2_CONFIG for --store none, which is none
 * to look at. */
MSIV2_MUST_USE enum msiv2_rc store_desk_open(struct store_desk *desk, const struct arguments *args,
                                             struct msiv2_error *err);
/* Reads the store, anew. MSIV2_STORE when it cannot be read. */
MSIV2_MUST_USE enum msiv2_rc store_desk_read(struct store_desk *desk, struct msiv2_error *err);
/* Frees what it holds. */
void store_desk_close(struct store_desk *desk);
DEFINE_OWNED_VALUE(store_desk, store_desk_close)

/* Names the store of the arguments; *out is NULL for "none". MSIV2_CONFIG naming the option. */
MSIV2_MUST_USE enum msiv2_rc store_desk_name(const struct arguments *args,
                                             const struct msiv2_clock *clock,
                                             enum store_scope *scope, struct store **out,
                                             struct msiv2_error *err);
/* Looks for the key of the strongest kind in --keys that outlives its process, and makes none. What
 * a device says against it is appended to `notes` as lines. */
void store_desk_find_key(struct store_desk *desk, const struct arguments *args,
                         struct bytes *notes);
/* Judges what was read. `source` NULL = entries of any IMDS. */
void store_desk_judge(struct store_desk *desk, const char *source);

/* The key of a kind and a name in its device, alive (KEY-08), and the SHA-256 of its public half.
 * *lack says why there is none. */
MSIV2_MUST_USE enum msiv2_rc store_desk_key(const struct store_desk *desk, const char *kind,
                                            const char *name, int64_t timeout_ms,
                                            uint8_t sha256[X509_SHA256_LEN], enum key_lack *lack,
                                            struct msiv2_error *err);

/* The name of the device that keys of a kind are in; false when it cannot be told. */
MSIV2_MUST_USE bool store_desk_device(const struct store_desk *desk, const char *kind,
                                      int64_t timeout_ms, struct bytes *out);

/* What a person named: an alias, or a certificate by at least so many digits of its SHA-256. */
#define STORE_DESK_DIGITS_MIN 8
/* The record belongs to what was named. */
bool store_desk_is_named(const struct survey_alias *alias, const struct store_record *record,
                         const char *target);

#endif
