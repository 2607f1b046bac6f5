/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "run_sample.h"

#include "json_patch.h"
#include "scenarios/runner/expected.h"
#include "tests/testing.h"

#define HOSTILE                                                                                    \
	"]]><script>alert(1)</script>&amp;|`#\\\\n%s\\u001b[31m\\u0085\\u202e\\r\\n1..9\\nnot ok " \
	"1 "                                                                                       \
	"\xff\xfe\xe2\x82"

static const char scenario_text[] =
        "{\"id\":\"sts.again\",\"kind\":\"positive\",\"title\":\"A client asks again # <once>\","
        "\"why\":\"Each token costs.\",\"requirements\":[\"STS-05\"],"
        "\"steps\":[{\"do\":\"acquire\",\"name\":\"one\"}],\"expect\":{\"journal\":[{\"match\":"
        "{\"endpoint\":\"token\",\"status\":200},\"says\":\"one token is issued\"}]}}";

static const char seen_text[] =
        "{\"run\":{\"outcome\":\"ran\",\"took_ms\":12},"
        "\"steps\":[{\"do\":\"acquire\",\"reply\":{\"ok\":true},\"journal_from\":1,"
        "\"journal_to\":5}],\"journal\":{\"events\":["
        "{\"seq\":1,\"listener\":\"imds\",\"endpoint\":\"getplatformmetadata\",\"method\":\"GET\","
        "\"status\":200},{\"seq\":2,\"listener\":\"imds\",\"endpoint\":\"issuecredential\","
        "\"method\":\"POST\",\"status\":200},{\"seq\":3,\"listener\":\"admin\",\"endpoint\":"
        "\"clock\",\"change\":{\"advance_s\":60}},{\"seq\":4,\"listener\":\"sts\",\"endpoint\":"
        "\"token\",\"method\":\"POST\",\"status\":200}],\"dropped\":0},"
        "\"faults\":{\"faults\":[]},\"findings\":{\"findings\":[]},"
        "\"store\":null,\"secrets\":{\"searched\":1,\"hits\":[]}}";

static const struct {
	const char *scenario, *seen;
} cases[RUN_SAMPLE_CASES] = {
        {NULL, NULL},
        {"{\"id\":\"sts.refused\"}",
         "{\"journal\":{\"events\":[{\"seq\":4,\"listener\":\"sts\",\"endpoint\":\"token\","
         "\"method\":\"POST\",\"status\":503,\"error\":\"" HOSTILE
         "\",\"faults\":[{\"id\":\"f1\",\"fault\":\"http.status\"}]}]}}"},
        {"{\"id\":\"sts.hostile\",\"title\":\"" HOSTILE "\"}",
         "{\"steps\":[{\"do\":\"acquire\",\"reply\":{\"ok\":false,\"error\":{\"class\":\"" HOSTILE
         "\"}}}]}"},
        {"{\"id\":\"sts.known\"}", "{\"steps\":[{\"do\":\"acquire\",\"reply\":{\"ok\":false}}]}"},
        {"{\"id\":\"sts.mended\"}", NULL},
        {"{\"id\":\"sts.skipped\"}",
         "{\"run\":{\"outcome\":\"skipped\",\"reason\":\"" HOSTILE "\"}}"},
        {"{\"id\":\"net.broken\"}", "{\"run\":{\"outcome\":\"error\",\"reason\":\"no port\"}}"},
};

static const char expected_text[] =
        "{\"expected\":[{\"scenario\":\"sts.known\",\"check\":\"step.0.ok\",\"reason\":"
        "\"succeeds\","
        "\"link\":\"https://example.org/7\",\"expires\":\"2026-12-31\"},"
        "{\"scenario\":\"sts.mended\",\"check\":\"step.0.ok\",\"reason\":\"x\","
        "\"link\":\"https://example.org/8\",\"expires\":\"2026-12-31\"}]}";

static void make_case(struct run_sample *sample, const struct expected *expected, size_t index)
{
	struct msiv2_error err = {0};
	struct verdict *verdict = &sample->verdicts[index];

	sample->scenarios[index] = json_patched(scenario_text, cases[index].scenario);
	sample->seen[index] = json_patched(seen_text, cases[index].seen);
	assert_int_equal(judge(sample->scenarios[index], sample->seen[index], verdict, &err),
	                 MSIV2_OK);
	expected_apply(expected, "2026-11-21", verdict);
	sample->cases[index] = (struct report_case){.verdict = verdict,
	                                            .scenario = sample->scenarios[index],
	                                            .seen = sample->seen[index]};
}

void run_sample_make(struct run_sample *out)
{
	OWNED_STRUCT(expected) expected = {0};
	struct msiv2_error err = {0};

	*out = (struct run_sample){0};
	assert_int_equal(requirements_read(&out->requirements, &err), MSIV2_OK);
	assert_int_equal(expected_read(expected_text, sizeof(expected_text) - 1, "expected.json",
	                               &expected, &err),
	                 MSIV2_OK);
	for (size_t i = 0; i < RUN_SAMPLE_CASES; i++)
		make_case(out, &expected, i);
	out->report = (struct report){
	        .cases = out->cases,
	        .count = RUN_SAMPLE_CASES,
	        .requirements = &out->requirements,
	        .suite = "0.1.0",
	        .client = "<client> & \"sons\"\n1..3",
	        .key = "memory",
	        .started = "2026-11-21T03:00:00Z",
	        .rerun = "msiv2-conformance run {} --seed 7",
	        .seed = 7,
	        .took_ms = 1234,
	};
}

void run_sample_free(struct run_sample *sample)
{
	for (size_t i = 0; i < RUN_SAMPLE_CASES; i++) {
		verdict_free(&sample->verdicts[i]);
		cJSON_Delete(sample->scenarios[i]);
		cJSON_Delete(sample->seen[i]);
	}
	requirements_free(&sample->requirements);
}
