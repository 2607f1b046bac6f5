/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the world remembers of what it issued: bounded, in order, wiped, for many threads. */
#include "tests/testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "emulator/registry.h"
#include "faults.h"

static struct registry *made(void)
{
	struct registry *registry = NULL;

	assert_int_equal(registry_new(&registry, NULL), MSIV2_OK);
	return registry;
}

static void add(struct registry *registry, enum registry_kind kind, const char *text)
{
	struct registry_facts facts = {.issued_s = 7, .client_id = "client", .host = "host"};

	registry_add(registry, kind, &facts, text, strlen(text));
}

static void what_is_added_comes_back_in_order(void **state)
{
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};

	(void)state;
	add(registry, REGISTRY_CERTIFICATE, "one");
	add(registry, REGISTRY_TOKEN, "other kind");
	add(registry, REGISTRY_CERTIFICATE, "two");
	assert_int_equal(registry_from(registry, REGISTRY_CERTIFICATE, 0, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 1);
	assert_string_equal(bytes_text(&item.content), "one");
	assert_int_equal(item.facts.issued_s, 7);
	assert_string_equal(item.facts.client_id, "client");
	assert_string_equal(item.facts.host, "host");
	assert_int_equal(registry_from(registry, REGISTRY_CERTIFICATE, 2, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 2);
	assert_string_equal(bytes_text(&item.content), "two");
	assert_int_equal(registry_from(registry, REGISTRY_CERTIFICATE, 3, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 0);
	assert_int_equal(item.content.len, 0);
	assert_int_equal(registry_next(registry, REGISTRY_CERTIFICATE), 3);
	assert_int_equal(registry_next(registry, REGISTRY_TOKEN), 2);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};
	char text[16];

	(void)state;
	for (int i = 1; i <= REGISTRY_MAX + 2; i++) {
		(void)snprintf(text, sizeof(text), "n%d", i);
		add(registry, REGISTRY_TOKEN, text);
	}
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 1, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 3);
	assert_string_equal(bytes_text(&item.content), "n3");
	assert_int_equal(registry_dropped(registry, REGISTRY_TOKEN), 2);
	assert_int_equal(registry_dropped(registry, REGISTRY_CERTIFICATE), 0);
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, REGISTRY_MAX + 2, &item, NULL),
	                 MSIV2_OK);
	assert_int_equal(item.seq, REGISTRY_MAX + 2);
}

static void a_reset_forgets_and_numbers_go_on(void **state)
{
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};

	(void)state;
	for (int i = 0; i < REGISTRY_MAX + 1; i++)
		add(registry, REGISTRY_TOKEN, "text");
	registry_reset(registry);
	assert_int_equal(registry_dropped(registry, REGISTRY_TOKEN), 0);
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 0, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 0);
	add(registry, REGISTRY_TOKEN, "after");
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 0, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, REGISTRY_MAX + 2);
	assert_string_equal(bytes_text(&item.content), "after");
}

/* Counts what is overwritten before it is freed. */
static atomic_uint wiped;
void __real_mem_free_secret(void *p, size_t size);
void __wrap_mem_free_secret(void *p, size_t size);
void __wrap_mem_free_secret(void *p, size_t size)
{
	if (p != NULL && size > 6 && memcmp(p, "secret", 6) == 0)
		atomic_fetch_add(&wiped, 1);
	__real_mem_free_secret(p, size);
}

static void tokens_lie_in_memory_that_is_wiped(void **state)
{
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};

	(void)state;
	atomic_store(&wiped, 0);
	add(registry, REGISTRY_CERTIFICATE, "secret, they say");
	add(registry, REGISTRY_TOKEN, "secret"); /* SEC-01 */
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 0, &item, NULL), MSIV2_OK);
	registry_item_free(&item);
	assert_int_equal(atomic_load(&wiped), 1);
	registry_reset(registry);
	assert_int_equal(atomic_load(&wiped), 2);
}

static void what_is_too_long_or_empty_is_only_counted(void **state)
{
	static const char long_text[REGISTRY_BYTES_MAX + 1];
	struct registry_facts facts = {0};
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};

	(void)state;
	registry_add(registry, REGISTRY_CERTIFICATE, &facts, long_text, sizeof(long_text));
	registry_add(registry, REGISTRY_CERTIFICATE, &facts, "", 0);
	add(registry, REGISTRY_CERTIFICATE, "good");
	assert_int_equal(registry_dropped(registry, REGISTRY_CERTIFICATE), 2);
	assert_int_equal(registry_from(registry, REGISTRY_CERTIFICATE, 0, &item, NULL), MSIV2_OK);
	assert_int_equal(item.seq, 3);
	for (int i = 0; i < REGISTRY_MAX; i++)
		add(registry, REGISTRY_CERTIFICATE, "more");
	/* The two were counted once; "good" is the third. */
	assert_int_equal(registry_dropped(registry, REGISTRY_CERTIFICATE), 3);
}

static void memory_that_runs_out_costs_one_item(void **state)
{
	OWNED_STRUCT(registry) *registry = made();
	OWNED_STRUCT(registry_item) item = {0};
	struct registry *none = NULL;

	(void)state;
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(registry_new(&none, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_null(none);
	fault_at(FAULT_MEMORY, 1);
	add(registry, REGISTRY_TOKEN, "lost");
	assert_true(fault_disarm());
	add(registry, REGISTRY_TOKEN, "kept");
	assert_int_equal(registry_dropped(registry, REGISTRY_TOKEN), 1);
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 0, &item, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_int_equal(registry_from(registry, REGISTRY_TOKEN, 0, &item, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&item.content), "kept");
}

static void *add_many(void *arg)
{
	for (int i = 0; i < REGISTRY_MAX; i++)
		add(arg, REGISTRY_TOKEN, "from a thread");
	return NULL;
}

static void *read_many(void *arg)
{
	OWNED_STRUCT(registry_item) item = {0};
	uint64_t seq = 0;

	for (int i = 0; i < REGISTRY_MAX; i++) {
		if (registry_from(arg, REGISTRY_TOKEN, seq, &item, NULL) != MSIV2_OK)
			return arg;
		if (item.seq > 0 && strcmp(bytes_text(&item.content), "from a thread") != 0)
			return arg;
		seq = item.seq > 0 ? item.seq + 1 : 0;
	}
	return NULL;
}

static void threads_add_and_read_at_once(void **state)
{
	enum { THREADS = 6 };
	OWNED_STRUCT(registry) *registry = made();
	pthread_t threads[THREADS];
	void *failed = NULL;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		        pthread_create(&threads[i], NULL, i % 2 ? read_many : add_many, registry),
		        0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(registry_next(registry, REGISTRY_TOKEN), 3 * REGISTRY_MAX + 1);
	assert_int_equal(registry_dropped(registry, REGISTRY_TOKEN), 2 * REGISTRY_MAX);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_is_added_comes_back_in_order),
	        TEST(the_oldest_goes_when_there_are_too_many),
	        TEST(a_reset_forgets_and_numbers_go_on),
	        TEST(tokens_lie_in_memory_that_is_wiped),
	        TEST(what_is_too_long_or_empty_is_only_counted),
	        TEST(memory_that_runs_out_costs_one_item),
	        TEST(threads_add_and_read_at_once),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
