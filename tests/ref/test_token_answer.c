/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "mem_fault.h"
#include "ref/token_answer.h"
#include "wire_samples.h"

#define TOKEN "eyJhbGciOiJSUzI1NiJ9.eyJub3RlIjoiTk9UIEZPUiBQUk9EVUNUSU9OIn0.c2lnbmF0dXJl"

static void assert_all_zero(const struct token_answer *answer)
{
	static const struct token_answer zero;

	assert_memory_equal(answer, &zero, sizeof(zero));
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(token_answer) answer = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = token_answer_parse(body->data, body->len, "mtls_pop", &answer, &err);

	if (rc != (good ? MSIV2_OK : MSIV2_STS_MALFORMED))
		fail_msg("%s: %s: %s", name, msiv2_rc_name(rc), err.message);
	if (good)
		return;
	assert_all_zero(&answer);
	assert_string_equal(err.where, "sts.token");
	/* SEC-01: whatever is wrong with an answer, its token is not told. */
	assert_null(strstr(err.message, "eyJ"));
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("token", judge);
}

static enum msiv2_rc parse_text(const char *body, const char *wanted, struct token_answer *out,
                                struct msiv2_error *err)
{
	return token_answer_parse(body, strlen(body), wanted, out, err);
}

static enum msiv2_rc parse_sample(const char *name, struct token_answer *out)
{
	OWNED_STRUCT(bytes) body = {0};

	wire_sample_read("token", name, &body);
	return token_answer_parse(body.data, body.len, "mtls_pop", out, NULL);
}

static void a_good_answer_is_read_whole(void **state)
{
	OWNED_STRUCT(token_answer) answer = {0};

	(void)state;
	assert_int_equal(parse_sample("good_pop.json", &answer), MSIV2_OK);
	assert_string_equal(answer.access_token, TOKEN);
	assert_string_equal(answer.token_type, "mtls_pop");
	assert_int_equal(answer.expires_in_s, 86399);
}

static void expiry_may_be_a_number_in_text(void **state)
{
	OWNED_STRUCT(token_answer) answer = {0};

	(void)state;
	assert_int_equal(parse_sample("good_expires_text.json", &answer), MSIV2_OK);
	assert_int_equal(answer.expires_in_s, 86399);
}

