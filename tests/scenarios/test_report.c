/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "run_sample.h"
#include "scenarios/runner/explain.h"
#include "scenarios/runner/normal.h"
#include "scenarios/runner/report_escape.h"
#include "scenarios/runner/sequence.h"
#include "tests/testing.h"

static const char journal_text[] =
        "{\"events\":[{\"seq\":3,\"listener\":\"imds\",\"method\":\"GET\",\"endpoint\":\"probe\","
        "\"status\":400,\"error\":\"invalid_request\"},"
        "{\"seq\":4,\"listener\":\"api\",\"endpoint\":\"clock\",\"change\":\"{\\\"advance_s\\\":60}"
        "\"},"
        "{\"seq\":5,\"listener\":\"sts\",\"method\":\"POST\",\"endpoint\":\"token\",\"status\":503,"
        "\"faults\":[{\"id\":\"f1\",\"fault\":\"http.status\"}]},"
        "{\"seq\":6,\"listener\":\"sts\",\"endpoint\":\"tls\",\"error\":\"bad certificate\"}]}";

static const char drawn[] =
        "          client                                imds                   sts\n"
        "seq 3       |--- GET probe --------------------->|                     |\n"
        "            |<-- 400 invalid_request ------------|                     |\n"
        "            *** clock: {\"advance_s\":60}\n"
        "seq 5       |--- POST token ------------------------------------------>|\n"
        "            |<-- 503 !f1 http.status ----------------------------------|\n"
        "seq 6       |--- tls ------------------------------------------------->|\n"
        "            |<-- no answer bad certificate ----------------------------|\n";

static void events_are_drawn_as_a_sequence(void **state)
{
	OWNED(cJSON) *journal = cJSON_Parse(journal_text);
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	sequence_draw(journal, 0, 0, 9, "", &out);
	assert_string_equal(bytes_text(&out), drawn);
}

static void a_stretch_is_drawn_and_what_is_left_out_is_told(void **state)
{
	OWNED(cJSON) *journal = cJSON_Parse(journal_text);
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	sequence_draw(journal, 4, 6, 9, "  ", &out);
	assert_null(strstr(bytes_text(&out), "probe"));
	assert_null(strstr(bytes_text(&out), "tls"));
	assert_non_null(strstr(bytes_text(&out), "\n  seq 5 "));
	bytes_clear(&out);
	sequence_draw(journal, 0, 0, 1, "", &out);
	assert_true(text_starts(bytes_text(&out), "(3 events before)\n"));
	assert_non_null(strstr(bytes_text(&out), "seq 6"));
	assert_null(strstr(bytes_text(&out), "seq 5"));
	bytes_clear(&out);
	sequence_draw(journal, 7, 0, 9, "", &out);
	assert_string_equal(bytes_text(&out), "(no exchange)\n");
	bytes_clear(&out);
	sequence_draw(NULL, 0, 0, 9, "", &out);
	assert_string_equal(bytes_text(&out), "(no exchange)\n");
}

static void a_failure_explains_itself(void **state)
{
	static const char *const parts[] = {
	        "check      journal.0\n",
	        "rule       STS-05 MUST On `invalid_client`",
	        "\n           repeated, within the caller's deadline.",
	        " (net, go, rev)\n",
	        "says       one token is issued\n",
	        "expected   {\"match\":{\"endpoint\":\"token\",\"status\":200}}\n",
	        "seen       0 events match, at least 1 are wanted\n",
	        "near miss  seq 4 would have matched but the status was 503, not 200\n",
	        "seq 4       |--- POST token ---",
	        "again      msiv2-conformance run sts.refused --seed 7\n",
	};
	struct run_sample sample;
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	run_sample_make(&sample);
	explain_case(&sample.report, &sample.cases[1], "", &out);
	for (size_t i = 0; i < TEXT_COUNT(parts); i++)
		if (!strstr(bytes_text(&out), parts[i]))
			fail_msg("'%s' is not in\n%s", parts[i], bytes_text(&out));
	bytes_clear(&out);
	sample.report.rerun = NULL;
	explain_case(&sample.report, &sample.cases[0], "", &out);
	assert_string_equal(bytes_text(&out), "");
	run_sample_free(&sample);
}

