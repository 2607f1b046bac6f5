/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "acquisition.h"

#include "common/clock.h"
#include "common/rng.h"
#include "legs.h"
#include "mint.h"
#include "sts.h"

#define BACKOFF_FIRST_US CLOCK_US_PER_S
#define BACKOFF_MAX_US   (30 * CLOCK_US_PER_S)

static int64_t mono_us(const struct acquisition *a)
{
	return clock_mono_us(a->client->clock);
}

static int64_t now_s(const struct acquisition *a)
{
	return clock_now_s(a->client->clock);
}

static enum msiv2_rc leg_token(struct acquisition *a, struct binding *binding,
                               struct token_answer *answer, struct sts_refusal *refusal,
                               struct msiv2_error *err)
{
	const struct sts_request request = {
	        .binding = binding, .resource = a->resource, .type = a->type, .claims = a->claims};
	int64_t started_us = mono_us(a);
	enum msiv2_rc rc = sts_token(&request, &a->errand, answer, refusal, err);

	leg_done(a, &a->timings.token_us, "token", started_us);
	return rc;
}

/* ---- a certificate ---- */

/* On this caller's behalf, in the time that the order leaves. */
static enum msiv2_rc mint_in_time(void *ctx, const struct mint_order *order,
                                  const struct errand *errand, struct binding **out,
                                  struct msiv2_error *err)
{
	struct acquisition *a = ctx;
	const struct errand own = a->errand;
	enum msiv2_rc rc;

	a->errand = *errand;
	rc = mint(a, order, out, err);
	a->errand = own;
	return rc;
}

static enum msiv2_rc get_binding(struct acquisition *a, const struct binding *other_than,
                                 bool fresh, struct binding **out, struct msiv2_error *err)
{
	const struct binding_want want = {.other_than = other_than,
	                                  .fresh = fresh,
	                                  .past_store = a->past_store,
	                                  .mint = mint_in_time,
	                                  .ctx = a};

	return binding_slot_get(a->client->slot, &want, &a->errand, out, err);
}

enum msiv2_rc acquisition_binding(struct acquisition *a, struct binding **out,
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(binding) *held = NULL;

	/* STS-07: a claims challenge asks for a new certificate first. */
	if (a->force || a->claims != NULL)
		held = binding_slot_current(a->client->slot, now_s(a));
	return get_binding(a, held, a->force || a->claims != NULL, out, err);
}

/* ---- a token ---- */

static struct token_key token_key_of(const struct msiv2_client *client, const char *resource,
                                     enum msiv2_token_type type, const struct binding *binding)
{
	return (struct token_key){.identity =
	                                  client->identity.id != NULL ? client->identity.id : "",
	                          .resource = resource,
	                          .resource_len = sts_resource_len(resource),
	                          .type = type,
	                          .thumbprint = binding_thumbprint(binding)};
}

struct credential *acquisition_cached(struct msiv2_client *client, const char *resource,
                                      enum msiv2_token_type type)
{
	int64_t at_s = clock_now_s(client->clock);
	OWNED_STRUCT(binding) *binding = binding_slot_current(client->slot, at_s);
	struct token_key key;

	if (binding == NULL)
		return NULL;
	key = token_key_of(client, resource, type, binding);
	return token_cache_find(client->tokens, &key, at_s);
}

/* The cache is a convenience: a token that cannot be kept is still a token. */
static void keep(const struct acquisition *a, struct credential *credential)
{
	struct binding *binding = credential_binding(credential);
	struct token_key key = token_key_of(a->client, a->resource, a->type, binding);
	struct msiv2_error err = {0};

	/* ISSUE-07: a certificate that is not kept takes its tokens along. */
	if (binding_is_stale(binding, now_s(a)))
		return;
	if (token_cache_put(a->client->tokens, &key, credential, now_s(a), &err) != MSIV2_OK)
		log_line(&a->errand.log, MSIV2_LOG_WARN, "token not cached: %s", err.message);
}

static enum msiv2_rc ask_for_token(struct acquisition *a, struct binding *binding,
                                   struct credential **out, struct sts_refusal *refusal,
                                   struct msiv2_error *err)
{
	OWNED_STRUCT(token_answer) answer = {0};
	struct grant_parts parts = {.answer = &answer,
	                            .type = a->type,
	                            .asked_at_s = now_s(a),
	                            .client_id = binding_client_id(binding),
	                            .tenant_id = binding_tenant_id(binding),
	                            .certificate = binding_certificate(binding),
	                            .timings = &a->timings};
	struct grant *grant;

