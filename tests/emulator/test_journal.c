/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "emulator/instruments/journal_filter.h"
#include "emulator/instruments/redact.h"
#include "faults.h"
#include "tests/testing.h"

#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"

static const struct journal_times times = {.mono_us = 12, .world_s = 1795230000, .duration_us = 34};

/* One exchange that a test may change before it is added. */
struct exchange {
	struct http_header headers[8];
	struct http_request request;
	struct http_response response;
	struct journal_notes notes;
};

/* Fills a text of the notes. */
static void put(char *out, size_t size, const char *text)
{
	assert_true(strlen(text) < size);
	snprintf(out, size, "%s", text);
}

static void begin(struct exchange *e, enum endpoint endpoint, int status)
{
	*e = (struct exchange){
	        .request = {.listener = "imds",
	                    .method = "GET",
	                    .path = "/p",
	                    .peer_address = "127.0.0.1:1"},
	        .response.status = status,
	        .notes.endpoint = endpoint,
	};
	e->request.headers = e->headers;
}

static void add_header(struct exchange *e, const char *name, const char *value)
{
	e->headers[e->request.header_count++] = (struct http_header){name, value};
}

static void add(struct journal *journal, const struct exchange *e)
{
	journal_add(journal, &e->request, &e->response, &e->notes, &times);
}

/* The journal through a filter given as query text. */
static cJSON *look(struct journal *journal, const char *query_text)
{
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	OWNED_STRUCT(query) query = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct journal_filter filter;
	cJSON *json = NULL;

	assert_int_equal(query_parse(query_text, strlen(query_text), &blame, &query, NULL),
	                 MSIV2_OK);
	assert_int_equal(journal_filter_read(&query, false, &filter, NULL), MSIV2_OK);
	assert_int_equal(journal_print(journal, &filter, JOURNAL_FORM_JSON, &text, NULL), MSIV2_OK);
	assert_int_equal(json_parse_object(text.data, text.len, &blame, &json, NULL), MSIV2_OK);
	return json;
}

static int count_events(struct journal *journal, const char *query_text)
{
	OWNED(cJSON) *json = look(journal, query_text);

	return cJSON_GetArraySize(cJSON_GetObjectItem(json, "events"));
}

static double number(const cJSON *json, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

static struct journal *new_journal(size_t capacity)
{
	struct journal *journal = NULL;

	assert_int_equal(journal_new(capacity, &journal, NULL), MSIV2_OK);
	return journal;
}

static void every_endpoint_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < ENDPOINT_ALL; i++) {
		enum endpoint back = ENDPOINT_ALL;

		assert_true(endpoint_from_name(endpoint_name((enum endpoint)i), &back));
		assert_int_equal(back, i);
	}
	assert_false(endpoint_from_name("nothing", &(enum endpoint){0}));
}

