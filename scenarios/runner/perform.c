/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "perform.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "collect.h"
#include "command.h"
#include "common/clock.h"
#include "common/text.h"
#include "crowd.h"
#include "journal_only.h"
#include "secrets.h"
#include "shim.h"
#include "steps.h"

#define WHERE       "perform"
#define QUIT_MS     5000
#define MS_PER_S    1000
#define REASON_SIZE 768

const char *const client_mode_words[CLIENT_MODE_COUNT + 1] = {"shim", "command", "address", NULL};

static const char *const outcome_words[SHIM_OUTCOME_COUNT] = {
        [SHIM_ANSWERED] = "ran",         [SHIM_IS_NOT_IMPLEMENTED] = "not-implemented",
        [SHIM_IS_UNABLE] = "cannot-run", [SHIM_WENT_AWAY] = "ended",
        [SHIM_IS_LATE] = "timed-out",    [SHIM_BROKE_PROTOCOL] = "protocol",
};

/* A performance under way. */
struct performance {
	const struct perform_plan *plan;
	const struct scenario *scenario;
	const char *twin_verdict;
	struct evidence *evidence;
	struct stage stage;
	struct shim shim;
	struct command command;
	struct secrets secrets;
	struct play play;
	struct bytes line; /* what is run */
	cJSON *store;      /* owned */
	bool found;        /* the tool that a client ran under found something */
	const char *outcome;
	char reason[REASON_SIZE];
	int64_t begun_us;
	int64_t started_s;
};

static void performance_free(struct performance *performance)
{
	store_locks_free(&performance->play.locks);
	shim_free(&performance->shim);
	command_free(&performance->command);
	stage_close(&performance->stage);
	secrets_free(&performance->secrets);
	bytes_free(&performance->line);
	cJSON_Delete(performance->store);
}
DEFINE_OWNED_VALUE(performance, performance_free)

/* ---- outcomes ---- */

__attribute__((format(printf, 3, 4))) static void
conclude(struct performance *performance, const char *outcome, const char *fmt, ...)
{
	va_list args;

	performance->outcome = outcome;
	va_start(args, fmt);
	(void)vsnprintf(performance->reason, sizeof(performance->reason), fmt, args);
	va_end(args);
}

/* The runner could not do its part; what this host lacks is not its fault. */
static void conclude_error(struct performance *performance, enum msiv2_rc rc,
                           const struct msiv2_error *err)
{
	conclude(performance, rc == MSIV2_UNSUPPORTED ? "cannot-run" : "error", "%s: %s",
	         err->where, err->message);
}

static void conclude_shim(struct performance *performance, enum shim_outcome outcome)
{
	const char *reason = performance->shim.reason;
	int signal = performance->command.signal;

	if (outcome == SHIM_WENT_AWAY && signal != 0) {
		conclude(performance, outcome_words[outcome],
		         "the command was ended by signal %d (%s)", signal, strsignal(signal));
		return;
	}
	conclude(performance, outcome_words[outcome], "%s",
	         outcome == SHIM_ANSWERED  ? ""
	         : reason[0] != '\0'       ? reason
	         : outcome == SHIM_IS_LATE ? "it did not end in time"
	                                   : "it did not go on");
}

/* ---- the client ---- */

/* Several processes of it, when the command says so. */
static enum msiv2_rc ask_crowd(struct performance *performance, const cJSON *command,
                               unsigned processes, int64_t deadline_us, cJSON *waits,
                               enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err)
{
	OWNED(cJSON) *start = steps_start_command(&performance->play, performance->plan->stage.key);
	const struct crowd_plan plan = {.first = &performance->shim,
	                                .command = bytes_text(&performance->line),
	                                .dir = performance->plan->work_dir,
	                                .environment = performance->stage.environment.items,
	                                .start = start,
	                                .secrets = &performance->secrets,
	                                .found_status = performance->plan->wrapper_found,
	                                .found = &performance->found};

	if (!start)
		return err_no_memory(err, WHERE);
	return crowd_ask(&plan, command, processes, deadline_us, waits, outcome, reply, err);
}

static enum msiv2_rc ask_shim(void *ctx, cJSON *command, int64_t deadline_us, cJSON *waits,
                              enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err)
{
	struct performance *performance = ctx;
	const cJSON *processes = cJSON_GetObjectItemCaseSensitive(command, "processes");

	if (processes)
		return ask_crowd(performance, command, (unsigned)processes->valuedouble,
		                 deadline_us, waits, outcome, reply, err);
	return shim_ask(&performance->shim, command, deadline_us, waits, outcome, reply, err);
}

static void set_deadline(struct performance *performance)
{
	int64_t limit_s = performance->scenario->time_limit_s;

	if (performance->plan->time_limit_s > limit_s)
		limit_s = performance->plan->time_limit_s;
	performance->play.deadline_us = clock_deadline_us(
	        clock_system(), performance->plan->patient ? -1 : limit_s * MS_PER_S);
}

