/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The CSR judge: the input as the text a client sends, and as DER that a client would have encoded.
 * A verdict is always whole, a refusal always has a reason, and what goes into journals is plain
 * text. */
#include "target.h"

#include <string.h>

#include "common/encoding.h"
#include "emulator/pki/csr_rules.h"

/* As in script/make-wire-csr, so that the seeds reach every check. */
static const struct csr_expectation expected = {
        "a1a1a1a1-0000-4000-8000-000000000001", "72f988bf-0000-4000-8000-00000000aaaa",
        "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"};

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static bool judge(const char *text, size_t len, const char *profile)
{
	OWNED_STRUCT(csr_verdict) verdict = {0};
	struct rule_modes modes;
	struct findings findings = {0};
	bool rejected = false;

	FUZZ_REQUIRE(rule_modes_profile(&modes, profile));
	FUZZ_REQUIRE(csr_judge(text, len, &expected, &modes, &findings, &verdict, NULL) ==
	             MSIV2_OK);
	FUZZ_REQUIRE(findings.count <= FINDINGS_MAX);
	for (size_t i = 0; i < findings.count; i++) {
		FUZZ_REQUIRE(is_plain(findings.items[i].detail));
		rejected = rejected || findings.items[i].rejected;
	}
	FUZZ_REQUIRE(verdict.accepted == !rejected);
	FUZZ_REQUIRE(verdict.accepted == (verdict.reason[0] == '\0') && is_plain(verdict.reason));
	FUZZ_REQUIRE(verdict.accepted == (verdict.public_key != NULL && verdict.subject != NULL));
	return verdict.accepted;
}

static void judge_by_all(const char *text, size_t len)
{
	bool strictly = judge(text, len, "strict");
	bool by_default = judge(text, len, "default");
	bool leniently = judge(text, len, "lenient");

	FUZZ_REQUIRE(!strictly || by_default);
	FUZZ_REQUIRE(!by_default || leniently);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) text = {0};

	judge_by_all((const char *)data, size);
	base64_encode(data, size, &text);
	FUZZ_REQUIRE(!text.failed);
	judge_by_all(bytes_text(&text), text.len);
	return 0;
}
