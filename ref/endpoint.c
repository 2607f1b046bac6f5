/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "endpoint.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "common/text.h"

#define SCHEME "https://"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Labels of letters, digits, '-' and '_', one dot between them; IPv4 addresses are such names. */
static bool is_name(const char *host, size_t len)
{
	bool label_begins = true;

	for (size_t i = 0; i < len; i++) {
		bool dot = host[i] == '.';

		if (!dot && host[i] != '-' && host[i] != '_' && !is_alnum(host[i]))
			return false;
		if (label_begins && (dot || host[i] == '-'))
			return false;
		label_begins = dot;
	}
	return len > 0 && len <= 253 && !label_begins;
}

static bool is_ipv6(const char *host, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (len < 4 || len - 2 >= sizeof(text) || host[0] != '[' || host[len - 1] != ']')
		return false;
	memcpy(text, host + 1, len - 2);
	text[len - 2] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* What follows the colon: 1 to 5 digits, 1..65535. */
static bool is_port(const char *text, size_t len)
{
	unsigned long port = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(text[i] - '0');
	}
	return len > 0 && len <= 5 && port > 0 && port <= 65535;
}

static const char *authority_complaint(const char *text, size_t len)
{
	const char *after_brackets = memchr(text, ']', len);
	const char *from = after_brackets != NULL ? after_brackets : text;
	const char *colon = memchr(from, ':', len - (size_t)(from - text));
	size_t host_len = colon != NULL ? (size_t)(colon - text) : len;

	if (memchr(text, '@', len) != NULL)
		return "has user information";
	if (host_len == 0)
		return "has no host";
	if (!is_name(text, host_len) && !is_ipv6(text, host_len))
		return "has a host that is neither a name nor an address";
	if (colon != NULL && !is_port(colon + 1, len - host_len - 1))
		return "has a port that is not in 1..65535";
	return NULL;
}

static bool is_path(const char *path)
{
	for (const char *c = path; *c != '\0'; c++) {
		if (*c == '%' && (!is_hex(c[1]) || !is_hex(c[2])))
			return false;
		if (!is_alnum(*c) && strchr("/-._~!$&'()*+,;=:@%", *c) == NULL)
			return false;
	}
	return true;
}

const char *endpoint_complaint(const char *text)
{
	const char *authority;
	const char *complaint;
	size_t len;

	if (strlen(text) > ENDPOINT_MAX_LEN)
		return "is too long";
	if (!text_starts_nocase(text, SCHEME))
		return "is not an https address";
	/* Before anything else is split off: both would move the end of the host or the path. */
	if (strchr(text, '?') != NULL)
		return "has a query";
	if (strchr(text, '#') != NULL)
		return "has a fragment";
	authority = text + strlen(SCHEME);
	len = strcspn(authority, "/");
	complaint = authority_complaint(authority, len);
	if (complaint != NULL)
		return complaint;
	return is_path(authority + len) ? NULL
	                                : "has a path with characters that no address may have";
}