	TRY(leg_token(a, binding, &answer, refusal, err));
	TRY(grant_new(&parts, &grant, err));
	TRY(credential_new(grant, binding, out, err));
	keep(a, *out);
	return MSIV2_OK;
}

/* Full jitter: anything from nothing to the whole step, so that a farm of clients spreads out. */
static int64_t backoff_us(const struct errand *errand, int refusals)
{
	int64_t step_us = BACKOFF_FIRST_US;

	for (int i = 1; i < refusals && step_us < BACKOFF_MAX_US; i++)
		step_us *= 2;
	step_us = step_us < BACKOFF_MAX_US ? step_us : BACKOFF_MAX_US;
	return (int64_t)errand_jitter(errand, (uint64_t)step_us);
}

/* STS-05: the first refusal of a certificate is answered at once by a new one; further ones only
 * while the service's error says that may help, after a pause, and while there is time. */
static bool worth_another(const struct acquisition *a, int refusals,
                          const struct sts_refusal *refusal)
{
	const struct patience *patience = &a->errand.patience;
	struct msiv2_error ignored;
	int64_t pause_us;

	if (refusals == 1)
		return true;
	if (!refusal->may_repeat)
		return false;
	pause_us = backoff_us(&a->errand, refusals - 1);
	if (!patience_covers(patience, pause_us))
		return false;
	if (patience_wait(patience, pause_us, "sts.token", &ignored) == MSIV2_OK)
		return true;
	*patience->cut_short = true; /* cancelled */
	return false;
}

/* STS-05: everywhere, before anybody can use it again. */
static void drop_refused(struct acquisition *a, const struct binding *refused, const char *why)
{
	int64_t started_us;

	log_line(&a->errand.log, MSIV2_LOG_WARN, "certificate dropped: %s", why);
	token_cache_drop(a->client->tokens, binding_thumbprint(refused));
	binding_slot_drop(a->client->slot, refused, true);
	if (!persistence_is_on(a->client->persistence))
		return;
	started_us = mono_us(a);
	persistence_drop(a->client->persistence, &a->errand, binding_x509(refused));
	leg_store(a, started_us);
}

void acquisition_forget_key(struct msiv2_client *client, const struct log *log,
                            const struct binding *binding)
{
	log_line(log, MSIV2_LOG_WARN, "certificate put away: its key does not sign");
	token_cache_drop(client->tokens, binding_thumbprint(binding));
	binding_slot_drop(client->slot, binding, false);
	keyring_drop(client->keyring, binding_key(binding));
}

enum msiv2_rc acquisition_token(struct acquisition *a, struct credential **out,
                                struct msiv2_error *err)
{
	OWNED_STRUCT(binding) *binding = NULL;

	a->force = false; /* a new token, on the certificate at hand */
	TRY(acquisition_binding(a, &binding, err));
	for (int refusals = 1;; refusals++) {
		OWNED_STRUCT(binding) *refused = NULL;
		struct sts_refusal refusal = {0};
		enum msiv2_rc rc = ask_for_token(a, binding, out, &refusal, err);

		if (rc == MSIV2_KEY_UNAVAILABLE)
			acquisition_forget_key(a->client, &a->errand.log, binding);
		if (rc == MSIV2_OK || !refusal.certificate)
			return rc;
		drop_refused(a, binding, err->message);
		/* ATT-06: it may be the attestation token that the service does not like. */
		if (refusal.may_repeat)
			attestation_forget(a->client->attestation);
		if (!worth_another(a, refusals, &refusal))
			return rc;
		refused = steal(&binding);
		a->past_store = refusals > 1;
		TRY(get_binding(a, refused, true, &binding, err)); /* ISSUE-06 */
	}
}

enum msiv2_rc acquisition_csr(struct acquisition *a, struct bytes *der, struct msiv2_error *err)
{
	OWNED_STRUCT(metadata) host = {0};
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	TRY(leg_key(a, &key, &pkey, err));
	TRY(leg_metadata(a, &host, err));
	return leg_csr(a, &host, key, pkey, der, err);
}
