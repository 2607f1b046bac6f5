/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "findings_book.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "event_key.h"
#include "redact.h"

#define WHERE   "findings"
#define ID_SIZE 64
#define FIRST   16U

struct row {
	enum rule_id rule;
	char client_id[ID_SIZE];
	char user_agent[FINDINGS_AGENT_SIZE];
	char correlation_id[ID_SIZE]; /* of the last one */
	char detail[sizeof(((struct finding *)0)->detail)];
	uint64_t count, rejected;
	uint64_t first_seq, last_seq;
	int64_t last_world_s;
};

struct findings_book {
	pthread_mutex_t lock;
	struct row *rows; /* grows up to FINDINGS_ROWS_MAX */
	size_t count, room;
	uint64_t left_out;
};

enum msiv2_rc findings_book_new(struct findings_book **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (!*out)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&(*out)->lock, NULL);
	return MSIV2_OK;
}

void findings_book_free(struct findings_book *book)
{
	if (!book)
		return;
	pthread_mutex_destroy(&book->lock);
	mem_free(book->rows);
	mem_free(book);
}

void findings_book_reset(struct findings_book *book)
{
	pthread_mutex_lock(&book->lock);
	book->count = 0;
	book->left_out = 0;
	pthread_mutex_unlock(&book->lock);
}

/* Copies what may be shown of a text. */
static void copy_shown(char *out, size_t size, const char *text)
{
	OWNED_STRUCT(bytes) shown = {0};

	redact_text(text, size - sizeof("..."), &shown);
	(void)snprintf(out, size, "%s", bytes_text(&shown));
}

/* Room for one more row; the lock is held. */
static bool grow(struct findings_book *book)
{
	size_t room = book->room ? book->room * 2 : FIRST;
	struct row *rows;

	if (book->count < book->room)
		return true;
	if (book->count == FINDINGS_ROWS_MAX)
		return false;
	rows = mem_resize(book->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	book->rows = rows;
	book->room = room;
	return true;
}

/* The row of this rule and client, made when there is none; NULL when there is no room. */
static struct row *find_row(struct findings_book *book, const struct row *wanted)
{
	for (size_t i = 0; i < book->count; i++) {
		struct row *row = &book->rows[i];

		if (row->rule == wanted->rule &&
		    text_equal_nocase(row->client_id, wanted->client_id) &&
		    text_equal(row->user_agent, wanted->user_agent))
			return row;
	}
	if (!grow(book))
		return NULL;
	book->rows[book->count] = *wanted;
	return &book->rows[book->count++];
}

void findings_book_add(struct findings_book *book, const struct findings_of *exchange)
{
	const char *agent = http_header(exchange->request, "User-Agent", NULL);
	struct row wanted = {.first_seq = exchange->seq};

	if (exchange->findings->count == 0)
		return;
	copy_shown(wanted.client_id, sizeof(wanted.client_id), exchange->client_id);
	copy_shown(wanted.user_agent, sizeof(wanted.user_agent), agent ? agent : "");
	copy_shown(wanted.correlation_id, sizeof(wanted.correlation_id), exchange->correlation_id);
	pthread_mutex_lock(&book->lock);
	for (size_t i = 0; i < exchange->findings->count; i++) {
		const struct finding *finding = &exchange->findings->items[i];
		struct row *row;

		wanted.rule = finding->rule;
		row = find_row(book, &wanted);
		if (!row) {
			book->left_out++;
			continue;
		}
		row->count++;
		row->rejected += finding->rejected;
		row->last_seq = exchange->seq;
		row->last_world_s = exchange->world_s;
		memcpy(row->correlation_id, wanted.correlation_id, ID_SIZE);
		copy_shown(row->detail, sizeof(row->detail), finding->detail);
	}
	pthread_mutex_unlock(&book->lock);
}

static bool is_wanted(const struct row *row, const char *full_name,
                      const struct findings_filter *filter)
{
	if (filter->rule && !event_rule_is(full_name, filter->rule))
		return false;
	if (filter->client_id && !text_equal_nocase(filter->client_id, row->client_id))
		return false;
	return !filter->user_agent || text_equal(filter->user_agent, row->user_agent);
}

static cJSON *row_json(const struct row *row, const char *full_name)
{
	const struct rule *rule = rule_get(row->rule);
	cJSON *json = cJSON_CreateObject();
	cJSON *client = cJSON_AddObjectToObject(json, "client");
	char time[CLOCK_TEXT_SIZE];

	clock_format_utc(row->last_world_s, time);
	cJSON_AddStringToObject(client, "client_id", row->client_id);
	cJSON_AddStringToObject(client, "user_agent", row->user_agent);
	cJSON_AddStringToObject(json, "rule", full_name);
	cJSON_AddStringToObject(json, "level", rule_level_name(rule->level));
	cJSON_AddStringToObject(json, "requirement", rule->requirement);
	cJSON_AddNumberToObject(json, "count", (double)row->count);
	cJSON_AddNumberToObject(json, "rejected", (double)row->rejected);
	cJSON_AddNumberToObject(json, "first_seq", (double)row->first_seq);
	cJSON_AddNumberToObject(json, "last_seq", (double)row->last_seq);
	cJSON_AddStringToObject(json, "last_world_time", time);
	cJSON_AddStringToObject(json, "last_correlation_id", row->correlation_id);
	cJSON_AddStringToObject(json, "detail", row->detail);
	return json;
}

enum msiv2_rc findings_book_json(struct findings_book *book, const struct findings_filter *filter,
                                 struct bytes *out, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *array = cJSON_AddArrayToObject(json, "findings");

	pthread_mutex_lock(&book->lock);
	for (size_t i = 0; i < book->count; i++) {
		const struct rule *rule = rule_get(book->rows[i].rule);
		char name[128];

		(void)snprintf(name, sizeof(name), "%s/%s", rule->id, rule->name);
		if (is_wanted(&book->rows[i], name, filter))
			cJSON_AddItemToArray(array, row_json(&book->rows[i], name));
	}
	cJSON_AddNumberToObject(json, "left_out", (double)book->left_out);
	pthread_mutex_unlock(&book->lock);
	json_print(json, out);
	return bytes_done(out, WHERE, err);
}
