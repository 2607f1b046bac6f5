/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The token cache (TOK-02). */
#include "tests/testing.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "mem_fault.h"
#include "ref/keys/memory.h"
#include "ref/token.h"
#include "ref/token_cache.h"

#define NOW_S INT64_C(1800000000)

static struct key *key;
static struct binding *binding;

static int group_setup(void **state)
{
	EVP_PKEY *pkey = certificate_p256_key();
	struct issue issue = {.client_id = mem_strdup("client"),
	                      .tenant_id = mem_strdup("tenant"),
	                      .identity_type = mem_strdup("SystemAssigned"),
	                      .endpoint = mem_strdup("https://sts.example")};
	struct binding_parts parts = {.issue = &issue, .pkey = pkey, .clock = clock_system()};

	(void)state;
	assert_int_equal(memory_key_create(&key, NULL), MSIV2_OK);
	issue.certificate = certificate_make(&(struct certificate_recipe){
	        .subject_key = pkey, .issuer_key = pkey, .cn = "client", .not_after_s = NOW_S});
	parts.key = key;
	assert_int_equal(binding_new(&parts, &binding, NULL), MSIV2_OK);
	issue_free(&issue);
	EVP_PKEY_free(pkey);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	binding_free(binding);
	key_free(key);
	return 0;
}

static struct credential *credential(const char *secret, int64_t expires_on_s)
{
	struct token_answer answer = {.access_token = mem_strdup(secret),
	                              .token_type = mem_strdup("mtls_pop"),
	                              .expires_in_s = expires_on_s - NOW_S};
	const struct grant_parts parts = {.answer = &answer,
	                                  .asked_at_s = NOW_S,
	                                  .client_id = "client",
	                                  .tenant_id = "tenant",
	                                  .certificate = binding_certificate(binding),
	                                  .timings = &timings_none};
	struct credential *made = NULL;
	struct grant *grant = NULL;

	assert_int_equal(grant_new(&parts, &grant, NULL), MSIV2_OK);
	assert_int_equal(credential_new(grant, binding, &made, NULL), MSIV2_OK);
	return made;
}

static struct token_key key_of(const char *resource)
{
	return (struct token_key){.identity = "",
	                          .resource = resource,
	                          .resource_len = strlen(resource),
	                          .thumbprint = binding_thumbprint(binding)};
}

static enum msiv2_rc put(struct token_cache *cache, const struct token_key *where,
                         const char *secret, int64_t expires_on_s)
{
	struct credential *made = credential(secret, expires_on_s);
	enum msiv2_rc rc = token_cache_put(cache, where, made, NOW_S, NULL);

	credential_free(made);
	return rc;
}

/* The secret found, into a static buffer of this thread; NULL when there is none. */
static const char *found(struct token_cache *cache, const struct token_key *where, int64_t now_s,
                         char out[64])
{
	struct credential *hit = token_cache_find(cache, where, now_s);

	if (hit == NULL)
		return NULL;
	(void)snprintf(out, 64, "%s", grant_secret(credential_grant(hit)));
	credential_free(hit);
	return out;
}

static void a_kept_token_is_found_by_its_own_key_only(void **state)
{
	static const uint8_t other_thumbprint[X509_SHA256_LEN] = {1};
	struct token_cache *cache = token_cache_new();
	const struct token_key where = key_of("https://a");
	struct token_key other;
	char text[64];

	(void)state;
	assert_int_equal(put(cache, &where, "one", NOW_S + 3600), MSIV2_OK);
	assert_string_equal(found(cache, &where, NOW_S, text), "one");
	other = where;
	other.resource_len--;
	assert_null(found(cache, &other, NOW_S, text));
	other = key_of("https://b");
	assert_null(found(cache, &other, NOW_S, text));
	other = where;
	other.type = MSIV2_TOKEN_BEARER;
	assert_null(found(cache, &other, NOW_S, text));
	other = where;
	other.identity = "somebody";
	assert_null(found(cache, &other, NOW_S, text));
	other = where;
	other.thumbprint = other_thumbprint;
	assert_null(found(cache, &other, NOW_S, text));
	/* Every byte of a thumbprint counts. */
	for (size_t i = 0; i < X509_SHA256_LEN; i++) {
		uint8_t near[X509_SHA256_LEN];

		memcpy(near, where.thumbprint, sizeof(near));
		near[i] ^= 1;
		other.thumbprint = near;
		assert_null(found(cache, &other, NOW_S, text));
	}
	token_cache_free(cache);
}

