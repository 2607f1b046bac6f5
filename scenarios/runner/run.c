/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/mem.h"
#include "common/text.h"
#include "out_folder.h"
#include "private_dir.h"
#include "tree.h"
#include "unstarted.h"
#include "words.h"

#define WHERE      "run"
#define GROUP_SIZE 96
#define DUE_SIZE   (GROUP_SIZE + 16)

typedef bool flag;
DEFINE_OWNED(flag, mem_free)

/* A result before it is handed in, with what it is from. */
struct take {
	struct result result;
	struct evidence evidence;
};

static void take_free(struct take *take)
{
	result_free(&take->result);
	evidence_free(&take->evidence);
}
DEFINE_OWNED_VALUE(take, take_free)

/* What the workers share. */
struct crew {
	const struct run_plan *plan;
	struct perform_plan perform;
	struct results *results;
	const char *root; /* of the private folders */
	const bool *chosen;
	bool *wanted;                /* of this round, by index; taken by whoever is free */
	pthread_mutex_t bundle_lock; /* of what is below out_dir */
	pthread_mutex_t lock;        /* of all the rest */
	size_t done, total;
	unsigned dead_in_row;
	bool was_sane;      /* the sanity scenario passed the last time */
	struct take ending; /* the sanity scenario that ended the run; it has a scenario then */
	char due[DUE_SIZE]; /* when the sanity scenario is to be played next; empty: it is not due
	                     */
	bool met;           /* a client was started */
	unsigned serial;    /* of private folders */
	enum msiv2_rc rc;
	struct msiv2_error err;
};

/* ---- one scenario ---- */

static const char *twin_verdict(const struct crew *crew, const struct scenario *scenario)
{
	const struct scenario *twin =
	        scenario->twin ? catalogue_find(crew->plan->catalogue, scenario->twin) : NULL;
	const struct result *result =
	        twin ? &crew->results->items[twin - crew->plan->catalogue->items] : NULL;

	if (!result)
		return NULL;
	return result->ran ? verdict_word(result->judged) : "not run";
}

/* What an earlier run left makes room. Under bundle_lock. */
static enum msiv2_rc clear_once(struct crew *crew, struct msiv2_error *err)
{
	if (!crew->plan->out_dir || crew->results->cleared)
		return MSIV2_OK;
	TRY(out_folder_prepare(crew->plan->out_dir, err));
	crew->results->cleared = true;
	return MSIV2_OK;
}

/* As soon as there is a client, and not before. */
static enum msiv2_rc clear_for(struct crew *crew, const struct evidence *evidence,
                               struct msiv2_error *err)
{
	enum msiv2_rc rc;

	if (!client_begun(evidence))
		return MSIV2_OK;
	(void)pthread_mutex_lock(&crew->bundle_lock);
	rc = clear_once(crew, err);
	(void)pthread_mutex_unlock(&crew->bundle_lock);
	return rc;
}

static enum msiv2_rc keep_bundle(struct crew *crew, struct take *take, struct msiv2_error *err)
{
	bool bad = verdict_is_bad(take->result.verdict.kind);
	enum msiv2_rc rc;

	if (!crew->plan->out_dir || (!crew->plan->keep && !bad))
		return MSIV2_OK;
	(void)pthread_mutex_lock(&crew->bundle_lock);
	rc = clear_once(crew, err);
	if (rc == MSIV2_OK)
		rc = out_folder_keep(crew->plan->out_dir, &take->evidence, &take->result, err);
	(void)pthread_mutex_unlock(&crew->bundle_lock);
	return rc;
}

static bool is_stopped(const struct crew *crew)
{
	return stop_asked(crew->plan->perform.stop);
}

/* A client that was never there is no client: the command line is wrong. One that was there and is
 * not any more has earned its verdict. A scenario that was skipped without one says nothing. */
static enum msiv2_rc check_started(struct crew *crew, const struct evidence *evidence,
                                   struct msiv2_error *err)
{
	bool met;

