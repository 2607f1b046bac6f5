/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds_entry.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/text.h"
#include "emulator/personality.h"
#include "emulator/rate_limits.h"
#include "imds.h"

static enum personality personality_of(const struct config_host *host)
{
	enum personality personality = PERSONALITY_V2;

	if (host && !personality_from_name(host->personality, &personality))
		personality = PERSONALITY_V2;
	return personality;
}

/* The host is still there and still what it was when the request came in. */
static bool is_still(struct role_call *call, enum personality personality)
{
	struct snapshot *snapshot = world_hold(call->world);
	const struct config_host *host = config_find_host(&snapshot->config, call->request->host);
	bool still = host && personality_of(host) == personality;

	snapshot_release(snapshot);
	return still;
}

static bool client_left(const struct role_call *call)
{
	const struct http_request *request = call->request;

	return request->client_left && request->client_left(request->client_ctx);
}

/* Waits in slices, as long as somebody waits for the answer and the host is what it was. */
static void wait_until(struct role_call *call, const struct msiv2_clock *clock, int64_t deadline_us,
                       enum personality personality)
{
	while (!world_is_stopping(call->world) && !client_left(call) &&
	       is_still(call, personality)) {
		int64_t left_us = clock_left_us(clock, deadline_us);
		int64_t slice_us = IMDS_SLICE_MS * CLOCK_US_PER_MS;

		if (left_us == 0)
			return;
		clock_wait_us(clock, left_us < slice_us ? left_us : slice_us);
	}
}

/* On the world's base clock, so that who lends one decides how long it takes. */
static bool be_slow(struct role_call *call)
{
	const struct msiv2_clock *clock = call->world->clock.base;

	wait_until(call, clock, clock_deadline_us(clock, call->host->slow_ms), PERSONALITY_SLOW);
	call->now_s = world_now_s(call->world);
	return !world_is_stopping(call->world) && !client_left(call);
}

/* On the system's clock: it ends with what a real client does, not with time. */
static bool be_black_hole(struct role_call *call)
{
	/* Where nobody can tell that a client left, it would wait for ever. */
	if (call->request->client_left)
		wait_until(call, clock_system(), CLOCK_NEVER, PERSONALITY_BLACK_HOLE);
	return false;
}

static bool is_v2(enum endpoint endpoint)
{
	return endpoint == ENDPOINT_METADATA || endpoint == ENDPOINT_PROBE ||
	       endpoint == ENDPOINT_ISSUE;
}

/* META-07: as a path that nobody knows. */
static bool refuse_unknown(struct role_call *call)
{
	static const struct role_answer not_found = {404, "not_found", 0, "Not found"};

	imds_add_headers(call->response);
	role_refuse(call, &not_found, "", NULL);
	return false;
}

/* META-06: whoever answers here is not IMDS, and does not say that it is. */
static bool refuse_restarting(struct role_call *call)
{
	static const struct role_answer restarting = {500, "internal_error", 0,
	                                              "The service is restarting"};

	role_refuse(call, &restarting, "", NULL);
	return false;
}

/* The host has what is asked for, and answers. */
static bool has(struct role_call *call, enum personality personality)
{
	enum endpoint endpoint = call->notes->endpoint;

	switch (personality) {
	case PERSONALITY_V2:
	case PERSONALITY_SLOW:
		return true;
	case PERSONALITY_V1_ONLY:
		return is_v2(endpoint) ? refuse_unknown(call) : true;
	case PERSONALITY_ACI:
		return endpoint == ENDPOINT_V1_TOKEN ? true : refuse_unknown(call);
	case PERSONALITY_RESTARTING:
		return refuse_restarting(call);
	case PERSONALITY_BLACK_HOLE:
		return be_black_hole(call);
	}
	return true;
}

/* NET-05: the limit is for what is asked about identities. */
static bool is_limited(const struct role_call *call)
{
	enum endpoint endpoint = call->notes->endpoint;

	return call->config->rate_limited && (is_v2(endpoint) || endpoint == ENDPOINT_V1_TOKEN);
}

static void refuse_rate(struct role_call *call, const char *detail)
{
	static const struct role_answer answer = {429, "too_many_requests", 0,
	                                          "Too many requests: {}"};
	int64_t retry_after_s = call->config->rate_retry_after_s;
	char text[24];

	imds_add_headers(call->response);
	(void)snprintf(text, sizeof(text), "%lld", (long long)retry_after_s);
	if (retry_after_s != CONFIG_UNSET)
		http_add_header(call->response, "Retry-After", text);
	role_refuse(call, &answer, detail, NULL);
}

/* Within the limits, or over them where that is only noted. */
static bool takes(struct role_call *call, bool *counted)
{
	const struct rate_limit limit = {call->config->rate_requests_per_s,
	                                 call->config->rate_concurrent};
	enum rule_id rule = RULE_NET_RATE;
	char detail[ROLE_DETAIL_SIZE];

	switch (rate_limits_begin(call->world->rate_limits, call->host->name, &limit,
	                          clock_mono_us(call->world->clock.base))) {
	case RATE_TAKEN:
		*counted = true;
		return true;
	case RATE_OUT_OF_ROOM:
		return true;
	case RATE_TOO_MANY:
		rule = RULE_NET_CONCURRENT;
		(void)snprintf(detail, sizeof(detail), "%lld are under way",
		               (long long)limit.concurrent);
		break;
	case RATE_TOO_FAST:
		(void)snprintf(detail, sizeof(detail), "%lld within a second",
		               (long long)limit.requests_per_s);
		break;
	}
	if (!rule_breach(&call->modes, rule, &call->notes->findings, "%s", detail))
		return true;
	refuse_rate(call, detail);
	return false;
}

bool imds_entry_pass(struct role_call *call, bool *counted)
{
	enum personality personality = personality_of(call->host);

	*counted = false;
	/* The host was removed while the request was on its way. */
	if (!config_find_host(call->config, call->request->host) || !has(call, personality))
		return false;
	if (is_limited(call) && !takes(call, counted))
		return false;
	if (personality != PERSONALITY_SLOW || be_slow(call))
		return true;
	imds_entry_leave(call, *counted);
	return false;
}

bool imds_entry_answers(struct role_call *call)
{
	switch (personality_of(config_find_host(call->config, call->request->host))) {
	case PERSONALITY_RESTARTING:
		return refuse_restarting(call);
	case PERSONALITY_BLACK_HOLE:
		return be_black_hole(call);
	default:
		return true;
	}
}

void imds_entry_leave(const struct role_call *call, bool counted)
{
	if (counted)
		rate_limits_end(call->world->rate_limits, call->host->name);
}
