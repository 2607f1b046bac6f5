/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_token.h"

#include <string.h>

#include "pkcs11_pin.h"

#define MOST_SLOTS 64

/* Texts of PKCS#11 are padded with spaces and have no end mark. */
static void unpad(const unsigned char *padded, size_t size, char *out)
{
	while (size > 0 && padded[size - 1] == ' ')
		size--;
	memcpy(out, padded, size);
	out[size] = '\0';
}

static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	char text[sizeof(info->label) + 1];

	unpad(info->label, sizeof(info->label), text);
	return (info->flags & CKF_TOKEN_INITIALIZED) != 0 && strcmp(text, label) == 0;
}

static void describe(CK_SLOT_ID slot, const CK_TOKEN_INFO *info, struct pkcs11_token *out)
{
	out->slot = slot;
	out->flags = info->flags;
	unpad(info->manufacturerID, sizeof(info->manufacturerID), out->manufacturer);
	unpad(info->model, sizeof(info->model), out->model);
	unpad(info->serialNumber, sizeof(info->serialNumber), out->serial);
}

enum msiv2_rc pkcs11_token_find(const CK_FUNCTION_LIST *functions, const char *label,
                                struct pkcs11_token *out, struct pkcs11_trouble *trouble)
{
	CK_SLOT_ID slots[MOST_SLOTS];
	CK_ULONG count = 0;
	unsigned found = 0;
	CK_RV rv;

	/* Asking for the number first makes modules look at their slots anew. */
	rv = functions->C_GetSlotList(CK_TRUE, NULL, &count);
	if (rv == CKR_OK) {
		count = MOST_SLOTS;
		rv = functions->C_GetSlotList(CK_TRUE, slots, &count);
	}
	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_GetSlotList", rv);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info = {0};

		/* One slot that does not answer says nothing about the others. */
		if (functions->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !has_label(&info, label))
			continue;
		describe(slots[i], &info, out);
		found++;
	}
	if (found == 0) {
		(void)pkcs11_says(trouble, KEY_LACK_ABSENT, "there is no such token");
		/* Modules that look at their slots only when they start may see it then. */
		trouble->rv = CKR_TOKEN_NOT_PRESENT;
		return MSIV2_KEY_UNAVAILABLE;
	}
	if (found > 1)
		return pkcs11_says(trouble, KEY_LACK_BROKEN, "%u tokens have this label", found);
	return MSIV2_OK;
}

static enum msiv2_rc check_pin_state(const struct pkcs11_token *token,
                                     struct pkcs11_trouble *trouble)
{
	if ((token->flags & CKF_USER_PIN_INITIALIZED) == 0)
		return pkcs11_says(trouble, KEY_LACK_REFUSED, "the token's user PIN is not set");
	return MSIV2_OK;
}

static enum msiv2_rc log_in(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session,
                            const struct pkcs11_token *token, const char *pin_file,
                            struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(bytes) pin = {.secret = true};
	CK_RV rv;

	TRY(check_pin_state(token, trouble));
	TRY(pkcs11_pin_read(pin_file, &pin, trouble));
	if (pin.len == 0 && (token->flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0)
		return pkcs11_says(trouble, KEY_LACK_REFUSED,
		                   "no PIN given: set " PKCS11_PIN_VARIABLE " or name a PIN file");
	rv = functions->C_Login(session, CKU_USER, pin.len > 0 ? pin.data : NULL, pin.len);
	/* The login is of the application: another thread may have been first. */
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return MSIV2_OK;
	return pkcs11_failed(trouble, "C_Login", rv);
}

static enum msiv2_rc log_in_unless_done(const CK_FUNCTION_LIST *functions,
                                        CK_SESSION_HANDLE session, const struct pkcs11_token *token,
                                        const char *pin_file, struct pkcs11_trouble *trouble)
{
	CK_SESSION_INFO info = {0};
	CK_RV rv = functions->C_GetSessionInfo(session, &info);

	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_GetSessionInfo", rv);
	if (info.state == CKS_RW_USER_FUNCTIONS || (token->flags & CKF_LOGIN_REQUIRED) == 0)
		return MSIV2_OK;
	return log_in(functions, session, token, pin_file, trouble);
}

enum msiv2_rc pkcs11_token_session(const CK_FUNCTION_LIST *functions,
                                   const struct pkcs11_token *token, const char *pin_file,
                                   CK_SESSION_HANDLE *out, struct pkcs11_trouble *trouble)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	enum msiv2_rc rc;
	CK_RV rv = functions->C_OpenSession(token->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
	                                    NULL, &session);

	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_OpenSession", rv);
	rc = log_in_unless_done(functions, session, token, pin_file, trouble);
	if (rc != MSIV2_OK) {
		(void)functions->C_CloseSession(session);
		return rc;
	}
	*out = session;
	return MSIV2_OK;
}
