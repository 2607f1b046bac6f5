/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The command msiv2 as a person or a script meets it: what goes to stdout and stderr, the JSON, the
 * exit codes, the secrets that stay inside. */
#include "tests/testing.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "fake_cloud.h"

#define ARGS_MAX 24

struct desk {
	struct fake_cloud cloud;
	char out_path[128];
	char err_path[128];
	struct bytes out; /* of the last run */
	struct bytes err;
	int exit_code;
	/* for scripts */
	enum leg bad_leg;
	int bad_status;
	const char *bad_body;
	enum peer_manners manners;
};

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	(void)snprintf(desk->out_path, sizeof(desk->out_path), "%s/out", desk->cloud.ca.folder);
	(void)snprintf(desk->err_path, sizeof(desk->err_path), "%s/err", desk->cloud.ca.folder);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	(void)unlink(desk->out_path);
	(void)unlink(desk->err_path);
	bytes_free(&desk->out);
	bytes_free(&desk->err);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

/* Runs msiv2 with these arguments, stdout to `out_path`. */
static void run_to(struct desk *desk, const char *out_path, const char *const *args, size_t count)
{
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "msiv2"};
	char *envp[] = {(char *)(uintptr_t) "PATH=/usr/bin:/bin", NULL};
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	assert_true(count <= ARGS_MAX);
	fake_cloud_publish(&desk->cloud);
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 1, out_path,
	                                                  O_WRONLY | O_CREAT | O_TRUNC, 0600),
	                 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 2, desk->err_path,
	                                                  O_WRONLY | O_CREAT | O_TRUNC, 0600),
	                 0);
	assert_int_equal(posix_spawn(&pid, MSIV2_COMMAND, &actions, NULL, argv, envp), 0);
	assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fake_cloud_publish(&desk->cloud);
	assert_true(WIFEXITED(status));
	desk->exit_code = WEXITSTATUS(status);
	bytes_free(&desk->err);
	assert_int_equal(files_read(desk->err_path, 1 << 20, MSIV2_INTERNAL, &desk->err, NULL),
	                 MSIV2_OK);
}

static void run_args(struct desk *desk, const char *const *args, size_t count)
{
	run_to(desk, desk->out_path, args, count);
	bytes_free(&desk->out);
	assert_int_equal(files_read(desk->out_path, 1 << 20, MSIV2_INTERNAL, &desk->out, NULL),
	                 MSIV2_OK);
}

#define RUN(desk, ...)                                                                             \
	run_args(desk, (const char *const[]){__VA_ARGS__},                                         \
	         TEXT_COUNT(((const char *const[]){__VA_ARGS__})))

/* With the addresses of the cloud. */
#define RUN_HERE(desk, command, ...)                                                               \
	RUN(desk, command, "--imds", scripted_peer_base((desk)->cloud.imds), "--ca",               \
	    (desk)->cloud.ca.pem, __VA_ARGS__)

static bool says(const struct bytes *text, const char *what)
{
	return strstr(bytes_text(text), what) != NULL;
}

