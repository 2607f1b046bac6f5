/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "fault.h"
#include "fault_read.h"

/* What "match" may say; the order is that of the printed definition. */
static const struct match_row {
	const char *name;
	size_t offset; /* of the text in struct fault_subject */
	enum { MATCH_NOCASE, MATCH_EXACT, MATCH_HEADERS, MATCH_QUERY } how;
	bool in_hello; /* known when a TLS client says hello */
	bool in_peer;  /* known when it shows its certificate */
} rows[] = {
        {"host", offsetof(struct fault_subject, host), MATCH_EXACT, false, false},
        {"method", offsetof(struct fault_subject, method), MATCH_EXACT, false, false},
        {"client_id", offsetof(struct fault_subject, client_id), MATCH_NOCASE, false, true},
        {"correlation_id", offsetof(struct fault_subject, correlation_id), MATCH_NOCASE, false,
         false},
        {"certificate_sha256", offsetof(struct fault_subject, certificate_sha256), MATCH_NOCASE,
         false, true},
        {"server_name", offsetof(struct fault_subject, server_name), MATCH_NOCASE, true, true},
        {"header", 0, MATCH_HEADERS, false, false},
        {"query", 0, MATCH_QUERY, false, false},
};

static const struct match_row *find_row(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (text_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool is_known_at(const struct match_row *row, enum fault_stage stage)
{
	if (stage == FAULT_AT_HELLO)
		return row->in_hello;
	return stage != FAULT_AT_PEER || row->in_peer;
}

/* An object of name: text, true (there is one) or null (there is none). */
static enum msiv2_rc check_pairs(const cJSON *object, const char *where, struct msiv2_error *err)
{
	const cJSON *member;

	if (!cJSON_IsObject(object) || !object->child)
		return fault_blame(err, where, object->string, "must be an object of texts");
	cJSON_ArrayForEach(member, object)
	{
		if (member->string[0] == '\0' ||
		    !(cJSON_IsString(member) || cJSON_IsTrue(member) || cJSON_IsNull(member)))
			return fault_blame(err, where, object->string,
			                   "\"%s\" must be a text, true (there is one) or null "
			                   "(there is none)",
			                   member->string);
	}
	return MSIV2_OK;
}

static enum msiv2_rc check_member(const cJSON *member, const struct fault_kind *kind,
                                  const char *where, struct msiv2_error *err)
{
	const struct match_row *row = find_row(member->string);

	if (!row)
		return fault_blame(err, where, member->string, "unknown member");
	if (!is_known_at(row, kind->stage))
		return fault_blame(err, where, member->string, "is not known yet when %s happens",
		                   kind->name);
	if (row->how == MATCH_HEADERS || row->how == MATCH_QUERY)
		return check_pairs(member, where, err);
	if (text_empty(cJSON_GetStringValue(member)))
		return fault_blame(err, where, member->string, "must be a text that is not empty");
	return MSIV2_OK;
}

enum msiv2_rc fault_read_match(const cJSON *match, const struct fault_kind *kind, const char *where,
                               cJSON *to, struct msiv2_error *err)
{
	cJSON *complete = cJSON_AddObjectToObject(to, "match");
	const cJSON *member;

	if (!complete)
		return err_no_memory(err, where);
	if (!match)
		return MSIV2_OK;
	if (!cJSON_IsObject(match))
		return err_set(err, MSIV2_CONFIG, where, "must be an object");
	cJSON_ArrayForEach(member, match) TRY(check_member(member, kind, where, err));
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		member = cJSON_GetObjectItemCaseSensitive(match, rows[i].name);
		if (member && !json_add(complete, rows[i].name, cJSON_Duplicate(member, true)))
			return err_no_memory(err, where);
	}
	return MSIV2_OK;
}

/* One wanted header or parameter, of which there are `count`, the first one with that value. */
static bool pair_fits(const cJSON *wanted, const char *value, size_t count)
{
	if (cJSON_IsNull(wanted))
		return count == 0;
	return count > 0 && (cJSON_IsTrue(wanted) || text_equal(wanted->valuestring, value));
}

static bool headers_fit(const cJSON *wanted, const struct http_request *request)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, wanted)
	{
		size_t count = 0;
		const char *value = request ? http_header(request, member->string, &count) : NULL;

		if (!pair_fits(member, value, count))
			return false;
	}
	return true;
}

static bool query_fits(const cJSON *wanted, const struct query *query)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, wanted)
	{
		size_t count = 0;
		const char *value = query ? query_get(query, member->string, &count) : NULL;

		if (!pair_fits(member, value, count))
			return false;
	}
	return true;
}

static bool member_fits(const cJSON *member, const struct fault_subject *subject)
{
	const struct match_row *row = find_row(member->string);
	const char *text;

	if (row->how == MATCH_HEADERS)
		return headers_fit(member, subject->request);
	if (row->how == MATCH_QUERY)
		return query_fits(member, subject->query);
	memcpy(&text, (const char *)subject + row->offset, sizeof(text));
	if (!text)
		return false;
	return row->how == MATCH_EXACT ? text_equal(text, member->valuestring)
	                               : text_equal_nocase(text, member->valuestring);
}

bool fault_matches(const struct fault *fault, const struct fault_subject *subject)
{
	const cJSON *member;

	if (!fault->enabled || !(fault->endpoints & FAULT_BIT(subject->endpoint)))
		return false;
	cJSON_ArrayForEach(member, fault->match)
	{
		if (!member_fits(member, subject))
			return false;
	}
	return true;
}

bool fault_is_due(const struct fault_when *when, uint64_t nth, uint64_t random)
{
	switch (when->kind) {
	case FAULT_ALWAYS:
		return true;
	case FAULT_FIRST:
		return nth <= when->numbers[0];
	case FAULT_FROM:
		return nth >= when->numbers[0];
	case FAULT_PERCENT:
		/* 53 random bits make a number in [0, 1). */
		return (double)(random >> 11) * 0x1p-53 * 100 < when->percent;
	case FAULT_NTH:
		for (size_t i = 0; i < when->count; i++)
			if (when->numbers[i] == nth)
				return true;
	}
	return false;
}