static void an_event_tells_everything_about_an_exchange(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(4);
	struct tls_facts tls = {"TLSv1.3", "CIPHER", "localhost", false, NULL, NULL};
	struct exchange e;
	OWNED(cJSON) *json = NULL;
	const cJSON *event;
	const cJSON *finding;

	(void)state;
	begin(&e, ENDPOINT_TOKEN, 400);
	e.request.listener = "sts";
	e.request.query = "a=1";
	e.request.tls = &tls;
	add_header(&e, "Metadata", "true");
	put(e.notes.error, sizeof(e.notes.error), "invalid_request");
	put(e.notes.correlation_id, sizeof(e.notes.correlation_id), "c-1");
	put(e.notes.client_id, sizeof(e.notes.client_id), "client");
	put(e.notes.token_type, sizeof(e.notes.token_type), "mtls_pop");
	put(e.notes.token_jti, sizeof(e.notes.token_jti), "jti");
	put(e.notes.token_audience, sizeof(e.notes.token_audience), "aud");
	e.notes.findings.count = 1;
	e.notes.findings.items[0] =
	        (struct finding){.rule = RULE_META_CORRELATION, .detail = "missing"};
	add(journal, &e);
	json = look(journal, "");
	event = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0);
	assert_int_equal(number(event, "seq"), 1);
	assert_int_equal(number(event, "mono_us"), 12);
	assert_int_equal(number(event, "duration_us"), 34);
	assert_int_equal(number(event, "status"), 400);
	assert_string_equal(cJSON_GetObjectItem(event, "world_time")->valuestring,
	                    "2026-11-21T03:00:00Z");
	assert_string_equal(cJSON_GetObjectItem(event, "endpoint")->valuestring, "token");
	assert_string_equal(cJSON_GetObjectItem(event, "listener")->valuestring, "sts");
	assert_string_equal(cJSON_GetObjectItem(event, "query")->valuestring, "a=1");
	assert_string_equal(cJSON_GetObjectItem(event, "error")->valuestring, "invalid_request");
	assert_string_equal(cJSON_GetObjectItem(event, "correlation_id")->valuestring, "c-1");
	assert_string_equal(
	        cJSON_GetObjectItem(cJSON_GetObjectItem(event, "token"), "aud")->valuestring,
	        "aud");
	assert_string_equal(
	        cJSON_GetObjectItem(cJSON_GetObjectItem(event, "tls"), "version")->valuestring,
	        "TLSv1.3");
	finding = cJSON_GetArrayItem(cJSON_GetObjectItem(event, "findings"), 0);
	assert_string_equal(cJSON_GetObjectItem(finding, "rule")->valuestring,
	                    "META-03/correlation-id");
	assert_string_equal(cJSON_GetObjectItem(finding, "level")->valuestring, "OBSERVED");
	assert_string_equal(cJSON_GetObjectItem(finding, "mode")->valuestring, "note");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(finding, "rejected")));
	assert_int_equal(number(json, "next"), 2);
	assert_int_equal(number(json, "dropped"), 0);
}

/* SEC-01: whatever way a secret comes in, the journal does not show it. */
static void secrets_never_show(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(4);
	OWNED_STRUCT(bytes) text = {0};
	const struct journal_filter all = {0};
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_RESOURCE, 200);
	e.request.path = "/resource/" JWT;
	e.request.query = "access_token=sesame&x=" JWT "&client_secret=sesame&fine=1";
	add_header(&e, "Authorization", "mtls_pop " JWT);
	add_header(&e, "authorization", "sesame");
	add_header(&e, "Cookie", "sesame");
	add_header(&e, "X-Thing", "token is " JWT);
	put(e.notes.correlation_id, sizeof(e.notes.correlation_id), JWT);
	put(e.notes.client_id, sizeof(e.notes.client_id), JWT);
	put(e.notes.token_audience, sizeof(e.notes.token_audience), JWT);
	put(e.notes.token_type, sizeof(e.notes.token_type), "mtls_pop");
	e.notes.findings.count = 1;
	put(e.notes.findings.items[0].detail, sizeof(e.notes.findings.items[0].detail), JWT);
	add(journal, &e);
	assert_int_equal(journal_print(journal, &all, JOURNAL_FORM_JSON, &text, NULL), MSIV2_OK);
	assert_null(strstr(bytes_text(&text), "eyJ"));
	assert_null(strstr(bytes_text(&text), "sesame"));
	assert_non_null(strstr(bytes_text(&text), "mtls_pop " REDACTED));
	assert_non_null(strstr(bytes_text(&text), "fine=1"));
}

/* STS-02: what may be asked of a token request, and nothing else of it. */
static void a_token_requests_form_shows_what_is_no_secret(void **state)
{
	static const char form[] =
	        "client_id=a&scope=https%3A%2F%2Fvault%2F.default&client_assertion=sesame"
	        "&client_secret=sesame&grant_type=client_credentials&token_type=mtls_pop"
	        "&claims=%7B%22x%22%3A1%7D&username=sesame&claims2=sesame&sesame&claims=" JWT;
	OWNED_STRUCT(journal) *journal = new_journal(4);
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_TOKEN, 200);
	e.request.body = (const uint8_t *)form;
	e.request.body_len = strlen(form);
	add(journal, &e);
	e.notes.endpoint = ENDPOINT_ISSUE;
	add(journal, &e);
	OWNED(cJSON) *json = look(journal, "form.claims=%7B%22x%22%3A1%7D");
	const cJSON *events = cJSON_GetObjectItem(json, "events");

	assert_int_equal(cJSON_GetArraySize(events), 1);
	assert_string_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(events, 0), "form")),
	        "client_id=a&scope=https%3A%2F%2Fvault%2F.default&grant_type=client_credentials"
	        "&token_type=mtls_pop&claims=%7B%22x%22%3A1%7D&" REDACTED);
	OWNED(cJSON) *none = look(journal, "form.client_secret=sesame");

	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(none, "events")), 0);
}

