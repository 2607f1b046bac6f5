/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "arguments.h"

#include <string.h>

#include "common/options.h"
#include "common/text.h"

#define ARGUMENT_ROWS_MAX  64
#define TIMEOUT_MAX_MS     INT64_C(86400000)
#define CLOCK_OFFSET_MAX_S INT64_C(3155760000) /* a century */

static enum msiv2_rc take_text(const char **text, const char *option, const char *value,
                               struct msiv2_error *err)
{
	if (text_empty(value))
		return err_set(err, MSIV2_CONFIG, option, "must not be empty");
	*text = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_resource(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->resource, "--resource", value, err);
}

static enum msiv2_rc take_imds(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->imds, "--imds", value, err);
}

static enum msiv2_rc take_ca(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->ca, "--ca", value, err);
}

static enum msiv2_rc take_claims(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->claims, "--claims", value, err);
}

static enum msiv2_rc take_method(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->method, "--method", value, err);
}

static enum msiv2_rc take_data(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	(void)err;
	args->data = value; /* an empty body is a body */
	return MSIV2_OK;
}

static enum msiv2_rc take_content_type(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->content_type, "--content-type", value, err);
}

static enum msiv2_rc take_der(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->der, "--der", value, err);
}

static enum msiv2_rc take_keys(void *into, const char *value, struct msiv2_error *err)
{
	return take_text(&((struct arguments *)into)->keys, "--keys", value, err);
}

static enum msiv2_rc take_min_strength(void *into, const char *value, struct msiv2_error *err)
{
	return take_text(&((struct arguments *)into)->min_strength, "--min-strength", value, err);
}

static enum msiv2_rc take_key_name(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->key_places[MSIV2_KEY_NAME], "--key-name", value, err);
}

static enum msiv2_rc take_module(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->key_places[MSIV2_KEY_PKCS11_MODULE], "--pkcs11-module", value, err);
}

static enum msiv2_rc take_token_label(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->key_places[MSIV2_KEY_PKCS11_TOKEN], "--pkcs11-token", value, err);
}

static enum msiv2_rc take_pin_file(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->key_places[MSIV2_KEY_PIN_FILE], "--pin-file", value, err);
}

static enum msiv2_rc take_tcti(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	return take_text(&args->key_places[MSIV2_KEY_TCTI], "--tcti", value, err);
}

static enum msiv2_rc take_authority(void *into, const char *value, struct msiv2_error *err)
{
	return take_text(&((struct arguments *)into)->authority, "--authority", value, err);
}

static enum msiv2_rc take_store(void *into, const char *value, struct msiv2_error *err)
{
	return take_text(&((struct arguments *)into)->store, "--store", value, err);
}

static enum msiv2_rc take_store_root(void *into, const char *value, struct msiv2_error *err)
{
	return take_text(&((struct arguments *)into)->store_root, "--store-root", value, err);
}

static const struct {
	const char *prefix;
	enum msiv2_identity_kind kind;
} identity_prefixes[] = {
        {"client_id:", MSIV2_IDENTITY_CLIENT_ID},
        {"object_id:", MSIV2_IDENTITY_OBJECT_ID},
        {"resource_id:", MSIV2_IDENTITY_RESOURCE_ID},
};

static enum msiv2_rc take_identity(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	if (strcmp(value, "system") == 0) {
		args->identity_kind = MSIV2_IDENTITY_SYSTEM;
		args->identity_id = NULL;
		return MSIV2_OK;
	}
	for (size_t i = 0; i < TEXT_COUNT(identity_prefixes); i++) {
		if (text_starts(value, identity_prefixes[i].prefix)) {
			args->identity_kind = identity_prefixes[i].kind;
			args->identity_id = value + strlen(identity_prefixes[i].prefix);
			return MSIV2_OK;
		}
	}
	return err_set(err, MSIV2_CONFIG, "--identity",
	               "must be system, client_id:ID, object_id:ID or resource_id:ID, not %s",
	               value);
}

