/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Query strings and forms: what is accepted is UTF-8, can be written again with every byte escaped,
 * and then says the same; the journal's redaction takes any text. */
#include "target.h"

#include <string.h>

#include "common/text.h"
#include "emulator/instruments/redact.h"
#include "emulator/query.h"

#define SHOWN_MAX 256

static const struct blame blame = {MSIV2_CONFIG, "fuzz"};

/* Appends text with every byte escaped. */
static void escape(const char *text, struct bytes *out)
{
	for (; *text != '\0'; text++)
		bytes_addf(out, "%%%02x", (unsigned)(unsigned char)*text);
}

static void check_again(const struct query *query)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(query) again = {0};

	for (size_t i = 0; i < query->count; i++) {
		FUZZ_REQUIRE(text_is_utf8(query->params[i].name, strlen(query->params[i].name)));
		FUZZ_REQUIRE(text_is_utf8(query->params[i].value, strlen(query->params[i].value)));
		escape(query->params[i].name, &text);
		bytes_add_byte(&text, '=');
		escape(query->params[i].value, &text);
		bytes_add_byte(&text, '&');
	}
	FUZZ_REQUIRE(query_parse(bytes_text(&text), text.len, &blame, &again, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(again.count == query->count);
	for (size_t i = 0; i < query->count; i++) {
		FUZZ_REQUIRE(text_equal(again.params[i].name, query->params[i].name));
		FUZZ_REQUIRE(text_equal(again.params[i].value, query->params[i].value));
	}
}

/* Whatever the text, what the journal shows is UTF-8 without control characters. */
static void check_redaction(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) shown = {0};

	bytes_add(&text, data, size);
	redact_query(bytes_text(&text), SHOWN_MAX, &shown);
	redact_header("x-any", bytes_text(&text), SHOWN_MAX, &shown);
	redact_header("authorization", bytes_text(&text), SHOWN_MAX, &shown);
	FUZZ_REQUIRE(text_is_utf8(shown.data, shown.len));
	for (size_t i = 0; i < shown.len; i++)
		FUZZ_REQUIRE(shown.data[i] >= 0x20 && shown.data[i] != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(query) query = {0};
	struct msiv2_error err = {0};

	check_redaction(data, size);
	if (query_parse((const char *)data, size, &blame, &query, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_CONFIG && query.storage == NULL && query.count == 0);
		return 0;
	}
	check_again(&query);
	return 0;
}