/* The shim can do what is asked for; says why not. */
static bool check_features(struct performance *performance)
{
	uint32_t lacks = performance->scenario->needs & ~performance->shim.features;
	enum key_kind key = performance->plan->stage.key;
	OWNED_STRUCT(bytes) words = {0};

	if (!(performance->shim.keys & FEATURE_BIT(key))) {
		conclude(performance, "skipped", "the shim has no %s keys", key_kind_words[key]);
		return false;
	}
	if (lacks == 0)
		return true;
	feature_list(lacks, feature_words, &words);
	conclude(performance, "skipped", "the shim does not have: %s", bytes_text(&words));
	return false;
}

/* The first command; false when the client is not there afterwards. */
static enum msiv2_rc begin_client(struct performance *performance, bool *there,
                                  struct msiv2_error *err)
{
	OWNED(cJSON) *command =
	        steps_start_command(&performance->play, performance->plan->stage.key);
	OWNED(cJSON) *reply = NULL;
	const cJSON *error;
	const char *class;

	*there = false;
	if (!command)
		return err_no_memory(err, WHERE);
	TRY(steps_ask(&performance->play, command, &reply, err));
	if (performance->play.outcome != SHIM_ANSWERED)
		return MSIV2_OK;
	*there = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(reply, "ok"));
	error = cJSON_GetObjectItemCaseSensitive(reply, "error");
	class = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "class"));
	if (!*there) {
		const char *message =
		        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "message"));

		conclude(performance, "protocol", "start was refused: %s: %s", class ? class : "?",
		         message ? message : "");
	}
	return MSIV2_OK;
}

static enum msiv2_rc play_shim(struct performance *performance, struct msiv2_error *err)
{
	struct shim *shim = &performance->shim;
	enum shim_outcome outcome;
	bool there = false;

	shim->time = (struct shim_time){stage_wait_ms, &performance->stage};
	shim->process.stop = performance->plan->stop;
	performance->play.client = (struct client){ask_shim, performance};
	TRY(shim_start(shim, bytes_text(&performance->line), performance->plan->work_dir,
	               performance->stage.environment.items, performance->play.deadline_us,
	               &outcome, err));
	if (outcome != SHIM_ANSWERED) {
		conclude_shim(performance, outcome);
		return MSIV2_OK;
	}
	if (!check_features(performance))
		return MSIV2_OK;
	TRY(begin_client(performance, &there, err));
	if (there)
		TRY(steps_play(&performance->play, err));
	if (there || performance->play.outcome != SHIM_ANSWERED)
		conclude_shim(performance, performance->play.outcome);
	if (shim->process.pid > 0)
		TRY(secrets_search_process(&performance->secrets, shim->process.pid, err));
	/* Who hangs, or does not speak as it should, is not asked to go. */
	shim_quit(shim,
	          clock_deadline_us(clock_system(),
	                            performance->play.outcome == SHIM_ANSWERED ? QUIT_MS : 0));
	return MSIV2_OK;
}

/* How the client ended; false when it has not, or never began. */
static bool client_exit(const struct performance *performance, int *status, int *signal)
{
	const struct process *process = &performance->shim.process;
	const struct command *command = &performance->command;

	*status = process->ended ? process->status : command->status;
	*signal = process->ended ? process->signal : command->signal;
	return process->ended || command->ended;
}

/* A client under a tool that finds something has failed, however well it answered, and so has
 * one that was run beside it. */
static void heed_wrapper(struct performance *performance)
{
	int wanted = performance->plan->wrapper_found;
	int status;
	int signal;

	if (wanted != 0 && client_exit(performance, &status, &signal))
		performance->found |= signal == 0 && status == wanted;
	if (performance->found && text_equal(performance->outcome, "ran"))
		conclude(performance, "ended",
		         "what it ran under found something: stderr.txt of the evidence has it");
}

static enum msiv2_rc play_command(struct performance *performance, struct msiv2_error *err)
{
	const char *lacks = command_lacks(performance->scenario);

	if (lacks) {
		conclude(performance, "skipped", "the scenario %s", lacks);
		return MSIV2_OK;
	}
	performance->command = (struct command){.text = bytes_text(&performance->line),
	                                        .dir = performance->plan->work_dir,
	                                        .stage = &performance->stage,
	                                        .stop = performance->plan->stop};
	performance->play.client = (struct client){command_ask, &performance->command};
	TRY(steps_play(&performance->play, err));
	conclude_shim(performance, performance->play.outcome);
	return MSIV2_OK;
}

/* Whoever comes is the client. */
static enum msiv2_rc play_address(struct performance *performance, struct msiv2_error *err)
{
	cJSON *mark = journal_only_mark();

