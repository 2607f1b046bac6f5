/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "normal.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

#define UUID_LEN 36
#define HEX_MIN  32 /* thumbprints, ids without dashes */

/* Members that only say when, how long or through which socket. */
static const char *const volatile_members[] = {
        "seq",           "mono_us",        "duration_us", "world_time", "peer",
        "request_bytes", "response_bytes", "resumed",     "left_ms",
};

/* The random texts met so far; equal ones get equal numbers. */
struct names {
	cJSON *seen; /* object: text -> number; owned */
};

static bool is_volatile(const char *name)
{
	for (size_t i = 0; name && i < TEXT_COUNT(volatile_members); i++)
		if (text_equal(volatile_members[i], name))
			return true;
	return false;
}

static int number_of(struct names *names, const char *text, size_t len)
{
	char key[2 * HEX_MIN + 1];
	const cJSON *known;

	(void)snprintf(key, sizeof(key), "%.*s", (int)len, text);
	known = cJSON_GetObjectItemCaseSensitive(names->seen, key);
	if (known)
		return known->valueint;
	cJSON_AddNumberToObject(names->seen, key, cJSON_GetArraySize(names->seen) + 1);
	return cJSON_GetArraySize(names->seen);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t span_hex(const char *text)
{
	size_t len = 0;

	while (is_hex(text[len]))
		len++;
	return len;
}

static size_t span_uuid(const char *text)
{
	char copy[UUID_LEN + 1];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	return text_is_uuid(copy) ? UUID_LEN : 0;
}

/* ":12345" behind an address of this machine. */
static size_t span_port(const char *before, const char *text)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
	size_t len = *text == ':' ? 1 + strspn(text + 1, "0123456789") : 0;

	for (size_t i = 0; len > 1 && i < TEXT_COUNT(hosts); i++) {
		size_t host = strlen(hosts[i]);

		if ((size_t)(text - before) >= host && strncmp(text - host, hosts[i], host) == 0)
			return len;
	}
	return 0;
}

/* The text with its random parts replaced. */
static void add_normal(struct names *names, const char *text, struct bytes *out)
{
	const char *at = text;

	while (*at) {
		size_t len = span_uuid(at);

		if (len == 0 && span_hex(at) >= HEX_MIN)
			len = span_hex(at);
		if (len > 0) {
			bytes_addf(out, "<id %d>", number_of(names, at, len));
		} else if ((len = span_port(text, at)) > 0) {
			bytes_add_text(out, ":<port>");
		} else {
			len = 1;
			bytes_add_byte(out, (uint8_t)*at);
		}
		at += len;
	}
}

static void normalise(struct names *names, cJSON *value)
{
	cJSON *item, *next;

	if (cJSON_IsString(value)) {
		OWNED_STRUCT(bytes) text = {0};

		add_normal(names, value->valuestring, &text);
		(void)cJSON_SetValuestring(value, bytes_text(&text));
		return;
	}
	for (item = value->child; item; item = next) {
		next = item->next;
		if (is_volatile(item->string))
			cJSON_Delete(cJSON_DetachItemViaPointer(value, item));
		else
			normalise(names, item);
	}
}

static bool is(const cJSON *event, const char *endpoint)
{
	return text_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "endpoint")),
	                  endpoint);
}

static void add_event(struct names *names, const cJSON *event, struct bytes *out)
{
	OWNED(cJSON) *copy = cJSON_Duplicate(event, true);

	if (copy)
		normalise(names, copy);
	json_print(copy, out);
	bytes_add_byte(out, '\n');
}

void normal_journal(const cJSON *journal, struct bytes *out)
{
	const cJSON *events = cJSON_GetObjectItemCaseSensitive(journal, "events");
	OWNED(cJSON) *seen = cJSON_CreateObject();
	struct names names = {seen};
	const cJSON *event;

	cJSON_ArrayForEach(event, events)
	{
		if (!is(event, "tls") && !is(event, "clock"))
			add_event(&names, event, out);
	}
	cJSON_ArrayForEach(event, events)
	{
		if (is(event, "tls"))
			add_event(&names, event, out);
	}
}
