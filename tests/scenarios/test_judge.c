/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "json_patch.h"
#include "scenarios/runner/judge.h"
#include "scenarios/runner/words.h"
#include "tests/testing.h"

/* A right client: one acquisition with a fault in its way, between two marks. */
static const char scenario_text[] =
        "{\"id\":\"sts.again\",\"kind\":\"positive\",\"requirements\":[\"STS-05\",\"NET-02\"],"
        "\"faults\":[{\"id\":\"f1\"}],"
        "\"steps\":[{\"do\":\"mark\",\"with\":{\"name\":\"begin\"}},"
        "{\"do\":\"acquire\",\"name\":\"one\",\"expect\":{\"token_type\":\"mtls_pop\"}},"
        "{\"do\":\"mark\",\"with\":{\"name\":\"end\"}}],"
        "\"expect\":{\"journal\":[{\"says\":\"the token is asked for once\",\"from\":\"begin\","
        "\"to\":\"end\",\"match\":{\"endpoint\":\"token\"},\"count\":1}],"
        "\"findings\":{\"none_of\":[\"MUST\"]},\"store\":{\"entries\":1,\"private\":true,"
        "\"keyless\":true,\"unchanged\":true},\"secrets\":true}}";

#define FILES                                                                                      \
	"[{\"path\":\".\",\"mode\":\"0700\"},"                                                     \
	"{\"path\":\"a\",\"mode\":\"0600\",\"certificate\":true,\"private_key\":false}]"
#define ACQUIRED                                                                                   \
	"{\"ok\":true,\"token_type\":\"mtls_pop\",\"source\":\"network\","                         \
	"\"certificate\":{\"sha256\":\"aa\"},\"key\":{\"kind\":\"memory\"}}"
#define MARK(name, seq)                                                                            \
	"{\"do\":\"mark\",\"with\":{\"name\":\"" name "\"},\"reply\":{\"ok\":true},"               \
	"\"journal_from\":" seq ",\"journal_to\":" seq "}"
#define STEPS(reply)                                                                               \
	"[" MARK("begin", "1") ",{\"do\":\"acquire\",\"name\":\"one\",\"reply\":" reply            \
	                       ",\"took_ms\":20,\"waits_ms\":[100,200],\"journal_from\":1,"        \
	                       "\"journal_to\":4}," MARK("end", "4") "]"
#define REPLY(reply) "{\"steps\":" STEPS(reply) "}"

static const char seen_text[] =
        "{\"run\":{\"outcome\":\"ran\",\"took_ms\":31,\"twin\":null},"
        "\"steps\":" STEPS(
                ACQUIRED) ","
                          "\"journal\":{\"events\":[{\"seq\":1,\"endpoint\":"
                          "\"getplatformmetadata\",\"status\":200},"
                          "{\"seq\":2,\"endpoint\":\"issuecredential\",\"status\":200},"
                          "{\"seq\":3,\"endpoint\":\"token\",\"status\":200},"
                          "{\"seq\":4,\"endpoint\":\"token\",\"status\":200}],\"dropped\":0},"
                          "\"faults\":{\"faults\":[{\"id\":\"f1\",\"fired\":1}]},"
                          "\"findings\":{\"findings\":[{\"rule\":\"CSR-01/"
                          "csr-rdn-order\",\"level\":\"OBSERVED\","
                          "\"first_seq\":2,\"last_seq\":2}]},"
                          "\"store\":{\"after\":" FILES ",\"marks\":{\"store\":" FILES "}},"
                          "\"secrets\":{\"searched\":3,\"hits\":[]}}";

/* One step of its own kind, with what is expected and seen of it. */
#define ONE(step)       "{\"faults\":null,\"steps\":[" step "],\"expect\":{\"journal\":null}}"
#define SEEN(step)      "{\"faults\":{\"faults\":[]},\"steps\":[" step "]}"
#define ACQUIRE(expect) ONE("{\"do\":\"acquire\",\"expect\":" expect "}")
#define REPLIED(reply)  SEEN("{\"do\":\"acquire\",\"took_ms\":5,\"reply\":" reply "}")
#define ERROR_REPLY                                                                                \
	"{\"ok\":false,\"error\":{\"class\":\"sts_refused\",\"code\":\"invalid_client\","          \
	"\"http_status\":401}}"
#define MANY(expect)  ONE("{\"do\":\"acquire_many\",\"with\":{\"n\":2},\"expect\":" expect "}")
#define RESULTS(list) SEEN("{\"do\":\"acquire_many\",\"reply\":{\"ok\":true,\"results\":" list "}}")
#define TWO(expect)                                                                                \
	ONE("{\"do\":\"acquire\"},{\"do\":\"acquire\",\"name\":\"a\"},{\"do\":\"acquire\","        \
	    "\"expect\":" expect "}")
