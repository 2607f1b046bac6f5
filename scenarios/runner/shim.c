/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "feature.h"
#include "scrub.h"

#define WHERE       "shim"
#define RAW_MAX     ((size_t)16 * 1024 * 1024)
#define WAIT_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)
#define WAITS_MAX   10000 /* for one command */
#define EXIT_MS     500
#define QUOTED_MOST 80 /* bytes of a line that is no answer */

static const struct blame said_blame = {MSIV2_CONFIG, "shim"};

/* ---- outcomes ---- */

__attribute__((format(printf, 3, 4))) static enum shim_outcome
tell(struct shim *shim, enum shim_outcome outcome, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(shim->reason, sizeof(shim->reason), fmt, args);
	va_end(args);
	return outcome;
}

/* It closed its stdout: what does its exit say? */
static enum shim_outcome judge_end(struct shim *shim)
{
	bool ended = process_await_end(&shim->process, clock_deadline_us(clock_system(), EXIT_MS));

	process_end(&shim->process);
	if (!ended)
		return tell(shim, SHIM_WENT_AWAY, "the shim closed its standard output");
	if (shim->process.signal != 0)
		return tell(shim, SHIM_WENT_AWAY, "the shim was ended by signal %d (%s)",
		            shim->process.signal, strsignal(shim->process.signal));
	if (shim->process.status == SHIM_NOT_IMPLEMENTED)
		return tell(shim, SHIM_IS_NOT_IMPLEMENTED, "the shim says: not implemented (89)");
	if (shim->process.status == SHIM_CANNOT_RUN)
		return tell(shim, SHIM_IS_UNABLE, "the shim says: cannot run here (77)");
	return tell(shim, SHIM_WENT_AWAY, "the shim ended with exit status %d",
	            shim->process.status);
}

/* ---- lines ---- */

/* Keeps a line for the evidence. */
static void record(struct shim *shim, const char *direction, const cJSON *object)
{
	bytes_addf(&shim->redacted, "{\"%s\":", direction);
	json_print(object, &shim->redacted);
	bytes_add_text(&shim->redacted, "}\n");
}

static enum msiv2_rc send_line(struct shim *shim, const cJSON *object, int64_t deadline_us,
                               enum shim_outcome *outcome, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) line = {0};

	record(shim, "to", object);
	json_print(object, &line);
	bytes_add_byte(&line, '\n');
	TRY(bytes_done(&line, WHERE, err));
	if (process_write(&shim->process, bytes_text(&line), line.len, deadline_us))
		*outcome = SHIM_ANSWERED;
	else if (clock_left_us(clock_system(), deadline_us) == 0)
		*outcome = tell(shim, SHIM_IS_LATE, "it does not read its standard input");
	else
		*outcome = judge_end(shim);
	return MSIV2_OK;
}

/* How the line begins, as words of a reason: printable, without what looks like a secret. */
static void quote(const struct bytes *line, char *out, size_t size)
{
	OWNED_STRUCT(bytes) safe = {0};
	size_t len;

	scrub_text(bytes_text(line), &safe);
	len = safe.len < size ? safe.len : size - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = bytes_text(&safe)[i] >= ' ' && bytes_text(&safe)[i] <= '~'
		                 ? bytes_text(&safe)[i]
		                 : '?';
	out[len] = '\0';
}

/* It printed what is not of the protocol. */
static enum shim_outcome tell_stray(struct shim *shim, const struct bytes *line, const char *why)
{
	char begins[QUOTED_MOST + 1];

	quote(line, begins, sizeof(begins));
	return tell(shim, SHIM_BROKE_PROTOCOL,
	            "%s%s; it begins \"%s\"; standard output is for the protocol",
	            shim->hello ? "" : "the first line is no hello: ", why, begins);
}

