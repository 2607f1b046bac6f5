/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "explain.h"

#include <string.h>

#include "common/text.h"
#include "report_escape.h"
#include "sequence.h"

#define EVENTS_MOST 12

/* Lines of at most this many bytes, where the text has blanks to break at. */
#define LINE_MOST 100
#define WORD_ROOM 11 /* the word before the text, and a blank */

/* The text, broken at blanks into lines that begin below each other. */
static void add_wrapped(const char *indent, const char *text, struct bytes *out)
{
	const size_t begin = strlen(indent) + WORD_ROOM;
	size_t column = begin;

	while (*text) {
		size_t len = strcspn(text + 1, " ") + 1; /* a word, with the blank before it */

		if (column > begin && column + len > LINE_MOST) {
			bytes_addf(out, "\n%s%*s", indent, WORD_ROOM, "");
			column = begin;
			text += *text == ' ';
			len = strcspn(text, " ");
		}
		bytes_add(out, text, len);
		column += len;
		text += len;
	}
	bytes_add_byte(out, '\n');
}

/* "check      text" */
static void add_line(const char *indent, const char *word, const char *text, struct bytes *out)
{
	OWNED_STRUCT(bytes) safe = {0};

	report_escape(ESCAPE_LINE, text, &safe);
	bytes_addf(out, "%s%-*s", indent, WORD_ROOM, word);
	add_wrapped(indent, bytes_text(&safe), out);
}

static void add_requirement(const struct report *report, const char *id, const char *indent,
                            struct bytes *out)
{
	struct requirement requirement = requirements_find(report->requirements, id);
	OWNED_STRUCT(bytes) text = {0};

	if (text_empty(id))
		return;
	bytes_addf(&text, "%s %s %s", requirement.id, requirement.level, requirement.sentence);
	if (*requirement.source)
		bytes_addf(&text, " (%s)", requirement.source);
	add_line(indent, "rule", bytes_text(&text), out);
}

void explain_rerun(const struct report *report, const char *scenario, struct bytes *out)
{
	const char *at = report->rerun ? strstr(report->rerun, "{}") : NULL;

	if (!at)
		return;
	bytes_add(out, report->rerun, (size_t)(at - report->rerun));
	bytes_add_text(out, scenario);
	bytes_add_text(out, at + 2);
}

/* The client went away, and this row says no more than that: what it did not do any more. */
static bool only_follows(const struct verdict *verdict, const struct verdict_check *check)
{
	static const char *const begins[] = {"fault.", "mark.", "twin"};
	const struct verdict_check *first = &verdict->checks[0];
	const char *last = strrchr(check->id, '.');

	if (first == check || first->ok || !text_equal(first->id, "outcome"))
		return false;
	for (size_t i = 0; i < TEXT_COUNT(begins); i++)
		if (strncmp(check->id, begins[i], strlen(begins[i])) == 0)
			return true;
	if (strncmp(check->id, "journal.", strlen("journal.")) == 0)
		return text_starts(check->seen, "0 events") ||
		       text_starts(check->seen, "nothing matches step 1 ");
	return text_equal(last, ".reached");
}

/* It did not hold, and that is told. */
static bool is_told(const struct verdict *verdict, const struct verdict_check *check)
{
	return !check->ok && !only_follows(verdict, check);
}

/* The row that is told before this one; NULL: it is the first. */
static const struct verdict_check *told_before(const struct verdict *verdict,
                                               const struct verdict_check *check)
{
	for (size_t i = (size_t)(check - verdict->checks); i-- > 0;)
		if (is_told(verdict, &verdict->checks[i]))
			return &verdict->checks[i];
	return NULL;
}

/* A row before this one was about the same stretch of the journal. */
static bool drawn_before(const struct verdict *verdict, const struct verdict_check *check)
{
	const struct verdict_check *before = check;

	while ((before = told_before(verdict, before)))
		if (before->seq_from == check->seq_from && before->seq_to == check->seq_to)
			return true;
	return false;
}

/* One row, without what a row before it has said already. */
static void explain_check(const struct report *report, const struct report_case *which,
                          const struct verdict_check *check, const char *indent, struct bytes *out)
{
	const struct verdict_check *before = told_before(which->verdict, check);
	const cJSON *journal = cJSON_GetObjectItemCaseSensitive(which->seen, "journal");

	add_line(indent, "check", check->id, out);
	if (!before || !text_equal(before->requirement, check->requirement))
		add_requirement(report, check->requirement, indent, out);
	add_line(indent, "says", check->says, out);
	add_line(indent, "expected", check->expected, out);
	add_line(indent, "seen", check->seen, out);
	for (size_t i = 0; i < check->near_count; i++)
		add_line(indent, i == 0 ? "near miss" : "", check->near[i], out);
	if (journal && !drawn_before(which->verdict, check))
		sequence_draw(journal, check->seq_from, check->seq_to, EVENTS_MOST, indent, out);
}

/* One line that is not broken, to be copied. */
static void add_copied(const char *indent, const char *word, const char *text, struct bytes *out)
{
	bytes_addf(out, "%s%-*s", indent, WORD_ROOM, word);
	report_escape(ESCAPE_LINE, text, out);
	bytes_add_byte(out, '\n');
}

/* "stderr     line", and the other lines below it */
static void add_said(const struct report_case *which, const char *indent, struct bytes *out)
{
	const char *word = "stderr";

	for (const char *rest = which->said; rest && *rest; word = "") {
		size_t len = strcspn(rest, "\n");
		OWNED_STRUCT(bytes) line = {0};

		bytes_add(&line, rest, len);
		add_line(indent, word, bytes_text(&line), out);
		rest += len + (rest[len] == '\n');
	}
}

void explain_case(const struct report *report, const struct report_case *which, const char *indent,
                  struct bytes *out)
{
	const struct verdict *verdict = which->verdict;
	OWNED_STRUCT(bytes) rerun = {0};

	for (size_t i = 0; i < verdict->check_count; i++)
		if (is_told(verdict, &verdict->checks[i]))
			explain_check(report, which, &verdict->checks[i], indent, out);
	add_said(which, indent, out);
	if (!text_empty(which->evidence))
		add_copied(indent, "evidence", which->evidence, out);
	if (!which->unplayed)
		explain_rerun(report, verdict->scenario, &rerun);
	if (rerun.len > 0)
		add_copied(indent, "again", bytes_text(&rerun), out);
}