#define THREE(b, c)                                                                                \
	SEEN("{\"reply\":{\"ok\":true}},{\"reply\":{\"ok\":true," b                                \
	     "}},{\"reply\":{\"ok\":true," c "}}")
#define WAITED(b, c)                                                                               \
	SEEN("{\"reply\":{\"ok\":true}},{\"reply\":{\"ok\":true},\"waits_ms\":" b                  \
	     "},{\"reply\":{\"ok\":true},\"waits_ms\":" c "}")
#define CERT(sha256)   "\"certificate\":{\"sha256\":\"" sha256 "\"}"
#define KEY(sha256)    "\"key\":{\"sha256\":\"" sha256 "\"}"
#define JOURNAL(what)  "{\"expect\":{\"journal\":[" what "]}}"
#define FINDINGS(what) "{\"expect\":{\"findings\":{" what "}}}"
/* The header's finding, and the one event that has a finding of `rule`. */
#define PROBED(endpoint, rule)                                                                     \
	"{\"findings\":{\"findings\":[{\"rule\":\"META-02/metadata-header\",\"level\":\"MUST\","   \
	"\"first_seq\":1,\"last_seq\":1}]},\"journal\":{\"events\":[{\"seq\":1,\"endpoint\":"      \
	"\"" endpoint "\",\"findings\":[{\"rule\":\"" rule                                         \
	"\"}]},{\"seq\":3,\"endpoint\":\"token\"}]}}"
#define EXPECT_ANY   "{\"expect\":{\"journal\":null}}"
#define STORE(what)  "{\"expect\":{\"store\":{" what "}}}"
#define AFTER(files) "{\"store\":{\"after\":" files "}}"

/* `row`: the first that fails, NULL for a pass. `words` is in what was seen, or in the reason. */
struct judged {
	const char *scenario, *seen;
	enum verdict_kind kind;
	const char *row, *words;
};

