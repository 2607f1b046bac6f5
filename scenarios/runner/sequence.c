/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sequence.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "report_escape.h"
#include "words.h"

#define CLIENT_AT 13 /* columns of the lines of life */
#define IMDS_AT   50
#define STS_AT    72
#define LABEL     160

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(member(object, name));

	return value ? value : "";
}

static int64_t number(const cJSON *object, const char *name)
{
	const cJSON *value = member(object, name);

	return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : 0;
}

static void add_times(struct bytes *out, char c, size_t times)
{
	for (size_t i = 0; i < times; i++)
		bytes_add_byte(out, (uint8_t)c);
}

/* Where the arrow of an event ends; 0: the event is no exchange with the client. */
static size_t column_of(const cJSON *event)
{
	if (text_equal(text(event, "listener"), "imds"))
		return IMDS_AT;
	return text_equal(text(event, "listener"), "sts") ? STS_AT : 0;
}

/* One arrow: "|--- label ---->|", and the line of life behind it. A label that is too long moves
 * the end of its own line only. */
static void draw_arrow(size_t column, const char *head, const char *label, const char *tail,
                       struct bytes *out)
{
	const size_t room = column - CLIENT_AT - 1;
	size_t used = strlen(head) + strlen(label) + strlen(tail) + 2;

	bytes_addf(out, "|%s %s ", head, label);
	add_times(out, '-', used < room ? room - used : 0);
	bytes_addf(out, "%s|", tail);
	if (column == IMDS_AT) {
		add_times(out, ' ', STS_AT - IMDS_AT - 1);
		bytes_add_byte(out, '|');
	}
	bytes_add_byte(out, '\n');
}

/* Escaped for one line; what is too long is cut. */
static void set_label(char *out, size_t size, const char *words)
{
	OWNED_STRUCT(bytes) safe = {0};

	report_escape(ESCAPE_LINE, words, &safe);
	words_set(out, size, "%s", bytes_text(&safe));
}

static void draw_request(const cJSON *event, const char *indent, size_t column, struct bytes *out)
{
	char words[LABEL], label[LABEL], place[32];

	(void)snprintf(place, sizeof(place), "seq %lld", (long long)number(event, "seq"));
	words_set(words, sizeof(words), "%s%s%s", text(event, "method"),
	          *text(event, "method") ? " " : "", text(event, "endpoint"));
	set_label(label, sizeof(label), words);
	bytes_addf(out, "%s%-*s", indent, CLIENT_AT - 1, place);
	draw_arrow(column, "---", label, "-->", out);
}

static void draw_answer(const cJSON *event, const char *indent, size_t column, struct bytes *out)
{
	const cJSON *fault;
	char words[LABEL], label[LABEL];

	words_set(words, sizeof(words), "%lld", (long long)number(event, "status"));
	if (number(event, "status") == 0)
		words_set(words, sizeof(words), "no answer");
	if (*text(event, "error"))
		words_add(words, sizeof(words), " %s", text(event, "error"));
	cJSON_ArrayForEach(fault, member(event, "faults"))
	        words_add(words, sizeof(words), " !%s %s", text(fault, "id"), text(fault, "fault"));
	set_label(label, sizeof(label), words);
	bytes_addf(out, "%s%-*s", indent, CLIENT_AT - 1, "");
	draw_arrow(column, "<--", label, "---", out);
}

static void draw_note(const cJSON *event, const char *indent, struct bytes *out)
{
	char change[LABEL], words[LABEL], label[2 * LABEL];

	if (cJSON_IsString(member(event, "change")))
		words_set(change, sizeof(change), "%s", text(event, "change"));
	else
		words_json(change, sizeof(change), member(event, "change"));
	words_set(words, sizeof(words), "%s", text(event, "endpoint"));
	set_label(label, sizeof(label), words);
	bytes_addf(out, "%s%-*s*** %s: ", indent, CLIENT_AT - 1, "", label);
	set_label(label, sizeof(label), change);
	bytes_addf(out, "%s\n", label);
}

static void draw_event(const cJSON *event, const char *indent, struct bytes *out)
{
	size_t column = column_of(event);

	if (column == 0) {
		draw_note(event, indent, out);
		return;
	}
	draw_request(event, indent, column, out);
	draw_answer(event, indent, column, out);
}

static bool is_between(const cJSON *event, int64_t from, int64_t to)
{
	int64_t seq = number(event, "seq");

	return seq >= from && (to == 0 || seq < to);
}

static size_t count_between(const cJSON *events, int64_t from, int64_t to)
{
	const cJSON *event;
	size_t count = 0;

	cJSON_ArrayForEach(event, events) count += is_between(event, from, to) ? 1 : 0;
	return count;
}

void sequence_draw(const cJSON *journal, int64_t from, int64_t to, size_t most, const char *indent,
                   struct bytes *out)
{
	const cJSON *events = member(journal, "events");
	size_t count = count_between(events, from, to);
	size_t skip = count > most ? count - most : 0;
	const cJSON *event;

	if (count == 0) {
		bytes_addf(out, "%s(no exchange)\n", indent);
		return;
	}
	if (skip > 0)
		bytes_addf(out, "%s(%zu events before)\n", indent, skip);
	bytes_addf(out, "%s%*s%*s%*s\n", indent, CLIENT_AT + 3, "client", IMDS_AT - CLIENT_AT - 1,
	           "imds", STS_AT - IMDS_AT, "sts");
	cJSON_ArrayForEach(event, events)
	{
		if (!is_between(event, from, to))
			continue;
		if (skip == 0)
			draw_event(event, indent, out);
		else
			skip--;
	}
}
