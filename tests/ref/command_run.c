/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "command_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/files.h"

#define ARGS_MAX  24
#define VALUE_MAX 512

static const char *const passed_on[] = {"SOFTHSM2_CONF", "MSIV2_PKCS11_PIN", "XDG_DATA_HOME"};

struct environment {
	char text[TEXT_COUNT(passed_on)][VALUE_MAX];
	char *envp[TEXT_COUNT(passed_on) + 2];
};

static void make_environment(struct environment *env)
{
	size_t count = 0;

	env->envp[count++] = (char *)(uintptr_t) "PATH=/usr/bin:/bin";
	for (size_t i = 0; i < TEXT_COUNT(passed_on); i++) {
		const char *value = getenv(passed_on[i]);

		if (value == NULL)
			continue;
		(void)snprintf(env->text[i], VALUE_MAX, "%s=%s", passed_on[i], value);
		env->envp[count++] = env->text[i];
	}
	env->envp[count] = NULL;
}

static void read_file(const char *path, struct bytes *out)
{
	bytes_free(out);
	assert_int_equal(files_read(path, 1 << 20, MSIV2_INTERNAL, out, NULL), MSIV2_OK);
	assert_int_equal(unlink(path), 0);
}

static void send_to(posix_spawn_file_actions_t *actions, int fd, const char *path)
{
	assert_int_equal(posix_spawn_file_actions_addopen(actions, fd, path,
	                                                  O_WRONLY | O_CREAT | O_TRUNC, 0600),
	                 0);
}

void command_run(struct command_run *run, const char *const *args, size_t count)
{
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "msiv2"};
	posix_spawn_file_actions_t actions;
	struct environment env;
	char out[160];
	char err[160];
	int status;
	pid_t pid;

	assert_true(count <= ARGS_MAX);
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	fake_cloud_publish(run->cloud);
	make_environment(&env);
	(void)snprintf(out, sizeof(out), "%s/out", run->cloud->ca.folder);
	(void)snprintf(err, sizeof(err), "%s/err", run->cloud->ca.folder);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	send_to(&actions, STDOUT_FILENO, out);
	send_to(&actions, STDERR_FILENO, err);
	assert_int_equal(posix_spawn(&pid, MSIV2_COMMAND, &actions, NULL, argv, env.envp), 0);
	assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fake_cloud_publish(run->cloud);
	assert_true(WIFEXITED(status));
	run->exit_code = WEXITSTATUS(status);
	read_file(out, &run->out);
	read_file(err, &run->err);
}

void command_run_free(struct command_run *run)
{
	bytes_free(&run->out);
	bytes_free(&run->err);
}

void command_expect_exit(const struct command_run *run, int exit_code)
{
	if (run->exit_code == exit_code)
		return;
	print_error("%s%s", bytes_text(&run->out), bytes_text(&run->err));
	fail_msg("exit code %d, not %d", run->exit_code, exit_code);
}

bool command_says(const struct bytes *text, const char *what)
{
	return strstr(bytes_text(text), what) != NULL;
}

size_t command_lines(const struct bytes *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

cJSON *command_json(const struct command_run *run)
{
	const struct blame blame = {MSIV2_INTERNAL, "stdout"};
	struct msiv2_error err = {0};
	cJSON *tree = NULL;

	assert_int_equal(command_lines(&run->out), 1);
	if (json_parse_object(run->out.data, run->out.len, &blame, &tree, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.message, bytes_text(&run->out));
	return tree;
}

const char *command_text_at(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	if (text == NULL)
		fail_msg("no text \"%s\"", name);
	return text;
}

double command_number_at(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}
