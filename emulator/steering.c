/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The public face of a running emulator: looking at it and steering it. What is steered is an event
 * of the journal, as it is through the admin interface. */
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/mem.h"
#include "emulator.h"
#include "instruments/journal_filter.h"
#include "settings.h"

#define WHERE "emulator"

#define SETTLE_SLICE_US INT64_C(1000)

/* Writes a change, as the admin interface would have been told of it, into the journal. */
static void note(struct msiv2_emulator *emulator, enum endpoint event, const cJSON *change)
{
	const struct http_request request = {.listener = "api", .method = "", .path = ""};
	const struct http_response response = {0};
	const struct journal_times times = {.mono_us = clock_mono_us(clock_system()),
	                                    .world_s = world_now_s(emulator->world)};
	struct journal_notes notes = {.endpoint = event};
	OWNED_STRUCT(bytes) text = {0};

	if (change)
		json_print(change, &text);
	(void)snprintf(notes.change, sizeof(notes.change), "%s", bytes_text(&text));
	journal_add(emulator->world->journal, &request, &response, &notes, &times);
}

static void note_text(struct msiv2_emulator *emulator, enum endpoint event, const char *name,
                      const char *value)
{
	OWNED(cJSON) *change = cJSON_CreateObject();

	cJSON_AddStringToObject(change, name, value);
	note(emulator, event, change);
}

static void note_number(struct msiv2_emulator *emulator, enum endpoint event, const char *name,
                        int64_t value)
{
	OWNED(cJSON) *change = cJSON_CreateObject();

	cJSON_AddNumberToObject(change, name, (double)value);
	note(emulator, event, change);
}

static void note_true(struct msiv2_emulator *emulator, enum endpoint event, const char *name,
                      bool value)
{
	OWNED(cJSON) *change = cJSON_CreateObject();

	cJSON_AddBoolToObject(change, name, value);
	note(emulator, event, change);
}

enum msiv2_rc msiv2_emulator_config(const struct msiv2_emulator_options *options, char **out,
                                    struct msiv2_error *err)
{
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(bytes) text = {0};

	*out = NULL;
	TRY(settings_read(&config, options, err));
	config_print(&config, &text);
	TRY(bytes_done(&text, WHERE, err));
	return config_set_text(out, bytes_text(&text), err);
}

enum msiv2_rc msiv2_emulator_config_origins(const struct msiv2_emulator_options *options,
                                            char **out, struct msiv2_error *err)
{
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(origins) origins = {0};
	OWNED(cJSON) *values = NULL;
	OWNED(cJSON) *json = NULL;
	OWNED_STRUCT(bytes) text = {0};

	*out = NULL;
	TRY(settings_trace(&config, options, &origins, err));
	values = config_json(&config);
	if (values)
		json = origins_json(&origins, values);
	config_print_json(json, &text);
	TRY(bytes_done(&text, WHERE, err));
	return config_set_text(out, bytes_text(&text), err);
}

const char *msiv2_emulator_imds(const struct msiv2_emulator *emulator)
{
	return emulator->world->imds_base;
}

const char *msiv2_emulator_sts(const struct msiv2_emulator *emulator)
{
	return emulator->world->sts_base;
}

const char *msiv2_emulator_resource(const struct msiv2_emulator *emulator)
{
	return emulator->world->resource_url;
}

const char *msiv2_emulator_admin(const struct msiv2_emulator *emulator)
{
	return emulator->world->admin_base;
}

const char *msiv2_emulator_ca_pem(const struct msiv2_emulator *emulator)
{
	return emulator->world->ca_pem;
}

const char *msiv2_emulator_ca_file(const struct msiv2_emulator *emulator)
{
	return emulator->ca_file;
}

const char *msiv2_emulator_ready(const struct msiv2_emulator *emulator)
{
	return emulator->ready;
}

int64_t msiv2_emulator_now_s(const struct msiv2_emulator *emulator)
{
	return world_now_s(emulator->world);
}

bool msiv2_emulator_settle(const struct msiv2_emulator *emulator, int64_t timeout_ms)
{
	const struct msiv2_clock *real = clock_system();
	int64_t until_us = clock_deadline_us(real, timeout_ms);

	while (server_connections(emulator->servers[LISTENER_IMDS]) > 0 ||
	       server_connections(emulator->servers[LISTENER_STS]) > 0) {
		if (clock_left_us(real, until_us) == 0)
			return false;
		clock_wait_us(real, SETTLE_SLICE_US);
	}
	return true;
}