static void a_token_with_exactly_five_minutes_left_is_not_used(void **state)
{
	struct token_cache *cache = token_cache_new();
	const struct token_key where = key_of("https://a");
	char text[64];

	(void)state;
	assert_int_equal(put(cache, &where, "one", NOW_S + 3600), MSIV2_OK);
	assert_non_null(found(cache, &where, NOW_S + 3600 - 301, text));
	assert_null(found(cache, &where, NOW_S + 3600 - 300, text));
	token_cache_free(cache);
}

static void a_newer_token_takes_the_place_of_an_older_one(void **state)
{
	struct token_cache *cache = token_cache_new();
	const struct token_key where = key_of("https://a");
	char text[64];

	(void)state;
	assert_int_equal(put(cache, &where, "one", NOW_S + 3600), MSIV2_OK);
	assert_int_equal(put(cache, &where, "two", NOW_S + 3600), MSIV2_OK);
	assert_string_equal(found(cache, &where, NOW_S, text), "two");
	assert_int_equal(token_cache_count(cache), 1);
	token_cache_free(cache);
}

static void tokens_of_a_dropped_certificate_are_gone(void **state)
{
	static const uint8_t other_thumbprint[X509_SHA256_LEN] = {1};
	struct token_cache *cache = token_cache_new();
	const struct token_key ours = key_of("https://a");
	struct token_key others = ours;
	char text[64];

	(void)state;
	others.thumbprint = other_thumbprint;
	assert_int_equal(put(cache, &ours, "ours", NOW_S + 3600), MSIV2_OK);
	assert_int_equal(put(cache, &others, "others", NOW_S + 3600), MSIV2_OK);
	token_cache_drop(cache, ours.thumbprint);
	assert_null(found(cache, &ours, NOW_S, text));
	assert_string_equal(found(cache, &others, NOW_S, text), "others");
	assert_int_equal(put(cache, &ours, "ours", NOW_S + 3600), MSIV2_OK);
	token_cache_keep(cache, ours.thumbprint);
	assert_string_equal(found(cache, &ours, NOW_S, text), "ours");
	assert_null(found(cache, &others, NOW_S, text));
	token_cache_free(cache);
}

static void a_thousand_resources_are_all_found_again(void **state)
{
	struct token_cache *cache = token_cache_new();
	char resource[64];
	char secret[64];
	char text[64];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct token_key where;

		(void)snprintf(resource, sizeof(resource), "https://r%d.example", i);
		(void)snprintf(secret, sizeof(secret), "secret-%d", i);
		where = key_of(resource);
		assert_int_equal(put(cache, &where, secret, NOW_S + 3600), MSIV2_OK);
	}
	assert_int_equal(token_cache_count(cache), 1000);
	for (int i = 0; i < 1000; i++) {
		struct token_key where;

		(void)snprintf(resource, sizeof(resource), "https://r%d.example", i);
		(void)snprintf(secret, sizeof(secret), "secret-%d", i);
		where = key_of(resource);
		assert_string_equal(found(cache, &where, NOW_S, text), secret);
	}
	token_cache_free(cache);
}

