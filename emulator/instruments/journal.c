/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal.h"

#include <pthread.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "journal_event.h"

#define WHERE "journal"

/* What filters look at, and the finished text. */
struct entry {
	uint64_t seq;
	enum endpoint endpoint;
	int status;
	const char *listener; /* static */
	char correlation_id[JOURNAL_ID_SIZE];
	uint8_t rules[(RULE_COUNT + 7) / 8]; /* bit set of the findings' rules */
	struct bytes json;
};

struct journal {
	pthread_mutex_t lock;
	struct entry *entries; /* ring of `capacity` */
	size_t capacity;
	size_t first, count;
	size_t bytes; /* of all events */
	uint64_t next_seq;
	uint64_t dropped;
	uint64_t counts[ENDPOINT_ALL];
};

static const char *const endpoint_names[ENDPOINT_ALL] = {
        [ENDPOINT_CLOCK] = "clock",
        [ENDPOINT_REVOKE] = "revoke",
        [ENDPOINT_RULES] = "rules",
        [ENDPOINT_RESET] = "reset",
        [ENDPOINT_ATTESTATION] = "attestation",
        [ENDPOINT_WORLD] = "world",
        [ENDPOINT_FAULTS] = "faults",
        [ENDPOINT_TLS] = "tls",
        [ENDPOINT_UNKNOWN] = "unknown",
        [ENDPOINT_METADATA] = "getplatformmetadata",
        [ENDPOINT_PROBE] = "probe",
        [ENDPOINT_ISSUE] = "issuecredential",
        [ENDPOINT_TOKEN] = "token",
        [ENDPOINT_RESOURCE] = "resource",
        [ENDPOINT_DISCOVERY] = "openid-configuration",
        [ENDPOINT_KEYS] = "keys",
        [ENDPOINT_ATTEST_NONCE] = "attest-nonce",
        [ENDPOINT_ATTEST_KEYGUARD] = "attest-keyguard",
        [ENDPOINT_ATTEST_TPM] = "attest-tpm",
        [ENDPOINT_MAA_CERTS] = "maa-certs",
        [ENDPOINT_V1_TOKEN] = "imds-v1-token",
        [ENDPOINT_COMPUTE] = "compute",
};

static const char *const listener_names[] = {"imds", "sts", "admin"};

const char *endpoint_name(enum endpoint endpoint)
{
	return endpoint_names[endpoint];
}

bool endpoint_from_name(const char *name, enum endpoint *out)
{
	for (int i = 0; i < ENDPOINT_ALL; i++) {
		if (!text_equal(endpoint_names[i], name))
			continue;
		*out = (enum endpoint)i;
		return true;
	}
	return false;
}

/* The listener's name as static text, since an entry outlives its request. */
static const char *static_listener(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(listener_names); i++)
		if (text_equal(listener_names[i], name))
			return listener_names[i];
	return "";
}

enum msiv2_rc journal_new(size_t capacity, struct journal **out, struct msiv2_error *err)
{
	struct journal *journal = mem_alloc(sizeof(*journal));
	struct entry *entries = mem_alloc(capacity * sizeof(*entries));

	*out = NULL;
	if (!journal || !entries) {
		mem_free(journal);
		mem_free(entries);
		return err_no_memory(err, WHERE);
	}
	journal->entries = entries;
	journal->capacity = capacity;
	journal->next_seq = 1;
	pthread_mutex_init(&journal->lock, NULL);
	*out = journal;
	return MSIV2_OK;
}

static void forget_events(struct journal *journal)
{
	for (size_t i = 0; i < journal->count; i++)
		bytes_free(&journal->entries[(journal->first + i) % journal->capacity].json);
	journal->first = 0;
	journal->count = 0;
	journal->bytes = 0;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	forget_events(journal);
	pthread_mutex_destroy(&journal->lock);
	mem_free(journal->entries);
	mem_free(journal);
}

