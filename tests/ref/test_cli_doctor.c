/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2 doctor: a healthy machine, and one thing wrong at a time. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command_run.h"
#include "fake_cloud.h"
#include "softhsm_token.h"

struct desk {
	struct fake_cloud cloud;
	struct command_run run;
	struct softhsm_token token;
	/* for scripts */
	enum leg bad_leg;
	int bad_status; /* 0 = everything is answered well */
	const char *bad_body;
	enum leg dated_leg; /* whose answers have a Date header */
	char date[64];      /* "" = none has */
};

static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	const struct desk *desk = (const struct desk *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (desk->bad_status != 0 && leg == desk->bad_leg)
		return fake_cloud_says(answer, desk->bad_status, desk->bad_body);
	if (desk->date[0] == '\0' || leg != desk->dated_leg)
		return false;
	answer->headers = desk->date;
	return fake_cloud_says(answer, leg == LEG_PROBE ? 400 : 200, "{}");
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	desk->run.cloud = &desk->cloud;
	softhsm_token_make(&desk->token);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	softhsm_token_drop(&desk->token);
	command_run_free(&desk->run);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

/* With the addresses of the cloud. */
#define DOCTOR(desk, ...)                                                                          \
	COMMAND_RUN(&(desk)->run, "doctor", "--imds", scripted_peer_base((desk)->cloud.imds),      \
	            "--ca", (desk)->cloud.ca.pem, __VA_ARGS__)

/* The finding of one check, in the JSON of the last run. */
static const cJSON *finding(const cJSON *object, const char *check)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItem(object, "checks"))
	{
		if (strcmp(command_text_at(item, "check"), check) == 0)
			return item;
	}
	fail_msg("no check \"%s\"", check);
	return NULL;
}

static void expect_verdict(const struct desk *desk, const char *check, const char *verdict,
                           const char *words)
{
	OWNED(cJSON) *object = command_json(&desk->run);
	const cJSON *item = finding(object, check);

	if (strcmp(command_text_at(item, "verdict"), verdict) != 0 ||
	    strstr(command_text_at(item, "message"), words) == NULL)
		fail_msg("%s is %s: %s", check, command_text_at(item, "verdict"),
		         command_text_at(item, "message"));
}

/* The first problem: its check, its class and its exit code, and something to do about it. */
static void expect_problem(const struct desk *desk, const char *check, const char *class_name,
                           int exit_code)
{
	OWNED(cJSON) *object = command_json(&desk->run);
	const cJSON *item = finding(object, check);

	expect_verdict(desk, check, "problem", "");
	command_expect_exit(&desk->run, exit_code);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(object, "ok")));
	assert_string_equal(command_text_at(item, "class"), class_name);
	assert_true(command_text_at(item, "remedy")[0] != '\0');
	assert_string_equal(command_text_at(cJSON_GetObjectItem(object, "error"), "class"),
	                    class_name);
}

static void a_healthy_machine_passes(void **state)
{
	static const char *const checks[] = {"trust",       "keyguard",      "hardware", "memory",
	                                     "key",         "attestation",   "imds",     "identity",
	                                     "certificate", "token service", "clock",    "store"};
	struct desk *desk = *state;

	DOCTOR(desk, "--keys", "keyguard,memory");
	command_expect_exit(&desk->run, 0);
	assert_int_equal(desk->run.err.len, 0);
	for (size_t i = 0; i < TEXT_COUNT(checks); i++)
		assert_true(command_says(&desk->run.out, checks[i]));
	assert_false(command_says(&desk->run.out, "problem"));
	assert_false(command_says(&desk->run.out, "do: "));
	assert_true(command_says(&desk->run.out, "keyguard is used"));
	assert_true(command_says(&desk->run.out, "\nAn acquisition would work.\n"));
	fake_cloud_expect(&desk->cloud, 2, 1, 0); /* no token is asked for */
}

static void the_json_of_a_healthy_machine_has_every_check(void **state)
{
	struct desk *desk = *state;
	OWNED(cJSON) *object = NULL;
	const cJSON *item;
	int count = 0;

	DOCTOR(desk, "--json");
	command_expect_exit(&desk->run, 0);
	object = command_json(&desk->run);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(object, "ok")));
	assert_null(cJSON_GetObjectItem(object, "error"));
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(object, "checks"))
	{
		count++;
		assert_true(command_text_at(item, "message")[0] != '\0');
		assert_non_null(cJSON_GetObjectItem(item, "class"));
		assert_non_null(cJSON_GetObjectItem(item, "remedy"));
	}
	assert_int_equal(count, 12);
	expect_verdict(desk, "keyguard", "skipped", "not in --keys");
	expect_verdict(desk, "store", "skipped", "memory keys");
}

/* ---- the store ---- */

