/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A PKCS#11 module that is SoftHSM2 with one fault in it: for failures SoftHSM2 cannot be brought
 * to show. Built as a module of its own; tests reach these functions by dlsym(). */
#ifndef TESTS_REF_MOCK_PKCS11_H
#define TESTS_REF_MOCK_PKCS11_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct mock_fault {
	const char *function;  /* "C_Sign"; NULL = no fault */
	unsigned skip;         /* calls that go well first */
	unsigned times;        /* calls that fail then; 0 = all */
	CK_RV rv;              /* what they answer */
	bool after;            /* the real call is made, and then it fails */
	bool hang;             /* they wait for mock_release() first */
	bool corrupt;          /* C_Sign: made, but wrong; rv is not used */
	bool twin;             /* C_GenerateKeyPair: somebody else makes one meanwhile */
	CK_ATTRIBUTE_TYPE lie; /* C_GetAttributeValue: this CK_BBOOL is turned; rv is not used */
};

/* Sets the fault and forgets the counts. */
typedef void (*mock_arm_fn)(const struct mock_fault *fault);
/* Lets those who hang go on. */
typedef void (*mock_release_fn)(void);
/* How often the function of the fault was called since it was armed. */
typedef unsigned (*mock_calls_fn)(void);

/* The module's entry, and the three above: mock_arm, mock_release, mock_calls. */
CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);
void mock_arm(const struct mock_fault *fault);
void mock_release(void);
unsigned mock_calls(void);

#endif
