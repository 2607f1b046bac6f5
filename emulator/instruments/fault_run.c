/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_run.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "emulator/http/tls_server.h"
#include "emulator/roles/role.h"
#include "fault_who.h"

#define ALL_BUT_TLS                                                                                \
	(((1U << FAULT_STAGE_COUNT) - 1) & ~(1U << FAULT_AT_HELLO | 1U << FAULT_AT_PEER))

static uint64_t seed_of(struct world *world)
{
	struct snapshot *snapshot = world_hold(world);
	int64_t seed = snapshot->config.seed;

	snapshot_release(snapshot);
	return (uint64_t)seed;
}

/* Lets the planned faults of a stage happen, all or the first that does; true when one did. */
static bool happen(struct fault_run *run, enum fault_stage stage, bool first_only,
                   struct fault_act *act)
{
	bool any = false;

	act->world = run->world;
	act->request = run->request;
	for (size_t i = 0; i < run->plan.count && !(any && first_only); i++) {
		struct planned_fault *planned = &run->plan.items[i];

		if (planned->fault->kind->stage != stage)
			continue;
		act->kind = planned->fault->kind;
		act->with = planned->fault->with;
		act->random = planned->random;
		if (!act->kind->happen(act))
			continue;
		faults_fired(run->world->faults, planned);
		any = true;
	}
	return any;
}

static bool is_planned(const struct fault_run *run, enum fault_stage stage)
{
	for (size_t i = 0; run && i < run->plan.count; i++)
		if (run->plan.items[i].fault->kind->stage == stage)
			return true;
	return false;
}

static void edit_jwt(void *ctx, struct jwt_draft *draft)
{
	struct fault_act act = {.jwt = draft};

	(void)happen(ctx, FAULT_AT_JWT, false, &act);
}

void fault_run_begin(struct fault_run *run, struct world *world, const struct http_request *request,
                     enum endpoint endpoint)
{
	OWNED_STRUCT(fault_who) who = {0};

	*run = (struct fault_run){.world = world, .request = request};
	run->editor = (struct jwt_editor){edit_jwt, run};
	if (!faults_any(world->faults))
		return;
	fault_who_ask(&who, world, request, endpoint);
	faults_plan(world->faults, &who.subject, ALL_BUT_TLS, seed_of(world), &run->plan);
}

void fault_run_free(struct fault_run *run)
{
	fault_plan_free(&run->plan);
}

bool fault_run_answer(struct fault_run *run, enum endpoint endpoint, struct http_response *response,
                      struct journal_notes *notes)
{
	OWNED_STRUCT(role_call) call = {0};
	struct fault_act act = {.call = &call, .response = response};

	if (!is_planned(run, FAULT_AT_ANSWER))
		return false;
	role_call_init(&call, run->world, run->request, response, notes);
	notes->endpoint = endpoint;
	return happen(run, FAULT_AT_ANSWER, true, &act);
}

/* The faults of a body that is JSON. */
static void spoil_json(struct fault_run *run, struct http_response *response)
{
	static const struct blame blame = {MSIV2_INTERNAL, "answer"};
	struct fault_act act = {.response = response};
	OWNED(cJSON) *json = NULL;

	if (!is_planned(run, FAULT_AT_JSON) ||
	    json_parse(response->body.data, response->body.len, &blame, &json, NULL) != MSIV2_OK)
		return;
	act.json = &json;
	if (!happen(run, FAULT_AT_JSON, false, &act))
		return;
	bytes_clear(&response->body);
	json_print(json, &response->body);
}

static void note(const struct fault_plan *plan, struct journal_notes *notes)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct journal_fault *fault = &notes->faults[notes->fault_count];

		if (!plan->items[i].fired || notes->fault_count == JOURNAL_FAULTS_MAX)
			continue;
		(void)snprintf(fault->id, sizeof(fault->id), "%s", plan->items[i].id);
		fault->name = plan->items[i].fault->kind->name;
		notes->fault_count++;
	}
}

void fault_run_end(struct fault_run *run, struct http_response *response,
                   struct journal_notes *notes)
{
	struct fault_act act = {.response = response};

	/* Nothing was answered, so there is nothing to spoil. */
	if (response->status != 0) {
		spoil_json(run, response);
		(void)happen(run, FAULT_AT_RESPONSE, false, &act);
		(void)happen(run, FAULT_AT_WIRE, false, &act);
	}
	note(&run->plan, notes);
}

void fault_run_certificate(struct fault_run *run, struct fault_leaf *leaf)
{
	struct fault_act act = {.leaf = leaf};

	if (run)
		(void)happen(run, FAULT_AT_CERTIFICATE, false, &act);
}

void fault_run_der(struct fault_run *run, struct bytes *der)
{
	struct fault_act act = {.der = der};

	if (run)
		(void)happen(run, FAULT_AT_DER, false, &act);
}

const struct jwt_editor *fault_run_editor(const struct fault_run *run)
{
	return is_planned(run, FAULT_AT_JWT) ? &run->editor : NULL;
}

void fault_run_handshake(struct world *world, const char *server_name, X509 *certificate,
                         struct tls_plan *tls, struct journal_notes *notes)
{
	enum fault_stage stage = certificate ? FAULT_AT_PEER : FAULT_AT_HELLO;
	OWNED_STRUCT(fault_run) run = {.world = world};
	OWNED_STRUCT(fault_who) who = {0};
	struct fault_act act = {.tls = tls};

	if (!faults_any(world->faults))
		return;
	fault_who_ask_tls(&who, server_name, certificate);
	faults_plan(world->faults, &who.subject, 1U << stage, seed_of(world), &run.plan);
	(void)happen(&run, stage, false, &act);
	note(&run.plan, notes);
}