enum msiv2_rc msiv2_emulator_advance(struct msiv2_emulator *emulator, int64_t delta_s,
                                     struct msiv2_error *err)
{
	TRY(world_clock_advance(&emulator->world->clock, delta_s, err));
	note_number(emulator, ENDPOINT_CLOCK, "advance_s", delta_s);
	return MSIV2_OK;
}

enum msiv2_rc msiv2_emulator_set_time(struct msiv2_emulator *emulator, int64_t now_s,
                                      struct msiv2_error *err)
{
	TRY(world_clock_set(&emulator->world->clock, now_s, err));
	note_number(emulator, ENDPOINT_CLOCK, "set", now_s);
	return MSIV2_OK;
}

void msiv2_emulator_freeze(struct msiv2_emulator *emulator, bool frozen)
{
	world_clock_freeze(&emulator->world->clock, frozen);
	note_true(emulator, ENDPOINT_CLOCK, "frozen", frozen);
}

const struct msiv2_clock *msiv2_emulator_clock(struct msiv2_emulator *emulator)
{
	return world_clock_view(&emulator->world->clock);
}

enum msiv2_rc msiv2_emulator_set_rule(struct msiv2_emulator *emulator, const char *rule,
                                      const char *mode, struct msiv2_error *err)
{
	TRY(world_set_mode(emulator->world, rule, mode, err));
	note_text(emulator, ENDPOINT_RULES, rule, mode);
	return MSIV2_OK;
}

enum msiv2_rc msiv2_emulator_set_attestation(struct msiv2_emulator *emulator, const char *mode,
                                             struct msiv2_error *err)
{
	TRY(world_set_attestation(emulator->world, mode, err));
	note_text(emulator, ENDPOINT_ATTESTATION, "mode", mode);
	return MSIV2_OK;
}

enum msiv2_rc msiv2_emulator_revoke(struct msiv2_emulator *emulator, const char *sha256,
                                    struct msiv2_error *err)
{
	TRY(revocations_add_hex(emulator->world->revocations, sha256, err));
	note_text(emulator, ENDPOINT_REVOKE, "sha256", sha256);
	return MSIV2_OK;
}

void msiv2_emulator_revoke_all(struct msiv2_emulator *emulator)
{
	revocations_add_all(emulator->world->revocations, world_now_s(emulator->world));
	note_true(emulator, ENDPOINT_REVOKE, "all", true);
}

uint64_t msiv2_emulator_count(const struct msiv2_emulator *emulator, const char *endpoint)
{
	enum endpoint which;

	if (!endpoint_from_name(endpoint, &which))
		return 0;
	return journal_count(emulator->world->journal, which);
}

enum msiv2_rc msiv2_emulator_journal(const struct msiv2_emulator *emulator, const char *query,
                                     char **out, struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	OWNED_STRUCT(query) parsed = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct journal_filter filter;

	*out = NULL;
	TRY(query_parse(query, query ? strlen(query) : 0, &blame, &parsed, err));
	TRY(journal_filter_read(&parsed, false, &filter, err));
	TRY(journal_print(emulator->world->journal, &filter, JOURNAL_FORM_JSON, &text, err));
	return config_set_text(out, bytes_text(&text), err);
}

enum msiv2_rc msiv2_emulator_admin_call(struct msiv2_emulator *emulator, const char *method,
                                        const char *target, const char *body, int *status,
                                        char **answer, struct msiv2_error *err)
{
	const char *mark = strchr(target, '?');
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(http_response) response = {0};
	struct http_request request = {
	        .listener = "admin",
	        .method = method,
	        .query = mark ? mark + 1 : NULL,
	        .body = (const uint8_t *)body,
	        .body_len = body ? strlen(body) : 0,
	};

	*answer = NULL;
	*status = 0;
	if (target[0] != '/')
		return err_set(err, MSIV2_CONFIG, "target", "'%s' is no path", target);
	bytes_add(&path, target, mark ? (size_t)(mark - target) : strlen(target));
	TRY(bytes_done(&path, WHERE, err));
	request.path = bytes_text(&path);
	admin_answer(emulator->world, &request, &response);
	TRY(bytes_done(&response.body, WHERE, err));
	*status = response.status;
	return config_set_text(answer, bytes_text(&response.body), err);
}

void msiv2_emulator_reset(struct msiv2_emulator *emulator)
{
	struct msiv2_error err = {0};

	if (world_reset(emulator->world, &err) != MSIV2_OK)
		log_line(&emulator->world->log, MSIV2_LOG_ERROR, "reset: %s: %s",
		         msiv2_error_where(&err), msiv2_error_message(&err));
	note(emulator, ENDPOINT_RESET, NULL);
}

void msiv2_emulator_text_free(char *text)
{
	mem_free(text);
}