static size_t lines_of(const struct bytes *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

/* The one JSON object on stdout; its line is all there is. */
static cJSON *json_of(const struct desk *desk)
{
	const struct blame blame = {MSIV2_INTERNAL, "stdout"};
	struct msiv2_error err = {0};
	cJSON *tree = NULL;

	assert_int_equal(lines_of(&desk->out), 1);
	if (json_parse_object(desk->out.data, desk->out.len, &blame, &tree, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.message, bytes_text(&desk->out));
	return tree;
}

static const char *text_at(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	if (text == NULL)
		fail_msg("no text \"%s\"", name);
	return text;
}

static double number_at(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static bool say_badly(struct fake_cloud *cloud, enum leg leg, int nth,
                      const struct peer_request *request, struct peer_answer *answer)
{
	const struct desk *desk = (const struct desk *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (leg != desk->bad_leg)
		return false;
	answer->manners = desk->manners;
	return fake_cloud_says(answer, desk->bad_status,
	                       desk->bad_body != NULL ? desk->bad_body : "");
}

/* ---- token ---- */

static void a_token_is_reported_for_people_without_the_secret(void **state)
{
	struct desk *desk = *state;

	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE);
	assert_int_equal(desk->exit_code, 0);
	assert_int_equal(desk->err.len, 0);
	for (size_t i = 0; i < 8; i++) {
		static const char *const words[] = {"key ",     "metadata ",    "csr ",
		                                    "issue ",   "token ",       "total ",
		                                    "mtls_pop", CLOUD_CLIENT_ID};

		assert_true(says(&desk->out, words[i]));
	}
	assert_false(says(&desk->out, "token-1"));
	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--show-token");
	assert_true(says(&desk->out, "token-2"));
}

static void the_json_of_a_token_is_as_documented(void **state)
{
	struct desk *desk = *state;
	cJSON *object;
	const cJSON *part;

	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--json");
	assert_int_equal(desk->exit_code, 0);
	object = json_of(desk);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(object, "ok")));
	assert_string_equal(text_at(object, "token_type"), "mtls_pop");
	assert_string_equal(text_at(object, "client_id"), CLOUD_CLIENT_ID);
	assert_string_equal(text_at(object, "tenant_id"), CLOUD_TENANT_ID);
	assert_string_equal(text_at(object, "source"), "network");
	assert_true(number_at(object, "expires_on") > 1e9);
	assert_null(cJSON_GetObjectItem(object, "access_token"));
	part = cJSON_GetObjectItem(object, "key");
	assert_string_equal(text_at(part, "kind"), "memory");
	assert_true(number_at(part, "bits") >= 2048);
	part = cJSON_GetObjectItem(object, "certificate");
	assert_int_equal(strlen(text_at(part, "sha256")), 64);
	assert_int_equal(strlen(text_at(part, "x5t#S256")), 43);
	assert_string_equal(text_at(part, "subject"), "DC=" CLOUD_TENANT_ID ",CN=" CLOUD_CLIENT_ID);
	assert_true(number_at(part, "not_after") > number_at(part, "not_before"));
	part = cJSON_GetObjectItem(object, "timings_ms");
	assert_true(number_at(part, "key") >= 0 && number_at(part, "total") >= 0);
	assert_null(cJSON_GetObjectItem(part, "resource"));
	cJSON_Delete(object);
	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--json", "--show-token");
	object = json_of(desk);
	assert_string_equal(text_at(object, "access_token"), "token-2");
	cJSON_Delete(object);
}

static void options_reach_the_wire(void **state)
{
	struct desk *desk = *state;

	desk->cloud.token_type = "Bearer";
	RUN_HERE(desk, "token", "--resource=https://a", "--type=bearer", "--identity",
	         "client_id:a2a2a2a2-0000-4000-8000-000000000002", "--claims", "{\"a\":1}");
	assert_int_equal(desk->exit_code, 0);
	fake_cloud_expect_text(&desk->cloud, LEG_METADATA, "client_id=a2a2a2a2");
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "bypass_cache=true");
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN, "claims=%7B%22a%22%3A1%7D");
	assert_false(says(&desk->out, "mtls_pop"));
}

static void a_log_goes_to_stderr_and_never_holds_the_token(void **state)
{
	struct desk *desk = *state;

	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--json", "-v", "--verbose",
	         "--show-token");
	assert_int_equal(desk->exit_code, 0);
	assert_true(says(&desk->err, "msiv2: info: token"));
	assert_true(says(&desk->err, "msiv2: debug: sts.token: HTTP 200"));
	assert_false(says(&desk->err, "token-1"));
	cJSON_Delete(json_of(desk));
}

static void a_moved_clock_finds_the_certificate_out_of_date(void **state)
{
	struct desk *desk = *state;

	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--clock-offset", "864000");
	assert_int_equal(desk->exit_code, 10);
	assert_true(says(&desk->err, "msiv2: cert_invalid: "));
	RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--clock-offset=-200");
	assert_int_equal(desk->exit_code, 0);
}

/* ---- failures and their exit codes ---- */