/* How often the part is in the text. */
static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static void rule_and_diagram_are_not_said_again(void **state)
{
	struct verdict_check rows[4];
	struct verdict_check *kept;
	struct run_sample sample;
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	run_sample_make(&sample);
	kept = sample.verdicts[1].checks;
	for (size_t i = 0; i < sample.verdicts[1].check_count; i++)
		if (!kept[i].ok)
			rows[0] = kept[i];
	rows[1] = rows[2] = rows[3] = rows[0];
	rows[2].seq_from = rows[3].seq_from = INT64_MAX; /* another stretch: nothing */
	assert_true(text_copy(rows[3].requirement, sizeof(rows[3].requirement), "STS-01"));
	sample.verdicts[1].checks = rows;
	sample.verdicts[1].check_count = TEXT_COUNT(rows);
	explain_case(&sample.report, &sample.cases[1], "", &out);
	sample.verdicts[1].checks = kept;
	assert_int_equal(count_of(bytes_text(&out), "\nsays "), 4);
	assert_int_equal(count_of(bytes_text(&out), "\nrule "), 2);
	assert_int_equal(count_of(bytes_text(&out), "\nseq 4 "), 1);
	assert_int_equal(count_of(bytes_text(&out), "(no exchange)"), 1);
	run_sample_free(&sample);
}

static void a_run_is_good_when_something_passed_and_nothing_is_bad(void **state)
{
	struct run_sample sample;
	struct report report;

	(void)state;
	run_sample_make(&sample);
	report = sample.report;
	assert_false(report_is_good(&report));
	report.count = 1;
	assert_true(report_is_good(&report));
	report.cases += 5; /* skipped alone proves nothing */
	assert_false(report_is_good(&report));
	report.count = 0;
	assert_false(report_is_good(&report));
	run_sample_free(&sample);
}

