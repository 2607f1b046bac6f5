/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The command `msiv2`: finds the command, prints its result, and turns its error into one line (or
 * one JSON object) and an exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/fs.h"
#include "common/text.h"
#include "json_report.h"

static const struct command_row {
	const char *name;
	const char *argument; /* positional, as shown by help */
	const char *summary;
	enum command_bit bit;
	command_fn *run;
	verbs_help_fn *verbs; /* NULL = has none */
} command_rows[] = {
        {"token", "", "get a token", COMMAND_TOKEN, command_token, NULL},
        {"call", " URL", "call a protected resource over mTLS", COMMAND_CALL, command_call, NULL},
        {"csr", "", "make a key and a CSR, issue nothing", COMMAND_CSR, command_csr, NULL},
        {"cert", " [list|show|renew|remove|purge|verify]",
         "get a certificate, no token; or look after the stored ones", COMMAND_CERT, command_cert,
         command_cert_verbs},
        {"probe", "", "ask whether this host has managed identity v2", COMMAND_PROBE, command_probe,
         NULL},
        {"key", " [enrol|remove]", "show the key, enrol its device, or remove it", COMMAND_KEY,
         command_key, command_key_verbs},
        {"doctor", "", "check what an acquisition needs", COMMAND_DOCTOR, command_doctor, NULL},
};

static const char exit_codes[] =
        "Exit codes: 0 ok, 2 config, 3 unsupported, 4 key_unavailable, 5 attestation_failed,\n"
        "6 transport, 7 timeout, 8 imds_refused, 9 imds_malformed, 10 cert_invalid,\n"
        "11 sts_refused, 12 sts_malformed, 13 store, 14 internal,\n"
        "20 the resource answered other than 2xx (call).\n";

static const struct command_row *find_command(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(command_rows); i++) {
		if (strcmp(command_rows[i].name, name) == 0)
			return &command_rows[i];
	}
	return NULL;
}

static void add_usage(struct bytes *out)
{
	bytes_add_text(out, "Usage: msiv2 COMMAND [OPTION]...\n"
	                    "Managed Identity v2: certificates and bound tokens from IMDS.\n\n");
	for (size_t i = 0; i < TEXT_COUNT(command_rows); i++)
		bytes_addf(out, "  %-6s %s\n", command_rows[i].name, command_rows[i].summary);
	bytes_addf(out, "  %-6s %s\n", "help", "explain a command: msiv2 help COMMAND");
	bytes_addf(out, "\n%s", exit_codes);
}

void command_verb_help(const char *name, const char *argument, const char *summary,
                       struct bytes *out)
{
	bytes_addf(out, "  %-6s%-8s %s\n", name, argument, summary);
}

static void add_command_help(const struct command_row *command, struct bytes *out)
{
	bytes_addf(out, "Usage: msiv2 %s%s [OPTION]...\n%c%s.\n\n", command->name,
	           command->argument, command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->verbs != NULL) {
		command->verbs(out);
		bytes_add_byte(out, '\n');
	}
	arguments_help(command->bit, out);
	bytes_addf(out, "\n%s", exit_codes);
}

static bool write_all(int fd, const struct bytes *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = fs_write(fd, text->data + done, text->len - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* A result that did not arrive is a failure. */
static int finish(const struct command_result *result)
{
	(void)write_all(STDERR_FILENO, &result->notes);
	if (write_all(STDOUT_FILENO, &result->out))
		return result->exit_code;
	(void)fprintf(stderr, "msiv2: internal: standard output: %s\n", strerror(errno));
	return EXIT_OF(MSIV2_INTERNAL);
}

static void add_error_line(const struct msiv2_error *err, struct bytes *out)
{
	bytes_addf(out, "msiv2: %s: %s: %s", msiv2_rc_name(err->rc), err->where, err->message);
	/* The library says what is wrong; the option is ours to name. */
	if (err->rc == MSIV2_TRANSPORT && strstr(err->message, " is not trusted: ") != NULL)
		bytes_add_text(out, " (see --ca)");
	if (err->correlation_id[0] != '\0')
		bytes_addf(out, " (correlation id %s)", err->correlation_id);
	bytes_add_byte(out, '\n');
}

static void add_error(const struct msiv2_error *err, bool json, struct command_result *result)
{
	OWNED_STRUCT(json_report) report = {0};

	bytes_clear(&result->out);
	bytes_clear(&result->notes);
	result->exit_code = EXIT_OF(err->rc);
	if (!json) {
		add_error_line(err, &result->notes);
		return;
	}
	json_report_begin(&report, false);
	json_report_error(&report, msiv2_rc_name(err->rc), err);
	if (json_report_print(&report, &result->out, NULL) != MSIV2_OK)
		add_error_line(err, &result->notes);
}

/* --json holds for errors of the command line as well, wherever it stands in it. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

static enum msiv2_rc run_command(const struct command_row *command, int argc, char **argv,
                                 struct command_result *result, struct msiv2_error *err)
{
	struct arguments args = {0};

	TRY(arguments_read(command->bit, argc, argv, &args, err));
	if (args.help) {
		add_command_help(command, &result->out);
		return bytes_done(&result->out, "help", err);
	}
	TRY(command->run(&args, result, err));
	TRY(bytes_done(&result->notes, "output", err));
	return bytes_done(&result->out, "output", err);
}

/* What is asked for before any command: version and help. */
static enum msiv2_rc run(int argc, char **argv, struct command_result *result,
                         struct msiv2_error *err)
{
	const struct command_row *command;
	bool help = argc > 1 && strcmp(argv[1], "help") == 0;
	const char *name = help ? (argc > 2 ? argv[2] : "--help") : argc > 1 ? argv[1] : NULL;

	if (name == NULL)
		return err_set(err, MSIV2_CONFIG, "command", "none given: try msiv2 --help");
	if (strcmp(name, "--version") == 0) {
		bytes_addf(&result->out, "msiv2 %s\n", msiv2_version());
		return bytes_done(&result->out, "version", err);
	}
	if (strcmp(name, "--help") == 0) {
		add_usage(&result->out);
		return bytes_done(&result->out, "help", err);
	}
	command = find_command(name);
	if (command == NULL)
		return err_set(err, MSIV2_CONFIG, name, "unknown command: try msiv2 --help");
	if (help) {
		add_command_help(command, &result->out);
		return bytes_done(&result->out, "help", err);
	}
	return run_command(command, argc - 2, argv + 2, result, err);
}

int main(int argc, char **argv)
{
	struct command_result result = {.out = {.secret = true}, .notes = {.secret = true}};
	bool json = wants_json(argc, argv);
	struct msiv2_error err = {0};
	int exit_code;

	/* tpm2-tss writes errors to stderr by itself; what they mean is in our one line. */
	(void)setenv("TSS2_LOG", "all+NONE", 0);
	if (run(argc, argv, &result, &err) != MSIV2_OK)
		add_error(&err, json, &result);
	exit_code = finish(&result);
	bytes_free(&result.out);
	bytes_free(&result.notes);
	return exit_code;
}