static void each_failure_has_the_exit_code_of_its_class(void **state)
{
	static const struct {
		enum leg leg;
		int status;
		const char *body;
		enum peer_manners manners;
		const char *class_name;
		int exit_code;
	} rows[] = {
	        {LEG_METADATA, 400, "{\"error\":\"x\"}", PEER_ANSWERS, "imds_refused", 8},
	        {LEG_METADATA, 200, "{}", PEER_ANSWERS, "imds_malformed", 9},
	        {LEG_METADATA, 200, "", PEER_RESETS, "transport", 6},
	        {LEG_METADATA, 200, "", PEER_IS_SILENT, "timeout", 7},
	        {LEG_ISSUE, 403, "", PEER_ANSWERS, "imds_refused", 8},
	        {LEG_ISSUE, 200, "[]", PEER_ANSWERS, "imds_malformed", 9},
	        {LEG_TOKEN, 400, "{\"error\":\"invalid_scope\"}", PEER_ANSWERS, "sts_refused", 11},
	        {LEG_TOKEN, 200, "{}", PEER_ANSWERS, "sts_malformed", 12},
	};
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		cJSON *object;
		const cJSON *error;

		desk->bad_leg = rows[i].leg;
		desk->bad_status = rows[i].status;
		desk->bad_body = rows[i].body;
		desk->manners = rows[i].manners;
		RUN_HERE(desk, "token", "--resource", CLOUD_RESOURCE, "--json", "--timeout",
		         rows[i].manners == PEER_IS_SILENT ? "2s" : "60");
		assert_int_equal(desk->exit_code, rows[i].exit_code);
		object = json_of(desk);
		assert_true(cJSON_IsFalse(cJSON_GetObjectItem(object, "ok")));
		error = cJSON_GetObjectItem(object, "error");
		assert_string_equal(text_at(error, "class"), rows[i].class_name);
		assert_true(text_is_uuid(text_at(error, "correlation_id")));
		assert_non_null(cJSON_GetObjectItem(error, "http_status"));
		assert_non_null(cJSON_GetObjectItem(error, "code"));
		assert_true(text_at(error, "message")[0] != '\0');
		cJSON_Delete(object);
	}
}

static void an_error_for_people_is_one_line_on_stderr(void **state)
{
	struct desk *desk = *state;
	char imds[64];

	(void)snprintf(imds, sizeof(imds), "http://127.0.0.1:%d", scripted_peer_free_port());
	RUN(desk, "token", "--resource", CLOUD_RESOURCE, "--imds", imds);
	assert_int_equal(desk->exit_code, 6);
	assert_int_equal(desk->out.len, 0);
	assert_int_equal(lines_of(&desk->err), 1);
	assert_true(says(&desk->err, "msiv2: transport: imds.getplatformmetadata: "));
	assert_true(says(&desk->err, imds));
}