static const struct judged table[] = {
        {NULL, NULL, VERDICT_PASS, NULL, ""},
        /* the evidence and the outcome */
        {NULL, "{\"run\":null}", VERDICT_ERROR, NULL, "no run"},
        {NULL, "{\"secrets\":null}", VERDICT_ERROR, NULL, "the evidence has no secrets"},
        {"{\"steps\":null}", NULL, VERDICT_ERROR, NULL, "no steps"},
        {NULL, "{\"run\":{\"outcome\":\"odd\"}}", VERDICT_ERROR, NULL, "no outcome"},
        {"{\"id\":null,\"requirements\":null}", "{\"run\":{\"took_ms\":null}}", VERDICT_PASS, NULL,
         ""},
        {NULL, "{\"run\":{\"outcome\":\"skipped\"},\"journal\":null,\"steps\":null}", VERDICT_SKIP,
         NULL, "skipped"},
        {NULL, "{\"run\":{\"outcome\":\"ended\"},\"journal\":null}", VERDICT_FAIL, "outcome",
         "ended"},
        {NULL, "{\"run\":{\"outcome\":\"skipped\",\"reason\":\"no clock\"}}", VERDICT_SKIP, NULL,
         "no clock"},
        {NULL, "{\"run\":{\"outcome\":\"cannot-run\"}}", VERDICT_SKIP, NULL, "no reason given"},
        {NULL, "{\"run\":{\"outcome\":\"not-implemented\"}}", VERDICT_SKIP, NULL, ""},
        {NULL, "{\"run\":{\"outcome\":\"error\",\"reason\":\"no port\"}}", VERDICT_ERROR, NULL,
         "no port"},
        {NULL, "{\"run\":{\"outcome\":\"ended\",\"reason\":\"signal 9\"}}", VERDICT_FAIL, "outcome",
         "signal 9"},
        {NULL, "{\"run\":{\"outcome\":\"timed-out\"}}", VERDICT_FAIL, "outcome", "timed-out"},
        {NULL, "{\"run\":{\"outcome\":\"protocol\"}}", VERDICT_FAIL, "outcome", "protocol"},
        /* steps */
        {NULL, "{\"steps\":[" MARK("begin", "1") "]}", VERDICT_FAIL, "step.1.reached", "nothing"},
        {NULL, REPLY("null"), VERDICT_FAIL, "step.1.reached", "\"do\":\"acquire\""},
        /* a black box is judged by the journal */
        {NULL, "{\"run\":{\"mode\":\"command\"},\"steps\":" STEPS("null") "}", VERDICT_PASS, NULL,
         ""},
        {NULL, "{\"run\":{\"mode\":\"address\"},\"steps\":" STEPS("null") "}", VERDICT_PASS, NULL,
         ""},
        {NULL, "{\"run\":{\"mode\":\"command\"},\"steps\":[" MARK("begin", "1") "]}", VERDICT_FAIL,
         "step.1.reached", "nothing"},
        {NULL, REPLY("{\"ok\":true,\"token_type\":\"MTLS_PoP\"}"), VERDICT_PASS, NULL, ""},
        {NULL, REPLY(ERROR_REPLY), VERDICT_FAIL, "step.1.ok", "invalid_client"},
        {NULL, REPLY("{\"ok\":true,\"token_type\":\"bearer\"}"), VERDICT_FAIL, "step.1.token_type",
         "\"bearer\""},
        {NULL, REPLY("{\"ok\":true}"), VERDICT_FAIL, "step.1.token_type", "{\"ok\":true}"},
        {ACQUIRE("{\"class\":\"sts_refused\"}"), REPLIED(ERROR_REPLY), VERDICT_PASS, NULL, ""},
        {ACQUIRE("{\"class\":[\"timeout\",\"sts_refused\"]}"), REPLIED(ERROR_REPLY), VERDICT_PASS,
         NULL, ""},
        {ACQUIRE("{\"class\":[\"timeout\",\"store\"]}"), REPLIED(ERROR_REPLY), VERDICT_FAIL,
         "step.0.class", "\"sts_refused\""},
        {ACQUIRE("{\"class\":\"sts_refused\"}"), REPLIED(ACQUIRED), VERDICT_FAIL, "step.0.ok",
         "\"ok\":true"},
        {ACQUIRE("{\"ok\":false}"), REPLIED(ACQUIRED), VERDICT_FAIL, "step.0.ok", "true"},
        {ACQUIRE("{\"code\":\"invalid_client\",\"http_status\":401}"), REPLIED(ERROR_REPLY),
         VERDICT_PASS, NULL, ""},
        {ACQUIRE("{\"code\":\"other\"}"), REPLIED(ERROR_REPLY), VERDICT_FAIL, "step.0.code",
         "\"invalid_client\""},
        {ACQUIRE("{\"http_status\":400}"), REPLIED(ERROR_REPLY), VERDICT_FAIL, "step.0.http_status",
         "401"},
        {ACQUIRE("{\"source\":\"cache\"}"), REPLIED(ACQUIRED), VERDICT_FAIL, "step.0.source",
         "\"network\""},
        {ACQUIRE("{\"key_kind\":\"keyguard\"}"), REPLIED(ACQUIRED), VERDICT_FAIL, "step.0.key_kind",
         "\"memory\""},
        {ACQUIRE("{\"status\":200}"), REPLIED("{\"ok\":true,\"status\":401}"), VERDICT_FAIL,
         "step.0.status", "401"},
        {ACQUIRE("{\"within_ms\":5}"), REPLIED(ACQUIRED), VERDICT_PASS, NULL, ""},
        {ACQUIRE("{\"within_ms\":4}"), REPLIED(ACQUIRED), VERDICT_FAIL, "step.0.within_ms", "5"},
        {ACQUIRE("{\"within_ms\":4}"), SEEN("{\"reply\":{\"ok\":true},\"waits_ms\":[2,3]}"),
         VERDICT_FAIL, "step.0.within_ms", "5"},
        /* waits of two steps */
        {TWO("{\"other_waits_than\":\"a\"}"), WAITED("[1,2]", "[1,3]"), VERDICT_PASS, NULL, ""},
        {TWO("{\"other_waits_than\":\"a\"}"), WAITED("[1,2]", "[1,2]"), VERDICT_FAIL,
         "step.2.other_waits_than", "[1,2]"},
        {TWO("{\"other_waits_than\":\"a\"}"), WAITED("[]", "[1,2]"), VERDICT_FAIL,
         "step.2.other_waits_than", "[1,2]"},
        {TWO("{\"other_waits_than\":\"a\"}"), WAITED("[1,2]", "[]"), VERDICT_FAIL,
         "step.2.other_waits_than", "[]"},
        {TWO("{\"other_waits_than\":\"b\"}"), WAITED("[1,2]", "[1,3]"), VERDICT_FAIL,
         "step.2.other_waits_than", "[1,3]"},
        /* certificates of two steps */
        {TWO("{\"same_certificate_as\":\"a\"}"), THREE(CERT("x"), CERT("x")), VERDICT_PASS, NULL,
         ""},
        {TWO("{\"same_certificate_as\":\"a\"}"), THREE(CERT("x"), CERT("y")), VERDICT_FAIL,
         "step.2.same_certificate_as", "\"y\""},
        {TWO("{\"same_certificate_as\":\"b\"}"), THREE(CERT("x"), CERT("x")), VERDICT_FAIL,
         "step.2.same_certificate_as", "\"x\""},
        {TWO("{\"same_certificate_as\":\"a\"}"), THREE(CERT("x"), "\"n\":1"), VERDICT_FAIL,
         "step.2.same_certificate_as", "{\"ok\":true,\"n\":1}"},
        {TWO("{\"other_certificate_than\":\"a\"}"), THREE(CERT("x"), CERT("y")), VERDICT_PASS, NULL,
         ""},
        {TWO("{\"other_certificate_than\":\"a\"}"), THREE(CERT("x"), CERT("x")), VERDICT_FAIL,
         "step.2.other_certificate_than", "\"x\""},
        {TWO("{\"other_certificate_than\":\"a\"}"), THREE("\"n\":1", CERT("x")), VERDICT_FAIL,
         "step.2.other_certificate_than", "\"x\""},
        {TWO("{\"same_certificate_as\":\"a\"}"),
         THREE("\"results\":[{\"ok\":true," CERT("x") "}]", CERT("x")), VERDICT_PASS, NULL, ""},
        /* and their keys */
        {TWO("{\"same_key_as\":\"a\"}"), THREE(KEY("x"), KEY("x")), VERDICT_PASS, NULL, ""},
        {TWO("{\"same_key_as\":\"a\"}"), THREE(KEY("x"), KEY("y")), VERDICT_FAIL,
         "step.2.same_key_as", "\"y\""},
        {TWO("{\"same_key_as\":\"a\"}"), THREE(CERT("x"), CERT("x")), VERDICT_FAIL,
         "step.2.same_key_as", "\"ok\":true"},
        {TWO("{\"other_key_than\":\"a\"}"), THREE(KEY("x"), KEY("y")), VERDICT_PASS, NULL, ""},
        {TWO("{\"other_key_than\":\"a\"}"), THREE(KEY("x"), KEY("x")), VERDICT_FAIL,
         "step.2.other_key_than", "\"x\""},
        /* many at once */
        {MANY("{\"all_same_certificate\":true}"), RESULTS("[" ACQUIRED "," ACQUIRED "]"),
         VERDICT_PASS, NULL, ""},
        {MANY("{\"all_same_certificate\":true}"),
         RESULTS("[" ACQUIRED ",{\"ok\":true," CERT("b") "}]"), VERDICT_FAIL,
         "step.0.all_same_certificate", "\"b\""},
        {MANY("{\"all_same_certificate\":false}"),
         RESULTS("[" ACQUIRED ",{\"ok\":true," CERT("b") "}]"), VERDICT_PASS, NULL, ""},
        {MANY("{\"all_same_certificate\":true}"), RESULTS("[{\"ok\":true},{\"ok\":true}]"),
         VERDICT_FAIL, "step.0.all_same_certificate", ""},
        {MANY("{}"), RESULTS("[" ACQUIRED "," ERROR_REPLY "]"), VERDICT_FAIL, "step.0.ok",
         "sts_refused"},
        {MANY("{}"), RESULTS("[" ACQUIRED "]"), VERDICT_FAIL, "step.0.answers", "1"},
        {MANY("{}"), RESULTS("[]"), VERDICT_FAIL, "step.0.answers", "0"},
        {MANY("{}"), SEEN("{\"reply\":{\"ok\":true}}"), VERDICT_FAIL, "step.0.answers", "0"},
        {MANY("{\"class\":\"sts_refused\"}"), SEEN("{\"reply\":" ERROR_REPLY "}"), VERDICT_PASS,
         NULL, ""},
        {ONE("{\"do\":\"acquire_many\"}"), RESULTS("[" ACQUIRED "]"), VERDICT_FAIL,
         "step.0.answers", "1"},
        /* the suite's own steps */
        {ONE("{\"do\":\"advance\"}"), SEEN("{\"do\":\"advance\",\"reply\":{\"ok\":false}}"),
         VERDICT_ERROR, "step.0.done", "false"},
        /* the client was first to fail: the suite is not to blame */
        {ONE("{\"do\":\"acquire\"},{\"do\":\"advance\"}"),
         SEEN("{\"reply\":{\"ok\":false}},{\"reply\":{\"ok\":false}}"), VERDICT_FAIL, "step.0.ok",
         "false"},
        /* vacuity */
        {NULL, "{\"faults\":{\"faults\":[{\"id\":\"f1\",\"fired\":0}]}}", VERDICT_FAIL, "fault.f1",
         "\"fired\":0"},
        {NULL, "{\"faults\":{\"faults\":[{}]}}", VERDICT_FAIL, "fault.", "{}"},
        {NULL, "{\"faults\":{\"faults\":[]}}", VERDICT_ERROR, "faults.listed", "0"},
        {ONE("{\"do\":\"fault\"},{\"do\":\"unfault\"}"),
         SEEN("{\"do\":\"fault\",\"reply\":{\"ok\":true}},{\"do\":\"unfault\",\"with\":{\"id\":"
              "\"f2\"},\"reply\":{\"ok\":true,\"fired\":1}}"),
         VERDICT_PASS, NULL, ""},
        {ONE("{\"do\":\"fault\"},{\"do\":\"unfault\"}"),
         SEEN("{\"do\":\"fault\",\"reply\":{\"ok\":true}},{\"do\":\"unfault\",\"with\":{\"id\":"
              "\"f2\"},\"reply\":{\"ok\":true,\"fired\":0}}"),
         VERDICT_FAIL, "fault.f2", "\"fired\":0"},
        {ONE("{\"do\":\"fault\"},{\"do\":\"admin\"}"),
         SEEN("{\"do\":\"fault\",\"reply\":{\"ok\":true}},{\"do\":\"admin\",\"with\":{\"target\":"
              "\"/faults/x\"},\"reply\":{\"ok\":true}}"),
         VERDICT_PASS, NULL, ""},
        {ONE("{\"do\":\"fault\"},{\"do\":\"admin\"}"),
         SEEN("{\"do\":\"fault\",\"reply\":{\"ok\":true}},{\"do\":\"admin\",\"with\":{\"target\":"
              "\"/reset\"},\"reply\":{\"ok\":true}}"),
         VERDICT_PASS, NULL, ""},
        {ONE("{\"do\":\"fault\"},{\"do\":\"admin\"},{\"do\":\"admin\"}"),
         SEEN("{\"do\":\"fault\",\"reply\":{\"ok\":true}},{\"do\":\"admin\",\"with\":{\"target\":"
              "\"/reset\"},\"reply\":{\"ok\":true}},{\"do\":\"admin\",\"with\":{\"target\":\"/x\"},"
              "\"reply\":{\"ok\":true}}"),
         VERDICT_PASS, NULL, ""},
        {NULL, "{\"run\":{\"outcome\":\"ended\"},\"steps\":[" MARK("begin", "1") "]}", VERDICT_FAIL,
         "outcome", "ended"},
        {"{\"kind\":\"negative\",\"twin\":\"a.b\"}", "{\"run\":{\"twin\":{\"verdict\":\"pass\"}}}",
         VERDICT_PASS, NULL, ""},
        {"{\"kind\":\"negative\",\"twin\":\"a.b\"}", "{\"run\":{\"twin\":{\"verdict\":\"fail\"}}}",
         VERDICT_FAIL, "twin", "fail"},
        {"{\"kind\":\"negative\"}", NULL, VERDICT_FAIL, "twin", "it did not run"},
        /* the journal */
        {NULL, "{\"journal\":{\"dropped\":1}}", VERDICT_ERROR, "journal.complete", "dropped 1"},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\"},\"count\":2}"), NULL, VERDICT_PASS, NULL, ""},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\"},\"from\":\"end\"}"), NULL, VERDICT_PASS, NULL,
         ""},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\"},\"count\":0,\"to\":\"begin\"}"), NULL,
         VERDICT_PASS, NULL, ""},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\",\"status\":400}}"), NULL, VERDICT_FAIL,
         "journal.0", "0 events match"},
        {JOURNAL("{\"match\":{\"endpoint\":\"resource\"},\"requirement\":\"RES-01\"}"), NULL,
         VERDICT_FAIL, "journal.0", "0 events match"},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\"},\"from\":\"middle\"}"), NULL, VERDICT_FAIL,
         "journal.0", "not reached"},
        {JOURNAL("{\"match\":{\"endpoint\":\"token\"},\"to\":\"middle\"}"), NULL, VERDICT_FAIL,
         "journal.0", "not reached"},
        {JOURNAL("{\"match\":{\"colour\":1}}"), NULL, VERDICT_ERROR, "journal.0", "cannot be read"},
        {JOURNAL("{\"match\":{},\"count\":{\"min\":0}}"), NULL, VERDICT_ERROR, "journal.0",
         "proves nothing"},
        {JOURNAL("{\"match\":{},\"count\":{\"min\":0,\"max\":9}}"), NULL, VERDICT_PASS, NULL, ""},
        {JOURNAL("{\"order\":[{\"endpoint\":\"issuecredential\"},{\"endpoint\":\"token\"}]}"), NULL,
         VERDICT_PASS, NULL, ""},
        /* findings */
        {FINDINGS("\"none_of\":[\"CSR-01\"]"), NULL, VERDICT_FAIL, "finding.CSR-01", "rdn-order"},
        {FINDINGS("\"none_of\":[\"csr-rdn-order\"]"), NULL, VERDICT_FAIL, "finding.csr-rdn-order",
         "rdn-order"},
        {FINDINGS("\"none_of\":[\"CSR-01/csr-rdn-order\"]"), NULL, VERDICT_FAIL,
         "finding.CSR-01/csr-rdn-order", "rdn-order"},
        {FINDINGS("\"none_of\":[\"OBSERVED\"]"), NULL, VERDICT_FAIL, "finding.OBSERVED", "rdn"},
        {FINDINGS("\"none_of\":[\"META-01\",\"CSR-0\"]"), NULL, VERDICT_PASS, NULL, ""},
        {FINDINGS("\"some_of\":[\"CSR-01\"]"), NULL, VERDICT_PASS, NULL, ""},
        {FINDINGS("\"some_of\":[\"CSR-02\"]"), NULL, VERDICT_FAIL, "finding.CSR-02", "nothing"},
        {FINDINGS("\"some_of\":[\"CSR-02\"]"), "{\"findings\":{\"findings\":[{}]}}", VERDICT_FAIL,
         "finding.CSR-02", "nothing"},
        {FINDINGS("\"none_of\":[\"X-01\"]"), "{\"findings\":{\"findings\":[{\"rule\":\"X-01\"}]}}",
         VERDICT_FAIL, "finding.X-01", "X-01"},
        {FINDINGS("\"none_of\":[\"X-02\"]"), "{\"findings\":{\"findings\":[{\"rule\":\"X-01\"}]}}",
         VERDICT_PASS, NULL, ""},
        {EXPECT_ANY, PROBED("probe", "META-02/metadata-header"), VERDICT_PASS, NULL, ""},
        {EXPECT_ANY, PROBED("token", "META-02/metadata-header"), VERDICT_FAIL, "finding.MUST",
         "META-02"},
        {FINDINGS("\"none_of\":[\"MUST\"]"),
         "{\"findings\":{\"findings\":[{\"rule\":\"META-03/y\",\"level\":\"MUST\"}]}}",
         VERDICT_FAIL, "finding.MUST", "META-03"},
        {EXPECT_ANY, PROBED("token", "META-03/x"), VERDICT_PASS, NULL, ""},
        {FINDINGS("\"some_of\":[\"META-02\"]"), PROBED("probe", "META-02/metadata-header"),
         VERDICT_PASS, NULL, ""},
        /* the store */
        {NULL, "{\"store\":null}", VERDICT_FAIL, "store.entries", "nothing"},
        {STORE("\"entries\":2"), NULL, VERDICT_FAIL, "store.entries", "0600"},
        {NULL, AFTER("[{\"path\":\"a\",\"mode\":\"0640\",\"certificate\":true}]"), VERDICT_FAIL,
         "store.private", "0640"},
        {NULL, AFTER("[{\"path\":\"a\",\"certificate\":true}]"), VERDICT_FAIL, "store.private",
         "\"a\""},
        {STORE("\"entries\":0,\"unchanged\":null"), AFTER("[]"), VERDICT_FAIL, "store.private",
         "nothing"},
        {STORE("\"private\":false"), NULL, VERDICT_FAIL, "store.private", "nothing"},
        {STORE("\"keyless\":false"), NULL, VERDICT_FAIL, "store.keyless", "nothing"},
        {STORE("\"unchanged\":false"), NULL, VERDICT_FAIL, "store.unchanged", "0600"},
        {NULL,
         AFTER("[{\"path\":\"a\",\"mode\":\"0600\",\"certificate\":true,\"private_key\":true}]"),
         VERDICT_FAIL, "store.keyless", "\"private_key\":true"},
        {NULL, AFTER("[{\"path\":\"b\",\"mode\":\"0600\",\"certificate\":true}]"), VERDICT_FAIL,
         "store.unchanged", "\"b\""},
        {STORE("\"entries\":0"), AFTER("[{\"path\":\".\",\"mode\":\"0700\"}]"), VERDICT_FAIL,
         "store.unchanged", "0700"},
        {NULL,
         AFTER("[{\"path\":\"a.lock\",\"mode\":\"0600\"},"
               "{\"path\":\"a\",\"mode\":\"0600\",\"certificate\":true,\"private_key\":false}]"),
         VERDICT_PASS, NULL, ""},
        {NULL, "{\"store\":{\"marks\":{\"store\":null}}}", VERDICT_FAIL, "store.unchanged", "0600"},
        /* secrets */
        {NULL, "{\"secrets\":{\"hits\":[{\"what\":\"access token\",\"where\":\"stderr\"}]}}",
         VERDICT_FAIL, "secrets", "stderr"},
        {NULL, "{\"secrets\":{\"searched\":0}}", VERDICT_FAIL, "secrets", "0 values"},
        {NULL, "{\"secrets\":{\"searched\":null}}", VERDICT_FAIL, "secrets", "0 values"},
        {NULL, "{\"secrets\":{\"hits\":null}}", VERDICT_FAIL, "secrets", "nothing"},
        {"{\"expect\":{\"secrets\":null}}", "{\"secrets\":{\"searched\":0}}", VERDICT_PASS, NULL,
         ""},
        {"{\"expect\":{\"secrets\":false}}", "{\"secrets\":{\"hits\":[{}]}}", VERDICT_PASS, NULL,
         ""},
};

