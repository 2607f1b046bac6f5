/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "err.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "text.h"

static const char *const rc_names[MSIV2_RC_COUNT] = {
        [MSIV2_OK] = "ok",
        [MSIV2_CONFIG] = "config",
        [MSIV2_UNSUPPORTED] = "unsupported",
        [MSIV2_KEY_UNAVAILABLE] = "key_unavailable",
        [MSIV2_ATTESTATION_FAILED] = "attestation_failed",
        [MSIV2_TRANSPORT] = "transport",
        [MSIV2_TIMEOUT] = "timeout",
        [MSIV2_IMDS_REFUSED] = "imds_refused",
        [MSIV2_IMDS_MALFORMED] = "imds_malformed",
        [MSIV2_CERT_INVALID] = "cert_invalid",
        [MSIV2_STS_REFUSED] = "sts_refused",
        [MSIV2_STS_MALFORMED] = "sts_malformed",
        [MSIV2_STORE] = "store",
        [MSIV2_INTERNAL] = "internal",
};

const char *msiv2_rc_name(enum msiv2_rc rc)
{
	return (unsigned)rc < MSIV2_RC_COUNT ? rc_names[rc] : "unknown";
}

struct msiv2_error *msiv2_error_new(void)
{
	return mem_alloc(sizeof(struct msiv2_error));
}

void msiv2_error_free(struct msiv2_error *err)
{
	mem_free(err);
}

enum msiv2_rc msiv2_error_class(const struct msiv2_error *err)
{
	return err->rc;
}

const char *msiv2_error_where(const struct msiv2_error *err)
{
	return err->where;
}

const char *msiv2_error_message(const struct msiv2_error *err)
{
	return err->message;
}

int msiv2_error_http_status(const struct msiv2_error *err)
{
	return err->http_status;
}

const char *msiv2_error_code(const struct msiv2_error *err)
{
	return err->code;
}

const char *msiv2_error_correlation_id(const struct msiv2_error *err)
{
	return err->correlation_id;
}

/* Bytes of the UTF-8 character at `text`, or 0 when it is none. */
static size_t character(const char *text, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++) {
		if (text_is_utf8(text, n))
			return n;
	}
	return 0;
}

/* Copies as many whole characters as fit. Control characters become '?', so that one error is
 * always one line, and so does what is not UTF-8 (or was cut by a format's precision), so that it
 * is always fit for JSON. `text` may be `out`. */
static void copy_shown(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);
	size_t done = 0;

	while (len > 0) {
		size_t n = character(text, len);
		bool shown = n > 0 && (uint8_t)text[0] >= 0x20 && text[0] != 0x7F;

		n = n > 0 ? n : 1;
		if (done + n >= size)
			break;
		memmove(out + done, shown ? text : "?", n);
		done += n;
		text += n;
		len -= n;
	}
	out[done] = '\0';
}

void err_clear(struct msiv2_error *err)
{
	if (err != NULL)
		memset(err, 0, sizeof(*err));
}

__attribute__((format(printf, 4, 0))) static enum msiv2_rc
set_v(struct msiv2_error *err, enum msiv2_rc rc, const char *where, const char *fmt, va_list args)
{
	char text[sizeof(err->message) * 2];

	if (err == NULL)
		return rc;
	/* Formatted first: an argument may be the old message itself. */
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	err->rc = rc;
	err->http_status = 0;
	err->code[0] = '\0';
	err->correlation_id[0] = '\0';
	copy_shown(err->where, sizeof(err->where), where);
	copy_shown(err->message, sizeof(err->message), text);
	return rc;
}

enum msiv2_rc err_set(struct msiv2_error *err, enum msiv2_rc rc, const char *where, const char *fmt,
                      ...)
{
	va_list args;

	va_start(args, fmt);
	(void)set_v(err, rc, where, fmt, args);
	va_end(args);
	return rc;
}

enum msiv2_rc err_blame(struct msiv2_error *err, const struct blame *blame, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)set_v(err, blame->rc, blame->where, fmt, args);
	va_end(args);
	return blame->rc;
}

enum msiv2_rc err_no_memory(struct msiv2_error *err, const char *where)
{
	return err_set(err, MSIV2_INTERNAL, where, "out of memory");
}

enum msiv2_rc err_openssl(struct msiv2_error *err, enum msiv2_rc rc, const char *where,
                          const char *what)
{
	char reason[256] = "no reason given";
	unsigned long code = ERR_peek_last_error();

	if (code != 0)
		ERR_error_string_n(code, reason, sizeof(reason));
	ERR_clear_error();
	return err_set(err, rc, where, "%s: %s", what, reason);
}

void err_add_service(struct msiv2_error *err, int http_status, const char *code)
{
	if (err == NULL)
		return;
	err->http_status = http_status;
	if (code != NULL)
		copy_shown(err->code, sizeof(err->code), code);
}

void err_add_correlation(struct msiv2_error *err, const char *correlation_id)
{
	if (err != NULL && correlation_id != NULL)
		copy_shown(err->correlation_id, sizeof(err->correlation_id), correlation_id);
}
