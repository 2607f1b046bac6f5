/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Apart from mem.c, so that a link-time replacement of mem_alloc() reaches these too. */
#include "mem.h"

#include <string.h>

char *mem_strdup(const char *text)
{
	return text != NULL ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (copy != NULL && len > 0)
		memcpy(copy, text, len);
	return copy;
}
