/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "netns.h"

#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "child.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "env.h"
#include "namespace.h"
#include "streams.h"

#define WHERE    "netns"
#define ADDRESS  "169.254.169.254"
#define PORT     80
#define ANYWHERE "0.0.0.0" /* in a network that has nobody else */

/* ---- the command line ---- */

/* Options that have no meaning here. */
static enum msiv2_rc check_options(const struct arguments *arguments, struct msiv2_error *err)
{
	const struct {
		const char *option;
		bool given;
	} rows[] = {
	        {"--imds-port", arguments->emulator.imds_port != 0},
	        {"--bind", arguments->emulator.bind != NULL},
	        {"--ready-fd", arguments->ready_fd >= 0},
	        {"--print-config", arguments->print_config},
	        {"--version", arguments->version},
	};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (rows[i].given)
			return err_set(err, MSIV2_CONFIG, rows[i].option, "does not go with netns");
	return MSIV2_OK;
}

/* Where the command starts: behind the first "--", or argc when there is none. */
static int find_command(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (text_equal(argv[i], "--"))
			return i + 1;
	return argc;
}

static enum msiv2_rc print_help(struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) out = {0};

	bytes_add_text(
	        &out,
	        "usage: msiv2-emulator netns [OPTION]... -- COMMAND [ARGUMENT]...\n"
	        "Runs the command in a private network where the fake IMDS is at its real "
	        "address,\n"
	        "http://" ADDRESS ". There is no way out of that network. The command finds\n"
	        "the addresses in MSIV2_EMULATOR_*, and the fake's CA certificates in the "
	        "variables\n"
	        "of `msiv2-emulator env --trust`. Needs root, or unprivileged user namespaces.\n\n"
	        "OPTION is any option of msiv2-emulator but --imds-port, --bind, --ready-fd,\n"
	        "--print-config and --version.\n\n"
	        "Exit status: that of the command; 128 + n when signal n killed it; 127 when it "
	        "is\n"
	        "not found, 126 when it cannot be run; 125 when something else goes wrong.\n");
	TRY(bytes_done(&out, "stdout", err));
	return streams_write(STDOUT_FILENO, "stdout", out.data, out.len, err);
}

/* ---- what the command is told ---- */

/* An environment under construction; the texts are owned. */
struct environment {
	char **items; /* ended by NULL */
	size_t count;
};

static void environment_free(struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		mem_free(environment->items[i]);
	mem_free(environment->items);
}
DEFINE_OWNED_VALUE(environment, environment_free)

static enum msiv2_rc add_text(struct environment *environment, const char *text,
                              struct msiv2_error *err)
{
	char **items = mem_resize(environment->items, (environment->count + 2) * sizeof(char *));

	if (!items)
		return err_no_memory(err, WHERE);
	environment->items = items;
	items[environment->count] = mem_strdup(text);
	items[environment->count + 1] = NULL;
	return items[environment->count++] ? MSIV2_OK : err_no_memory(err, WHERE);
}

/* The text sets one of the variables that tell of an emulator. */
static bool is_ours(const char *text)
{
	size_t count = 0;
	const struct env_variable *variables = env_variables(&count);

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(variables[i].name);

		if (strncmp(text, variables[i].name, len) == 0 && text[len] == '=')
			return true;
	}
	return false;
}

/* Everything we have, and the variables of the ready line. The one that would lead SDKs away from
 * the real address is taken out. */
static enum msiv2_rc make_environment(const char *ready, struct environment *out,
                                      struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_INTERNAL, "ready line"};
	OWNED(cJSON) *json = NULL;
	size_t count = 0;
	const struct env_variable *variables = env_variables(&count);

	TRY(json_parse_object(ready, strlen(ready), &blame, &json, err));
	for (char **item = environ; *item; item++)
		if (!is_ours(*item))
			TRY(add_text(out, *item, err));
	for (size_t i = 0; i < count; i++) {
		OWNED_STRUCT(bytes) line = {0};
		const char *value = NULL;

		if (text_equal(variables[i].name, ENV_IMDS_VARIABLE))
			continue;
		TRY(json_need_string(json, variables[i].member, &blame, &value, err));
		if (text_equal(variables[i].member, "imds"))
			value = "http://" ADDRESS;
		bytes_addf(&line, "%s=%s", variables[i].name, value);
		TRY(bytes_done(&line, WHERE, err));
		TRY(add_text(out, bytes_text(&line), err));
	}
	return MSIV2_OK;
}

/* ---- running it ---- */

static enum msiv2_rc run(struct arguments *arguments, char *const *command,
                         const sigset_t *inherited, int *status, struct msiv2_error *err)
{
	OWNED_STRUCT(environment) environment = {0};
	struct msiv2_emulator *emulator = NULL;
	enum msiv2_rc rc;

	arguments->emulator.bind = ANYWHERE;
	arguments->emulator.imds_port = PORT;
	arguments_set_log(arguments);
	TRY(namespace_enter(ADDRESS, err));
	child_block_signals();
	TRY(msiv2_emulator_start(&arguments->emulator, &emulator, err));
	rc = make_environment(msiv2_emulator_ready(emulator), &environment, err);
	if (rc == MSIV2_OK)
		rc = child_run(command, environment.items, inherited, status, err);
	msiv2_emulator_stop(emulator);
	return rc;
}

enum msiv2_rc netns_main(int argc, char **argv, const sigset_t *inherited, int *status,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(arguments) arguments = {0};
	int command = find_command(argc, argv);

	*status = NETNS_FAILED;
	TRY(arguments_read(&arguments, command == argc ? argc : command - 1, argv, err));
	if (arguments.help) {
		*status = 0;
		return print_help(err);
	}
	TRY(check_options(&arguments, err));
	if (command == argc)
		return err_set(err, MSIV2_CONFIG, WHERE, "needs a command: netns -- COMMAND");
	return run(&arguments, argv + command, inherited, status, err);
}
