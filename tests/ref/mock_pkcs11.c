/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "mock_pkcs11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static struct mock_fault fault;
static unsigned calls;
static bool hanging;

static CK_FUNCTION_LIST real;
static CK_FUNCTION_LIST mocked;

EXPORTED void mock_arm(const struct mock_fault *with)
{
	(void)pthread_mutex_lock(&lock);
	fault = *with;
	calls = 0;
	hanging = with->hang;
	(void)pthread_mutex_unlock(&lock);
}

EXPORTED void mock_release(void)
{
	(void)pthread_mutex_lock(&lock);
	hanging = false;
	(void)pthread_cond_broadcast(&released);
	(void)pthread_mutex_unlock(&lock);
}

EXPORTED unsigned mock_calls(void)
{
	unsigned count;

	(void)pthread_mutex_lock(&lock);
	count = calls;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

/* Whether this call of `function` is one that fails; waits first when it is to hang. */
static bool trips(const char *function, struct mock_fault *how)
{
	bool hit = false;

	(void)pthread_mutex_lock(&lock);
	if (fault.function != NULL && strcmp(fault.function, function) == 0) {
		calls++;
		hit = calls > fault.skip && (fault.times == 0 || calls <= fault.skip + fault.times);
		*how = fault;
	}
	while (hit && hanging)
		(void)pthread_cond_wait(&released, &lock);
	(void)pthread_mutex_unlock(&lock);
	return hit;
}

/* Wraps a call: fails before it, after it, or not at all. */
#define WRAPPED(name, call)                                                                        \
	do {                                                                                       \
		struct mock_fault how = {0};                                                       \
		bool hit = trips(#name, &how);                                                     \
		CK_RV rv = CKR_OK;                                                                 \
		if (!hit || how.after || how.rv == CKR_OK)                                         \
			rv = real.call;                                                            \
		return hit && how.rv != CKR_OK ? how.rv : rv;                                      \
	} while (0)

static CK_RV m_initialize(void *args)
{
	WRAPPED(C_Initialize, C_Initialize(args));
}

static CK_RV m_get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count)
{
	WRAPPED(C_GetSlotList, C_GetSlotList(present, list, count));
}

static CK_RV m_open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
                            CK_SESSION_HANDLE_PTR out)
{
	WRAPPED(C_OpenSession, C_OpenSession(slot, flags, app, notify, out));
}

static CK_RV m_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin,
                     CK_ULONG len)
{
	WRAPPED(C_Login, C_Login(session, user, pin, len));
}

static CK_RV m_find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR wanted, CK_ULONG count)
{
	WRAPPED(C_FindObjectsInit, C_FindObjectsInit(session, wanted, count));
}

static CK_RV m_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                         CK_OBJECT_HANDLE key)
{
	WRAPPED(C_SignInit, C_SignInit(session, mechanism, key));
}

static CK_RV m_create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                             CK_OBJECT_HANDLE_PTR out)
{
	WRAPPED(C_CreateObject, C_CreateObject(session, attributes, count, out));
}

static CK_RV m_generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                                 CK_ATTRIBUTE_PTR pub, CK_ULONG pub_count, CK_ATTRIBUTE_PTR priv,
                                 CK_ULONG priv_count, CK_OBJECT_HANDLE_PTR pub_out,
                                 CK_OBJECT_HANDLE_PTR priv_out)
{
	struct mock_fault how = {0};
	bool hit = trips("C_GenerateKeyPair", &how);
	CK_OBJECT_HANDLE twin[2];
	CK_RV rv;

	if (hit && how.rv != CKR_OK && !how.after)
		return how.rv;
	if (hit && how.twin)
		(void)real.C_GenerateKeyPair(session, mechanism, pub, pub_count, priv, priv_count,
		                             &twin[0], &twin[1]);
	rv = real.C_GenerateKeyPair(session, mechanism, pub, pub_count, priv, priv_count, pub_out,
	                            priv_out);
	return hit && how.rv != CKR_OK ? how.rv : rv;
}

static CK_RV m_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR sig,
                    CK_ULONG_PTR sig_len)
{
	struct mock_fault how = {0};
	bool hit = trips("C_Sign", &how);
	CK_RV rv;

	if (hit && how.rv != CKR_OK)
		return how.rv;
	rv = real.C_Sign(session, data, len, sig, sig_len);
	if (hit && how.corrupt && rv == CKR_OK)
		sig[*sig_len - 1] ^= 1;
	return rv;
}

static CK_RV m_get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                   CK_ATTRIBUTE_PTR attributes, CK_ULONG count)
{
	struct mock_fault how = {0};
	bool hit = trips("C_GetAttributeValue", &how);
	CK_RV rv;

	if (hit && how.rv != CKR_OK)
		return how.rv;
	rv = real.C_GetAttributeValue(session, object, attributes, count);
	if (hit && rv == CKR_OK && count == 1 && attributes[0].type == how.lie &&
	    attributes[0].pValue != NULL && attributes[0].ulValueLen == sizeof(CK_BBOOL))
		*(CK_BBOOL *)attributes[0].pValue ^= 1;
	return rv;
}

static bool load(void)
{
	void *library = dlopen(MOCK_OF, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	union {
		void *symbol;
		CK_RV (*get)(CK_FUNCTION_LIST_PTR_PTR list);
	} entry = {.symbol = library != NULL ? dlsym(library, "C_GetFunctionList") : NULL};
	CK_FUNCTION_LIST *list = NULL;

	if (entry.symbol == NULL || entry.get(&list) != CKR_OK)
		return false;
	real = *list;
	return true;
}

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	if (!load())
		return CKR_GENERAL_ERROR;
	mocked = real;
	mocked.C_Initialize = m_initialize;
	mocked.C_GetSlotList = m_get_slot_list;
	mocked.C_OpenSession = m_open_session;
	mocked.C_Login = m_login;
	mocked.C_FindObjectsInit = m_find_objects_init;
	mocked.C_SignInit = m_sign_init;
	mocked.C_Sign = m_sign;
	mocked.C_CreateObject = m_create_object;
	mocked.C_GenerateKeyPair = m_generate_key_pair;
	mocked.C_GetAttributeValue = m_get_attribute_value;
	*list = &mocked;
	return CKR_OK;
}
