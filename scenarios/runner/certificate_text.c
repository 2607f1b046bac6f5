/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "certificate_text.h"

#include <ctype.h>
#include <openssl/err.h>
#include <stdint.h>
#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"

#define DER_SEQUENCE 0x30
#define DER_LONG     0x82 /* two bytes of length: what keys and certificates have */
#define DER_MIN      256
#define RUN_MIN      340 /* base64 of DER_MIN bytes */

/* One DER value of `len` bytes at most is what is looked for. */
typedef bool (*der_test_fn)(const uint8_t *der, size_t len);

static bool is_certificate(const uint8_t *der, size_t len)
{
	OWNED(X509) *cert = d2i_X509(NULL, &der, (long)len);

	ERR_clear_error();
	return cert != NULL;
}

static bool is_private_key(const uint8_t *der, size_t len)
{
	OWNED(EVP_PKEY) *key = d2i_AutoPrivateKey(NULL, &der, (long)len);

	ERR_clear_error();
	return key != NULL;
}

/* Looks at every place where such a value could begin. */
static bool find_der(const uint8_t *data, size_t len, der_test_fn test)
{
	for (size_t i = 0; i + DER_MIN <= len; i++) {
		size_t size;

		if (data[i] != DER_SEQUENCE || data[i + 1] != DER_LONG)
			continue;
		size = ((size_t)data[i + 2] << 8 | data[i + 3]) + 4;
		if (size >= DER_MIN && size <= len - i && test(data + i, size))
			return true;
	}
	return false;
}

static bool in_base64(uint8_t c)
{
	return isalnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

/* The bytes behind a run of base64 or base64url, padding left off. */
static void decode_run(const uint8_t *run, size_t len, struct bytes *out)
{
	OWNED_STRUCT(bytes) text = {.secret = true};

	for (size_t i = 0; i < len; i++)
		bytes_add_byte(&text, run[i] == '+' ? '-' : run[i] == '/' ? '_' : run[i]);
	/* What is no end of base64 is a word behind it: whole groups are decoded then. */
	if (text.failed || base64url_decode(bytes_text(&text), len, out) ||
	    base64url_decode(bytes_text(&text), len - len % 4, out))
		return;
	bytes_clear(out);
}

/* The run may have a word in front of it, which shifts its groups. */
static bool find_in_run(const uint8_t *run, size_t len, der_test_fn test)
{
	for (size_t skip = 0; skip < 4 && len - skip >= RUN_MIN; skip++) {
		OWNED_STRUCT(bytes) der = {.secret = true};

		decode_run(run + skip, len - skip, &der);
		if (find_der(der.data, der.len, test))
			return true;
	}
	return false;
}

/* Runs may be broken by newlines, also written \n as in JSON. */
static size_t skip_break(const uint8_t *data, size_t len, size_t at)
{
	while (at < len && (data[at] == '\n' || data[at] == '\r'))
		at++;
	while (at + 1 < len && data[at] == '\\' && (data[at + 1] == 'n' || data[at + 1] == 'r'))
		at += 2;
	return at;
}

/* Goes over a run of base64, with breaks in it; appends it unless `run` is NULL. *count is how long
 * it is without them. Gives the place behind it. */
static size_t go_over_run(const uint8_t *data, size_t len, size_t at, size_t *count,
                          struct bytes *run)
{
	*count = 0;
	while (at < len && (in_base64(data[at]) || skip_break(data, len, at) > at)) {
		if (!in_base64(data[at])) {
			at = skip_break(data, len, at);
			continue;
		}
		if (run)
			bytes_add_byte(run, data[at]);
		(*count)++;
		at++;
	}
	return at;
}

/* Each long run of base64 is decoded, whatever stands around it. */
static bool find_base64(const uint8_t *data, size_t len, der_test_fn test)
{
	OWNED_STRUCT(bytes) run = {.secret = true};
	size_t at = 0;

	while (at < len) {
		size_t count;
		size_t end = go_over_run(data, len, at, &count, NULL);

		if (count >= RUN_MIN) {
			bytes_clear(&run);
			(void)go_over_run(data, len, at, &count, &run);
			if (!run.failed && find_in_run(run.data, run.len, test))
				return true;
		}
		at = end + 1;
	}
	return false;
}

/* A PEM header with that word in it. */
static bool find_pem(const uint8_t *data, size_t len, const char *label)
{
	return len > 0 && memmem(data, len, label, strlen(label)) != NULL;
}

bool holds_certificate(const void *data, size_t len)
{
	return find_pem(data, len, "-----BEGIN CERTIFICATE-----") ||
	       find_der(data, len, is_certificate) || find_base64(data, len, is_certificate);
}

bool holds_private_key(const void *data, size_t len)
{
	return find_pem(data, len, "PRIVATE KEY-----") || find_der(data, len, is_private_key) ||
	       find_base64(data, len, is_private_key);
}