static void each_form_escapes_as_it_must(void **state)
{
	static const struct {
		enum escape escape;
		const char *text, *escaped;
	} rows[] = {
	        {ESCAPE_XML, "<a b='c'>&\"\n\x01",
	         "&lt;a b=&#39;c&#39;&gt;&amp;&quot;&#10;\xef\xbf\xbd"},
	        {ESCAPE_TAP, "a # SKIP \\\nok 2", "a \\# SKIP \\\\ ok 2"},
	        {ESCAPE_JSON, "\"\\\n\t\x1f", "\\\"\\\\\\n\\t\xef\xbf\xbd"},
	        {ESCAPE_PLAIN, "a\n\x1b[31m\x7f", "a\n\\x1b[31m\\x7f"},
	        {ESCAPE_LINE, "a\nb\r", "a\\nb\\x0d"},
	        {ESCAPE_MARKDOWN, "|`<b>\n@me", "\\|\\`&lt;b&gt;<br>&#64;me"},
	        {ESCAPE_PLAIN, "\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
	        {ESCAPE_PLAIN,
	         "\xff"
	         "a\xe2\x82",
	         "\xef\xbf\xbd"
	         "a\xef\xbf\xbd\xef\xbf\xbd"},
	        {ESCAPE_XML, "\xc2\x85\xe2\x80\xae\xe2\x81\xa6\xef\xbf\xbe",
	         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	        {ESCAPE_PLAIN, NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) out = {0};

		report_escape(rows[i].escape, rows[i].text, &out);
		assert_string_equal(bytes_text(&out), rows[i].escaped);
	}
}

#define RUN(time, port, id, other, sha)                                                            \
	"{\"events\":[{\"seq\":1,\"mono_us\":" time ",\"duration_us\":" time                       \
	",\"world_time\":\"" time "\",\"peer\":\"127.0.0.1:" port "\",\"endpoint\":\"token\","     \
	"\"headers\":{\"Host\":\"127.0.0.1:" port "\",\"x\":\"" id "\"},\"correlation_id\":\"" id  \
	"\"},{\"seq\":2,\"certificate_sha256\":\"" sha "\",\"path\":\"/a/" other "?b=" id          \
	"&c=1:80\"}]}"

static void two_runs_of_one_client_give_the_same_journal(void **state)
{
	static const char one[] =
	        RUN("17", "4711", "0a0b0c0d-1111-2222-3333-444455556666",
	            "ffffffff-1111-2222-3333-444455556666",
	            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	static const char two[] =
	        RUN("99", "52001", "99999999-1111-2222-3333-444455556666",
	            "77777777-1111-2222-3333-444455556666",
	            "ff112233445566778899aabbccddeeff00112233445566778899aabbccddee00");
	/* The id that the first event had comes again where another one should. */
	static const char three[] =
	        RUN("99", "52001", "99999999-1111-2222-3333-444455556666",
	            "99999999-1111-2222-3333-444455556666",
	            "ff112233445566778899aabbccddeeff00112233445566778899aabbccddee00");
	OWNED(cJSON) *first = cJSON_Parse(one);
	OWNED(cJSON) *second = cJSON_Parse(two);
	OWNED(cJSON) *third = cJSON_Parse(three);
	OWNED_STRUCT(bytes) a = {0};
	OWNED_STRUCT(bytes) b = {0};
	OWNED_STRUCT(bytes) c = {0};

	(void)state;
	normal_journal(first, &a);
	normal_journal(second, &b);
	normal_journal(third, &c);
	assert_string_equal(bytes_text(&a),
	                    "{\"endpoint\":\"token\",\"headers\":{\"Host\":\"127.0.0.1:<port>\","
	                    "\"x\":\"<id 1>\"},\"correlation_id\":\"<id 1>\"}\n"
	                    "{\"certificate_sha256\":\"<id 2>\",\"path\":\"/a/<id 3>?b=<id "
	                    "1>&c=1:80\"}\n");
	assert_string_equal(bytes_text(&a), bytes_text(&b));
	assert_string_not_equal(bytes_text(&a), bytes_text(&c));
}

static void clocks_are_left_out_and_broken_handshakes_stand_last(void **state)
{
	OWNED(cJSON) *journal = cJSON_Parse(
	        "{\"events\":[{\"seq\":1,\"endpoint\":\"tls\"},{\"seq\":2,\"endpoint\":\"clock\"},"
	        "{\"seq\":3,\"endpoint\":\"token\"}]}");
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	normal_journal(journal, &out);
	assert_string_equal(bytes_text(&out), "{\"endpoint\":\"token\"}\n{\"endpoint\":\"tls\"}\n");
}

static void each_requirement_is_found_with_its_sentence(void **state)
{
	OWNED_STRUCT(requirements) requirements = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(requirements_read(&requirements, &err), MSIV2_OK);
	assert_in_range(requirements_count(&requirements), 50, 500);
	for (size_t i = 0; i < requirements_count(&requirements); i++) {
		struct requirement row = requirements_at(&requirements, i);

		assert_true(strlen(row.sentence) > 10 && strlen(row.source) > 1);
		assert_string_equal(requirements_find(&requirements, row.id).sentence,
		                    row.sentence);
	}
	assert_string_equal(requirements_find(&requirements, "XYZ-99").sentence, "");
	assert_string_equal(requirements_find(NULL, "STS-05").sentence, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(events_are_drawn_as_a_sequence),
	        cmocka_unit_test(a_stretch_is_drawn_and_what_is_left_out_is_told),
	        cmocka_unit_test(a_failure_explains_itself),
	        cmocka_unit_test(rule_and_diagram_are_not_said_again),
	        cmocka_unit_test(a_run_is_good_when_something_passed_and_nothing_is_bad),
	        cmocka_unit_test(each_form_escapes_as_it_must),
	        cmocka_unit_test(two_runs_of_one_client_give_the_same_journal),
	        cmocka_unit_test(clocks_are_left_out_and_broken_handshakes_stand_last),
	        cmocka_unit_test(each_requirement_is_found_with_its_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
