/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "client_request.h"

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/text.h"
#include "sts.h"

#define RESOURCE_MAX_LEN 2048
#define CLAIMS_MAX_LEN   ((size_t)64 * 1024)

static enum msiv2_rc check_resource(const char *resource, struct msiv2_error *err)
{
	size_t len = resource != NULL ? strnlen(resource, RESOURCE_MAX_LEN + 1) : 0;

	if (len == 0 || sts_resource_len(resource) == 0)
		return err_set(err, MSIV2_CONFIG, "resource", "is required");
	if (len > RESOURCE_MAX_LEN)
		return err_set(err, MSIV2_CONFIG, "resource", "is longer than %d bytes",
		               RESOURCE_MAX_LEN);
	for (size_t i = 0; i < len; i++) {
		if ((uint8_t)resource[i] <= 0x20 || (uint8_t)resource[i] >= 0x7F)
			return err_set(err, MSIV2_CONFIG, "resource",
			               "byte %zu is not printable ASCII", i);
	}
	return MSIV2_OK;
}

/* STS-02: claims are the JSON of a challenge, already decoded. */
static enum msiv2_rc check_claims(const char *claims, struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, "claims"};
	OWNED(cJSON) *tree = NULL;
	size_t len;

	if (claims == NULL)
		return MSIV2_OK;
	len = strnlen(claims, CLAIMS_MAX_LEN + 1);
	if (len > CLAIMS_MAX_LEN)
		return err_blame(err, &blame, "are longer than %zu bytes", CLAIMS_MAX_LEN);
	return json_parse_object(claims, len, &blame, &tree, err);
}

enum msiv2_rc client_request_check_plain(const struct msiv2_client *client,
                                         const struct msiv2_request *request,
                                         struct msiv2_error *err)
{
	/* Locks and connections of the parent mean nothing here. */
	if (client->owner != getpid())
		return err_set(err, MSIV2_CONFIG, "client",
		               "made by another process: after fork() make a new one");
	if (request != NULL && request->timeout_ms < 0)
		return err_set(err, MSIV2_CONFIG, "timeout", "is negative");
	return MSIV2_OK;
}

enum msiv2_rc client_request_check(const struct msiv2_client *client,
                                   const struct msiv2_request *request, struct msiv2_error *err)
{
	TRY(client_request_check_plain(client, request, err));
	if (request == NULL)
		return err_set(err, MSIV2_CONFIG, "request", "is required");
	TRY(check_resource(request->resource, err));
	if (request->token_type != MSIV2_TOKEN_MTLS_POP &&
	    request->token_type != MSIV2_TOKEN_BEARER)
		return err_set(err, MSIV2_CONFIG, "token type", "unknown: %d",
		               (int)request->token_type);
	return check_claims(request->claims, err);
}

enum msiv2_rc client_request_begin(struct msiv2_client *client, const struct msiv2_request *request,
                                   struct acquisition *out, struct msiv2_error *err)
{
	static const struct msiv2_request plain = {0};
	const struct msiv2_request *r = request != NULL ? request : &plain;
	int64_t timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : client->timeout_ms;

	*out = (struct acquisition){
	        .client = client,
	        .errand = {.patience = {.clock = client->clock,
	                                .deadline_us = clock_deadline_us(client->clock, timeout_ms),
	                                .cancelled = r->cancelled,
	                                .cancelled_ctx = r->cancelled_ctx,
	                                .cut_short = &out->cut_short},
	                   .log = client->log,
	                   .jitter = client->jitter},
	        .resource = r->resource,
	        .type = r->token_type,
	        .claims = r->claims,
	        .force = r->force,
	        .started_us = clock_mono_us(client->clock),
	        .timings = timings_none,
	};
	return errand_begin(&out->errand, err);
}