/* SEC-01: what a server would decode is judged decoded. */
static void escapes_hide_no_secret(void **state)
{
	static const char *const queries[] = {
	        "acc%65ss_token=sesame",
	        "%61ccess_toke%6E=sesame",
	        "x=eyJh%2EeyJ1%2Esesame",
	        "x=%65yJh.eyJ1.sesame",
	        "x=sesame%2",
	        "x=sesame%zz",
	        "x%zz=sesame",
	        "x=sesame%00",
	        "sesame%",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		OWNED_STRUCT(bytes) out = {0};

		redact_query(queries[i], 512, &out);
		assert_null(strstr(bytes_text(&out), "sesame"));
		assert_non_null(strstr(bytes_text(&out), REDACTED));
	}
	OWNED_STRUCT(bytes) out = {0};

	redact_text("/resource/%65yJh%2eeyJ1%2Esesame", 512, &out);
	assert_string_equal(bytes_text(&out), REDACTED);
	bytes_clear(&out);
	redact_query("resource=https%3A%2F%2Fvault&a%20b=%C3%A9&flag", 512, &out);
	assert_string_equal(bytes_text(&out), "resource=https%3A%2F%2Fvault&a%20b=%C3%A9&flag");
}

static void what_is_no_text_is_still_valid_json(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(4);
	OWNED(cJSON) *json = NULL;
	char long_path[2000];
	struct exchange e;
	const cJSON *event;

	(void)state;
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	begin(&e, ENDPOINT_UNKNOWN, 400);
	e.request.method = "\x01\xff";
	e.request.path = long_path;
	add_header(&e, "X\xfe", "a\tb\xc3");
	add_header(&e, "Twice", "1");
	add_header(&e, "twice", "2");
	add_header(&e, "TWICE", "3");
	add(journal, &e);
	json = look(journal, "");
	event = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0);
	assert_string_equal(cJSON_GetObjectItem(event, "method")->valuestring, "??");
	assert_true(strlen(cJSON_GetObjectItem(event, "path")->valuestring) < 600);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(
	                         cJSON_GetObjectItem(event, "headers"), "Twice")),
	                 3);
}

static void redaction_never_cuts_inside_a_character(void **state)
{
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	redact_text("ab\xC3\xA9z", 3, &out);
	assert_string_equal(bytes_text(&out), "ab...");
	bytes_clear(&out);
	redact_text("ab\xC3\xA9", 4, &out);
	assert_string_equal(bytes_text(&out), "ab\xC3\xA9");
}

static void a_long_query_is_cut(void **state)
{
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	redact_query("aaaa=1&bbbb=2&cccc=3", 8, &out);
	assert_string_equal(bytes_text(&out), "aaaa=1&b...&...");
}

static void the_ring_drops_the_oldest_and_counts_on(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(3);
	OWNED(cJSON) *json = NULL;
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_ISSUE, 200);
	for (int i = 0; i < 5; i++)
		add(journal, &e);
	json = look(journal, "");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "events")), 3);
	assert_int_equal(number(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0), "seq"),
	                 3);
	assert_int_equal(number(json, "dropped"), 2);
	assert_int_equal(journal_count(journal, ENDPOINT_ISSUE), 5);
	assert_int_equal(journal_count(journal, ENDPOINT_TOKEN), 0);
}