static void judge_row(const struct judged *row, struct verdict *out)
{
	OWNED(cJSON) *scenario = json_patched(scenario_text, row->scenario);
	OWNED(cJSON) *seen = json_patched(seen_text, row->seen);
	struct msiv2_error err = {0};

	assert_int_equal(judge(scenario, seen, out, &err), MSIV2_OK);
}

static const struct verdict_check *first_bad(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->check_count; i++)
		if (!verdict->checks[i].ok)
			return &verdict->checks[i];
	return NULL;
}

static void every_kind_of_evidence_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(table); i++) {
		const struct judged *row = &table[i];
		OWNED_STRUCT(verdict) verdict = {0};
		const struct verdict_check *bad;

		judge_row(row, &verdict);
		bad = first_bad(&verdict);
		if (verdict.kind != row->kind || !text_equal(bad ? bad->id : NULL, row->row))
			fail_msg("row %zu: %s at %s (%s)", i, verdict_word(verdict.kind),
			         bad ? bad->id : "no row", verdict.reason);
		if (!strstr(bad ? bad->seen : verdict.reason, row->words))
			fail_msg("row %zu: seen %s", i, bad ? bad->seen : verdict.reason);
		if ((verdict.kind == VERDICT_PASS) != (verdict.reason[0] == '\0'))
			fail_msg("row %zu: the reason is '%s'", i, verdict.reason);
	}
}