	if (!client_begun(evidence))
		return MSIV2_OK;
	(void)pthread_mutex_lock(&crew->lock);
	crew->met = crew->met || !unstarted(evidence);
	met = crew->met;
	(void)pthread_mutex_unlock(&crew->lock);
	return met ? MSIV2_OK : unstarted_error(evidence, crew->plan->perform.command, err);
}

/* Performs and judges. It has not run when the run was stopped. */
static enum msiv2_rc play(struct crew *crew, const struct scenario *scenario, struct take *out,
                          struct msiv2_error *err)
{
	struct result *result = &out->result;
	OWNED_STRUCT(bytes) dir = {0};
	const cJSON *took;

	(void)pthread_mutex_lock(&crew->lock);
	bytes_addf(&dir, "%s/%u", crew->root, ++crew->serial);
	(void)pthread_mutex_unlock(&crew->lock);
	TRY(bytes_done(&dir, WHERE, err));
	TRY(perform(&crew->perform, scenario, twin_verdict(crew, scenario), bytes_text(&dir),
	            &out->evidence, err));
	if (is_stopped(crew))
		return MSIV2_OK;
	TRY(check_started(crew, &out->evidence, err));
	TRY(clear_for(crew, &out->evidence, err));
	result->scenario = scenario;
	result->ran = true;
	TRY(judge(out->evidence.scenario, out->evidence.seen, &result->verdict, err));
	took = cJSON_GetObjectItemCaseSensitive(
	        cJSON_GetObjectItemCaseSensitive(out->evidence.seen, "run"), "took_ms");
	result->verdict.took_ms = cJSON_IsNumber(took) ? (int64_t)took->valuedouble : 0;
	result->judged = result->verdict.kind;
	return result_note_said(result, &out->evidence, err);
}

/* The evidence goes where it is kept, and the rest of it to the result. */
static enum msiv2_rc file_away(struct crew *crew, struct take *take, struct msiv2_error *err)
{
	TRY(keep_bundle(crew, take, err));
	take->result.seen = steal(&take->evidence.seen);
	return MSIV2_OK;
}

/* All of it for one row. */
static enum msiv2_rc try_one(struct crew *crew, const struct scenario *scenario, struct take *out,
                             struct msiv2_error *err)
{
	TRY(play(crew, scenario, out, err));
	if (!out->result.ran)
		return MSIV2_OK;
	if (crew->plan->amend)
		crew->plan->amend(crew->plan->ctx, scenario, &out->result.verdict);
	return file_away(crew, out, err);
}

/* ---- the crew ---- */

/* A command that does nothing fails everything, and each failure says no more than that. */
static bool asks_nothing(const struct crew *crew, const struct take *take)
{
	return crew->plan->perform.mode == CLIENT_COMMAND && take->result.judged == VERDICT_FAIL &&
	       !result_has_asked(take->evidence.seen);
}

/* The next scenario of the round, or -1. */
static ptrdiff_t take_next(struct crew *crew)
{
	ptrdiff_t index = -1;

	(void)pthread_mutex_lock(&crew->lock);
	if (crew->rc == MSIV2_OK && crew->results->broken[0] == '\0' &&
	    crew->dead_in_row < RUN_DEAD_LIMIT && !is_stopped(crew))
		for (size_t i = 0; index < 0 && i < crew->plan->catalogue->count; i++)
			if (crew->wanted[i])
				index = (ptrdiff_t)i;
	if (index >= 0)
		crew->wanted[index] = false;
	(void)pthread_mutex_unlock(&crew->lock);
	return index;
}

/* The run ends with the first error of the runner's own. Under the lock. */
static void give_up(struct crew *crew, enum msiv2_rc rc, const struct msiv2_error *err)
{
	if (rc == MSIV2_OK || crew->rc != MSIV2_OK)
		return;
	crew->rc = rc;
	crew->err = *err;
}

/* Puts the result in its place and tells of it. */
static void hand_in(struct crew *crew, size_t index, struct result *result, enum msiv2_rc rc,
                    const struct msiv2_error *err)
{
	struct result *place = &crew->results->items[index];

	(void)pthread_mutex_lock(&crew->lock);
	give_up(crew, rc, err);
	if (rc == MSIV2_OK && result->ran) {
		result->twin_only = place->twin_only;
		verdict_free(&place->verdict);
		*place = steal(result);
		crew->dead_in_row = result_is_dead(place->seen) ? crew->dead_in_row + 1 : 0;
		crew->done++;
		if (crew->plan->told)
			crew->plan->told(crew->plan->ctx, place, crew->done, crew->total);
	}
	(void)pthread_mutex_unlock(&crew->lock);
}

