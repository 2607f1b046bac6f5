/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The judge of hardware evidence: the input as a request's body, once as the service judges it and
 * once with every rule only noted; and the input cut in three as the TPM's own structures, which
 * are the parsers worth reaching. */
#include "target.h"

#include "attest_bench.h"
#include "emulator/pki/attest_tpm.h"

static void add_member(const char *name, const uint8_t *data, size_t size, struct bytes *body)
{
	bytes_addf(body, ",\"%s\":\"", name);
	base64url_encode(data, size, body);
	bytes_add_byte(body, '"');
}

/* Two bytes say where the first and the second structure end. */
static void judge_structures(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) body = {0};
	size_t first, second;

	if (size < 2)
		return;
	first = 2 + data[0] * (size - 2) / 255;
	second = first + data[1] * (size - first) / 255;
	bytes_add_text(&body, "{\"AttestationInfo\":{\"format\":\"msiv2-tpm-1\"");
	add_member("attest", data + 2, first - 2, &body);
	add_member("public", data + first, second - first, &body);
	add_member("signature", data + second, size - second, &body);
	add_member("identity", data + first, second - first, &body);
	bytes_add_text(&body, ",\"certificate\":\"");
	attest_bench_add_certificate(ATTEST_TPM, &body);
	bytes_add_text(&body, "\"}}");
	FUZZ_REQUIRE(!body.failed);
	attest_bench_judge(attest_tpm_judge, body.data, body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	attest_bench_judge(attest_tpm_judge, data, size);
	judge_structures(data, size);
	return 0;
}