/* A client that sends long headers cannot fill the memory. */
static void the_ring_is_bounded_in_bytes_too(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(100000);
	OWNED_STRUCT(bytes) text = {0};
	const struct journal_filter all = {0};
	static char value[513];
	struct http_header headers[64];
	OWNED(cJSON) *json = NULL;
	const cJSON *event;
	struct exchange e;
	int kept;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	begin(&e, ENDPOINT_KEYS, 200);
	e.request.headers = headers;
	for (e.request.header_count = 0; e.request.header_count < 64; e.request.header_count++)
		headers[e.request.header_count] = (struct http_header){"X", value};
	for (int i = 0; i < 2500; i++)
		add(journal, &e);
	assert_int_equal(journal_print(journal, &all, JOURNAL_FORM_JSON, &text, NULL), MSIV2_OK);
	assert_in_range(text.len, JOURNAL_BYTES_MAX / 2, JOURNAL_BYTES_MAX + 100000);
	kept = count_events(journal, "");
	assert_in_range(kept, 1, 2499);
	json = look(journal, "limit=1");
	assert_int_equal(number(json, "dropped"), 2500 - kept);
	event = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0);
	assert_int_equal(number(event, "headers_left_out"), 64 - 15);
	assert_int_equal(journal_count(journal, ENDPOINT_KEYS), 2500);
}

static void filters_choose_events(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(10);
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_ISSUE, 200);
	put(e.notes.correlation_id, sizeof(e.notes.correlation_id), "Aa");
	add(journal, &e);
	begin(&e, ENDPOINT_TOKEN, 401);
	e.request.listener = "sts";
	e.notes.findings.count = 1;
	e.notes.findings.items[0] = (struct finding){.rule = RULE_STS_CERT_TIME, .rejected = true};
	add(journal, &e);
	begin(&e, ENDPOINT_TOKEN, 200);
	e.request.listener = "sts";
	add(journal, &e);
	assert_int_equal(count_events(journal, ""), 3);
	assert_int_equal(count_events(journal, "endpoint=token"), 2);
	assert_int_equal(count_events(journal, "endpoint=token&status=200"), 1);
	assert_int_equal(count_events(journal, "listener=imds"), 1);
	assert_int_equal(count_events(journal, "correlation_id=aA"), 1);
	assert_int_equal(count_events(journal, "correlation_id=ab"), 0);
	assert_int_equal(count_events(journal, "rule=STS-08"), 1);
	assert_int_equal(count_events(journal, "rule=certificate-validity"), 1);
	assert_int_equal(count_events(journal, "rule=STS-08/certificate-validity"), 1);
	assert_int_equal(count_events(journal, "rule=META-01"), 0);
	assert_int_equal(count_events(journal, "since=2"), 2);
	assert_int_equal(count_events(journal, "since=4"), 0);
}

static void a_limit_pages_through_without_loss(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(10);
	struct exchange e;
	int since = 1;

	(void)state;
	begin(&e, ENDPOINT_ISSUE, 200);
	for (int i = 0; i < 7; i++)
		add(journal, &e);
	for (int pages = 0; pages < 4; pages++) {
		char query[64];
		OWNED(cJSON) *json = NULL;

		snprintf(query, sizeof(query), "limit=2&since=%d", since);
		json = look(journal, query);
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "events")),
		                 pages < 3 ? 2 : 1);
		since = (int)number(json, "next");
	}
	assert_int_equal(since, 8);
}

static void a_bad_filter_names_its_parameter(void **state)
{
	static const char *const bad[][2] = {
	        {"endpoint=x", "endpoint"}, {"status=x", "status"},   {"since=-1", "since"},
	        {"limit=1.5", "limit"},     {"colour=red", "colour"}, {"limit=1&limit=2", "limit"},
	        {"status=600", "status"},   {"status=0", "status"},   {"listener=x", "listener"},
	        {"rule=META-99", "rule"},   {"rule=", "rule"},        {"rule=STS-08/other", "rule"},
	};
	static const struct blame blame = {MSIV2_CONFIG, "query"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		OWNED_STRUCT(query) query = {0};
		struct journal_filter filter;
		struct msiv2_error err = {0};

		assert_int_equal(query_parse(bad[i][0], strlen(bad[i][0]), &blame, &query, NULL),
		                 MSIV2_OK);
		assert_int_equal(journal_filter_read(&query, false, &filter, &err), MSIV2_CONFIG);
		assert_string_equal(msiv2_error_where(&err), bad[i][1]);
	}
}