	if (!mark || !cJSON_AddItemToArray(performance->play.steps, mark)) {
		cJSON_Delete(mark);
		return err_no_memory(err, WHERE);
	}
	performance->plan->attend(performance->plan->ctx,
	                          msiv2_emulator_ready(performance->stage.emulator));
	return MSIV2_OK;
}

/* ---- evidence ---- */

static enum msiv2_rc look_at_store(struct performance *performance, const char *when,
                                   struct msiv2_error *err)
{
	cJSON *files = NULL;

	TRY(store_look(bytes_text(&performance->stage.store), &files, err));
	if (cJSON_AddItemToObject(performance->store, when, files))
		return MSIV2_OK;
	cJSON_Delete(files);
	return err_no_memory(err, WHERE);
}

static enum msiv2_rc search_secrets(struct performance *performance, struct msiv2_error *err)
{
	const struct shim *shim = &performance->shim;
	const struct {
		const char *where;
		const struct bytes *text;
	} rows[] = {{"standard output", &shim->raw},
	            {"standard error", &shim->process.err_out},
	            {"standard error", &performance->command.err_out}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		TRY(bytes_done(rows[i].text, WHERE, err));
		TRY(secrets_search(&performance->secrets, rows[i].where, bytes_text(rows[i].text),
		                   rows[i].text->len, err));
	}
	return secrets_search_tree(&performance->secrets, bytes_text(&performance->stage.home),
	                           err);
}

/* stderr and the lines of the shim. */
static enum msiv2_rc collect_texts(struct performance *performance, struct msiv2_error *err)
{
	struct evidence *evidence = performance->evidence;
	const struct bytes *const said[] = {&performance->shim.process.err_out,
	                                    &performance->command.err_out};

	for (size_t i = 0; i < TEXT_COUNT(said); i++) {
		TRY(bytes_done(said[i], WHERE, err));
		bytes_add(&evidence->stderr_text, bytes_text(said[i]), said[i]->len);
	}
	TRY(bytes_done(&performance->shim.redacted, WHERE, err));
	bytes_add_text(&evidence->shim_lines, bytes_text(&performance->shim.redacted));
	TRY(bytes_done(&evidence->stderr_text, WHERE, err));
	return bytes_done(&evidence->shim_lines, WHERE, err);
}

/* What is there even when the stage never stood. */
static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static bool add_addresses(const struct performance *performance, cJSON *run)
{
	struct msiv2_emulator *emulator = performance->stage.emulator;
	cJSON *addresses = cJSON_AddObjectToObject(run, "addresses");

	return !emulator ||
	       (cJSON_AddStringToObject(addresses, "imds", msiv2_emulator_imds(emulator)) &&
	        cJSON_AddStringToObject(addresses, "sts", msiv2_emulator_sts(emulator)) &&
	        cJSON_AddStringToObject(addresses, "resource", msiv2_emulator_resource(emulator)) &&
	        cJSON_AddStringToObject(addresses, "tenant",
	                                bytes_text(&performance->stage.tenant)));
}

static bool add_twin(const struct performance *performance, cJSON *run)
{
	cJSON *twin;

	if (!performance->twin_verdict)
		return cJSON_AddNullToObject(run, "twin") != NULL;
	twin = cJSON_AddObjectToObject(run, "twin");
	return cJSON_AddStringToObject(twin, "scenario", or_empty(performance->scenario->twin)) &&
	       cJSON_AddStringToObject(twin, "verdict", performance->twin_verdict);
}

static bool add_exit(const struct performance *performance, cJSON *run)
{
	cJSON *exit;
	int status;
	int signal;

	if (!client_exit(performance, &status, &signal))
		return cJSON_AddNullToObject(run, "exit") != NULL;
	exit = cJSON_AddObjectToObject(run, "exit");
	return signal != 0 ? cJSON_AddNumberToObject(exit, "signal", signal) != NULL
	                   : cJSON_AddNumberToObject(exit, "status", status) != NULL;
}

static bool add_versions(cJSON *run)
{
	cJSON *versions = cJSON_AddObjectToObject(run, "versions");

	return cJSON_AddStringToObject(versions, "emulator", MSIV2_VERSION_TEXT) &&
	       cJSON_AddStringToObject(versions, "openssl", OpenSSL_version(OPENSSL_VERSION));
}