static void *work(void *ctx)
{
	struct crew *crew = ctx;
	ptrdiff_t index;

	while ((index = take_next(crew)) >= 0) {
		OWNED_STRUCT(take) take = {0};
		struct msiv2_error err = {0};
		enum msiv2_rc rc = try_one(crew, &crew->plan->catalogue->items[index], &take, &err);

		hand_in(crew, (size_t)index, &take.result, rc, &err);
	}
	return NULL;
}

/* The run ends by the sanity scenario. It becomes a row when nobody plays any more. */
static void break_by_sanity(struct crew *crew, const char *when, struct take *take)
{
	(void)pthread_mutex_lock(&crew->lock);
	words_set(crew->results->broken, sizeof(crew->results->broken),
	          "the client fails " RUN_SANITY " %s", when);
	(void)pthread_mutex_unlock(&crew->lock);
	crew->ending = steal(take);
}

/* What ended the run is the row of its scenario, and explains why. Whatever was expected of it: a
 * dead client is a failure. */
static enum msiv2_rc tell_ending(struct crew *crew, struct msiv2_error *err)
{
	const struct scenario *scenario = crew->ending.result.scenario;
	struct result *place;

	if (!scenario)
		return MSIV2_OK;
	TRY(file_away(crew, &crew->ending, err));
	place = &crew->results->items[scenario - crew->plan->catalogue->items];
	result_free(place);
	*place = steal(&crew->ending.result);
	place->told = true;
	return MSIV2_OK;
}

/* The client is alive, and no worse than it was: a sanity scenario that fails from the beginning is
 * what the other scenarios are there to explain. */
static enum msiv2_rc check_sanity(struct crew *crew, const char *when, struct msiv2_error *err)
{
	const struct scenario *sanity = catalogue_find(crew->plan->catalogue, RUN_SANITY);
	OWNED_STRUCT(take) take = {0};
	bool bad;

	/* Whoever asks goes on afterwards, unless the run is broken. */
	(void)pthread_mutex_lock(&crew->lock);
	crew->dead_in_row = 0;
	(void)pthread_mutex_unlock(&crew->lock);
	if (!sanity || crew->total < RUN_SANITY_FROM || crew->results->broken[0] != '\0')
		return MSIV2_OK;
	TRY(play(crew, sanity, &take, err));
	if (!take.result.ran)
		return MSIV2_OK;
	bad = verdict_is_bad(take.result.judged);
	if (result_is_dead(take.evidence.seen) || asks_nothing(crew, &take) ||
	    (bad && crew->was_sane))
		break_by_sanity(crew, when, &take);
	crew->was_sane = !bad;
	return MSIV2_OK;
}

/* The sanity that is due; the others of the crew need not wait for it. */
static void play_due(struct crew *crew)
{
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	if (crew->due[0] == '\0')
		return;
	rc = check_sanity(crew, crew->due, &err);
	crew->due[0] = '\0';
	(void)pthread_mutex_lock(&crew->lock);
	give_up(crew, rc, &err);
	(void)pthread_mutex_unlock(&crew->lock);
}

/* Everything that is wanted, by as many workers as there may be. */
static void work_all(struct crew *crew)
{
	pthread_t threads[RUN_JOBS_MAX];
	unsigned count = 0;

	while (count + 1 < crew->plan->jobs && count < RUN_JOBS_MAX &&
	       pthread_create(&threads[count], NULL, work, crew) == 0)
		count++;
	play_due(crew);
	(void)work(crew);
	while (count > 0)
		(void)pthread_join(threads[--count], NULL);
}

/* ---- groups ---- */

static bool round_left(const struct crew *crew)
{
	for (size_t i = 0; i < crew->plan->catalogue->count; i++)
		if (crew->wanted[i])
			return true;
	return false;
}

