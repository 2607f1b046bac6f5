/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "steps.h"

#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "step_kind.h"

#define WHERE            "steps"
#define DEFAULT_RESOURCE "https://vault.azure.net"
#define DEFAULT_TYPE     "mtls_pop"
#define TIMEOUT_MS       30000
#define MS_PER_S         1000

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_or(const cJSON *object, const char *name, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(member(object, name));

	return text ? text : otherwise;
}

static int64_t seconds(const cJSON *with)
{
	return (int64_t)member(with, "s")->valuedouble;
}

/* Moves an item, or null in its place, into an object. */
static bool put(cJSON *object, const char *name, cJSON *item)
{
	if (!item)
		item = cJSON_CreateNull();
	if (item && cJSON_AddItemToObject(object, name, item))
		return true;
	cJSON_Delete(item);
	return false;
}

/* Adds a text, or null when there is none. */
static bool put_text(cJSON *object, const char *name, const char *text)
{
	return text ? cJSON_AddStringToObject(object, name, text) != NULL
	            : cJSON_AddNullToObject(object, name) != NULL;
}

/* ---- commands ---- */

/* NET-03: an address where nobody listens, one where nobody answers (RFC 5737). */
static const char *imds_address(const struct play *play)
{
	const char *word = text_or(play->scenario->client, "imds", "emulator");

	if (text_equal(word, "refused"))
		return "http://127.0.0.1:9";
	if (text_equal(word, "unroutable"))
		return "http://192.0.2.1";
	return msiv2_emulator_imds(play->stage->emulator);
}

cJSON *steps_start_command(const struct play *play, enum key_kind key)
{
	OWNED(cJSON) *command = cJSON_CreateObject();
	const cJSON *client = play->scenario->client;
	const cJSON *timeout = member(client, "timeout_ms");
	const char *strength = text_or(client, "min_strength", NULL);
	bool trusts = !text_equal(text_or(client, "trust", ""), "nobody");
	bool attests = cJSON_IsTrue(member(client, "attest")) != 0;

	if (!cJSON_AddStringToObject(command, "command", "start") ||
	    !cJSON_AddStringToObject(command, "imds", imds_address(play)) ||
	    !put_text(command, "ca",
	              trusts ? msiv2_emulator_ca_file(play->stage->emulator) : NULL) ||
	    !cJSON_AddStringToObject(command, "store", bytes_text(&play->stage->store)) ||
	    !cJSON_AddStringToObject(command, "keys",
	                             text_or(client, "keys", key_kind_words[key])) ||
	    !cJSON_AddBoolToObject(command, "attest", attests) ||
	    !put_text(command, "authority",
	              attests ? msiv2_emulator_admin(play->stage->emulator) : NULL) ||
	    !put_text(command, "min_strength", strength) ||
	    !cJSON_AddNumberToObject(command, "timeout_ms",
	                             timeout ? timeout->valuedouble : TIMEOUT_MS) ||
	    !cJSON_AddNumberToObject(command, "clock_offset_s", (double)play->clock_offset_s) ||
	    !cJSON_AddNumberToObject(command, "seed", (double)play->stage->seed))
		return NULL;
	return steal(&command);
}

/* A member of the step, else of the scenario's client; NULL: of nobody. */
static const cJSON *choice(const struct play *play, const cJSON *with, const char *name)
{
	const cJSON *chosen = member(with, name);

	return chosen ? chosen : member(play->scenario->client, name);
}

/* Adds a copy. */
static bool put_copy(cJSON *object, const char *name, const cJSON *item)
{
	cJSON *copy = cJSON_Duplicate(item, true);

	return copy && put(object, name, copy);
}

static bool add_identity(const struct play *play, const cJSON *with, cJSON *command)
{
	const cJSON *identity = choice(play, with, "identity");

	if (identity)
		return put_copy(command, "identity", identity);
	return cJSON_AddStringToObject(cJSON_AddObjectToObject(command, "identity"), "kind",
	                               "system") != NULL;
}

static bool add_acquisition(const struct play *play, const cJSON *with, cJSON *command)
{
	const cJSON *resource = choice(play, with, "resource");

	return (resource ? put_copy(command, "resource", resource)
	                 : put_text(command, "resource", DEFAULT_RESOURCE)) &&
	       add_identity(play, with, command) &&
	       cJSON_AddStringToObject(command, "token_type",
	                               text_or(with, "token_type", DEFAULT_TYPE)) &&
	       put_text(command, "claims", text_or(with, "claims", NULL)) &&
	       cJSON_AddBoolToObject(command, "force", cJSON_IsTrue(member(with, "force")));
}