static void a_row_tells_its_stretch_requirement_and_near_misses(void **state)
{
	static const struct judged row = {
	        JOURNAL("{\"match\":{\"endpoint\":\"token\",\"status\":400},\"from\":\"begin\","
	                "\"to\":\"end\",\"requirement\":\"STS-04\",\"says\":\"it is refused\"}"),
	        NULL, VERDICT_FAIL, NULL, NULL};
	OWNED_STRUCT(verdict) verdict = {0};
	const struct verdict_check *bad;

	(void)state;
	judge_row(&row, &verdict);
	bad = first_bad(&verdict);
	assert_non_null(bad);
	assert_string_equal(bad->requirement, "STS-04");
	assert_string_equal(bad->says, "it is refused");
	assert_int_equal(bad->seq_from, 1);
	assert_int_equal(bad->seq_to, 4);
	assert_int_equal(bad->near_count, 1);
	assert_non_null(strstr(bad->near[0], "seq 3 would have matched but the status was 200"));
	assert_string_equal(verdict.checks[0].requirement, "STS-05");
	assert_string_equal(verdict.scenario, "sts.again");
	assert_int_equal(verdict.took_ms, 31);
	assert_non_null(strstr(verdict.reason, "journal.0: it is refused; seen: 0 events match"));
}