static void the_store_is_looked_at_but_never_a_problem(void **state)
{
	struct desk *desk = *state;
	char root[128];
	char inside[160];

	(void)snprintf(root, sizeof(root), "%s/store", desk->token.dir);
	(void)snprintf(inside, sizeof(inside), "%s/CurrentUser", root);
	DOCTOR(desk, "--keys=keyguard", "--store-root", root, "--json");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "store", "ok", "1 entry in ");
	assert_int_equal(chmod(inside, 0750), 0);
	DOCTOR(desk, "--keys=keyguard", "--store-root", root, "--json");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "store", "warning", "is open to others: mode 0750, not 0700");
	assert_true(command_says(&desk->run.out, "msiv2 cert verify"));
	DOCTOR(desk, "--keys=keyguard", "--store", "none", "--json");
	expect_verdict(desk, "store", "skipped", "--store");
}

/* ---- keys ---- */

static void a_kind_that_is_missing_is_a_warning_while_another_does(void **state)
{
	struct desk *desk = *state;

	softhsm_token_hide(&desk->token);
	DOCTOR(desk, "--keys", "keyguard,memory", "--json");
	softhsm_token_show(&desk->token);
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "keyguard", "warning", ": ");
	expect_verdict(desk, "key", "ok", "memory is used");
}

static void a_floor_that_nothing_reaches_is_a_problem(void **state)
{
	struct desk *desk = *state;

	softhsm_token_hide(&desk->token);
	DOCTOR(desk, "--keys=keyguard,memory", "--min-strength=keyguard", "--json");
	softhsm_token_show(&desk->token);
	expect_problem(desk, "key", "key_unavailable", 4);
	expect_verdict(desk, "memory", "skipped", "weaker than --min-strength");
	expect_verdict(desk, "imds", "ok", "v2");
	expect_verdict(desk, "certificate", "skipped", "needs: key");
}

static void a_wrong_pin_is_told_from_an_absent_device(void **state)
{
	struct desk *desk = *state;
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/wrong-pin", desk->token.dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("111111", file) >= 0);
	assert_int_equal(fclose(file), 0);
	DOCTOR(desk, "--keys=keyguard,memory", "--pin-file", path, "--json");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "keyguard", "warning", "refused: ");
	DOCTOR(desk, "--keys=keyguard,memory", "--pkcs11-module", "/no/such/module.so", "--json");
	expect_verdict(desk, "keyguard", "warning", "absent: ");
}

static void attestation_is_looked_at_when_it_is_asked_for(void **state)
{
	struct desk *desk = *state;

	DOCTOR(desk, "--json");
	expect_verdict(desk, "attestation", "skipped", "--attest");
	DOCTOR(desk, "--attest", "--json");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "attestation", "warning", "memory keys cannot be attested");
	DOCTOR(desk, "--attest", "--json", "--keys", "keyguard");
	expect_problem(desk, "attestation", "attestation_failed", 5);
	assert_true(command_says(&desk->run.out, "msiv2 key enrol --authority"));
}

/* ---- services ---- */

static void each_service_that_fails_is_the_problem(void **state)
{
	static const struct {
		enum leg leg;
		int status;
		const char *body;
		const char *check;
		const char *class_name;
		int exit_code;
	} rows[] = {
	        {LEG_PROBE, 404, "", "imds", "unsupported", 3},
	        {LEG_METADATA, 400, "{\"error\":\"identity_not_found\"}", "identity",
	         "imds_refused", 8},
	        {LEG_METADATA, 200, "{}", "identity", "imds_malformed", 9},
	        {LEG_ISSUE, 403, "{\"error\":\"x\"}", "certificate", "imds_refused", 8},
	        {LEG_ISSUE, 200, "[]", "certificate", "imds_malformed", 9},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		desk->bad_leg = rows[i].leg;
		desk->bad_status = rows[i].status;
		desk->bad_body = rows[i].body;
		DOCTOR(desk, "--json", "--timeout", "900ms"); /* less than the first retry's wait */
		expect_problem(desk, rows[i].check, rows[i].class_name, rows[i].exit_code);
		expect_verdict(desk, "token service", "skipped", "needs: certificate");
	}
}

static void an_imds_that_is_not_there_is_a_transport_problem(void **state)
{
	struct desk *desk = *state;
	char imds[64];

	(void)snprintf(imds, sizeof(imds), "http://127.0.0.1:%d", scripted_peer_free_port());
	COMMAND_RUN(&desk->run, "doctor", "--imds", imds, "--json");
	expect_problem(desk, "imds", "transport", 6);
	expect_verdict(desk, "clock", "skipped", "needs: imds");
	COMMAND_RUN(&desk->run, "doctor", "--imds", imds);
	command_expect_exit(&desk->run, 6);
	assert_true(command_says(&desk->run.out, "do: on an Azure machine"));
	assert_true(command_says(&desk->run.out, "An acquisition would fail: transport.\n"));
}