static void bad_arguments_are_one_clear_line_and_exit_2(void **state)
{
	static const char *const rows[][6] = {
	        {NULL},
	        {"tokne"},
	        {"help", "tokne"},
	        {"token"},
	        {"token", "--resource"},
	        {"token", "--resource", ""},
	        {"token", "--resorce", "x"},
	        {"token", "--resource", "x", "--resource", "y"},
	        {"token", "--resource", "x", "extra"},
	        {"token", "--resource", "x", "--type", "saml"},
	        {"token", "--resource", "x", "--identity", "me"},
	        {"token", "--resource", "x", "--identity", "client_id:me"},
	        {"token", "--resource", "x", "--imds", "nonsense"},
	        {"token", "--resource", "x", "--ca", "/no/such/file"},
	        {"token", "--resource", "x", "--claims", "nonsense"},
	        {"token", "--resource", "x", "--timeout", "0"},
	        {"token", "--resource", "x", "--timeout", "5m"},
	        {"token", "--resource", "x", "--timeout", "-1"},
	        {"token", "--resource", "x", "--timeout", "99999999999999999999999"},
	        {"token", "--resource", "x", "--clock-offset", "soon"},
	        {"token", "--resource", "x", "--pem"},
	        {"token", "--resource", "a b"},
	        {"token", "--json=yes", "--resource", "x"},
	        {"call"},
	        {"call", "http://localhost/"},
	        {"call", "nonsense"},
	        {"call", "https://a/", "https://b/"},
	        {"call", "https://a/", "--method", "G ET"},
	        {"csr", "--pem", "--der", "x"},
	        {"cert", "--der", "x"},
	        {"probe", "--resource", "x"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		size_t count = 0;

		while (count < 6 && rows[i][count] != NULL)
			count++;
		run_args(desk, rows[i], count);
		if (desk->exit_code != 2 || desk->out.len != 0 || lines_of(&desk->err) != 1 ||
		    !says(&desk->err, "msiv2: config: "))
			fail_msg("row %zu: exit %d, \"%s\"", i, desk->exit_code,
			         bytes_text(&desk->err));
	}
}

static void bad_arguments_with_json_are_an_object_on_stdout(void **state)
{
	struct desk *desk = *state;
	OWNED(cJSON) *object = NULL;

	RUN(desk, "token", "--type", "saml", "--json");
	assert_int_equal(desk->exit_code, 2);
	assert_int_equal(desk->err.len, 0);
	object = json_of(desk);
	assert_string_equal(text_at(cJSON_GetObjectItem(object, "error"), "class"), "config");
	assert_string_equal(text_at(cJSON_GetObjectItem(object, "error"), "where"), "--type");
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	static const char *const args[] = {"--version"};
	struct desk *desk = *state;

	run_to(desk, "/dev/full", args, 1);
	assert_int_equal(desk->exit_code, 14);
	assert_true(says(&desk->err, "standard output"));
}

/* ---- help ---- */

static const char *const commands[] = {"token", "call", "csr", "cert", "probe", "key", "doctor"};

static void help_and_version_are_on_stdout(void **state)
{
	struct desk *desk = *state;

	RUN(desk, "--version");
	assert_int_equal(desk->exit_code, 0);
	assert_int_equal(strncmp(bytes_text(&desk->out), "msiv2 ", 6), 0);
	RUN(desk, "--help");
	assert_int_equal(desk->exit_code, 0);
	for (size_t i = 0; i < TEXT_COUNT(commands); i++)
		assert_true(says(&desk->out, commands[i]));
	for (size_t i = 0; i < TEXT_COUNT(commands); i++) {
		OWNED_STRUCT(bytes) first = {0};

		RUN(desk, commands[i], "--help");
		assert_int_equal(desk->exit_code, 0);
		assert_true(says(&desk->out, "--imds URL"));
		bytes_add(&first, desk->out.data, desk->out.len);
		RUN(desk, "help", commands[i]);
		assert_string_equal(bytes_text(&desk->out), bytes_text(&first));
	}
}

static void help_explains_the_verbs(void **state)
{
	static const char *const rows[][2] = {
	        {"cert", "\n  list           every stored one"},
	        {"cert", "\n  show   TARGET  all"},
	        {"cert", "\n  renew          have a new one"},
	        {"cert", "\n  remove TARGET  remove"},
	        {"cert", "\n  purge          remove what"},
	        {"cert", "\n  verify         check"},
	        {"cert", "\nTARGET is an alias, or 8 digits"},
	        {"key", "\n  enrol          have"},
	        {"key", "\n  remove         remove the key"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		RUN(desk, rows[i][0], "--help");
		if (!says(&desk->out, rows[i][1]))
			fail_msg("no%s in %s", rows[i][1], bytes_text(&desk->out));
	}
}

/* Fails the test unless the document has every option that this help has. */
static void expect_documented(const char *help, const char *document, const char *path)
{
	for (const char *at = strstr(help, "\n  -"); at != NULL; at = strstr(at + 1, "\n  -")) {
		char option[32];

		(void)snprintf(option, sizeof(option), "%.*s", (int)strcspn(at + 3, " \n"), at + 3);
		if (strstr(document, option) == NULL)
			fail_msg("%s does not have %s", path, option);
	}
}

static void every_option_is_in_the_guide_and_the_man_page(void **state)
{
	OWNED_STRUCT(bytes) guide = {0};
	OWNED_STRUCT(bytes) man = {0};
	OWNED_STRUCT(bytes) plain = {0};
	struct desk *desk = *state;

	assert_int_equal(files_read(DOCS_DIR "/client.md", 1 << 20, MSIV2_INTERNAL, &guide, NULL),
	                 MSIV2_OK);
	assert_int_equal(files_read(DOCS_DIR "/man/msiv2.1", 1 << 20, MSIV2_INTERNAL, &man, NULL),
	                 MSIV2_OK);
	/* troff writes "\-" for "-". */
	for (size_t i = 0; i < man.len; i++) {
		if (man.data[i] != '\\')
			bytes_add_byte(&plain, man.data[i]);
	}
	for (size_t i = 0; i < TEXT_COUNT(commands); i++) {
		RUN(desk, "help", commands[i]);
		expect_documented(bytes_text(&desk->out), bytes_text(&guide), "client.md");
		expect_documented(bytes_text(&desk->out), bytes_text(&plain), "msiv2.1");
	}
}

/* ---- call ---- */

static void a_call_prints_the_body_alone_on_stdout(void **state)
{
	struct desk *desk = *state;
	char url[128];

	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	RUN_HERE(desk, "call", url, "--data", "{}");
	assert_int_equal(desk->exit_code, 0);
	assert_string_equal(bytes_text(&desk->out), "hello");
	assert_true(says(&desk->err, "HTTP 200"));
	assert_false(says(&desk->err, "token-1"));
	assert_string_equal(desk->cloud.target[LEG_RESOURCE], "POST /thing");
	/* A resource that is not named is the origin of the URL. */
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN, "scope=https%3A%2F%2Flocalhost%3A");
	RUN_HERE(desk, "call", "--method", "PUT", "--resource", "https://r", url);
	assert_string_equal(desk->cloud.target[LEG_RESOURCE], "PUT /thing");
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN, "scope=https%3A%2F%2Fr%2F.default");
}