static void tokens_that_have_run_out_make_room(void **state)
{
	struct token_cache *cache = token_cache_new();
	char resource[64];

	(void)state;
	for (int i = 0; i < 500; i++) {
		struct token_key where;

		(void)snprintf(resource, sizeof(resource), "https://r%d.example", i);
		where = key_of(resource);
		assert_int_equal(put(cache, &where, "old", NOW_S + 10), MSIV2_OK);
	}
	assert_true(token_cache_count(cache) <= 16);
	token_cache_free(cache);
}

static void without_memory_the_cache_is_unchanged(void **state)
{
	struct token_cache *cache = token_cache_new();
	struct credential *made = credential("late", NOW_S + 3600);
	struct token_key where = key_of("https://a");
	struct msiv2_error err = {0};
	unsigned nth = 0;
	char text[64];

	(void)state;
	assert_int_equal(put(cache, &where, "kept", NOW_S + 3600), MSIV2_OK);
	do {
		enum msiv2_rc rc;

		where = key_of("https://b");
		mem_fault_at(++nth);
		rc = token_cache_put(cache, &where, made, NOW_S, &err);
		assert_int_equal(rc, mem_fault_fired() ? MSIV2_INTERNAL : MSIV2_OK);
		assert_int_equal(token_cache_count(cache), mem_fault_fired() ? 1 : 2);
	} while (mem_fault_fired());
	mem_fault_at(0);
	assert_true(nth > 2);
	where = key_of("https://a");
	assert_string_equal(found(cache, &where, NOW_S, text), "kept");
	credential_free(made);
	token_cache_free(cache);
}

static void a_map_that_cannot_grow_still_works(void **state)
{
	struct token_cache *cache = token_cache_new();
	char resource[64];
	char text[64];

	(void)state;
	for (int i = 0; i < 17; i++) {
		struct token_key where;
		struct credential *made = credential("secret", NOW_S + 3600);

		(void)snprintf(resource, sizeof(resource), "https://r%d.example", i);
		where = key_of(resource);
		/* Entry, identity, resource; the fourth is the map itself. */
		mem_fault_at(i == 16 ? 4 : 0);
		assert_int_equal(token_cache_put(cache, &where, made, NOW_S, NULL), MSIV2_OK);
		assert_int_equal(mem_fault_fired(), i == 16);
		assert_non_null(found(cache, &where, NOW_S, text));
		credential_free(made);
	}
	mem_fault_at(0);
	token_cache_free(cache);
}

struct churn {
	struct token_cache *cache;
	int number;
};

static void *churn(void *arg)
{
	const struct churn *mine = arg;
	char resource[64];
	char text[64];

	for (int i = 0; i < 300; i++) {
		struct token_key where;

		(void)snprintf(resource, sizeof(resource), "https://r%d.example", i % 40);
		where = key_of(resource);
		if (put(mine->cache, &where, "secret", NOW_S + 3600) != MSIV2_OK)
			return arg;
		(void)found(mine->cache, &where, NOW_S, text);
		if (i % 50 == mine->number)
			token_cache_drop(mine->cache, where.thumbprint);
	}
	return NULL;
}

static void many_threads_share_a_cache(void **state)
{
	struct token_cache *cache = token_cache_new();
	struct churn churns[8];
	pthread_t threads[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		churns[i] = (struct churn){.cache = cache, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &churns[i]), 0);
	}
	for (size_t i = 0; i < TEXT_COUNT(threads); i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	token_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_kept_token_is_found_by_its_own_key_only),
	        cmocka_unit_test(a_token_with_exactly_five_minutes_left_is_not_used),
	        cmocka_unit_test(a_newer_token_takes_the_place_of_an_older_one),
	        cmocka_unit_test(tokens_of_a_dropped_certificate_are_gone),
	        cmocka_unit_test(a_thousand_resources_are_all_found_again),
	        cmocka_unit_test(tokens_that_have_run_out_make_room),
	        cmocka_unit_test(without_memory_the_cache_is_unchanged),
	        cmocka_unit_test(a_map_that_cannot_grow_still_works),
	        cmocka_unit_test(many_threads_share_a_cache),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