static void a_trust_file_that_cannot_be_read_does_not_hide_the_rest(void **state)
{
	struct desk *desk = *state;

	COMMAND_RUN(&desk->run, "doctor", "--imds", scripted_peer_base(desk->cloud.imds), "--ca",
	            "/no/such/file", "--json");
	expect_problem(desk, "trust", "config", 2);
	expect_verdict(desk, "trust", "problem", "/no/such/file");
	expect_verdict(desk, "certificate", "ok", "until");
	expect_verdict(desk, "token service", "skipped", "needs: trust");
}

static void a_token_service_that_is_not_trusted_is_the_problem(void **state)
{
	struct desk *desk = *state;
	struct throwaway_ca stranger;

	throwaway_ca_make(&stranger);
	COMMAND_RUN(&desk->run, "doctor", "--imds", scripted_peer_base(desk->cloud.imds), "--ca",
	            stranger.pem, "--json");
	throwaway_ca_free(&stranger);
	expect_problem(desk, "token service", "transport", 6);
	assert_true(command_says(&desk->run.out, "give its CA to --ca"));
}

/* ---- the clock ---- */

static void set_date(struct desk *desk, enum leg leg, int64_t skew_s)
{
	time_t at = (time_t)(clock_now_s(clock_system()) + skew_s);
	struct tm parts;

	desk->dated_leg = leg;
	assert_non_null(gmtime_r(&at, &parts));
	assert_true(strftime(desk->date, sizeof(desk->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
	                     &parts) > 0);
}

static void a_clock_is_compared_with_either_service(void **state)
{
	static const enum leg legs[] = {LEG_RESOURCE, LEG_PROBE};
	static const char *const peers[] = {"of the token service", "of IMDS"};
	struct desk *desk = *state;

	DOCTOR(desk, "--json");
	expect_verdict(desk, "clock", "skipped", "tells the date");
	for (size_t i = 0; i < TEXT_COUNT(legs); i++) {
		set_date(desk, legs[i], 0);
		DOCTOR(desk, "--json");
		command_expect_exit(&desk->run, 0);
		expect_verdict(desk, "clock", "ok", peers[i]);
	}
}

static void a_clock_that_is_wrong_is_a_warning_until_it_hurts(void **state)
{
	struct desk *desk = *state;

	set_date(desk, LEG_RESOURCE, 0);
	DOCTOR(desk, "--json", "--clock-offset", "-200");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "clock", "warning", " s behind the token service");
	DOCTOR(desk, "--json", "--clock-offset", "1000");
	command_expect_exit(&desk->run, 0);
	expect_verdict(desk, "clock", "warning", " s ahead of the token service");
	set_date(desk, LEG_PROBE, 0);
	DOCTOR(desk, "--json", "--clock-offset", "-400");
	expect_problem(desk, "certificate", "cert_invalid", 10);
	expect_verdict(desk, "clock", "problem", " s behind IMDS");
	DOCTOR(desk, "--json", "--clock-offset", "864000");
	expect_problem(desk, "certificate", "cert_invalid", 10);
	expect_verdict(desk, "clock", "problem", " s ahead of IMDS");
}

static void bad_arguments_are_no_diagnosis(void **state)
{
	struct desk *desk = *state;

	COMMAND_RUN(&desk->run, "doctor", "--imds", "nonsense");
	command_expect_exit(&desk->run, 2);
	assert_int_equal(desk->run.out.len, 0);
	assert_int_equal(command_lines(&desk->run.err), 1);
	COMMAND_RUN(&desk->run, "doctor", "extra");
	command_expect_exit(&desk->run, 2);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_healthy_machine_passes),
	        at_a_desk(the_json_of_a_healthy_machine_has_every_check),
	        at_a_desk(the_store_is_looked_at_but_never_a_problem),
	        at_a_desk(a_kind_that_is_missing_is_a_warning_while_another_does),
	        at_a_desk(a_floor_that_nothing_reaches_is_a_problem),
	        at_a_desk(a_wrong_pin_is_told_from_an_absent_device),
	        at_a_desk(attestation_is_looked_at_when_it_is_asked_for),
	        at_a_desk(each_service_that_fails_is_the_problem),
	        at_a_desk(an_imds_that_is_not_there_is_a_transport_problem),
	        at_a_desk(a_trust_file_that_cannot_be_read_does_not_hide_the_rest),
	        at_a_desk(a_token_service_that_is_not_trusted_is_the_problem),
	        at_a_desk(a_clock_is_compared_with_either_service),
	        at_a_desk(a_clock_that_is_wrong_is_a_warning_until_it_hurts),
	        at_a_desk(bad_arguments_are_no_diagnosis),
	};

	return cmocka_run_group_tests_name("cli_doctor", tests, NULL, NULL);
}