static bool fill_run(const struct performance *performance, cJSON *run)
{
	const struct perform_plan *plan = performance->plan;
	char started[CLOCK_TEXT_SIZE];
	int64_t took_us = clock_mono_us(clock_system()) - performance->begun_us;
	cJSON *hello = performance->shim.hello ? cJSON_Duplicate(performance->shim.hello, true)
	                                       : cJSON_CreateNull();

	clock_format_utc(performance->started_s, started);
	if (!hello || !cJSON_AddItemToObject(run, "shim", hello)) {
		cJSON_Delete(hello);
		return false;
	}
	return cJSON_AddStringToObject(run, "suite", MSIV2_VERSION_TEXT) &&
	       cJSON_AddStringToObject(run, "mode", client_mode_words[plan->mode]) &&
	       cJSON_AddStringToObject(run, "outcome", performance->outcome) &&
	       cJSON_AddStringToObject(run, "reason", performance->reason) &&
	       cJSON_AddStringToObject(run, "command", bytes_text(&performance->line)) &&
	       cJSON_AddNumberToObject(run, "seed", (double)plan->stage.seed) &&
	       cJSON_AddStringToObject(run, "key", key_kind_words[plan->stage.key]) &&
	       cJSON_AddStringToObject(run, "started", started) &&
	       cJSON_AddNumberToObject(run, "took_ms", (double)(took_us / CLOCK_US_PER_MS)) &&
	       add_addresses(performance, run) && add_twin(performance, run) &&
	       add_exit(performance, run) && add_versions(run);
}

static enum msiv2_rc collect_run(const struct performance *performance, struct msiv2_error *err)
{
	OWNED(cJSON) *run = cJSON_CreateObject();

	if (!run || !fill_run(performance, run))
		return err_no_memory(err, WHERE);
	return collect_put(performance->evidence, "run", steal(&run), err);
}

/* ---- all of it ---- */

static enum msiv2_rc collect_all(struct performance *performance, struct msiv2_error *err)
{
	TRY(collect_emulator(&performance->stage, performance->evidence, err));
	TRY(look_at_store(performance, "after", err));
	return search_secrets(performance, err);
}

static enum msiv2_rc play(struct performance *performance, const char *dir, struct msiv2_error *err)
{
	cJSON *marks;

	performance->stage.device.stop = performance->plan->stop;
	TRY(stage_open(&performance->stage, &performance->plan->stage, performance->scenario, dir,
	               err));
	performance->store = cJSON_CreateObject();
	TRY(look_at_store(performance, "before", err));
	marks = cJSON_AddObjectToObject(performance->store, "marks");
	if (!marks)
		return err_no_memory(err, WHERE);
	performance->play.stage = &performance->stage;
	performance->play.marks = marks;
	set_deadline(performance);
	if (performance->plan->mode == CLIENT_COMMAND)
		TRY(play_command(performance, err));
	if (performance->plan->mode == CLIENT_SHIM)
		TRY(play_shim(performance, err));
	if (performance->plan->mode == CLIENT_ADDRESS)
		TRY(play_address(performance, err));
	heed_wrapper(performance);
	return collect_all(performance, err);
}

static enum msiv2_rc prepare(struct performance *performance, struct msiv2_error *err)
{
	const struct perform_plan *plan = performance->plan;

	performance->evidence->scenario =
	        plan->mode == CLIENT_SHIM
	                ? cJSON_Duplicate(performance->scenario->json, true)
	                : journal_only(performance->scenario->json, plan->mode == CLIENT_COMMAND);
	performance->evidence->seen = cJSON_CreateObject();
	performance->play.scenario = performance->scenario;
	performance->play.steps = cJSON_AddArrayToObject(performance->evidence->seen, "steps");
	if (!performance->evidence->scenario || !performance->play.steps)
		return err_no_memory(err, WHERE);
	bytes_addf(&performance->line, "%s%s%s", plan->wrapper ? plan->wrapper : "",
	           plan->wrapper ? " " : "", plan->command ? plan->command : "");
	return bytes_done(&performance->line, WHERE, err);
}

enum msiv2_rc perform(const struct perform_plan *plan, const struct scenario *scenario,
                      const char *twin_verdict, const char *dir, struct evidence *out,
                      struct msiv2_error *err)
{
	OWNED_STRUCT(performance)
	performance = {.plan = plan,
	               .scenario = scenario,
	               .twin_verdict = twin_verdict,
	               .evidence = out,
	               .outcome = "ran",
	               .begun_us = clock_mono_us(clock_system()),
	               .started_s = clock_now_s(clock_system())};
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	TRY(prepare(&performance, err));
	if (!(scenario->keys & FEATURE_BIT(plan->stage.key))) {
		conclude(&performance, "skipped", "it is not about %s keys",
		         key_kind_words[plan->stage.key]);
	} else {
		rc = play(&performance, dir, &why);
		if (rc != MSIV2_OK)
			conclude_error(&performance, rc, &why);
	}
	TRY(collect_texts(&performance, err));
	TRY(collect_nothing(out, err));
	TRY(collect_put(out, "store",
	                performance.store ? steal(&performance.store) : cJSON_CreateNull(), err));
	TRY(collect_put(out, "secrets", secrets_json(&performance.secrets), err));
	return collect_run(&performance, err);
}
