/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "stage.h"

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "tree.h"

#define WHERE     "stage"
#define MS_PER_S  1000
#define TEXT_KEYS 4

#define DEAD_PROXY "http://127.0.0.1:9"

static const struct blame answer_blame = {MSIV2_INTERNAL, "admin"};

/* ---- setting up ---- */

enum msiv2_rc stage_prepare(const char *state_dir, struct msiv2_error *err)
{
	struct msiv2_emulator_options options = {.state_dir = state_dir};
	struct msiv2_emulator *emulator = NULL;

	TRY(msiv2_emulator_start(&options, &emulator, err));
	msiv2_emulator_stop(emulator);
	return MSIV2_OK;
}

static enum msiv2_rc start_emulator(struct stage *stage, const struct stage_plan *plan,
                                    const struct scenario *scenario, struct msiv2_error *err)
{
	OWNED(cJSON) *world = scenario && scenario->world ? cJSON_Duplicate(scenario->world, true)
	                                                  : cJSON_CreateObject();
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_emulator_options options = {.state_dir = plan->state_dir};

	if (!cJSON_GetObjectItemCaseSensitive(world, "seed") &&
	    !cJSON_AddNumberToObject(world, "seed", (double)plan->seed))
		return err_no_memory(err, WHERE);
	json_print(world, &text);
	TRY(bytes_done(&text, WHERE, err));
	options.config_text = bytes_text(&text);
	return msiv2_emulator_start(&options, &stage->emulator, err);
}

static enum msiv2_rc learn_tenant(struct stage *stage, struct msiv2_error *err)
{
	OWNED(cJSON) *world = NULL;
	const char *tenant = NULL;

	TRY(stage_admin(stage, "GET", "/world", NULL, &world, err));
	TRY(json_need_string(world, "tenant_id", &answer_blame, &tenant, err));
	bytes_add_text(&stage->tenant, tenant);
	return bytes_done(&stage->tenant, WHERE, err);
}

static enum msiv2_rc place_faults(struct stage *stage, const struct scenario *scenario,
                                  struct msiv2_error *err)
{
	const cJSON *fault;
	const cJSON *faults = scenario ? scenario->faults : NULL;

	cJSON_ArrayForEach(fault, faults)
	{
		OWNED(cJSON) *filled = stage_fill(stage, fault);

		if (!filled)
			return err_no_memory(err, WHERE);
		TRY(stage_admin(stage, "POST", "/faults", filled, NULL, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc make_folders(struct stage *stage, const char *dir, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) data = {0};
	OWNED_STRUCT(bytes) temporary = {0};
	char seed[24];

	TRY(tree_make(dir, "home", &stage->home, err));
	TRY(tree_make(bytes_text(&stage->home), "data", &data, err));
	TRY(tree_make(bytes_text(&stage->home), "tmp", &temporary, err));
	bytes_addf(&stage->store, "%s/store", dir);
	TRY(bytes_done(&stage->store, WHERE, err));
	TRY(environment_inherit(&stage->environment, err));
	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)stage->seed);
	TRY(environment_set(&stage->environment, "MSIV2_SEED", seed, err));
	TRY(environment_set(&stage->environment, "HOME", bytes_text(&stage->home), err));
	TRY(environment_set(&stage->environment, "XDG_DATA_HOME", bytes_text(&data), err));
	return environment_set(&stage->environment, "TMPDIR", bytes_text(&temporary), err);
}

/* NET-04: who asks IMDS through it reaches nobody. */
static enum msiv2_rc set_proxy(struct stage *stage, const struct scenario *scenario,
                               struct msiv2_error *err)
{
	const cJSON *client = scenario ? scenario->client : NULL;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(client, "proxy")))
		return MSIV2_OK;
	TRY(environment_set(&stage->environment, "http_proxy", DEAD_PROXY, err));
	return environment_set(&stage->environment, "HTTP_PROXY", DEAD_PROXY, err);
}

enum msiv2_rc stage_open(struct stage *stage, const struct stage_plan *plan,
                         const struct scenario *scenario, const char *dir, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) device = {0};
	OWNED_STRUCT(bytes) own = {0};

	stage->seed = plan->seed;
	bytes_add_text(&own, dir);
	TRY(bytes_done(&own, WHERE, err));
	TRY(files_make_dir(dir, 0700, MSIV2_CONFIG, err));
	stage->dir = steal(&own);
	TRY(make_folders(stage, dir, err));
	TRY(set_proxy(stage, scenario, err));
	bytes_addf(&device, "%s/dev", dir);
	TRY(bytes_done(&device, WHERE, err));
	TRY(device_start(&stage->device, plan->key, plan->scripts, bytes_text(&device),
	                 &stage->environment, err));
	TRY(start_emulator(stage, plan, scenario, err));
	TRY(learn_tenant(stage, err));
	return place_faults(stage, scenario, err);
}

