/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The allocation seam: the only file that calls malloc and free. Tests replace mem_alloc() and
 * mem_resize() at link time (-Wl,--wrap=mem_alloc) to reach every out-of-memory path.
 * What comes back belongs to the caller and goes back through mem_free(). */
#ifndef COMMON_MEM_H
#define COMMON_MEM_H

#include <stddef.h>

#include "own.h"

/* size bytes of zeroes; NULL when memory is out. A size of 0 gives a unique pointer. */
void *mem_alloc(size_t size) __attribute__((malloc, warn_unused_result));
/* As realloc(); new bytes are not cleared. On NULL the old block is untouched. */
void *mem_resize(void *old, size_t size) __attribute__((warn_unused_result));
/* Frees; NULL is allowed. */
void mem_free(void *p);
/* Overwrites size bytes in a way the compiler keeps, then frees; NULL is allowed. */
void mem_free_secret(void *p, size_t size);

/* Copies text (NULL gives NULL). */
char *mem_strdup(const char *text) __attribute__((warn_unused_result));
/* Copies len bytes and adds a NUL. */
char *mem_strndup(const char *text, size_t len) __attribute__((warn_unused_result));

/* An owned string local: OWNED(mem_text) *name = NULL; */
typedef char mem_text;
DEFINE_OWNED(mem_text, mem_free)

#endif