/* The runner's own error ends the run. Where only evidence cannot be kept, what was played before
 * is told all the same. */
static enum msiv2_rc end_by_error(struct crew *crew, struct msiv2_error *err)
{
	if (crew->rc == MSIV2_STORE) {
		words_set(crew->results->broken, sizeof(crew->results->broken), "%s: %s",
		          crew->err.where, crew->err.message);
		return MSIV2_OK;
	}
	if (err)
		*err = crew->err;
	return crew->rc;
}

/* Works the round off; when the client looks dead it is asked whether it is. */
static enum msiv2_rc work_round(struct crew *crew, struct msiv2_error *err)
{
	while (round_left(crew) && crew->results->broken[0] == '\0') {
		work_all(crew);
		if (crew->rc != MSIV2_OK)
			return end_by_error(crew, err);
		if (is_stopped(crew)) {
			words_set(crew->results->broken, sizeof(crew->results->broken), "%s",
			          "it was interrupted");
			return MSIV2_OK;
		}
		if (round_left(crew))
			TRY(check_sanity(crew, "after many clients that went away", err));
	}
	return MSIV2_OK;
}

/* What of a group is to run now: its positive ones and the twins of the others, or the others. */
static void fill_round(struct crew *crew, const char *group, bool negative)
{
	const struct catalogue *catalogue = crew->plan->catalogue;

	memset(crew->wanted, 0, catalogue->count * sizeof(*crew->wanted));
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct scenario *scenario = &catalogue->items[i];
		const struct scenario *first = scenario;
		char own[GROUP_SIZE];

		scenario_group(scenario->id, own, sizeof(own));
		if (!crew->chosen[i] || !text_equal(own, group))
			continue;
		if (!negative && scenario->negative)
			first = catalogue_find(catalogue, scenario->twin);
		if (first->negative == negative &&
		    !crew->results->items[first - catalogue->items].ran)
			crew->wanted[first - catalogue->items] = true;
	}
}

static enum msiv2_rc run_group(struct crew *crew, const char *group, struct msiv2_error *err)
{
	fill_round(crew, group, false);
	TRY(work_round(crew, err));
	fill_round(crew, group, true);
	TRY(work_round(crew, err));
	words_set(crew->due, sizeof(crew->due), "after the group %s", group);
	return MSIV2_OK;
}

static enum msiv2_rc run_groups(struct crew *crew, struct msiv2_error *err)
{
	const struct catalogue *catalogue = crew->plan->catalogue;
	char group[GROUP_SIZE] = "";

	TRY(check_sanity(crew, "before anything else", err));
	for (size_t i = 0; i < catalogue->count && crew->results->broken[0] == '\0'; i++) {
		char own[GROUP_SIZE];

		scenario_group(catalogue->items[i].id, own, sizeof(own));
		if (!crew->chosen[i] || text_equal(own, group))
			continue;
		memcpy(group, own, sizeof(group));
		TRY(run_group(crew, group, err));
	}
	return crew->due[0] == '\0' ? MSIV2_OK : check_sanity(crew, crew->due, err);
}

/* ---- all of it ---- */

/* Every chosen row has a verdict, also what was never begun. */
static void settle(struct crew *crew)
{
	for (size_t i = 0; i < crew->results->count; i++) {
		struct result *result = &crew->results->items[i];

		if (result->ran)
			continue;
		result->verdict.kind = VERDICT_ERROR;
		words_set(result->verdict.scenario, sizeof(result->verdict.scenario), "%s",
		          result->scenario->id);
		words_set(result->verdict.reason, sizeof(result->verdict.reason), "not run: %.700s",
		          crew->results->broken);
	}
}

/* Rows that nobody asked for go; the client's own words are taken from any that ran. */
static void tidy(struct crew *crew, const bool *chosen, const bool *twins)
{
	struct results *results = crew->results;
	size_t kept = 0;

	for (size_t i = 0; i < crew->plan->catalogue->count; i++) {
		struct result *result = &results->items[i];
		const cJSON *run = cJSON_GetObjectItemCaseSensitive(result->seen, "run");
		const cJSON *hello = cJSON_GetObjectItemCaseSensitive(run, "shim");

		if (!results->shim && cJSON_IsObject(hello))
			results->shim = cJSON_Duplicate(hello, true);
		if (chosen[i] || (twins[i] && result->ran) || result->told)
			results->items[kept++] = *result;
	}
	results->count = kept;
}