static enum msiv2_rc take_type(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;

	if (strcmp(value, "mtls_pop") == 0)
		args->type = MSIV2_TOKEN_MTLS_POP;
	else if (strcmp(value, "bearer") == 0)
		args->type = MSIV2_TOKEN_BEARER;
	else
		return err_set(err, MSIV2_CONFIG, "--type", "must be mtls_pop or bearer, not %s",
		               value);
	return MSIV2_OK;
}

/* "30" and "30s" are seconds, "500ms" milliseconds. */
static enum msiv2_rc take_timeout(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;
	size_t digits = strspn(value, "0123456789");
	int64_t unit_ms = strcmp(value + digits, "ms") == 0 ? 1 : 1000;
	char number[24];
	int64_t amount;

	if (digits == 0 || digits >= sizeof(number) ||
	    (unit_ms == 1000 && value[digits] != '\0' && strcmp(value + digits, "s") != 0))
		return err_set(err, MSIV2_CONFIG, "--timeout",
		               "must be a number of seconds (30 or 30s) or milliseconds (500ms)");
	memcpy(number, value, digits);
	number[digits] = '\0';
	if (!text_to_int(number, 1, TIMEOUT_MAX_MS / unit_ms, &amount))
		return err_set(err, MSIV2_CONFIG, "--timeout", "must be between 1ms and a day");
	args->timeout_ms = amount * unit_ms;
	return MSIV2_OK;
}

static enum msiv2_rc take_clock_offset(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *args = into;
	const char *number = value[0] == '+' ? value + 1 : value;

	if (!text_to_int(number, -CLOCK_OFFSET_MAX_S, CLOCK_OFFSET_MAX_S, &args->clock_offset_s))
		return err_set(err, MSIV2_CONFIG, "--clock-offset",
		               "must be a whole number of seconds, at most a century");
	return MSIV2_OK;
}

