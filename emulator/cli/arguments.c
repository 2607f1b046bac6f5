/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "arguments.h"

#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/options.h"
#include "common/text.h"
#include "emulator/config.h"
#include "emulator/rule.h"
#include "streams.h"

static enum msiv2_rc take_port(uint16_t *port, const char *option, const char *value,
                               struct msiv2_error *err)
{
	int64_t number = 0;

	if (!text_to_int(value, 0, UINT16_MAX, &number))
		return err_set(err, MSIV2_CONFIG, option, "'%s' is not a port (0 to 65535)", value);
	*port = (uint16_t)number;
	return MSIV2_OK;
}

static enum msiv2_rc take_imds_port(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_port(&arguments->emulator.imds_port, "--imds-port", value, err);
}

static enum msiv2_rc take_sts_port(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_port(&arguments->emulator.sts_port, "--sts-port", value, err);
}

static enum msiv2_rc take_admin_port(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_port(&arguments->emulator.admin_port, "--admin-port", value, err);
}

/* A text that must not be empty. */
static enum msiv2_rc take_text(const char **slot, const char *option, const char *value,
                               struct msiv2_error *err)
{
	if (text_empty(value))
		return err_set(err, MSIV2_CONFIG, option, "must not be empty");
	*slot = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_bind(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	TRY(take_text(&arguments->emulator.bind, "--bind", value, err));
	if (!config_is_address(value))
		return err_set(err, MSIV2_CONFIG, "--bind", "'%s' is not an IP address", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_admin_bind(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	TRY(take_text(&arguments->emulator.admin_bind, "--admin-bind", value, err));
	if (!config_is_address(value))
		return err_set(err, MSIV2_CONFIG, "--admin-bind", "'%s' is not an IP address",
		               value);
	return MSIV2_OK;
}

static enum msiv2_rc take_admin_key(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_text(&arguments->emulator.admin_key_file, "--admin-key-file", value, err);
}

static enum msiv2_rc take_state(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_text(&arguments->emulator.state_dir, "--state", value, err);
}

static enum msiv2_rc take_config(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_text(&arguments->emulator.config_file, "--config", value, err);
}

static enum msiv2_rc take_ca_out(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_text(&arguments->emulator.ca_out, "--ca-out", value, err);
}

static enum msiv2_rc take_profile(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	struct rule_modes scratch;

	if (!rule_modes_profile(&scratch, value))
		return err_set(err, MSIV2_CONFIG, "--profile",
		               "'%s' is not default, strict or lenient", value);
	return take_text(&arguments->emulator.profile, "--profile", value, err);
}

static enum msiv2_rc take_name(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	if (arguments->emulator.name_count == ARGUMENTS_MAX)
		return err_set(err, MSIV2_CONFIG, "--name", "given too often");
	return take_text(&arguments->names[arguments->emulator.name_count++], "--name", value, err);
}

static enum msiv2_rc take_ca_key(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	if (text_equal(value, "ec"))
		arguments->emulator.ca_key = MSIV2_EMULATOR_KEY_EC;
	else if (text_equal(value, "rsa"))
		arguments->emulator.ca_key = MSIV2_EMULATOR_KEY_RSA;
	else
		return err_set(err, MSIV2_CONFIG, "--ca-key", "'%s' is not ec or rsa", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_faults(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	return take_text(&arguments->emulator.faults_file, "--faults", value, err);
}

static enum msiv2_rc take_seed(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	if (!text_to_int(value, 1, INT64_C(1) << 53, &arguments->emulator.seed))
		return err_set(err, MSIV2_CONFIG, "--seed",
		               "'%s' is not a whole number from 1 to 2^53", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_rule(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;
	size_t index = arguments->emulator.rule_count;
	const struct blame blame = {MSIV2_CONFIG, "--rule"};
	struct rule_modes scratch = {0};
	char *equals;

	if (index == ARGUMENTS_MAX)
		return err_set(err, MSIV2_CONFIG, "--rule", "given too often");
	arguments->rule_texts[index] = mem_strdup(value);
	if (!arguments->rule_texts[index])
		return err_no_memory(err, "--rule");
	equals = strrchr(arguments->rule_texts[index], '=');
	if (!equals)
		return err_set(err, MSIV2_CONFIG, "--rule", "'%s' is not ID=MODE", value);
	*equals = '\0';
	TRY(rule_modes_take(&scratch, arguments->rule_texts[index], equals + 1, &blame, err));
	arguments->rules[index] =
	        (struct msiv2_emulator_rule){arguments->rule_texts[index], equals + 1};
	arguments->emulator.rule_count++;
	return MSIV2_OK;
}

static enum msiv2_rc take_set(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;
	size_t index = arguments->emulator.setting_count;
	char *equals;

	if (index == ARGUMENTS_MAX)
		return err_set(err, MSIV2_CONFIG, "--set", "given too often");
	arguments->setting_texts[index] = mem_strdup(value);
	if (!arguments->setting_texts[index])
		return err_no_memory(err, "--set");
	equals = strchr(arguments->setting_texts[index], '=');
	if (!equals)
		return err_set(err, MSIV2_CONFIG, "--set", "'%s' is not KEY=VALUE", value);
	*equals = '\0';
	arguments->settings[index] =
	        (struct msiv2_emulator_setting){arguments->setting_texts[index], equals + 1};
	arguments->emulator.setting_count++;
	return MSIV2_OK;
}

static enum msiv2_rc take_ready_fd(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	if (!text_to_int(value, 0, INT32_MAX, &arguments->ready_fd))
		return err_set(err, MSIV2_CONFIG, "--ready-fd", "'%s' is not a descriptor", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_print_config(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	arguments->print_config = true;
	arguments->print_origins = text_equal(value, "origins");
	if (value && !arguments->print_origins)
		return err_set(err, MSIV2_CONFIG, "--print-config", "takes no value but origins");
	return MSIV2_OK;
}

static enum msiv2_rc take_quiet(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->quiet = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_verbose(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->verbose = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_help(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->help = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_version(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->version = true;
	return MSIV2_OK;
}

static const struct option_row rows[] = {
        {"--imds-port", "PORT", "port of the fake IMDS (HTTP); 0, the default: any free one", false,
         take_imds_port},
        {"--sts-port", "PORT", "port of token service and resource (HTTPS); default 0", false,
         take_sts_port},
        {"--admin-port", "PORT", "port of the admin interface (HTTP); default 0", false,
         take_admin_port},
        {"--bind", "ADDRESS", "address of IMDS and HTTPS; default 127.0.0.1", false, take_bind},
        {"--admin-bind", "ADDRESS", "address of the admin interface; default 127.0.0.1", false,
         take_admin_bind},
        {"--admin-key-file", "FILE", "the bearer key that the admin interface asks for", false,
         take_admin_key},
        {"--state", "DIR", "keep CA and token keys there, and find them again", false, take_state},
        {"--config", "FILE", "read the configuration from a JSON file", false, take_config},
        {"--set", "KEY=VALUE", "set a key of the configuration", true, take_set},
        {"--print-config", "[=origins]",
         "print the configuration as it would be used, or where each value came from, and exit",
         false, take_print_config},
        {"--ca-out", "FILE", "write the certificates that clients trust there, as PEM", false,
         take_ca_out},
        {"--ready-fd", "FD", "write the ready line to that descriptor too, and close it", false,
         take_ready_fd},
        {"--name", "NAME", "another name or IP address of the HTTPS server", true, take_name},
        {"--ca-key", "TYPE", "key type of CA and server: ec (default) or rsa", false, take_ca_key},
        {"--profile", "NAME", "rule modes to start from: default, strict or lenient", false,
         take_profile},
        {"--rule", "ID=MODE", "mode of a rule: reject, note or off", true, take_rule},
        {"--faults", "FILE", "what goes wrong: a JSON array, see docs/faults.md", false,
         take_faults},
        {"--seed", "N", "repeats what faults leave to chance; default 1", false, take_seed},
        {"--quiet", NULL, "write nothing to stderr but what ends the program", false, take_quiet},
        {"--verbose", NULL, "write everything to stderr", false, take_verbose},
        {"--help", NULL, "show this help", false, take_help},
        {"--version", NULL, "show the version", false, take_version},
};

enum msiv2_rc arguments_read(struct arguments *arguments, int argc, char **argv,
                             struct msiv2_error *err)
{
	int positional = 0;

	*arguments = (struct arguments){.ready_fd = -1};
	arguments->emulator.names = arguments->names;
	arguments->emulator.rules = arguments->rules;
	arguments->emulator.settings = arguments->settings;
	arguments->emulator.environment = (const char *const *)environ;
	TRY(options_parse(rows, TEXT_COUNT(rows), arguments, argc, argv, &positional, err));
	if (positional > 0)
		return err_set(err, MSIV2_CONFIG, argv[0],
		               "unexpected argument (the commands are env and netns)");
	if (arguments->quiet && arguments->verbose)
		return err_set(err, MSIV2_CONFIG, "--quiet", "does not go with --verbose");
	return MSIV2_OK;
}

static void write_log(void *ctx, enum msiv2_log_level level, const char *text)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	(void)ctx;
	streams_complain(names[level], text);
}

void arguments_set_log(struct arguments *arguments)
{
	if (arguments->quiet)
		return;
	arguments->emulator.log = write_log;
	arguments->emulator.log_level = arguments->verbose ? MSIV2_LOG_DEBUG : MSIV2_LOG_WARN;
}

void arguments_free(struct arguments *arguments)
{
	for (size_t i = 0; i < TEXT_COUNT(arguments->rule_texts); i++)
		mem_free(arguments->rule_texts[i]);
	for (size_t i = 0; i < TEXT_COUNT(arguments->setting_texts); i++)
		mem_free(arguments->setting_texts[i]);
	memset(arguments, 0, sizeof(*arguments));
}

void arguments_help(struct bytes *out)
{
	bytes_add_text(
	        out, "usage: msiv2-emulator [OPTION]...\n"
	             "       msiv2-emulator env [OPTION]...   (see msiv2-emulator env --help)\n"
	             "       msiv2-emulator netns [OPTION]... -- COMMAND   (see netns --help)\n"
	             "Plays IMDS, token service and a protected resource of managed identity v2.\n"
	             "NOT FOR PRODUCTION. Prints one JSON line with its addresses when it is "
	             "ready.\n\n");
	options_help(rows, TEXT_COUNT(rows), out);
	bytes_add_text(
	        out, "\nExit status: 0 after SIGTERM, SIGINT or SIGHUP, 2 for a wrong command line "
	             "or configuration, 1 otherwise.\n");
}