static bool add_url(const struct play *play, const cJSON *with, cJSON *command)
{
	OWNED_STRUCT(bytes) url = {0};

	bytes_addf(&url, "%s%s", msiv2_emulator_resource(play->stage->emulator),
	           text_or(with, "path", ""));
	return !url.failed && cJSON_AddStringToObject(command, "url", bytes_text(&url));
}

/* How many ask, and from how many processes when not from one. */
static bool add_crowd(const cJSON *with, cJSON *command)
{
	const cJSON *processes = member(with, "processes");

	return cJSON_AddNumberToObject(command, "n", member(with, "n")->valuedouble) &&
	       (!processes || put_copy(command, "processes", processes));
}

static cJSON *step_command(const struct play *play, enum step_do kind, const cJSON *with)
{
	OWNED(cJSON) *command = cJSON_CreateObject();
	bool acquires = kind == STEP_ACQUIRE || kind == STEP_ACQUIRE_MANY || kind == STEP_CALL;

	if (!cJSON_AddStringToObject(command, "command", step_kinds[kind].word) ||
	    (acquires && !add_acquisition(play, with, command)) ||
	    (kind == STEP_CALL && !add_url(play, with, command)) ||
	    (kind == STEP_ACQUIRE_MANY && !add_crowd(with, command)))
		return NULL;
	return steal(&command);
}

/* ---- what the runner does itself ---- */

/* A step under way. */
struct step {
	struct play *play;
	const cJSON *with; /* with the stage's addresses in it */
	cJSON *waits;
	cJSON *sent;  /* owned */
	cJSON *reply; /* owned */
};

/* Tells the client that its clock moved. */
static enum msiv2_rc move_client_clock(struct step *step, struct msiv2_error *err)
{
	OWNED(cJSON) *command = cJSON_CreateObject();
	struct play *play = step->play;

	play->clock_offset_s += seconds(step->with);
	/* What it waited is part of where its clock stands. */
	if (!cJSON_AddStringToObject(command, "command", "clock") ||
	    !cJSON_AddNumberToObject(
	            command, "offset_s",
	            (double)(play->clock_offset_s + play->stage->waited_ms / MS_PER_S)))
		return err_no_memory(err, WHERE);
	return play->client.ask(play->client.ctx, command, play->deadline_us, step->waits,
	                        &play->outcome, &step->reply, err);
}

static enum msiv2_rc do_advance(struct step *step, struct msiv2_error *err)
{
	TRY(msiv2_emulator_advance(step->play->stage->emulator, seconds(step->with), err));
	return move_client_clock(step, err);
}

static enum msiv2_rc do_admin(struct step *step, struct msiv2_error *err)
{
	return stage_admin(step->play->stage, text_or(step->with, "method", "GET"),
	                   text_or(step->with, "target", "/"), member(step->with, "body"), NULL,
	                   err);
}

static enum msiv2_rc do_fault(struct step *step, struct msiv2_error *err)
{
	return stage_admin(step->play->stage, "POST", "/faults", step->with, NULL, err);
}

/* Takes a fault away; how often it fired is told, for the judge. */
static enum msiv2_rc do_unfault(struct step *step, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) target = {0};
	OWNED(cJSON) *fault = NULL;
	OWNED(cJSON) *reply = NULL;
	const cJSON *fired;

	bytes_addf(&target, "/faults/%s", text_or(step->with, "id", ""));
	TRY(bytes_done(&target, WHERE, err));
	TRY(stage_admin(step->play->stage, "GET", bytes_text(&target), NULL, &fault, err));
	TRY(stage_admin(step->play->stage, "DELETE", bytes_text(&target), NULL, NULL, err));
	fired = member(fault, "fired");
	reply = cJSON_CreateObject();
	if (!cJSON_AddBoolToObject(reply, "ok", true) ||
	    !cJSON_AddNumberToObject(reply, "fired", fired ? fired->valuedouble : 0))
		return err_no_memory(err, WHERE);
	step->reply = steal(&reply);
	return MSIV2_OK;
}

static enum msiv2_rc do_store(struct step *step, struct msiv2_error *err)
{
	const char *action = text_or(step->with, "action", "");

	if (text_equal(action, "forget_key"))
		return device_forget(&step->play->stage->device, err);
	return store_change(bytes_text(&step->play->stage->store), action,
	                    msiv2_emulator_ca_pem(step->play->stage->emulator), &step->play->locks,
	                    err);
}

static enum msiv2_rc do_mark(struct step *step, struct msiv2_error *err)
{
	const char *name = text_or(step->with, "name", "");
	cJSON *files = NULL;