static enum msiv2_rc take_force(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->force = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_attest(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->attest = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_json(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->json = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_show_token(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->show_token = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_pem(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->pem = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_everything(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->everything = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_verbose(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->verbosity++;
	return MSIV2_OK;
}

static enum msiv2_rc take_help(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->help = true;
	return MSIV2_OK;
}

#define TOKENS (COMMAND_TOKEN | COMMAND_CALL)

static const struct argument_row {
	unsigned commands;
	struct option_row option;
} argument_rows[] = {
        {TOKENS, {"--resource", "URI", "what the token is for", false, take_resource}},
        {TOKENS, {"--type", "TYPE", "mtls_pop (default) or bearer", false, take_type}},
        {TOKENS, {"--claims", "JSON", "a claims challenge to pass on", false, take_claims}},
        {TOKENS, {"--force", NULL, "do not answer from the token cache", false, take_force}},
        {COMMAND_CALL, {"--method", "M", "GET, or POST with --data", false, take_method}},
        {COMMAND_CALL, {"--data", "TEXT", "the body to send", false, take_data}},
        {COMMAND_CALL,
         {"--content-type", "T", "of the body (application/json)", false, take_content_type}},
        {COMMAND_KEY,
         {"--authority", "URL", "who certifies identities (enrol)", false, take_authority}},
        {COMMAND_CSR | COMMAND_CERT | COMMAND_KEY,
         {"--pem", NULL, "print PEM and nothing else", false, take_pem}},
        {COMMAND_CSR, {"--der", "FILE", "write DER to a file, - for stdout", false, take_der}},
        {COMMAND_CERT,
         {"--all", NULL, "everything of the store, not only what is of no use (purge)", false,
          take_everything}},
        {COMMAND_ALL,
         {"--identity", "ID", "system (default), client_id:ID, object_id:ID or resource_id:ID",
          false, take_identity}},
        {COMMAND_ALL, {"--imds", "URL", "address of IMDS", false, take_imds}},
        {COMMAND_ALL,
         {"--ca", "FILE", "PEM file with the only roots to trust for https", false, take_ca}},
        {COMMAND_KEYED,
         {"--keys", "LIST", "linux (default: memory), windows, or kinds in order", false,
          take_keys}},
        {COMMAND_KEYED,
         {"--min-strength", "KIND", "weakest kind that will do", false, take_min_strength}},
        {COMMAND_KEYED,
         {"--key-name", "NAME", "name of the key in its device (msiv2)", false, take_key_name}},
        {COMMAND_KEYED, {"--pkcs11-module", "FILE", "module of keyguard keys", false, take_module}},
        {COMMAND_KEYED, {"--pkcs11-token", "LABEL", "its token (msiv2)", false, take_token_label}},
        {COMMAND_KEYED, {"--pin-file", "FILE", "its PIN", false, take_pin_file}},
        {COMMAND_KEYED, {"--tcti", "TCTI", "TPM of hardware keys", false, take_tcti}},
        {COMMAND_STORED,
         {"--store", "SCOPE", "CurrentUser\\My (default), LocalMachine\\My or none", false,
          take_store}},
        {COMMAND_STORED, {"--store-root", "DIR", "folder of the store", false, take_store_root}},
        {COMMAND_KEYED,
         {"--attest", NULL, "have the key attested, if its kind can be", false, take_attest}},
        {COMMAND_ALL, {"--timeout", "T", "deadline: 30, 30s or 500ms (60s)", false, take_timeout}},
        {COMMAND_ALL,
         {"--clock-offset", "S", "seconds added to this client's clock", false, take_clock_offset}},
        {COMMAND_ALL, {"--json", NULL, "print one JSON object", false, take_json}},
        {TOKENS, {"--show-token", NULL, "print the token too: a secret", false, take_show_token}},
        {COMMAND_ALL, {"--verbose", NULL, "log to stderr; twice for more", true, take_verbose}},
        {COMMAND_ALL, {"-v", NULL, "the same", true, take_verbose}},
        {COMMAND_ALL, {"--help", NULL, "print this help", false, take_help}},
};

static size_t rows_of(enum command_bit command, struct option_row out[ARGUMENT_ROWS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < TEXT_COUNT(argument_rows); i++) {
		if ((argument_rows[i].commands & (unsigned)command) != 0)
			out[count++] = argument_rows[i].option;
	}
	return count;
}

void arguments_help(enum command_bit command, struct bytes *out)
{
	struct option_row rows[ARGUMENT_ROWS_MAX];

	options_help(rows, rows_of(command, rows), out);
}

/* Where the positional arguments of a command go. */
static const struct {
	enum command_bit command;
	int least, most;
} positionals[] = {{COMMAND_CALL, 1, 1}, {COMMAND_KEY, 0, 1}, {COMMAND_CERT, 0, 2}};

static enum msiv2_rc take_positional(enum command_bit command, int count, char **argv,
                                     struct arguments *out, struct msiv2_error *err)
{
	int least = 0, most = 0;

	for (size_t i = 0; i < TEXT_COUNT(positionals); i++) {
		if (positionals[i].command == command) {
			least = positionals[i].least;
			most = positionals[i].most;
		}
	}
	if (count > most)
		return err_set(err, MSIV2_CONFIG, argv[most], "unexpected argument");
	if (count < least)
		return err_set(err, MSIV2_CONFIG, "URL", "is required");
	if (count > 0)
		*(command == COMMAND_CALL ? &out->url : &out->verb) = argv[0];
	if (count > 1)
		out->target = argv[1];
	return MSIV2_OK;
}

enum msiv2_rc arguments_read(enum command_bit command, int argc, char **argv, struct arguments *out,
                             struct msiv2_error *err)
{
	struct option_row rows[ARGUMENT_ROWS_MAX];
	int positional = 0;

	TRY(options_parse(rows, rows_of(command, rows), out, argc, argv, &positional, err));
	if (out->help)
		return MSIV2_OK;
	TRY(take_positional(command, positional, argv, out, err));
	if (command == COMMAND_TOKEN && out->resource == NULL)
		return err_set(err, MSIV2_CONFIG, "--resource", "is required");
	if (out->pem + out->json + (out->der != NULL) > 1)
		return err_set(err, MSIV2_CONFIG, "--json",
		               "choose one of --pem, --der and --json");
	return MSIV2_OK;
}