/* Parses what it said and takes secrets out of it, so that none gets into the evidence. */
static enum msiv2_rc take_line(struct shim *shim, const struct bytes *line,
                               enum shim_outcome *outcome, cJSON **out, struct msiv2_error *err)
{
	OWNED(cJSON) *json = NULL;
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	if (shim->raw.len < RAW_MAX) {
		bytes_add(&shim->raw, bytes_text(line), line->len);
		bytes_add_byte(&shim->raw, '\n');
	}
	rc = json_parse_object(line->data, line->len, &said_blame, &json, &why);
	if (rc == MSIV2_INTERNAL)
		return err_no_memory(err, WHERE);
	if (rc != MSIV2_OK) {
		bytes_addf(&shim->redacted, "{\"from\":null,\"bytes\":%zu}\n", line->len);
		*outcome = tell_stray(shim, line, "a line is no JSON object");
		return MSIV2_OK;
	}
	if (!scrub_json(json))
		return err_no_memory(err, WHERE);
	record(shim, "from", json);
	*outcome = SHIM_ANSWERED;
	*out = steal(&json);
	return MSIV2_OK;
}

/* The next line as JSON; *out only with SHIM_ANSWERED. */
static enum msiv2_rc read_object(struct shim *shim, int64_t deadline_us, enum shim_outcome *outcome,
                                 cJSON **out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) line = {0};

	switch (process_read_line(&shim->process, deadline_us, &line)) {
	case PROCESS_LINE:
		return take_line(shim, &line, outcome, out, err);
	case PROCESS_END:
		*outcome = judge_end(shim);
		return MSIV2_OK;
	case PROCESS_LATE:
		*outcome = tell(shim, SHIM_IS_LATE, "no %s came in time",
		                shim->hello ? "answer" : "first line, the hello,");
		return MSIV2_OK;
	case PROCESS_NO_MEMORY:
		return err_no_memory(err, WHERE);
	case PROCESS_TOO_LONG:
		break;
	}
	*outcome = tell(shim, SHIM_BROKE_PROTOCOL, "a line is longer than 1 MiB");
	return MSIV2_OK;
}

/* ---- the first line ---- */

/* A JSON object that is no hello, such as an answer. */
static enum shim_outcome refuse_hello(struct shim *shim, const char *why)
{
	OWNED_STRUCT(bytes) line = {0};

	json_print(shim->hello, &line);
	cJSON_Delete(shim->hello);
	shim->hello = NULL;
	return tell_stray(shim, &line, why);
}

static enum shim_outcome read_hello(struct shim *shim)
{
	const cJSON *protocol = cJSON_GetObjectItemCaseSensitive(shim->hello, "protocol");
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(shim->hello, "keys");
	const cJSON *features = cJSON_GetObjectItemCaseSensitive(shim->hello, "features");

	if (!cJSON_IsNumber(protocol) || fabs(protocol->valuedouble - SHIM_PROTOCOL) > 0)
		return refuse_hello(shim, "its protocol is not 1");
	if (!cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(shim->hello, "name")) ||
	    !cJSON_IsArray(keys) || !cJSON_IsArray(features))
		return refuse_hello(shim, "it needs a name, keys and features");
	shim->keys = feature_bits(keys, key_kind_words);
	shim->features = feature_bits(features, feature_words);
	return SHIM_ANSWERED;
}

enum msiv2_rc shim_start(struct shim *shim, const char *command, const char *dir,
                         char *const *environment, int64_t deadline_us, enum shim_outcome *outcome,
                         struct msiv2_error *err)
{
	TRY(process_start(&shim->process, command, dir, environment, err));
	TRY(read_object(shim, deadline_us, outcome, &shim->hello, err));
	if (*outcome == SHIM_ANSWERED)
		*outcome = read_hello(shim);
	return MSIV2_OK;
}

/* ---- commands ---- */

/* Grants a wait: world time moves, the client goes on. */
static enum msiv2_rc grant(struct shim *shim, const cJSON *wait, int64_t deadline_us, cJSON *waits,
                           enum shim_outcome *outcome, struct msiv2_error *err)
{
	OWNED(cJSON) *answer = cJSON_CreateObject();
	cJSON *noted = cJSON_CreateNumber(wait->valuedouble);
	int64_t ms = (int64_t)wait->valuedouble;