static void the_type_must_be_the_one_asked_for_in_either_direction(void **state)
{
	static const char pop[] = "{\"access_token\":\"x\",\"token_type\":\"mtls_POP\","
	                          "\"expires_in\":60}";
	static const char bearer[] = "{\"access_token\":\"x\",\"token_type\":\"bearer\","
	                             "\"expires_in\":60}";
	OWNED_STRUCT(token_answer) good_pop = {0};
	OWNED_STRUCT(token_answer) good_bearer = {0};
	struct token_answer answer;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(parse_text(pop, "mtls_pop", &good_pop, NULL), MSIV2_OK);
	assert_int_equal(parse_text(bearer, "Bearer", &good_bearer, NULL), MSIV2_OK);
	assert_int_equal(parse_text(bearer, "mtls_pop", &answer, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message,
	                    "member \"token_type\" is \"bearer\", asked for was \"mtls_pop\"");
	assert_all_zero(&answer);
	assert_int_equal(parse_text(pop, "Bearer", &answer, &err), MSIV2_STS_MALFORMED);
}

static void a_token_in_the_place_of_the_type_is_not_told(void **state)
{
	static const char body[] = "{\"access_token\":\"x\",\"expires_in\":60,"
	                           "\"token_type\":\"" TOKEN "\"}";
	struct token_answer answer;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(parse_text(body, "mtls_pop", &answer, &err), MSIV2_STS_MALFORMED);
	assert_non_null(strstr(err.message, "[removed]"));
	assert_null(strstr(err.message, "eyJ"));
}

static void the_message_names_the_member(void **state)
{
	static const struct {
		const char *body;
		const char *message;
	} rows[] = {
	        {"{}", "member \"access_token\" is missing"},
	        {"{\"access_token\":\"x\"}", "member \"token_type\" is missing"},
	        {"{\"access_token\":\"x\",\"token_type\":\"mtls_pop\"}",
	         "member \"expires_in\" is missing"},
	        {"{\"access_token\":\"a b\",\"token_type\":\"mtls_pop\",\"expires_in\":1}",
	         "member \"access_token\" has characters that no header may carry"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct token_answer answer;
		struct msiv2_error err = {0};

		assert_int_equal(parse_text(rows[i].body, "mtls_pop", &answer, &err),
		                 MSIV2_STS_MALFORMED);
		assert_string_equal(err.message, rows[i].message);
	}
}

/* Counts what is overwritten before it is freed. */
void __real_mem_free_secret(void *p, size_t size);
void __wrap_mem_free_secret(void *p, size_t size);
static size_t secret_bytes_freed;

void __wrap_mem_free_secret(void *p, size_t size)
{
	secret_bytes_freed += size;
	__real_mem_free_secret(p, size);
}

static void the_token_is_freed_as_a_secret(void **state)
{
	struct token_answer answer = {0};

	(void)state;
	assert_int_equal(parse_sample("good_pop.json", &answer), MSIV2_OK);
	secret_bytes_freed = 0;
	token_answer_free(&answer);
	assert_int_equal(secret_bytes_freed, strlen(TOKEN));
	assert_all_zero(&answer);
	token_answer_free(&answer);
	assert_int_equal(secret_bytes_freed, strlen(TOKEN));
}

/* cJSON's own blocks, looked at as they are freed. */
static unsigned tokens_freed;

static void watched_free(void *p)
{
	if (p != NULL && memmem(p, malloc_usable_size(p), "c2lnbmF0dXJl", 12) != NULL)
		tokens_freed++;
	free(p);
}

static void no_copy_of_the_token_is_left_in_freed_memory(void **state)
{
	cJSON_Hooks watched = {.malloc_fn = malloc, .free_fn = watched_free};
	OWNED_STRUCT(token_answer) answer = {0};
	OWNED_STRUCT(token_answer) refused = {0};
	OWNED_STRUCT(bytes) body = {0};
	cJSON *probe;

	(void)state;
	wire_sample_read("token", "good_pop.json", &body);
	cJSON_InitHooks(&watched);
	/* The watch works. */
	probe = cJSON_ParseWithLength((const char *)body.data, body.len);
	cJSON_Delete(probe);
	assert_int_equal(tokens_freed, 1);
	assert_int_equal(token_answer_parse(body.data, body.len, "mtls_pop", &answer, NULL),
	                 MSIV2_OK);
	assert_int_equal(token_answer_parse(body.data, body.len, "Bearer", &refused, NULL),
	                 MSIV2_STS_MALFORMED);
	cJSON_InitHooks(NULL);
	assert_int_equal(tokens_freed, 1);
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	bool done = false;

	(void)state;
	wire_sample_read("token", "good_pop.json", &body);
	for (unsigned nth = 1; !done; nth++) {
		OWNED_STRUCT(token_answer) answer = {0};
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = token_answer_parse(body.data, body.len, "mtls_pop", &answer, NULL);
		done = !mem_fault_fired();
		assert_int_equal(rc, done ? MSIV2_OK : MSIV2_INTERNAL);
		if (!done)
			assert_all_zero(&answer);
		assert_true(nth < 50);
	}
	mem_fault_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(a_good_answer_is_read_whole),
	        cmocka_unit_test(expiry_may_be_a_number_in_text),
	        cmocka_unit_test(the_type_must_be_the_one_asked_for_in_either_direction),
	        cmocka_unit_test(a_token_in_the_place_of_the_type_is_not_told),
	        cmocka_unit_test(the_message_names_the_member),
	        cmocka_unit_test(the_token_is_freed_as_a_secret),
	        cmocka_unit_test(no_copy_of_the_token_is_left_in_freed_memory),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("token_answer", tests, NULL, NULL);
}