/* A run that ended early: the rows behind the first one say what else was not shown. */
static void each_mark_that_was_not_reached_is_told(void **state)
{
	static const struct judged row = {NULL, "{\"steps\":[" MARK("begin", "1") "]}",
	                                  VERDICT_FAIL, NULL, NULL};
	OWNED_STRUCT(verdict) verdict = {0};
	size_t reached = 0, missed = 0;

	(void)state;
	judge_row(&row, &verdict);
	for (size_t i = 0; i < verdict.check_count; i++) {
		const struct verdict_check *check = &verdict.checks[i];

		reached += text_equal(check->id, "mark.begin") && check->ok;
		missed += text_equal(check->id, "mark.end") && !check->ok;
	}
	assert_int_equal(reached, 1);
	assert_int_equal(missed, 1);
}

static int fail_at; /* the call of mem_resize() that fails; 0: none */
void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_resize(void *old, size_t size);
void *__wrap_mem_resize(void *old, size_t size)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_mem_resize(old, size);
}

static void memory_that_runs_out_is_an_error_at_any_row(void **state)
{
	OWNED(cJSON) *scenario = json_patched(scenario_text, NULL);
	OWNED(cJSON) *seen = json_patched(seen_text, NULL);
	enum msiv2_rc rc = MSIV2_INTERNAL;
	int tries = 0;

	(void)state;
	while (rc != MSIV2_OK && tries < 100) {
		OWNED_STRUCT(verdict) verdict = {0};
		struct msiv2_error err = {0};

		fail_at = ++tries;
		rc = judge(scenario, seen, &verdict, &err);
		fail_at = 0;
		assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL);
		assert_true(rc == MSIV2_OK || verdict.checks == NULL);
	}
	assert_in_range(tries, 10, 99);
}

