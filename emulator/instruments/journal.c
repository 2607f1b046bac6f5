/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "journal_event.h"

#define WHERE "journal"

struct entry {
	uint64_t seq;
	struct bytes json;
};

struct journal {
	pthread_mutex_t lock;
	pthread_cond_t news;   /* an event, a reset, or the end */
	struct entry *entries; /* ring of `capacity` */
	size_t capacity;
	size_t first, count;
	size_t bytes; /* of all events */
	uint64_t next_seq;
	uint64_t dropped;
	uint64_t epoch;
	uint64_t counts[ENDPOINT_ALL];
	size_t waiters;
	bool closed;
	struct findings_book *findings;
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

static const char *const listener_names[] = {"imds", "sts", "admin", "api"};

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

const char *journal_listener(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(listener_names); i++)
		if (text_equal(listener_names[i], name))
			return listener_names[i];
	return "";
}

/* Deadlines of waiting are on the monotonic axis. */
static void init_news(pthread_cond_t *news)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(news, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum msiv2_rc journal_new(size_t capacity, struct journal **out, struct msiv2_error *err)
{
	OWNED_STRUCT(findings_book) *findings = NULL;
	struct journal *journal;
	struct entry *entries;

	*out = NULL;
	TRY(findings_book_new(&findings, err));
	journal = mem_alloc(sizeof(*journal));
	entries = mem_alloc(capacity * sizeof(*entries));
	if (!journal || !entries) {
		mem_free(journal);
		mem_free(entries);
		return err_no_memory(err, WHERE);
	}
	journal->findings = steal(&findings);
	journal->entries = entries;
	journal->capacity = capacity;
	journal->next_seq = 1;
	pthread_mutex_init(&journal->lock, NULL);
	init_news(&journal->news);
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
	findings_book_free(journal->findings);
	pthread_cond_destroy(&journal->news);
	pthread_mutex_destroy(&journal->lock);
	mem_free(journal->entries);
	mem_free(journal);
}

void journal_reset(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	forget_events(journal);
	journal->dropped = 0;
	journal->epoch++;
	memset(journal->counts, 0, sizeof(journal->counts));
	pthread_cond_broadcast(&journal->news);
	pthread_mutex_unlock(&journal->lock);
	findings_book_reset(journal->findings);
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
	struct entry entry = {0};
	struct findings_of findings = {
	        request, &notes->findings, notes->client_id, notes->correlation_id,
	        0,       times->world_s};

	journal_event_print(request, response, notes, times, &entry.json);
	pthread_mutex_lock(&journal->lock);
	journal->counts[notes->endpoint]++;
	findings.seq = entry.seq = journal->next_seq++;
	if (entry.json.failed)
		journal->dropped++;
	else
		push(journal, &entry);
	pthread_cond_broadcast(&journal->news);
	pthread_mutex_unlock(&journal->lock);
	bytes_free(&entry.json);
	findings_book_add(journal->findings, &findings);
}

struct findings_book *journal_findings(struct journal *journal)
{
	return journal->findings;
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

/* ---- reading ---- */

#define PAGE_EVENTS 64

/* Some events, copied. */
struct page {
	struct bytes text;
	struct {
		uint64_t seq;
		size_t len;
	} events[PAGE_EVENTS];
	size_t count;
};

/* How many events come before that sequence number; the lock is held. */
static size_t count_before(const struct journal *journal, uint64_t seq)
{
	size_t low = 0;
	size_t high = journal->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (journal->entries[(journal->first + middle) % journal->capacity].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Copies the next events from end->next on, as far as `until`; end->next moves behind them. */
static void copy_page(struct journal *journal, uint64_t until, struct page *page,
                      struct journal_end *end)
{
	page->count = 0;
	bytes_clear(&page->text);
	pthread_mutex_lock(&journal->lock);
	for (size_t i = count_before(journal, end->next);
	     i < journal->count && page->count < PAGE_EVENTS; i++) {
		const struct entry *entry =
		        &journal->entries[(journal->first + i) % journal->capacity];
		size_t start = page->text.len;

		if (entry->seq >= until)
			break;
		/* The stored object starts with '{'; the sequence number goes in front. */
		bytes_addf(&page->text, "{\"seq\":%llu,", (unsigned long long)entry->seq);
		bytes_add(&page->text, entry->json.data + 1, entry->json.len - 1);
		page->events[page->count].seq = entry->seq;
		page->events[page->count++].len = page->text.len - start;
	}
	end->dropped = journal->dropped;
	pthread_mutex_unlock(&journal->lock);
}

/* What the journal is like now, before a walk from `since`. */
static struct journal_end look(struct journal *journal, uint64_t since, uint64_t *until)
{
	struct journal_end end = {.next = since};

	pthread_mutex_lock(&journal->lock);
	*until = journal->next_seq;
	end.epoch = journal->epoch;
	end.dropped = journal->dropped;
	pthread_mutex_unlock(&journal->lock);
	return end;
}

enum msiv2_rc journal_walk(struct journal *journal, uint64_t since, journal_event_fn see, void *ctx,
                           struct journal_end *end, struct msiv2_error *err)
{
	struct page page = {0};
	uint64_t until;
	enum msiv2_rc rc = MSIV2_OK;
	bool more = true;

	*end = look(journal, since, &until);
	while (more) {
		size_t at = 0;

		copy_page(journal, until, &page, end);
		rc = bytes_done(&page.text, WHERE, err);
		more = rc == MSIV2_OK && page.count > 0;
		for (size_t i = 0; more && i < page.count; i++) {
			end->next = page.events[i].seq;
			more = see(ctx, page.events[i].seq, (const char *)page.text.data + at,
			           page.events[i].len);
			at += page.events[i].len;
			end->next += more;
		}
		/* Nothing is left: what is next is what comes. */
		if (page.count == 0 && end->next < until)
			end->next = until;
	}
	bytes_free(&page.text);
	return rc;
}

/* ---- waiting ---- */

bool journal_waiter_enter(struct journal *journal)
{
	bool entered;

	pthread_mutex_lock(&journal->lock);
	entered = journal->waiters < JOURNAL_WAITERS_MAX;
	if (entered)
		journal->waiters++;
	pthread_mutex_unlock(&journal->lock);
	return entered;
}

void journal_waiter_leave(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	journal->waiters--;
	pthread_mutex_unlock(&journal->lock);
}

enum journal_news journal_wait(struct journal *journal, const struct journal_end *seen,
                               int64_t deadline_us)
{
	const struct timespec until = {.tv_sec = deadline_us / CLOCK_US_PER_S,
	                               .tv_nsec = deadline_us % CLOCK_US_PER_S * 1000};
	enum journal_news news = JOURNAL_NEWS;
	int late = 0;

	pthread_mutex_lock(&journal->lock);
	while (!journal->closed && journal->epoch == seen->epoch &&
	       journal->next_seq <= seen->next && late == 0)
		late = pthread_cond_timedwait(&journal->news, &journal->lock, &until);
	if (journal->closed)
		news = JOURNAL_CLOSED;
	else if (journal->epoch == seen->epoch && journal->next_seq <= seen->next)
		news = JOURNAL_TIMEOUT;
	pthread_mutex_unlock(&journal->lock);
	return news;
}

void journal_close(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	journal->closed = true;
	pthread_cond_broadcast(&journal->news);
	pthread_mutex_unlock(&journal->lock);
}
