/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "bytes.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

static void release(struct bytes *b)
{
	if (b->secret)
		mem_free_secret(b->data, b->cap);
	else
		mem_free(b->data);
}

void bytes_free(struct bytes *b)
{
	release(b);
	b->data = NULL;
	b->len = 0;
	b->cap = 0;
	b->failed = false;
	b->over_limit = false;
}

void bytes_clear(struct bytes *b)
{
	if (b->secret && b->data != NULL)
		OPENSSL_cleanse(b->data, b->cap);
	b->len = 0;
	b->failed = false;
	b->over_limit = false;
	if (b->data != NULL)
		b->data[0] = 0;
}

/* Secrets are copied to new memory and the old is wiped; realloc would leave a copy behind. */
static uint8_t *grow_to(struct bytes *b, size_t cap)
{
	uint8_t *data;

	if (!b->secret)
		return mem_resize(b->data, cap);
	data = mem_alloc(cap);
	if (data == NULL)
		return NULL;
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	mem_free_secret(b->data, b->cap);
	return data;
}

/* Room for n more bytes and the NUL. */
static bool reserve(struct bytes *b, size_t n)
{
	size_t need, cap;
	uint8_t *data;

	if (b->failed)
		return false;
	b->over_limit = b->limit > 0 && n > b->limit - b->len;
	b->failed = b->over_limit || n > SIZE_MAX / 4 - b->len;
	if (b->failed)
		return false;
	need = b->len + n + 1;
	if (need <= b->cap)
		return true;
	cap = need < 64 ? 64 : need + need / 2;
	data = grow_to(b, cap);
	b->failed = data == NULL;
	if (b->failed)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

void bytes_add(struct bytes *b, const void *data, size_t n)
{
	if (!reserve(b, n))
		return;
	if (n > 0)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = 0;
}

void bytes_add_byte(struct bytes *b, uint8_t byte)
{
	bytes_add(b, &byte, 1);
}

void bytes_add_text(struct bytes *b, const char *text)
{
	bytes_add(b, text, strlen(text));
}

void bytes_addv(struct bytes *b, const char *fmt, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !reserve(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	(void)vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, args);
	b->len += (size_t)n;
}

void bytes_addf(struct bytes *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bytes_addv(b, fmt, args);
	va_end(args);
}

enum msiv2_rc bytes_done(const struct bytes *b, const char *where, struct msiv2_error *err)
{
	if (!b->failed)
		return MSIV2_OK;
	if (b->over_limit)
		return err_set(err, MSIV2_INTERNAL, where, "more than %zu bytes", b->limit);
	return err_no_memory(err, where);
}

const char *bytes_text(const struct bytes *b)
{
	return b->data != NULL ? (const char *)b->data : "";
}