/* ---- csr, cert, probe ---- */

static void a_csr_comes_as_report_pem_der_or_json(void **state)
{
	struct desk *desk = *state;
	char path[128];
	struct stat st;
	cJSON *object;

	RUN_HERE(desk, "csr", "--timeout", "60s");
	assert_int_equal(desk->exit_code, 0);
	assert_true(says(&desk->out, "CN=" CLOUD_CLIENT_ID));
	RUN_HERE(desk, "csr", "--pem");
	assert_int_equal(
	        strncmp(bytes_text(&desk->out), "-----BEGIN CERTIFICATE REQUEST-----\n", 36), 0);
	RUN_HERE(desk, "csr", "--der", "-");
	assert_int_equal(desk->out.data[0], 0x30);
	(void)snprintf(path, sizeof(path), "%s/csr.der", desk->cloud.ca.folder);
	RUN_HERE(desk, "csr", "--der", path);
	assert_int_equal(desk->exit_code, 0);
	assert_int_equal(desk->out.len, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 500);
	assert_int_equal(unlink(path), 0);
	RUN_HERE(desk, "csr", "--json");
	object = json_of(desk);
	assert_int_equal(strncmp(text_at(object, "csr"), "MII", 3), 0);
	cJSON_Delete(object);
	fake_cloud_expect(&desk->cloud, 5, 0, 0);
}

static void a_certificate_comes_as_report_pem_or_json(void **state)
{
	struct desk *desk = *state;
	OWNED(cJSON) *object = NULL;

	RUN_HERE(desk, "cert", "--timeout", "60s");
	assert_int_equal(desk->exit_code, 0);
	assert_true(says(&desk->out, "SystemAssigned"));
	RUN_HERE(desk, "cert", "--pem");
	assert_int_equal(strncmp(bytes_text(&desk->out), "-----BEGIN CERTIFICATE-----\n", 28), 0);
	RUN_HERE(desk, "cert", "--json");
	object = json_of(desk);
	assert_string_equal(text_at(cJSON_GetObjectItem(object, "certificate"), "identity_type"),
	                    "SystemAssigned");
	assert_int_equal(strncmp(text_at(object, "pem"), "-----BEGIN", 10), 0);
	fake_cloud_expect(&desk->cloud, 3, 3, 0);
}

static void a_probe_tells_v2_from_nothing_by_its_exit_code(void **state)
{
	struct desk *desk = *state;
	OWNED(cJSON) *object = NULL;

	RUN_HERE(desk, "probe", "--identity", "system");
	assert_true(desk->exit_code == 0 && says(&desk->out, "managed identity v2"));
	RUN_HERE(desk, "probe", "--json");
	object = json_of(desk);
	assert_true(number_at(object, "version") > 1);
	desk->cloud.script = say_badly;
	desk->bad_leg = LEG_PROBE;
	desk->bad_status = 404;
	RUN_HERE(desk, "probe", "--timeout", "60s");
	assert_int_equal(desk->exit_code, 3);
	assert_true(says(&desk->err, "msiv2: unsupported: imds.probe: "));
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_token_is_reported_for_people_without_the_secret),
	        at_a_desk(the_json_of_a_token_is_as_documented),
	        at_a_desk(options_reach_the_wire),
	        at_a_desk(a_log_goes_to_stderr_and_never_holds_the_token),
	        at_a_desk(a_moved_clock_finds_the_certificate_out_of_date),
	        at_a_desk(each_failure_has_the_exit_code_of_its_class),
	        at_a_desk(an_error_for_people_is_one_line_on_stderr),
	        at_a_desk(bad_arguments_are_one_clear_line_and_exit_2),
	        at_a_desk(bad_arguments_with_json_are_an_object_on_stdout),
	        at_a_desk(output_that_cannot_be_written_is_a_failure),
	        at_a_desk(help_and_version_are_on_stdout),
	        at_a_desk(help_explains_the_verbs),
	        at_a_desk(every_option_is_in_the_guide_and_the_man_page),
	        at_a_desk(a_call_prints_the_body_alone_on_stdout),
	        at_a_desk(a_csr_comes_as_report_pem_der_or_json),
	        at_a_desk(a_certificate_comes_as_report_pem_or_json),
	        at_a_desk(a_probe_tells_v2_from_nothing_by_its_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