static void words_of_any_length_stay_whole_characters(void **state)
{
	OWNED(cJSON) *scenario = json_patched(scenario_text, NULL);
	OWNED(cJSON) *seen = json_patched(seen_text, "{\"run\":{\"outcome\":\"ended\"}}");

	(void)state;
	for (size_t length = VERDICT_WORDS_SIZE - 20; length < VERDICT_WORDS_SIZE + 20; length++) {
		char text[2 * VERDICT_WORDS_SIZE] = {0};
		OWNED_STRUCT(verdict) verdict = {0};
		struct msiv2_error err = {0};
		cJSON *run = cJSON_GetObjectItemCaseSensitive(seen, "run");

		memset(text, 'a', length % 3);
		while (strlen(text) < length)
			(void)snprintf(text + strlen(text), 4, "\xe2\x82\xac");
		cJSON_DeleteItemFromObjectCaseSensitive(run, "reason");
		cJSON_AddStringToObject(run, "reason", text);
		assert_int_equal(judge(scenario, seen, &verdict, &err), MSIV2_OK);
		assert_true(text_is_utf8(verdict.reason, strlen(verdict.reason)));
		assert_true(text_is_utf8(verdict.checks[0].seen, strlen(verdict.checks[0].seen)));
	}
}

static void words_fit_in_any_room(void **state)
{
	OWNED(cJSON) *value = cJSON_Parse("{\"a\":\"bcdefgh\"}");
	char room[8];

	(void)state;
	words_set(room, 1, "%s", "x");
	assert_string_equal(room, "");
	words_set(room, 4, "%s", "abcdef");
	assert_string_equal(room, "abc");
	words_add(room, sizeof(room), "%s", "de\xe2\x82\xac");
	assert_string_equal(room, "abcde");
	words_set(room, 3, "%s", "\x80\x80\x80\x80");
	assert_string_equal(room, "\x80\x80");
	words_json(room, sizeof(room), value);
	assert_string_equal(room, "...");
	words_json(room, sizeof(room), cJSON_GetArrayItem(value, 7));
	assert_string_equal(room, "nothing");
}