static enum msiv2_rc prepare_folders(struct crew *crew, struct bytes *state, struct bytes *work,
                                     struct msiv2_error *err)
{
	TRY(tree_make(crew->root, "state", state, err));
	TRY(tree_make(crew->root, "cwd", work, err));
	TRY(stage_prepare(bytes_text(state), err));
	crew->perform.stage.state_dir = bytes_text(state);
	if (!crew->perform.work_dir)
		crew->perform.work_dir = bytes_text(work);
	return crew->plan->out_dir ? out_folder_check(crew->plan->out_dir, err) : MSIV2_OK;
}

static enum msiv2_rc run_in(struct crew *crew, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) state = {0};
	OWNED_STRUCT(bytes) work = {0};
	enum msiv2_rc rc;

	TRY(prepare_folders(crew, &state, &work, err));
	if (pthread_mutex_init(&crew->lock, NULL) != 0)
		return err_no_memory(err, WHERE);
	if (pthread_mutex_init(&crew->bundle_lock, NULL) != 0) {
		(void)pthread_mutex_destroy(&crew->lock);
		return err_no_memory(err, WHERE);
	}
	rc = run_groups(crew, err);
	if (rc == MSIV2_OK)
		rc = tell_ending(crew, err);
	(void)pthread_mutex_destroy(&crew->bundle_lock);
	(void)pthread_mutex_destroy(&crew->lock);
	return rc;
}

static enum msiv2_rc make_rows(struct results *results, const struct catalogue *catalogue,
                               const bool *twins, struct msiv2_error *err)
{
	results->items = mem_alloc(catalogue->count * sizeof(*results->items));
	if (!results->items)
		return err_no_memory(err, WHERE);
	results->count = catalogue->count;
	for (size_t i = 0; i < catalogue->count; i++) {
		results->items[i].scenario = &catalogue->items[i];
		results->items[i].twin_only = twins[i];
	}
	return MSIV2_OK;
}

/* The facts about the whole. */
static void describe(const struct run_plan *plan, struct results *results)
{
	results->mode = client_mode_words[plan->perform.mode];
	results->command = plan->perform.command;
	results->key = key_kind_words[plan->perform.stage.key];
	results->seed = plan->perform.stage.seed;
	results->started_s = clock_now_s(clock_system());
}

enum msiv2_rc run(const struct run_plan *plan, struct results *out, struct msiv2_error *err)
{
	size_t count = plan->catalogue->count;
	OWNED(flag) *chosen = mem_alloc(count * sizeof(bool));
	OWNED(flag) *twins = mem_alloc(count * sizeof(bool));
	OWNED(flag) *wanted = mem_alloc(count * sizeof(bool));
	OWNED_STRUCT(results) results = {0};
	OWNED_STRUCT(private_dir) root = {0};
	int64_t begun_us = clock_mono_us(clock_system());
	struct crew crew = {.plan = plan, .perform = plan->perform, .results = &results};
	enum msiv2_rc rc;

	if (!chosen || !twins || !wanted)
		return err_no_memory(err, WHERE);
	crew.total = selection_choose(plan->selection, plan->catalogue, chosen, twins);
	for (size_t i = 0; i < count; i++)
		crew.total += twins[i];
	crew.chosen = chosen;
	crew.wanted = wanted;
	TRY(make_rows(&results, plan->catalogue, twins, err));
	describe(plan, &results);
	TRY(private_dir_make(&root, err));
	crew.root = bytes_text(&root.path);
	rc = run_in(&crew, err);
	take_free(&crew.ending);
	TRY(rc);
	settle(&crew);
	tidy(&crew, chosen, twins);
	results.took_ms = (clock_mono_us(clock_system()) - begun_us) / CLOCK_US_PER_MS;
	*out = steal(&results);
	return MSIV2_OK;
}