	if (!text_equal(name, "store"))
		return MSIV2_OK;
	TRY(store_look(bytes_text(&step->play->stage->store), &files, err));
	return put(step->play->marks, name, files) ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc (*const own_steps[STEP_DO_COUNT])(struct step *, struct msiv2_error *) = {
        [STEP_ADVANCE] = do_advance, [STEP_CLIENT_CLOCK] = move_client_clock,
        [STEP_ADMIN] = do_admin,     [STEP_FAULT] = do_fault,
        [STEP_UNFAULT] = do_unfault, [STEP_STORE] = do_store,
        [STEP_MARK] = do_mark};

/* A step of ours that failed is the scenario's trouble, not the end of the run. */
static cJSON *own_reply(enum msiv2_rc rc, const struct msiv2_error *why)
{
	OWNED(cJSON) *reply = cJSON_CreateObject();
	cJSON *error;

	if (!cJSON_AddBoolToObject(reply, "ok", rc == MSIV2_OK))
		return NULL;
	if (rc == MSIV2_OK)
		return steal(&reply);
	error = cJSON_AddObjectToObject(reply, "error");
	if (!cJSON_AddStringToObject(error, "class", "runner") ||
	    !cJSON_AddStringToObject(error, "where", why->where) ||
	    !cJSON_AddStringToObject(error, "message", why->message))
		return NULL;
	return steal(&reply);
}

/* ---- one step ---- */

static enum msiv2_rc take(struct step *step, enum step_do kind, struct msiv2_error *err)
{
	struct play *play = step->play;
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	if (step_kinds[kind].command) {
		step->sent = step_command(play, kind, step->with);
		if (!step->sent)
			return err_no_memory(err, WHERE);
		return play->client.ask(play->client.ctx, step->sent, play->deadline_us,
		                        step->waits, &play->outcome, &step->reply, err);
	}
	rc = own_steps[kind](step, &why);
	if (play->outcome == SHIM_ANSWERED && !step->reply)
		step->reply = own_reply(rc, &why);
	return MSIV2_OK;
}

/* What is known of a step before it is taken. */
static enum msiv2_rc begin_row(cJSON *row, const cJSON *given, struct step *step, int64_t seq,
                               struct msiv2_error *err)
{
	const char *name = text_or(given, "name", NULL);

	step->waits = cJSON_AddArrayToObject(row, "waits_ms");
	step->with = cJSON_AddObjectToObject(row, "with");
	if (member(given, "with")) {
		cJSON *filled = stage_fill(step->play->stage, member(given, "with"));

		if (!filled || !cJSON_ReplaceItemInObjectCaseSensitive(row, "with", filled)) {
			cJSON_Delete(filled);
			return err_no_memory(err, WHERE);
		}
		step->with = filled;
	}
	if (!step->waits || !step->with || !put_text(row, "name", name) ||
	    !cJSON_AddStringToObject(row, "do", text_or(given, "do", "")) ||
	    !cJSON_AddNumberToObject(row, "journal_from", (double)seq))
		return err_no_memory(err, WHERE);
	return MSIV2_OK;
}

static enum msiv2_rc play_step(struct play *play, const cJSON *given, struct msiv2_error *err)
{
	int kind = form_word(step_words, text_or(given, "do", ""));
	int64_t begun = clock_mono_us(clock_system());
	cJSON *row = cJSON_CreateObject();
	struct step step = {.play = play};
	enum msiv2_rc rc;
	int64_t seq = 0;
	bool kept;

	if (!row || !cJSON_AddItemToArray(play->steps, row)) {
		cJSON_Delete(row);
		return err_no_memory(err, WHERE);
	}
	TRY(stage_next_seq(play->stage, &seq, err));
	TRY(begin_row(row, given, &step, seq, err));
	rc = take(&step, (enum step_do)kind, err);
	kept = put(row, "sent", step.sent);
	kept = put(row, "reply", step.reply) && kept;
	TRY(rc);
	if (!kept)
		return err_no_memory(err, WHERE);
	if (kind != STEP_MARK)
		TRY(stage_next_seq(play->stage, &seq, err));
	if (!cJSON_AddNumberToObject(row, "journal_to", (double)seq) ||
	    !cJSON_AddNumberToObject(
	            row, "took_ms",
	            (double)((clock_mono_us(clock_system()) - begun) / CLOCK_US_PER_MS)))
		return err_no_memory(err, WHERE);
	return MSIV2_OK;
}

enum msiv2_rc steps_ask(struct play *play, cJSON *command, cJSON **reply, struct msiv2_error *err)
{
	OWNED(cJSON) *waits = cJSON_CreateArray();

	return play->client.ask(play->client.ctx, command, play->deadline_us, waits, &play->outcome,
	                        reply, err);
}

enum msiv2_rc steps_play(struct play *play, struct msiv2_error *err)
{
	const cJSON *given;

	cJSON_ArrayForEach(given, play->scenario->steps)
	{
		if (play->outcome != SHIM_ANSWERED)
			break;
		TRY(play_step(play, given, err));
	}
	return MSIV2_OK;
}
