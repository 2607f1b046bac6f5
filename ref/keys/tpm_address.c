/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/text.h"

#define WHERE "key.hardware"

/* Where swtpm listens when nothing is said. */
#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT "2321"

struct parameter {
	const char *name;
	char *value;
	size_t size;
};

/* One "name=value" of len bytes. */
static enum msiv2_rc take(const struct parameter *rows, size_t count, const char *item, size_t len,
                          struct msiv2_error *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t name_len = strlen(rows[i].name);
		size_t value_len = len - name_len - 1;

		if (len <= name_len || strncmp(item, rows[i].name, name_len) != 0 ||
		    item[name_len] != '=')
			continue;
		if (rows[i].value[0] != '\0' || value_len == 0)
			return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
			               "the swtpm's address has an empty or repeated '%s'",
			               rows[i].name);
		if (value_len >= rows[i].size)
			return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
			               "the swtpm's address has a '%s' of more than %zu bytes",
			               rows[i].name, rows[i].size - 1);
		memcpy(rows[i].value, item + name_len + 1, value_len);
		return MSIV2_OK;
	}
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
	               "the swtpm's address has '%.*s' where path=, host= or port= is expected",
	               (int)len, item);
}

static enum msiv2_rc parse_swtpm(const char *conf, struct tpm_address *out, struct msiv2_error *err)
{
	const struct parameter rows[] = {{"path", out->path, sizeof(out->path)},
	                                 {"host", out->host, sizeof(out->host)},
	                                 {"port", out->port, sizeof(out->port)}};

	while (*conf != '\0') {
		size_t len = strcspn(conf, ",");

		TRY(take(rows, TEXT_COUNT(rows), conf, len, err));
		conf += conf[len] == ',' ? len + 1 : len;
	}
	out->way = out->path[0] != '\0' ? TPM_WAY_UNIX : TPM_WAY_TCP;
	if (out->way == TPM_WAY_UNIX && (out->host[0] != '\0' || out->port[0] != '\0'))
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "the swtpm's address has both a path and a host");
	if (out->host[0] == '\0')
		memcpy(out->host, DEFAULT_HOST, sizeof(DEFAULT_HOST));
	if (out->port[0] == '\0')
		memcpy(out->port, DEFAULT_PORT, sizeof(DEFAULT_PORT));
	return MSIV2_OK;
}

enum msiv2_rc tpm_address_parse(const char *text, struct tpm_address *out, struct msiv2_error *err)
{
	size_t name_len = strcspn(text, ":");

	memset(out, 0, sizeof(*out));
	if (!text_copy(out->text, sizeof(out->text), text) || name_len == 0 ||
	    name_len >= sizeof(out->module))
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "'%.40s' is not the address of a TPM (like device:/dev/tpmrm0)",
		               text);
	memcpy(out->module, text, name_len);
	out->way = TPM_WAY_MODULE;
	if (strcmp(out->module, "swtpm") != 0)
		return MSIV2_OK;
	return parse_swtpm(text[name_len] == ':' ? text + name_len + 1 : "", out, err);
}