	if (!noted || !cJSON_AddItemToArray(waits, noted)) {
		cJSON_Delete(noted);
		return err_no_memory(err, WHERE);
	}
	if (!cJSON_AddNumberToObject(answer, "waited_ms", (double)ms))
		return err_no_memory(err, WHERE);
	shim->time.wait_ms(shim->time.ctx, ms);
	return send_line(shim, answer, deadline_us, outcome, err);
}

/* It is a wait that may be granted; tells what is wrong otherwise. */
static enum shim_outcome check_wait(struct shim *shim, const cJSON *wait, int granted)
{
	if (!(shim->features & FEATURE_BIT(FEATURE_VIRTUAL_TIME)) || !shim->time.wait_ms)
		return tell(shim, SHIM_BROKE_PROTOCOL, "wait_ms without the feature virtual_time");
	if (!cJSON_IsNumber(wait) || !(wait->valuedouble >= 0 && wait->valuedouble <= WAIT_MAX_MS))
		return tell(shim, SHIM_BROKE_PROTOCOL, "wait_ms is no number of milliseconds");
	if (granted >= WAITS_MAX)
		return tell(shim, SHIM_BROKE_PROTOCOL, "it waits more than %d times", WAITS_MAX);
	return SHIM_ANSWERED;
}

static enum shim_outcome check_reply(struct shim *shim, const cJSON *reply, int64_t id)
{
	const cJSON *their = cJSON_GetObjectItemCaseSensitive(reply, "id");
	const cJSON *ok = cJSON_GetObjectItemCaseSensitive(reply, "ok");
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(reply, "error");

	if (!cJSON_IsNumber(their) || fabs(their->valuedouble - (double)id) > 0)
		return tell(shim, SHIM_BROKE_PROTOCOL, "the reply's id is not %lld", (long long)id);
	if (!cJSON_IsBool(ok))
		return tell(shim, SHIM_BROKE_PROTOCOL, "the reply has no ok");
	if (cJSON_IsFalse(ok) &&
	    !cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "class")))
		return tell(shim, SHIM_BROKE_PROTOCOL, "the failure has no class");
	return SHIM_ANSWERED;
}

enum msiv2_rc shim_ask(struct shim *shim, cJSON *command, int64_t deadline_us, cJSON *waits,
                       enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err)
{
	int64_t id = ++shim->next_id;
	int granted = 0;

	*reply = NULL;
	if (!cJSON_AddNumberToObject(command, "id", (double)id))
		return err_no_memory(err, WHERE);
	TRY(send_line(shim, command, deadline_us, outcome, err));
	while (*outcome == SHIM_ANSWERED) {
		OWNED(cJSON) *said = NULL;
		const cJSON *wait;

		TRY(read_object(shim, deadline_us, outcome, &said, err));
		if (*outcome != SHIM_ANSWERED)
			break;
		wait = cJSON_GetObjectItemCaseSensitive(said, "wait_ms");
		*outcome = wait ? check_wait(shim, wait, granted++) : check_reply(shim, said, id);
		if (*outcome == SHIM_ANSWERED && !wait) {
			*reply = steal(&said);
			return MSIV2_OK;
		}
		if (*outcome == SHIM_ANSWERED)
			TRY(grant(shim, wait, deadline_us, waits, outcome, err));
	}
	return MSIV2_OK;
}

void shim_quit(struct shim *shim, int64_t deadline_us)
{
	OWNED(cJSON) *command = cJSON_CreateObject();
	OWNED(cJSON) *waits = cJSON_CreateArray();
	OWNED(cJSON) *reply = NULL;
	enum shim_outcome outcome;

	if (shim->process.pid <= 0)
		return;
	/* Whatever it says, it ends now. */
	if (cJSON_AddStringToObject(command, "command", "quit") &&
	    shim_ask(shim, command, deadline_us, waits, &outcome, &reply, NULL) == MSIV2_OK &&
	    outcome == SHIM_ANSWERED)
		(void)process_await_end(&shim->process, deadline_us);
	process_end(&shim->process);
}

void shim_free(struct shim *shim)
{
	process_free(&shim->process);
	cJSON_Delete(shim->hello);
	bytes_free(&shim->raw);
	bytes_free(&shim->redacted);
	*shim = (struct shim){0};
}
