/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes away the begin of a character whose rest was cut off. */
static void end_whole(char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
		text[start - 1] = '\0';
}

static void __attribute__((format(printf, 3, 0)))
put(char *out, size_t size, const char *format, va_list list)
{
	int len = vsnprintf(out, size, format, list);

	if ((size_t)len >= size)
		end_whole(out, size - 1);
}

void words_set(char *out, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put(out, size, format, list);
	va_end(list);
}

void words_add(char *out, size_t size, const char *format, ...)
{
	size_t used = strlen(out);
	va_list list;

	va_start(list, format);
	put(out + used, size - used, format, list);
	va_end(list);
}

void words_json(char *out, size_t size, const cJSON *value)
{
	/* cJSON only reads what it prints; its parameter lacks the const. */
	cJSON *unread = (cJSON *)(uintptr_t)value;

	if (!value)
		words_set(out, size, "nothing");
	else if (!cJSON_PrintPreallocated(unread, out, (int)size, false))
		words_set(out, size, "...");
}