static void reset_forgets_but_numbers_go_on(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(2);
	OWNED_STRUCT(bytes) counts = {0};
	OWNED(cJSON) *json = NULL;
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_PROBE, 400);
	for (int i = 0; i < 3; i++)
		add(journal, &e);
	assert_int_equal(journal_counts_json(journal, &counts, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&counts),
	                    "{\"getplatformmetadata\":0,\"probe\":3,\"issuecredential\":0,"
	                    "\"token\":0,\"resource\":0,\"openid-configuration\":0,\"keys\":0,"
	                    "\"attest-nonce\":0,\"attest-keyguard\":0,\"attest-tpm\":0,"
	                    "\"maa-certs\":0,\"imds-v1-token\":0,\"compute\":0,"
	                    "\"unknown\":0}");
	journal_reset(journal);
	assert_int_equal(journal_count(journal, ENDPOINT_PROBE), 0);
	add(journal, &e);
	json = look(journal, "");
	assert_int_equal(number(json, "dropped"), 0);
	assert_int_equal(number(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0), "seq"),
	                 4);
}

/* Out of memory: the event may be lost, then it is counted as dropped; the count never is. */
static void an_event_without_memory_is_counted_as_dropped(void **state)
{
	struct exchange e;

	(void)state;
	begin(&e, ENDPOINT_ISSUE, 200);
	e.request.query = "a=1";
	add_header(&e, "A", "b");
	for (unsigned nth = 1; nth < 40; nth++) {
		OWNED_STRUCT(journal) *journal = new_journal(4);
		OWNED(cJSON) *json = NULL;

		fault_at(FAULT_MEMORY, nth);
		add(journal, &e);
		(void)fault_disarm();
		json = look(journal, "");
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "events")) +
		                         (int)number(json, "dropped"),
		                 1);
		assert_int_equal(journal_count(journal, ENDPOINT_ISSUE), 1);
	}
}

static void making_a_journal_may_run_out_of_memory(void **state)
{
	struct journal *journal = NULL;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fault_at(FAULT_MEMORY, nth);
		assert_int_equal(journal_new(4, &journal, NULL), MSIV2_INTERNAL);
		assert_true(fault_disarm());
		assert_null(journal);
	}
	journal_free(NULL);
}

static void *write_many(void *ctx)
{
	struct exchange e;

	begin(&e, ENDPOINT_KEYS, 200);
	for (int i = 0; i < 200; i++)
		add(ctx, &e);
	return NULL;
}

static void many_threads_write_and_read_at_once(void **state)
{
	OWNED_STRUCT(journal) *journal = new_journal(50);
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, journal), 0);
	for (int i = 0; i < 20; i++)
		assert_true(count_events(journal, "") <= 50);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(journal_count(journal, ENDPOINT_KEYS), 800);
	assert_int_equal(count_events(journal, ""), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_endpoint_has_a_name_of_its_own),
	        cmocka_unit_test(an_event_tells_everything_about_an_exchange),
	        cmocka_unit_test(secrets_never_show),
	        cmocka_unit_test(a_token_requests_form_shows_what_is_no_secret),
	        cmocka_unit_test(escapes_hide_no_secret),
	        cmocka_unit_test(what_is_no_text_is_still_valid_json),
	        cmocka_unit_test(redaction_never_cuts_inside_a_character),
	        cmocka_unit_test(a_long_query_is_cut),
	        cmocka_unit_test(the_ring_drops_the_oldest_and_counts_on),
	        cmocka_unit_test(the_ring_is_bounded_in_bytes_too),
	        cmocka_unit_test(filters_choose_events),
	        cmocka_unit_test(a_limit_pages_through_without_loss),
	        cmocka_unit_test(a_bad_filter_names_its_parameter),
	        cmocka_unit_test(reset_forgets_but_numbers_go_on),
	        cmocka_unit_test(an_event_without_memory_is_counted_as_dropped),
	        cmocka_unit_test(making_a_journal_may_run_out_of_memory),
	        cmocka_unit_test(many_threads_write_and_read_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
