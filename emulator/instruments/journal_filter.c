/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal_filter.h"

#include "common/text.h"

/* A query parameter that is a whole number; `otherwise` when it is not there. */
static enum msiv2_rc read_number(const struct query *query, const char *name, int64_t max,
                                 int64_t otherwise, int64_t *out, struct msiv2_error *err)
{
	const char *text = query_get(query, name, NULL);

	*out = otherwise;
	if (text && !text_to_int(text, 0, max, out))
		return err_set(err, MSIV2_CONFIG, name, "must be a whole number from 0 to %lld",
		               (long long)max);
	return MSIV2_OK;
}

/* The parameter is no key of events but says how many of them. */
static bool is_amount(const char *name, bool waits)
{
	static const char *const amounts[] = {"since", "limit", "last", "count", "timeout_ms"};

	for (size_t i = 0; i < (waits ? 5 : 3); i++)
		if (text_equal(name, amounts[i]))
			return true;
	return false;
}

static enum msiv2_rc read_amounts(const struct query *query, struct journal_filter *out,
                                  struct msiv2_error *err)
{
	int64_t since, limit, last, count;

	TRY(read_number(query, "since", INT64_MAX, 0, &since, err));
	TRY(read_number(query, "limit", INT64_MAX, 0, &limit, err));
	TRY(read_number(query, "last", INT64_MAX, 0, &last, err));
	TRY(read_number(query, "count", INT32_MAX, 1, &count, err));
	TRY(read_number(query, "timeout_ms", JOURNAL_WAIT_MS_MAX, JOURNAL_WAIT_MS, &out->timeout_ms,
	                err));
	if (limit != 0 && last != 0)
		return err_set(err, MSIV2_CONFIG, "last", "does not go with limit");
	out->since = (uint64_t)since;
	out->limit = (uint64_t)limit;
	out->last = (uint64_t)last;
	out->count = (uint64_t)count;
	return MSIV2_OK;
}

enum msiv2_rc journal_filter_read(const struct query *query, bool waits, struct journal_filter *out,
                                  struct msiv2_error *err)
{
	const char *repeated = query_repeated(query);

	*out = (struct journal_filter){0};
	if (repeated)
		return err_set(err, MSIV2_CONFIG, repeated, "given twice");
	TRY(read_amounts(query, out, err));
	for (size_t i = 0; i < query->count; i++) {
		const char *name = query->params[i].name;
		bool known = false;

		if (is_amount(name, waits))
			continue;
		TRY(event_match_add(&out->match, name, query->params[i].value, &known, err));
		if (!known)
			return err_set(err, MSIV2_CONFIG, name, "unknown query parameter");
	}
	return MSIV2_OK;
}