static void a_verdict_is_json_and_its_words_go_both_ways(void **state)
{
	static const struct judged row = {NULL, REPLY(ERROR_REPLY), VERDICT_FAIL, NULL, NULL};
	OWNED_STRUCT(verdict) verdict = {0};
	OWNED(cJSON) *json = NULL;
	enum verdict_kind kind;

	(void)state;
	judge_row(&row, &verdict);
	json = verdict_json(&verdict);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "verdict")),
	                    "fail");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "checks")),
	                 (int)verdict.check_count);
	for (int i = 0; i < VERDICT_KIND_COUNT; i++) {
		assert_true(verdict_kind_of(verdict_word((enum verdict_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(verdict_kind_of("perhaps", &kind));
	assert_false(verdict_kind_of(NULL, &kind));
	assert_true(verdict_is_bad(VERDICT_FAIL) && verdict_is_bad(VERDICT_ERROR));
	assert_true(verdict_is_bad(VERDICT_UNEXPECTED_PASS));
	assert_false(verdict_is_bad(VERDICT_PASS) || verdict_is_bad(VERDICT_SKIP));
	assert_false(verdict_is_bad(VERDICT_EXPECTED_FAIL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_evidence_gets_its_verdict),
	        cmocka_unit_test(a_row_tells_its_stretch_requirement_and_near_misses),
	        cmocka_unit_test(each_mark_that_was_not_reached_is_told),
	        cmocka_unit_test(memory_that_runs_out_is_an_error_at_any_row),
	        cmocka_unit_test(words_of_any_length_stay_whole_characters),
	        cmocka_unit_test(words_fit_in_any_room),
	        cmocka_unit_test(a_verdict_is_json_and_its_words_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
