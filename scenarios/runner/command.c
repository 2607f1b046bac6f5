/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"

#include "common/clock.h"
#include "common/text.h"

#define WHERE   "command"
#define OUT_MAX ((size_t)4 * 1024 * 1024)

void command_free(struct command *command)
{
	bytes_free(&command->out);
	bytes_free(&command->err_out);
}

static bool has_member(const cJSON *client, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(client, name) != NULL;
}

const char *command_lacks(const struct scenario *scenario)
{
	static const char *const told[] = {"attest", "min_strength", "keys", "timeout_ms",
	                                   "identity"};
	const cJSON *step;
	int asks = 0;

	if (scenario->needs != 0)
		return "needs features that a command does not have";
	for (size_t i = 0; i < TEXT_COUNT(told); i++)
		if (has_member(scenario->client, told[i]))
			return "says more to its client than a command can be told";
	cJSON_ArrayForEach(step, scenario->steps) asks += text_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step, "do")), "acquire");
	if (asks > 1)
		return "asks one client several times";
	return cJSON_GetObjectItemCaseSensitive(scenario->expect, "journal")
	               ? NULL
	               : "expects nothing of the journal";
}

/* Where it finds the emulator: what `msiv2-emulator env --trust` says, and what is asked for. */
static enum msiv2_rc tell(const struct command *command, const cJSON *asked,
                          struct environment *environment, struct msiv2_error *err)
{
	static const char *const trust[] = {"MSIV2_EMULATOR_CA", "NODE_EXTRA_CA_CERTS",
	                                    "SSL_CERT_FILE", "CURL_CA_BUNDLE",
	                                    "REQUESTS_CA_BUNDLE"};
	struct msiv2_emulator *emulator = command->stage->emulator;
	const char *resource =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(asked, "resource"));
	const struct {
		const char *name;
		const char *value;
	} rows[] = {{"AZURE_POD_IDENTITY_AUTHORITY_HOST", msiv2_emulator_imds(emulator)},
	            {"MSIV2_EMULATOR_IMDS", msiv2_emulator_imds(emulator)},
	            {"MSIV2_EMULATOR_STS", msiv2_emulator_sts(emulator)},
	            {"MSIV2_EMULATOR_RESOURCE", msiv2_emulator_resource(emulator)},
	            {"MSIV2_STORE", bytes_text(&command->stage->store)},
	            {"MSIV2_RESOURCE", resource ? resource : ""}};

	for (size_t i = 0; i < command->stage->environment.count; i++)
		TRY(environment_add(environment, command->stage->environment.items[i], err));
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		TRY(environment_set(environment, rows[i].name, rows[i].value, err));
	for (size_t i = 0; i < TEXT_COUNT(trust); i++)
		TRY(environment_set(environment, trust[i], msiv2_emulator_ca_file(emulator), err));
	return MSIV2_OK;
}

/* Reads all it says and waits for its end. */
static enum shim_outcome attend(struct command *command, struct process *process,
                                int64_t deadline_us)
{
	enum process_said said = PROCESS_LINE;
	bool ended;

	while (said == PROCESS_LINE && command->out.len < OUT_MAX) {
		said = process_read_line(process, deadline_us, &command->out);
		bytes_add_byte(&command->out, '\n');
	}
	ended = process_await_end(process, deadline_us);
	process_end(process);
	/* Also of one that hangs: it may have said why. */
	bytes_add(&command->err_out, bytes_text(&process->err_out), process->err_out.len);
	command->err_out.failed = command->err_out.failed || process->err_out.failed;
	if (!ended)
		return SHIM_IS_LATE;
	command->ended = true;
	command->status = process->status;
	command->signal = process->signal;
	if (process->signal != 0)
		return SHIM_WENT_AWAY;
	if (process->status == SHIM_NOT_IMPLEMENTED)
		return SHIM_IS_NOT_IMPLEMENTED;
	return process->status == SHIM_CANNOT_RUN ? SHIM_IS_UNABLE : SHIM_ANSWERED;
}

enum msiv2_rc command_ask(void *ctx, cJSON *asked, int64_t deadline_us, cJSON *waits,
                          enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err)
{
	OWNED_STRUCT(environment) environment = {0};
	OWNED_STRUCT(process) process = {0};
	struct command *command = ctx;

	(void)waits;
	*reply = NULL;
	process.stop = command->stop;
	TRY(tell(command, asked, &environment, err));
	TRY(process_start(&process, command->text, command->dir, environment.items, err));
	*outcome = attend(command, &process, deadline_us);
	/* It was asked; what it answered is not looked at. */
	*reply = *outcome == SHIM_ANSWERED ? cJSON_Parse("{\"ok\":true}") : NULL;
	return *outcome == SHIM_ANSWERED && !*reply ? err_no_memory(err, WHERE) : MSIV2_OK;
}
