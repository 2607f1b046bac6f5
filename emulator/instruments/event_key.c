/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "event_key.h"

#include <string.h>

#include "common/text.h"
#include "emulator/rule.h"
#include "journal.h"

static bool is_endpoint(const char *text)
{
	enum endpoint endpoint;

	return endpoint_from_name(text, &endpoint);
}

static bool is_listener(const char *text)
{
	return journal_listener(text)[0] != '\0';
}

static bool is_rule(const char *text)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_get((enum rule_id)i);
		size_t len = strlen(rule->id);

		if (text_equal(rule->id, text) || text_equal(rule->name, text))
			return true;
		if (text_starts(text, rule->id) && text[len] == '/' &&
		    text_equal(text + len + 1, rule->name))
			return true;
	}
	return false;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

static const struct event_key keys[] = {
        {"endpoint", EVENT_TEXT, "endpoint", "the endpoint", 8, is_endpoint},
        {"listener", EVENT_TEXT, "listener", "the listener", 8, is_listener},
        {"host", EVENT_TEXT, "host", "the host", 4, NULL},
        {"method", EVENT_TEXT, "method", "the method", 4, NULL},
        {"path", EVENT_TEXT, "path", "the path", 4, NULL},
        {"path_prefix", EVENT_PREFIX, "path", "the path", 4, NULL},
        {"query", EVENT_PARAM, "query", "the query parameter", 1, NULL},
        {"form", EVENT_PARAM, "form", "the form field", 1, NULL},
        {"header", EVENT_HEADER, "headers", "the header", 1, NULL},
        {"status", EVENT_RANGE, "status", "the status", 2, NULL},
        {"error", EVENT_TEXT, "error", "the error", 1, NULL},
        {"client_id", EVENT_TEXT_NOCASE, "client_id", "the client_id", 2, NULL},
        {"correlation_id", EVENT_TEXT_NOCASE, "correlation_id", "the correlation id", 2, NULL},
        {"certificate_sha256", EVENT_CERTIFICATE, NULL, "the certificate", 2, is_sha256},
        {"token_type", EVENT_TEXT_NOCASE, "token.type", "the token's type", 1, NULL},
        {"token_audience", EVENT_TEXT, "token.aud", "the token's audience", 1, NULL},
        {"rule", EVENT_RULE, "findings", "the finding", 1, is_rule},
        {"fault", EVENT_FAULT, "faults", "the fault", 1, NULL},
        {"tls_version", EVENT_TEXT_NOCASE, "tls.version", "the TLS version", 1, NULL},
        {"tls_cipher", EVENT_TEXT_NOCASE, "tls.cipher", "the cipher", 1, NULL},
        {"tls_server_name", EVENT_TEXT_NOCASE, "tls.server_name", "the server name (SNI)", 1, NULL},
        {"tls_resumed", EVENT_TEXT, "tls.resumed", "the TLS resumption", 1, NULL},
        {"tls_alert", EVENT_TEXT, "tls.alert", "the TLS alert", 1, NULL},
        {"seq", EVENT_RANGE, "seq", "the sequence number", 1, NULL},
        {"world_time", EVENT_RANGE, "world_time", "the world time", 1, NULL},
        {"mono_us", EVENT_RANGE, "mono_us", "the monotonic time", 1, NULL},
        {"duration_us", EVENT_RANGE, "duration_us", "the duration", 1, NULL},
};

const struct event_key *event_keys(size_t *count)
{
	*count = TEXT_COUNT(keys);
	return keys;
}

const struct event_key *event_key_find(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(keys); i++)
		if (text_equal(keys[i].name, name))
			return &keys[i];
	return NULL;
}

const cJSON *event_at(const cJSON *event, const char *at)
{
	const char *dot = strchr(at, '.');
	const cJSON *member;
	char section[32];

	if (!dot) {
		member = cJSON_GetObjectItemCaseSensitive(event, at);
	} else {
		memcpy(section, at, (size_t)(dot - at));
		section[dot - at] = '\0';
		member = cJSON_GetObjectItemCaseSensitive(
		        cJSON_GetObjectItemCaseSensitive(event, section), dot + 1);
	}
	return cJSON_IsNull(member) ? NULL : member;
}

bool event_number(const cJSON *member, int64_t *out)
{
	const char *text = cJSON_GetStringValue(member);

	*out = 0;
	if (text)
		return event_time_s(text, out);
	if (!cJSON_IsNumber(member) || !(member->valuedouble <= 4e15) ||
	    !(member->valuedouble >= -4e15))
		return false;
	*out = (int64_t)member->valuedouble;
	return true;
}

bool event_rule_is(const char *full_name, const char *text)
{
	const char *slash = strchr(full_name, '/');
	size_t len = slash ? (size_t)(slash - full_name) : 0;

	return text_equal(full_name, text) || (slash && text_equal(slash + 1, text)) ||
	       (slash && strlen(text) == len && text_starts(full_name, text));
}

/* `count` digits at *at, which moves behind them and the separator that follows. */
static bool take_digits(const char **at, size_t count, char separator, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return *(*at)++ == separator;
}

bool event_time_s(const char *text, int64_t *out)
{
	int64_t year, month, day, hour, minute, second;

	if (!take_digits(&text, 4, '-', &year) || !take_digits(&text, 2, '-', &month) ||
	    !take_digits(&text, 2, 'T', &day) || !take_digits(&text, 2, ':', &hour) ||
	    !take_digits(&text, 2, ':', &minute) || !take_digits(&text, 2, 'Z', &second) ||
	    *text != '\0')
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	/* Days since 0000-03-01, so that the leap day is the last of its year. */
	if (month <= 2)
		year--;
	month = (month + 9) % 12;
	day += year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 - 1;
	*out = (day - 719468) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}
