/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Owned locals: freed when they go out of scope, unless they leave by steal().
 *
 *     OWNED(X509_REQ) *req = NULL;         a typedef name
 *     OWNED_STRUCT(bytes) body = {0};      one of our structs, by value or by pointer
 *     *out = steal(&body);                 the caller owns it now
 *
 * Each noun says once, beside its free function, how it is released: DEFINE_OWNED(X509, X509_free)
 * for pointers, DEFINE_OWNED_VALUE(bytes, bytes_free) for structs held by value. */
#ifndef COMMON_OWN_H
#define COMMON_OWN_H

#include <string.h>

#define OWNED(T)        __attribute__((cleanup(owned_##T))) T
#define OWNED_STRUCT(T) __attribute__((cleanup(owned_##T))) struct T

/* For OWNED(T) *p of a typedef T. */
#define DEFINE_OWNED(T, free_fn)                                                                   \
	static inline void owned_##T(T **p)                                                        \
	{                                                                                          \
		free_fn(*p);                                                                       \
	}

/* For OWNED_STRUCT(T) *p. */
#define DEFINE_OWNED_STRUCT(T, free_fn)                                                            \
	static inline void owned_##T(struct T **p)                                                 \
	{                                                                                          \
		free_fn(*p);                                                                       \
	}

/* For OWNED_STRUCT(T) v = {0}. */
#define DEFINE_OWNED_VALUE(T, free_fn)                                                             \
	static inline void owned_##T(struct T *v)                                                  \
	{                                                                                          \
		free_fn(v);                                                                        \
	}

/* Moves *p out and leaves zero behind. */
#define steal(p)                                                                                   \
	__extension__({                                                                            \
		__typeof__(*(p)) stolen_ = *(p);                                                   \
		memset((p), 0, sizeof(*(p)));                                                      \
		stolen_;                                                                           \
	})

#endif
