/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/text.h"

#define ABSENT  KEY_LACK_ABSENT
#define BROKEN  KEY_LACK_BROKEN
#define REFUSED KEY_LACK_REFUSED
#define NONE    PKCS11_CURE_NONE
#define WAIT    PKCS11_CURE_WAIT
#define SESSION PKCS11_CURE_SESSION
#define RESET   PKCS11_CURE_RESET

#define ROW(rv, lack, cure, of_the_key)                                                            \
	{                                                                                          \
		rv, #rv, lack, cure, of_the_key                                                    \
	}

/* Answers a signing client can meet (PKCS#11 v2.40, section 5.1). SoftHSM2 answers
 * CKR_GENERAL_ERROR while another process is writing to the token: a moment helps. A wrong PIN is
 * never tried twice: the token counts. */
static const struct pkcs11_error_row rows[] = {
        ROW(CKR_HOST_MEMORY, BROKEN, WAIT, false),
        ROW(CKR_SLOT_ID_INVALID, BROKEN, RESET, false),
        ROW(CKR_GENERAL_ERROR, BROKEN, WAIT, true),
        ROW(CKR_FUNCTION_FAILED, BROKEN, WAIT, true),
        ROW(CKR_ARGUMENTS_BAD, BROKEN, NONE, false),
        ROW(CKR_CANT_LOCK, BROKEN, NONE, false),
        ROW(CKR_NEED_TO_CREATE_THREADS, BROKEN, NONE, false),
        ROW(CKR_ATTRIBUTE_READ_ONLY, BROKEN, NONE, false),
        ROW(CKR_ATTRIBUTE_SENSITIVE, BROKEN, NONE, false),
        ROW(CKR_ATTRIBUTE_TYPE_INVALID, BROKEN, NONE, false),
        ROW(CKR_ATTRIBUTE_VALUE_INVALID, BROKEN, NONE, false),
        ROW(CKR_DATA_INVALID, BROKEN, NONE, false),
        ROW(CKR_DATA_LEN_RANGE, BROKEN, NONE, false),
        ROW(CKR_DEVICE_ERROR, BROKEN, RESET, false),
        ROW(CKR_DEVICE_MEMORY, BROKEN, WAIT, false),
        ROW(CKR_DEVICE_REMOVED, BROKEN, RESET, false),
        ROW(CKR_FUNCTION_CANCELED, BROKEN, WAIT, false),
        ROW(CKR_FUNCTION_NOT_SUPPORTED, BROKEN, NONE, false),
        ROW(CKR_KEY_HANDLE_INVALID, BROKEN, SESSION, true),
        ROW(CKR_KEY_SIZE_RANGE, BROKEN, NONE, true),
        ROW(CKR_KEY_TYPE_INCONSISTENT, BROKEN, NONE, true),
        ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, REFUSED, NONE, true),
        ROW(CKR_MECHANISM_INVALID, BROKEN, NONE, false),
        ROW(CKR_MECHANISM_PARAM_INVALID, BROKEN, NONE, false),
        ROW(CKR_OBJECT_HANDLE_INVALID, BROKEN, SESSION, true),
        ROW(CKR_OPERATION_ACTIVE, BROKEN, SESSION, false),
        ROW(CKR_OPERATION_NOT_INITIALIZED, BROKEN, SESSION, false),
        ROW(CKR_PIN_INCORRECT, REFUSED, NONE, false),
        ROW(CKR_PIN_INVALID, REFUSED, NONE, false),
        ROW(CKR_PIN_LEN_RANGE, REFUSED, NONE, false),
        ROW(CKR_PIN_EXPIRED, REFUSED, NONE, false),
        ROW(CKR_PIN_LOCKED, REFUSED, NONE, false),
        ROW(CKR_SESSION_CLOSED, BROKEN, SESSION, false),
        ROW(CKR_SESSION_COUNT, BROKEN, WAIT, false),
        ROW(CKR_SESSION_HANDLE_INVALID, BROKEN, SESSION, false),
        ROW(CKR_SESSION_READ_ONLY, BROKEN, NONE, false),
        ROW(CKR_TEMPLATE_INCOMPLETE, BROKEN, NONE, false),
        ROW(CKR_TEMPLATE_INCONSISTENT, BROKEN, NONE, false),
        ROW(CKR_TOKEN_NOT_PRESENT, ABSENT, RESET, false),
        ROW(CKR_TOKEN_NOT_RECOGNIZED, BROKEN, RESET, false),
        ROW(CKR_TOKEN_WRITE_PROTECTED, REFUSED, NONE, false),
        ROW(CKR_USER_NOT_LOGGED_IN, BROKEN, SESSION, false),
        ROW(CKR_USER_PIN_NOT_INITIALIZED, REFUSED, NONE, false),
        ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, REFUSED, NONE, false),
        ROW(CKR_USER_TOO_MANY_TYPES, REFUSED, NONE, false),
        ROW(CKR_BUFFER_TOO_SMALL, BROKEN, NONE, false),
        ROW(CKR_CRYPTOKI_NOT_INITIALIZED, BROKEN, RESET, false),
};

