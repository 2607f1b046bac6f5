/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a PKCS#11 module answers, as a table: its name, what it says about the device (KEY-10), and
 * what one can do about it.
 *
 * `struct pkcs11_trouble` is the error object of everything that talks to a module: the usual error
 * for people, and for the code the number and what it means. */
#ifndef REF_KEYS_PKCS11_ERROR_H
#define REF_KEYS_PKCS11_ERROR_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "common/err.h"
#include "provider.h"

#define PKCS11_WHERE "key.keyguard"

/* What may help when a call failed. */
enum pkcs11_cure {
	PKCS11_CURE_NONE,    /* nothing: it will fail again, or another try does harm (PINs) */
	PKCS11_CURE_WAIT,    /* a moment: somebody else is busy with the token */
	PKCS11_CURE_SESSION, /* another session, logged in again, and the object found again */
	PKCS11_CURE_RESET,   /* a module that starts afresh: the token was away */
};

struct pkcs11_error_row {
	CK_RV rv;
	const char *name; /* "CKR_PIN_INCORRECT" */
	enum key_lack lack;
	enum pkcs11_cure cure;
	bool of_the_key; /* when no cure helps and the token works otherwise, the key is dead */
};

struct pkcs11_trouble {
	struct msiv2_error error;
	const char *module; /* borrowed; named in messages; may be NULL */
	const char *token;  /* borrowed label; named in messages; may be NULL */
	enum key_lack lack;
	CK_RV rv; /* CKR_OK when the trouble is not a module's answer */
};

/* The row of a number; one for all unknown numbers. Never NULL. */
const struct pkcs11_error_row *pkcs11_error_find(CK_RV rv);
/* The table, for tests. */
const struct pkcs11_error_row *pkcs11_error_rows(size_t *count);

/* `function` of the module answered rv: MSIV2_KEY_UNAVAILABLE naming module, token, function and
 * the answer's name. */
enum msiv2_rc pkcs11_failed(struct pkcs11_trouble *trouble, const char *function, CK_RV rv);
/* Something else is wrong, in words: MSIV2_KEY_UNAVAILABLE. */
enum msiv2_rc pkcs11_says(struct pkcs11_trouble *trouble, enum key_lack lack, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* Out of memory: MSIV2_INTERNAL. */
enum msiv2_rc pkcs11_no_memory(struct pkcs11_trouble *trouble);
/* The deadline passed: MSIV2_TIMEOUT. Keeps what was known before as the reason. */
enum msiv2_rc pkcs11_too_late(struct pkcs11_trouble *trouble);

#endif