void journal_reset(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	forget_events(journal);
	journal->dropped = 0;
	memset(journal->counts, 0, sizeof(journal->counts));
	pthread_mutex_unlock(&journal->lock);
}

static void drop_oldest(struct journal *journal)
{
	struct bytes *json = &journal->entries[journal->first].json;

	journal->bytes -= json->len;
	bytes_free(json);
	journal->first = (journal->first + 1) % journal->capacity;
	journal->count--;
	journal->dropped++;
}

/* Puts a finished entry at the end of the ring; the lock is held. */
static void push(struct journal *journal, struct entry *entry)
{
	while (journal->count == journal->capacity ||
	       (journal->count > 0 && journal->bytes + entry->json.len > JOURNAL_BYTES_MAX))
		drop_oldest(journal);
	journal->entries[(journal->first + journal->count++) % journal->capacity] = *entry;
	journal->bytes += entry->json.len;
	memset(&entry->json, 0, sizeof(entry->json));
}

void journal_add(struct journal *journal, const struct http_request *request,
                 const struct http_response *response, const struct journal_notes *notes,
                 const struct journal_times *times)
{
	struct entry entry = {
	        .endpoint = notes->endpoint,
	        .status = response->status,
	        .listener = static_listener(request->listener),
	};
	const struct findings *findings = &notes->findings;

	journal_event_print(request, response, notes, times, &entry.json);
	memcpy(entry.correlation_id, notes->correlation_id, sizeof(entry.correlation_id));
	for (size_t i = 0; i < findings->count; i++)
		entry.rules[findings->items[i].rule / 8] |=
		        (uint8_t)(1U << (findings->items[i].rule % 8));

	pthread_mutex_lock(&journal->lock);
	journal->counts[notes->endpoint]++;
	entry.seq = journal->next_seq++;
	if (entry.json.failed)
		journal->dropped++;
	else
		push(journal, &entry);
	pthread_mutex_unlock(&journal->lock);
	bytes_free(&entry.json);
}

uint64_t journal_count(struct journal *journal, enum endpoint endpoint)
{
	uint64_t count;

	pthread_mutex_lock(&journal->lock);
	count = journal->counts[endpoint];
	pthread_mutex_unlock(&journal->lock);
	return count;
}

enum msiv2_rc journal_counts_json(struct journal *journal, struct bytes *out,
                                  struct msiv2_error *err)
{
	OWNED(cJSON) *object = cJSON_CreateObject();

	pthread_mutex_lock(&journal->lock);
	for (int i = 0; i < ENDPOINT_COUNT; i++) {
		/* "unknown" last, as the documentation lists them. */
		int at = (i + 1) % ENDPOINT_COUNT;

		cJSON_AddNumberToObject(object, endpoint_names[at], (double)journal->counts[at]);
	}
	pthread_mutex_unlock(&journal->lock);
	json_print(object, out);
	return bytes_done(out, WHERE, err);
}

/* A query parameter that is a whole number of at least min; 0 when it is not there. */
static enum msiv2_rc read_number(const struct query *query, const char *name, int64_t min,
                                 int64_t max, int64_t *out, struct msiv2_error *err)
{
	const char *text = query_get(query, name, NULL);

	*out = 0;
	if (text && !text_to_int(text, min, max, out))
		return err_set(err, MSIV2_CONFIG, name, "must be a whole number from %lld to %lld",
		               (long long)min, (long long)max);
	return MSIV2_OK;
}

/* The text names the rule: by "ID", "name" or "ID/name". */
static bool rule_is_named(const struct rule *rule, const char *text)
{
	size_t len = strlen(rule->id);

	if (text_equal(rule->id, text) || text_equal(rule->name, text))
		return true;
	return text_starts(text, rule->id) && text[len] == '/' &&
	       text_equal(text + len + 1, rule->name);
}

static bool is_rule(const char *text)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (rule_is_named(rule_get((enum rule_id)i), text))
			return true;
	return false;
}

/* No event has such a value: a filter that can only be a mistake. */
static enum msiv2_rc check_filter(const struct journal_filter *filter, struct msiv2_error *err)
{
	enum endpoint endpoint;

