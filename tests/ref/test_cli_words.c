/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the command msiv2 says on stderr when something is wrong: words that lead on. */
#include "tests/testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_cloud.h"

#define ARGS_MAX 12

struct desk {
	struct fake_cloud cloud;
	char said[4096]; /* on stderr, by the last run */
	int exit_code;
};

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

static void read_all(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)got;
	out[len] = '\0';
}

/* Runs msiv2 with one variable in its environment (NULL = none). */
static void run(struct desk *desk, const char *variable, const char *const *args)
{
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "msiv2"};
	char *envp[] = {(char *)(uintptr_t)variable, NULL};
	int ends[2];
	int status;
	pid_t pid;

	for (size_t i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fake_cloud_publish(&desk->cloud);
	pid = fork();
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		(void)execve(MSIV2_COMMAND, argv, envp);
		_exit(127);
	}
	assert_true(pid > 0);
	(void)close(ends[1]);
	read_all(ends[0], desk->said, sizeof(desk->said));
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fake_cloud_publish(&desk->cloud);
	assert_true(WIFEXITED(status));
	desk->exit_code = WEXITSTATUS(status);
}

#define RUN(desk, variable, ...) run(desk, variable, (const char *const[]){__VA_ARGS__, NULL})

static void expect(const struct desk *desk, int exit_code, const char *words)
{
	assert_int_equal(desk->exit_code, exit_code);
	if (strstr(desk->said, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, desk->said);
}

static void without_a_command_the_way_to_help_is_told(void **state)
{
	struct desk *desk = *state;

	run(desk, NULL, (const char *const[]){NULL});
	expect(desk, 2, "msiv2: config: command: none given: try msiv2 --help\n");
}

static void a_wrong_port_is_called_a_wrong_port(void **state)
{
	struct desk *desk = *state;

	RUN(desk, NULL, "probe", "--imds", "http://127.0.0.1:99999");
	expect(desk, 2, "--imds: the port is not a number up to 65535: http://127.0.0.1:99999\n");
}

static void who_is_not_trusted_is_told_with_the_option_that_helps(void **state)
{
	struct desk *desk = *state;

	RUN(desk, NULL, "token", "--resource", CLOUD_RESOURCE, "--imds",
	    scripted_peer_base(desk->cloud.imds));
	expect(desk, 6, scripted_peer_base(desk->cloud.sts));
	expect(desk, 6, " is not trusted: ");
	expect(desk, 6, " (see --ca) ");
}

static void ssl_cert_file_is_heeded_where_no_ca_is_given(void **state)
{
	struct desk *desk = *state;
	char variable[160];

	(void)snprintf(variable, sizeof(variable), "SSL_CERT_FILE=%s", desk->cloud.ca.pem);
	RUN(desk, variable, "token", "--resource", CLOUD_RESOURCE, "--imds",
	    scripted_peer_base(desk->cloud.imds));
	expect(desk, 0, "");
	RUN(desk, "SSL_CERT_FILE=/no/such/file", "token", "--resource", CLOUD_RESOURCE, "--imds",
	    scripted_peer_base(desk->cloud.imds), "--ca", desk->cloud.ca.pem);
	expect(desk, 0, "");
}

static bool refuse_resource(struct fake_cloud *cloud, enum leg leg, int nth,
                            const struct peer_request *request, struct peer_answer *answer)
{
	(void)cloud;
	(void)nth;
	(void)request;
	return leg == LEG_RESOURCE && fake_cloud_says(answer, 401, "{}");
}

static void a_refusal_of_the_resource_is_the_last_line(void **state)
{
	struct desk *desk = *state;
	char url[128];
	char line[192];
	const char *end;

	desk->cloud.script = refuse_resource;
	(void)snprintf(url, sizeof(url), "%s/resource", scripted_peer_base(desk->cloud.sts));
	(void)snprintf(line, sizeof(line), "\nmsiv2: resource_refused: HTTP 401 from %s\n", url);
	RUN(desk, NULL, "call", url, "--imds", scripted_peer_base(desk->cloud.imds), "--ca",
	    desk->cloud.ca.pem);
	expect(desk, 20, line);
	end = desk->said + strlen(desk->said) - strlen(line);
	assert_string_equal(end, line);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(without_a_command_the_way_to_help_is_told),
	        at_a_desk(a_wrong_port_is_called_a_wrong_port),
	        at_a_desk(who_is_not_trusted_is_told_with_the_option_that_helps),
	        at_a_desk(ssl_cert_file_is_heeded_where_no_ca_is_given),
	        at_a_desk(a_refusal_of_the_resource_is_the_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
