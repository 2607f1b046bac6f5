/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The error object from the inside, and the one flow macro, TRY.
 *
 * `struct blame` is how a shared parser reports in its caller's words: it names the class to return
 * and the place to print, so that the same JSON reader says "imds_malformed at
 * imds.getplatformmetadata" on one leg and "config at rules.json" on another. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include "include/msiv2_base.h"

struct msiv2_error {
	enum msiv2_rc rc;
	int http_status;
	char where[96];
	char code[96];
	char correlation_id[40];
	char message[640];
};

struct blame {
	enum msiv2_rc rc;
	const char *where; /* borrowed; static text in practice */
};

/* Returns from the calling function with the class of a failed expression. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		enum msiv2_rc try_rc_ = (expr);                                                    \
		if (try_rc_ != MSIV2_OK)                                                           \
			return try_rc_;                                                            \
	} while (0)

/* Empties the object. */
void err_clear(struct msiv2_error *err);

/* Fills the object (truncating what is too long) and returns rc, so that failing is one line:
 * `return err_set(err, MSIV2_CONFIG, "--imds", "not a URL: %s", text);` err may be NULL.
 * Control characters in the result are shown as '?'. Clears status, code and correlation id. */
enum msiv2_rc err_set(struct msiv2_error *err, enum msiv2_rc rc, const char *where, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));

/* As err_set(), with class and place taken from a blame. */
enum msiv2_rc err_blame(struct msiv2_error *err, const struct blame *blame, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* Out of memory at `where`: MSIV2_INTERNAL. */
enum msiv2_rc err_no_memory(struct msiv2_error *err, const char *where);

/* MSIV2-internal failure with the reason from OpenSSL's error queue, which is emptied. */
enum msiv2_rc err_openssl(struct msiv2_error *err, enum msiv2_rc rc, const char *where,
                          const char *what);

/* Adds what the service said to an error that is already set; NULL texts are skipped. */
void err_add_service(struct msiv2_error *err, int http_status, const char *code);

/* Adds the correlation id to an error that is already set. */
void err_add_correlation(struct msiv2_error *err, const char *correlation_id);

#endif