static const struct pkcs11_error_row unknown = {CKR_VENDOR_DEFINED, "an unknown answer", BROKEN,
                                                NONE, false};

const struct pkcs11_error_row *pkcs11_error_find(CK_RV rv)
{
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		if (rows[i].rv == rv)
			return &rows[i];
	}
	return &unknown;
}

const struct pkcs11_error_row *pkcs11_error_rows(size_t *count)
{
	*count = TEXT_COUNT(rows);
	return rows;
}

/* "module PATH, token "LABEL": REASON", as far as they are known. */
static enum msiv2_rc fill(struct pkcs11_trouble *trouble, enum msiv2_rc rc, const char *reason)
{
	bool module = trouble->module != NULL;
	bool token = trouble->token != NULL;

	return err_set(&trouble->error, rc, PKCS11_WHERE, "%s%s%s%s%s%s%s", module ? "module " : "",
	               module ? trouble->module : "", module && token ? ", " : "",
	               token ? "token \"" : "", token ? trouble->token : "",
	               token ? "\": " : (module ? ": " : ""), reason);
}

enum msiv2_rc pkcs11_failed(struct pkcs11_trouble *trouble, const char *function, CK_RV rv)
{
	const struct pkcs11_error_row *row = pkcs11_error_find(rv);
	char reason[160];

	(void)snprintf(reason, sizeof(reason), "%s: %s (0x%lX)", function, row->name, rv);
	trouble->lack = row->lack;
	trouble->rv = rv;
	return fill(trouble, MSIV2_KEY_UNAVAILABLE, reason);
}

enum msiv2_rc pkcs11_says(struct pkcs11_trouble *trouble, enum key_lack lack, const char *fmt, ...)
{
	char reason[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	trouble->lack = lack;
	trouble->rv = CKR_OK;
	return fill(trouble, MSIV2_KEY_UNAVAILABLE, reason);
}

enum msiv2_rc pkcs11_no_memory(struct pkcs11_trouble *trouble)
{
	trouble->lack = KEY_LACK_BROKEN;
	trouble->rv = CKR_OK;
	return err_no_memory(&trouble->error, PKCS11_WHERE);
}

enum msiv2_rc pkcs11_too_late(struct pkcs11_trouble *trouble)
{
	char before[sizeof(trouble->error.message)];

	(void)snprintf(before, sizeof(before), "%s", trouble->error.message);
	trouble->lack = KEY_LACK_BROKEN;
	if (before[0] != '\0')
		return err_set(&trouble->error, MSIV2_TIMEOUT, PKCS11_WHERE,
		               "no time left; last: %s", before);
	return fill(trouble, MSIV2_TIMEOUT, "no time left");
}
