/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the attestation service may answer (ATT-01, ATT-04), and what is not an answer. */
#include "tests/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "mem_fault.h"
#include "ref/attestation_answer.h"
#include "wire_samples.h"

static void assert_blamed(const struct msiv2_error *err)
{
	assert_string_equal(err->where, "attestation");
	assert_true(err->message[0] != '\0');
	/* SEC-01: whatever is wrong with an answer, its token is not told. */
	assert_null(strstr(err->message, "eyJ"));
}

static void judge_token(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(attestation_answer) answer = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = attestation_answer_parse(body->data, body->len, &answer, &err);

	if (rc != (good ? MSIV2_OK : MSIV2_ATTESTATION_FAILED))
		fail_msg("%s: %s: %s", name, msiv2_rc_name(rc), err.message);
	if (good) {
		assert_true(answer.expires_on_s > 0);
		return;
	}
	assert_blamed(&err);
	assert_null(answer.token);
	assert_int_equal(answer.expires_on_s, 0);
}

static void judge_nonce(const char *name, bool good, const struct bytes *body)
{
	struct attestation_nonce nonce;
	struct msiv2_error err = {0};
	enum msiv2_rc rc = attestation_nonce_parse(body->data, body->len, &nonce, &err);

	if (rc != (good ? MSIV2_OK : MSIV2_ATTESTATION_FAILED))
		fail_msg("%s: %s: %s", name, msiv2_rc_name(rc), err.message);
	assert_int_equal(strlen(nonce.text), good ? ATTESTATION_NONCE_TEXT_LEN : 0);
	if (!good)
		assert_blamed(&err);
}

static void every_token_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("attest_answer", judge_token);
}

static void every_nonce_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("attest_nonce", judge_nonce);
}

static enum msiv2_rc parse_sample(const char *name, struct attestation_answer *out,
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) body = {0};

	wire_sample_read("attest_answer", name, &body);
	return attestation_answer_parse(body.data, body.len, out, err);
}

static void the_token_and_its_end_are_read(void **state)
{
	OWNED_STRUCT(attestation_answer) answer = {0};
	OWNED_STRUCT(attestation_answer) last = {0};

	(void)state;
	assert_int_equal(parse_sample("good_token.json", &answer, NULL), MSIV2_OK);
	assert_int_equal(answer.expires_on_s, 1795250400);
	assert_true(text_starts(answer.token, "eyJhbGciOiJSUzI1NiI"));
	assert_int_equal(parse_sample("good_last_second.json", &last, NULL), MSIV2_OK);
	assert_int_equal(last.expires_on_s, INT64_C(253402300799));
}

static void the_message_says_what_is_wrong(void **state)
{
	static const struct {
		const char *sample;
		const char *message;
	} rows[] = {
	        {"bad_no_token.json", "member \"token\" is missing"},
	        {"bad_empty_token.json", "member \"token\" is empty"},
	        {"bad_two_parts.json", "the token is not a JWT of three parts"},
	        {"bad_too_long.json", "the token is longer than 16384 characters"},
	        {"bad_header_text.json", "the header of the token is not base64url of JSON"},
	        {"bad_no_header.json", "the header of the token is not base64url of JSON"},
	        {"bad_claims_array.json", "the claim set of the token is not base64url of JSON"},
	        {"bad_no_signature.json", "the signature of the token is not base64url"},
	        {"bad_four_parts.json", "the signature of the token is not base64url"},
	        {"bad_no_exp.json", "the token says no time of expiry: member \"exp\" is missing"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct attestation_answer answer;
		struct msiv2_error err = {0};

		assert_int_equal(parse_sample(rows[i].sample, &answer, &err),
		                 MSIV2_ATTESTATION_FAILED);
		assert_string_equal(err.message, rows[i].message);
	}
}

static void a_certificate_is_the_bytes_of_its_base64url(void **state)
{
	static const char *const bad[] = {"",
	                                  "{}",
	                                  "{\"certificate\":\"\"}",
	                                  "{\"certificate\":\"+/+/\"}",
	                                  "{\"certificate\":5}",
	                                  "{\"certificate\":\"AAAA=\"}"};
	static const char good[] = "{\"certificate\":\"MAA_-w\"}";
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(attestation_certificate_parse(good, strlen(good), &der, &err), MSIV2_OK);
	assert_int_equal(der.len, 4);
	assert_memory_equal(der.data, "\x30\x00\x3f\xfb", 4);
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		assert_int_equal(attestation_certificate_parse(bad[i], strlen(bad[i]), &der, &err),
		                 MSIV2_ATTESTATION_FAILED);
		assert_int_equal(der.len, 4);
	}
}

/* Counts what is overwritten before it is freed. */
void __real_mem_free_secret(void *p, size_t size);
void __wrap_mem_free_secret(void *p, size_t size);
static size_t largest_secret;

void __wrap_mem_free_secret(void *p, size_t size)
{
	largest_secret = size > largest_secret ? size : largest_secret;
	__real_mem_free_secret(p, size);
}

static void the_token_is_freed_as_a_secret(void **state)
{
	struct attestation_answer answer = {0};
	size_t len;

	(void)state;
	assert_int_equal(parse_sample("good_token.json", &answer, NULL), MSIV2_OK);
	len = strlen(answer.token);
	largest_secret = 0;
	attestation_answer_free(&answer);
	assert_int_equal(largest_secret, len);
	assert_null(answer.token);
	attestation_answer_free(&answer);
}

static enum msiv2_rc parse_all(const struct bytes *token, const struct bytes *nonce)
{
	static const char enrolled[] = "{\"certificate\":\"MAA_-w\"}";
	OWNED_STRUCT(attestation_answer) answer = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct attestation_nonce text;

	TRY(attestation_answer_parse(token->data, token->len, &answer, NULL));
	TRY(attestation_nonce_parse(nonce->data, nonce->len, &text, NULL));
	return attestation_certificate_parse(enrolled, strlen(enrolled), &der, NULL);
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(bytes) nonce = {0};
	bool done = false;

	(void)state;
	wire_sample_read("attest_answer", "good_token.json", &token);
	wire_sample_read("attest_nonce", "good_nonce.json", &nonce);
	for (unsigned nth = 1; !done; nth++) {
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = parse_all(&token, &nonce);
		done = !mem_fault_fired();
		assert_int_equal(rc, done ? MSIV2_OK : MSIV2_INTERNAL);
		assert_true(nth < 100);
	}
	mem_fault_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_token_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(every_nonce_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(the_token_and_its_end_are_read),
	        cmocka_unit_test(the_message_says_what_is_wrong),
	        cmocka_unit_test(a_certificate_is_the_bytes_of_its_base64url),
	        cmocka_unit_test(the_token_is_freed_as_a_secret),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("attestation_answer", tests, NULL, NULL);
}