	if (filter->endpoint && !endpoint_from_name(filter->endpoint, &endpoint))
		return err_set(err, MSIV2_CONFIG, "endpoint", "unknown endpoint '%s'",
		               filter->endpoint);
	if (filter->listener && static_listener(filter->listener)[0] == '\0')
		return err_set(err, MSIV2_CONFIG, "listener", "unknown listener '%s'",
		               filter->listener);
	if (filter->rule && !is_rule(filter->rule))
		return err_set(err, MSIV2_CONFIG, "rule", "unknown rule '%s'", filter->rule);
	return MSIV2_OK;
}

enum msiv2_rc journal_filter_read(const struct query *query, struct journal_filter *out,
                                  struct msiv2_error *err)
{
	static const char *const known[] = {"endpoint", "listener", "rule", "correlation_id",
	                                    "status",   "since",    "limit"};
	const char *unknown = query_unknown(query, known, TEXT_COUNT(known));
	const char *repeated = query_repeated(query);
	int64_t status, since, limit;

	if (unknown)
		return err_set(err, MSIV2_CONFIG, unknown, "unknown query parameter");
	if (repeated)
		return err_set(err, MSIV2_CONFIG, repeated, "given twice");
	TRY(read_number(query, "status", 100, 599, &status, err));
	TRY(read_number(query, "since", 0, INT64_MAX, &since, err));
	TRY(read_number(query, "limit", 0, INT64_MAX, &limit, err));
	*out = (struct journal_filter){
	        .endpoint = query_get(query, "endpoint", NULL),
	        .listener = query_get(query, "listener", NULL),
	        .rule = query_get(query, "rule", NULL),
	        .correlation_id = query_get(query, "correlation_id", NULL),
	        .status = (int)status,
	        .since = (uint64_t)since,
	        .limit = (uint64_t)limit,
	};
	return check_filter(out, err);
}

static bool has_rule(const struct entry *entry, const char *text)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (entry->rules[i / 8] & (1U << (i % 8)) &&
		    rule_is_named(rule_get((enum rule_id)i), text))
			return true;
	return false;
}

static bool wanted(const struct entry *entry, const struct journal_filter *filter)
{
	if (entry->seq < filter->since)
		return false;
	if (filter->status != 0 && entry->status != filter->status)
		return false;
	if (filter->endpoint && !text_equal(filter->endpoint, endpoint_name(entry->endpoint)))
		return false;
	if (filter->listener && !text_equal(filter->listener, entry->listener))
		return false;
	if (filter->correlation_id &&
	    !text_equal_nocase(filter->correlation_id, entry->correlation_id))
		return false;
	return !filter->rule || has_rule(entry, filter->rule);
}

enum msiv2_rc journal_json(struct journal *journal, const struct journal_filter *filter,
                           struct bytes *out, struct msiv2_error *err)
{
	uint64_t shown = 0;
	uint64_t next;

	bytes_add_text(out, "{\"events\":[");
	pthread_mutex_lock(&journal->lock);
	next = journal->next_seq;
	for (size_t i = 0; i < journal->count; i++) {
		const struct entry *entry =
		        &journal->entries[(journal->first + i) % journal->capacity];

		if (!wanted(entry, filter))
			continue;
		if (filter->limit != 0 && shown == filter->limit) {
			next = entry->seq;
			break;
		}
		/* The stored object starts with '{'; the sequence number goes in front. */
		bytes_addf(out, "%s{\"seq\":%llu,", shown++ ? "," : "",
		           (unsigned long long)entry->seq);
		bytes_add(out, entry->json.data + 1, entry->json.len - 1);
	}
	bytes_addf(out, "],\"dropped\":%llu,\"next\":%llu}", (unsigned long long)journal->dropped,
	           (unsigned long long)next);
	pthread_mutex_unlock(&journal->lock);
	return bytes_done(out, WHERE, err);
}