void stage_close(struct stage *stage)
{
	if (stage->emulator)
		msiv2_emulator_stop(stage->emulator);
	stage->emulator = NULL;
	device_stop(&stage->device);
	if (stage->dir.len > 0)
		tree_remove(bytes_text(&stage->dir));
	environment_free(&stage->environment);
	bytes_free(&stage->dir);
	bytes_free(&stage->home);
	bytes_free(&stage->store);
	bytes_free(&stage->tenant);
}

/* ---- texts ---- */

/* Appends the text with the stage's addresses in it. */
static void fill_text(const struct stage *stage, const char *text, struct bytes *out)
{
	const struct {
		const char *key;
		const char *value;
	} rows[TEXT_KEYS] = {{"{imds}", msiv2_emulator_imds(stage->emulator)},
	                     {"{sts}", msiv2_emulator_sts(stage->emulator)},
	                     {"{resource}", msiv2_emulator_resource(stage->emulator)},
	                     {"{tenant}", bytes_text(&stage->tenant)}};

	while (*text) {
		size_t row = 0;

		while (row < TEXT_KEYS && !text_starts(text, rows[row].key))
			row++;
		if (row < TEXT_KEYS)
			bytes_add_text(out, rows[row].value);
		else
			bytes_add_byte(out, (uint8_t)*text);
		text += row < TEXT_KEYS ? strlen(rows[row].key) : 1;
	}
}

static bool fill_in_place(const struct stage *stage, cJSON *value)
{
	OWNED_STRUCT(bytes) text = {0};
	cJSON *below;

	if (cJSON_IsString(value)) {
		fill_text(stage, value->valuestring, &text);
		return !text.failed && cJSON_SetValuestring(value, bytes_text(&text));
	}
	cJSON_ArrayForEach(below, value) if (!fill_in_place(stage, below)) return false;
	return true;
}

cJSON *stage_fill(const struct stage *stage, const cJSON *value)
{
	OWNED(cJSON) *copy = cJSON_Duplicate(value, true);

	return copy && fill_in_place(stage, copy) ? steal(&copy) : NULL;
}

/* ---- the admin interface ---- */

/* The emulator's text in a buffer of ours. */
static enum msiv2_rc ask(const struct stage *stage, const char *method, const char *target,
                         const char *body, int *status, struct bytes *out, struct msiv2_error *err)
{
	char *text = NULL;

	TRY(msiv2_emulator_admin_call(stage->emulator, method, target, body, status, &text, err));
	bytes_add_text(out, text);
	msiv2_emulator_text_free(text);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc stage_admin(const struct stage *stage, const char *method, const char *target,
                          const cJSON *body, cJSON **answer, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) sent = {0};
	OWNED_STRUCT(bytes) got = {0};
	int status = 0;

	if (body)
		json_print(body, &sent);
	TRY(bytes_done(&sent, WHERE, err));
	TRY(ask(stage, method, target, body ? bytes_text(&sent) : NULL, &status, &got, err));
	if (status < 200 || status > 299)
		return err_set(err, MSIV2_CONFIG, target, "answered %d: %s", status,
		               bytes_text(&got));
	return answer ? json_parse_object(got.data, got.len, &answer_blame, answer, err) : MSIV2_OK;
}

enum msiv2_rc stage_next_seq(const struct stage *stage, int64_t *out, struct msiv2_error *err)
{
	OWNED(cJSON) *journal = NULL;

	/* `next` is that of the whole journal, whatever fits. */
	TRY(stage_admin(stage, "GET", "/journal?last=1", NULL, &journal, err));
	return json_need_integer(journal, "next", 0, INT64_MAX, false, &answer_blame, out, err);
}

void stage_wait_ms(void *ctx, int64_t ms)
{
	struct stage *stage = ctx;
	int64_t before_s = stage->waited_ms / MS_PER_S;

	stage->waited_ms += ms;
	if (stage->waited_ms / MS_PER_S == before_s)
		return;
	/* Beyond the year 9999 nothing can be shown any more. */
	if (msiv2_emulator_advance(stage->emulator, stage->waited_ms / MS_PER_S - before_s, NULL) !=
	    MSIV2_OK)
		stage->waited_ms -= ms;
}
