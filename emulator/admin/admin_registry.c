/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_registry.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/text.h"

static const struct blame query_blame = {MSIV2_CONFIG, "query"};

/* Which items are wanted; texts are borrowed. */
struct wish {
	const char *client_id; /* NULL = any, as for host */
	const char *host;
	uint64_t since;
	size_t newest; /* 0 = all */
};

/* The sequence numbers of the newest items that fit: a ring of them. */
struct selection {
	uint64_t seqs[REGISTRY_MAX];
	size_t size;
	size_t next;
	size_t count;
};

static enum msiv2_rc read_number(const struct query *query, const char *name, int64_t max,
                                 int64_t *out, struct msiv2_error *err)
{
	const char *text = query_get(query, name, NULL);

	*out = 0;
	if (text != NULL && !text_to_int(text, 0, max, out))
		return err_blame(err, &query_blame, "%s is not a whole number up to %lld", name,
		                 (long long)max);
	return MSIV2_OK;
}

static enum msiv2_rc read_wish(const struct query *query, struct wish *wish,
                               struct msiv2_error *err)
{
	static const char *const known[] = {"client_id", "host", "since", "newest"};
	const char *repeated = query_repeated(query);
	const char *unknown = query_unknown(query, known, TEXT_COUNT(known));
	int64_t since = 0;
	int64_t newest = 0;

	if (unknown != NULL)
		return err_blame(err, &query_blame, "unknown parameter \"%s\"", unknown);
	if (repeated != NULL)
		return err_blame(err, &query_blame, "\"%s\" is given twice", repeated);
	TRY(read_number(query, "since", INT64_MAX, &since, err));
	TRY(read_number(query, "newest", REGISTRY_MAX, &newest, err));
	*wish = (struct wish){
	        .client_id = query_get(query, "client_id", NULL),
	        .host = query_get(query, "host", NULL),
	        .since = (uint64_t)since,
	        .newest = (size_t)newest,
	};
	return MSIV2_OK;
}

static bool fits(const struct wish *wish, const struct registry_facts *facts)
{
	return (wish->client_id == NULL || text_equal_nocase(wish->client_id, facts->client_id)) &&
	       (wish->host == NULL || text_equal_nocase(wish->host, facts->host));
}

static void selection_add(struct selection *selection, uint64_t seq)
{
	selection->seqs[selection->next] = seq;
	selection->next = (selection->next + 1) % selection->size;
	if (selection->count < selection->size)
		selection->count++;
}

/* One look at everything that is there, without decoding it. */
static enum msiv2_rc select_items(struct registry *registry, enum registry_kind kind,
                                  const struct wish *wish, struct selection *selection,
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(registry_item) item = {0};
	uint64_t end = registry_next(registry, kind);

	selection->size = wish->newest > 0 ? wish->newest : REGISTRY_MAX;
	TRY(registry_from(registry, kind, wish->since, &item, err));
	while (item.seq > 0 && item.seq < end) {
		if (fits(wish, &item.facts))
			selection_add(selection, item.seq);
		TRY(registry_from(registry, kind, item.seq + 1, &item, err));
	}
	return MSIV2_OK;
}

void admin_registry_time(cJSON *object, const char *name, int64_t time_s)
{
	char text[CLOCK_TEXT_SIZE];
	char text_name[64];

	clock_format_utc(time_s, text);
	(void)snprintf(text_name, sizeof(text_name), "%s_text", name);
	cJSON_AddNumberToObject(object, name, (double)time_s);
	cJSON_AddStringToObject(object, text_name, text);
}

static void add_id(cJSON *object, const char *name, const char *id)
{
	if (!text_empty(id))
		cJSON_AddStringToObject(object, name, id);
}

cJSON *admin_registry_object(struct world *world, const struct registry_item *item, int64_t now_s,
                             admin_registry_show show)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "seq", (double)item->seq);
	admin_registry_time(object, "issued", item->facts.issued_s);
	add_id(object, "client_id", item->facts.client_id);
	add_id(object, "host", item->facts.host);
	add_id(object, "correlation_id", item->facts.correlation_id);
	show(world, item, now_s, object);
	return object;
}

enum msiv2_rc admin_registry_list(struct admin_call *call, enum registry_kind kind,
                                  const char *name, admin_registry_show show,
                                  struct msiv2_error *err)
{
	struct registry *registry = call->world->registry;
	int64_t now_s = world_now_s(call->world);
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *array = cJSON_AddArrayToObject(json, name);
	OWNED_STRUCT(registry_item) item = {0};
	struct selection selection = {0};
	struct wish wish = {0};

	TRY(read_wish(call->query, &wish, err));
	cJSON_AddNumberToObject(json, "dropped", (double)registry_dropped(registry, kind));
	cJSON_AddNumberToObject(json, "next", (double)registry_next(registry, kind));
	TRY(select_items(registry, kind, &wish, &selection, err));
	for (size_t i = 0; i < selection.count; i++) {
		size_t at = selection.next + selection.size - selection.count + i;
		uint64_t seq = selection.seqs[at % selection.size];

		TRY(registry_from(registry, kind, seq, &item, err));
		if (item.seq == seq) /* not gone in between */
			cJSON_AddItemToArray(
			        array, admin_registry_object(call->world, &item, now_s, show));
	}
	return admin_send(call, json, err);
}
