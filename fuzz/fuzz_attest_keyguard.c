/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The judge of keyguard evidence: the input as a request's body, once as the service judges it and
 * once with every rule only noted, so that a bad signature hides nothing behind it; and the input
 * as a statement of its own. */
#include "target.h"

#include "attest_bench.h"
#include "emulator/pki/attest_keyguard.h"

/* The input as the statement, between members that can be read. */
static void judge_statement(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) body = {0};

	bytes_add_text(&body,
	               "{\"AttestationInfo\":{\"format\":\"msiv2-keyguard-1\",\"statement\":\"");
	base64url_encode(data, size, &body);
	bytes_add_text(&body, "\",\"signature\":\"AAAA\",\"certificate\":\"");
	attest_bench_add_certificate(ATTEST_KEYGUARD, &body);
	bytes_add_text(&body, "\"}}");
	FUZZ_REQUIRE(!body.failed);
	attest_bench_judge(attest_keyguard_judge, body.data, body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	attest_bench_judge(attest_keyguard_judge, data, size);
	judge_statement(data, size);
	return 0;
}
