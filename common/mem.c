/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "mem.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t size)
{
	return calloc(1, size > 0 ? size : 1);
}

void *mem_resize(void *old, size_t size)
{
	return realloc(old, size > 0 ? size : 1);
}

void mem_free(void *p)
{
	free(p);
}

void mem_free_secret(void *p, size_t size)
{
	if (p != NULL)
		OPENSSL_cleanse(p, size);
	mem_free(p);
}
