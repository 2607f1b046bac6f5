/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the token service and IMDS say, as an answer and as a refusal: an accepted token fits into a
 * header, and what is shown of a refusal is one line of printable ASCII without a JWT. */
#include "target.h"

#include <string.h>

#include "common/text.h"
#include "ref/imds_error.h"
#include "ref/sts_error.h"
#include "ref/token_answer.h"

static void require_shown(const char *text, size_t size)
{
	FUZZ_REQUIRE(strlen(text) < size);
	FUZZ_REQUIRE(strstr(text, "eyJ") == NULL);
	for (; *text != '\0'; text++)
		FUZZ_REQUIRE(*text >= 0x20 && *text < 0x7F);
}

static void check_answer(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(token_answer) answer = {0};
	struct msiv2_error err = {0};

	if (token_answer_parse(data, size, "mtls_pop", &answer, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_STS_MALFORMED && err.message[0] != '\0');
		FUZZ_REQUIRE(answer.access_token == NULL && answer.token_type == NULL);
		return;
	}
	FUZZ_REQUIRE(!text_empty(answer.access_token) && answer.expires_in_s > 0);
	FUZZ_REQUIRE(text_equal_nocase(answer.token_type, "mtls_pop"));
	for (const char *c = answer.access_token; *c != '\0'; c++)
		FUZZ_REQUIRE(*c > 0x20 && *c < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sts_error sts;
	struct imds_error imds;

	check_answer(data, size);
	sts_error_parse(data, size, &sts);
	require_shown(sts.error, sizeof(sts.error));
	require_shown(sts.description, sizeof(sts.description));
	require_shown(sts.trace_id, sizeof(sts.trace_id));
	require_shown(sts.correlation_id, sizeof(sts.correlation_id));
	FUZZ_REQUIRE(sts.code_count <= STS_ERROR_MAX_CODES);
	FUZZ_REQUIRE(!sts_error_may_repeat(&sts) || sts_error_is_certificate_rejection(&sts));
	imds_error_parse(data, size, &imds);
	require_shown(imds.code, sizeof(imds.code));
	require_shown(imds.message, sizeof(imds.message));
	return 0;
}
