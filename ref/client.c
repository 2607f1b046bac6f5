/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "client.h"

#include <stdlib.h>
#include <unistd.h>

#include "acquisition.h"
#include "client_options.h"
#include "client_request.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "net/address.h"
#include "net/trust.h"
#include "resource.h"
#include "sts.h"
#include "token.h"

#define IMDS_DEFAULT_BASE "http://169.254.169.254"
#define IMDS_VARIABLE     "AZURE_POD_IDENTITY_AUTHORITY_HOST"

const char *msiv2_version(void)
{
	return MSIV2_VERSION_TEXT;
}

/* ---- making and freeing ---- */

/* NET-06: the option, else the environment (read once, here), else the well-known address. */
static enum msiv2_rc choose_base(const struct msiv2_options *options, char **out,
                                 struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, IMDS_VARIABLE};
	const char *variable = secure_getenv(IMDS_VARIABLE);
	OWNED_STRUCT(bytes) base = {0};

	if (options->imds != NULL)
		bytes_add_text(&base, options->imds);
	else if (!text_empty(variable))
		TRY(address_origin(variable, false, &blame, &base, err));
	else
		bytes_add_text(&base, IMDS_DEFAULT_BASE);
	TRY(bytes_done(&base, "client", err));
	*out = mem_strdup(bytes_text(&base));
	return *out != NULL ? MSIV2_OK : err_no_memory(err, "client");
}

static enum msiv2_rc make_persistence(struct msiv2_client *client,
                                      const struct msiv2_options *options, struct msiv2_error *err)
{
	const struct persistence_config config = {.scope = options->store,
	                                          .root = options->store_root,
	                                          .identity = &client->identity,
	                                          .keys = &client->keys,
	                                          .source = client->imds_base,
	                                          .clock = client->clock};

	return persistence_new(&config, &client->persistence, err);
}

static enum msiv2_rc make_parts(struct msiv2_client *client, const struct msiv2_options *options,
                                struct msiv2_error *err)
{
	struct http_pool_config config = {.clock = options->clock, .direct = true};

	TRY(identity_set(&client->identity, options->identity.kind, options->identity.id, err));
	TRY(choose_base(options, &client->imds_base, err));
	if (options->trust_file != NULL)
		TRY(trust_load(options->trust_file, &client->trust, err));
	config.trust = client->trust;
	TRY(http_pool_new(&config, &client->imds_pool, err));
	TRY(attestation_new(client->trust, client->clock, &client->attestation, err));
	TRY(key_settings_resolve(&options->keys, &client->keys, err));
	TRY(keyring_new(&client->keys, &client->keyring, err));
	TRY(make_persistence(client, options, err));
	client->slot = binding_slot_new();
	client->tokens = token_cache_new();
	return client->slot != NULL && client->tokens != NULL ? MSIV2_OK
	                                                      : err_no_memory(err, "client");
}

enum msiv2_rc msiv2_client_new(const struct msiv2_options *options, struct msiv2_client **out,
                               struct msiv2_error *err)
{
	struct msiv2_options defaults = {.clock = clock_system(),
	                                 .timeout_ms = CLIENT_DEFAULT_TIMEOUT_MS,
	                                 .store = STORE_SCOPE_CURRENT_USER};
	OWNED_STRUCT(msiv2_client) *client = mem_alloc(sizeof(*client));

	if (client == NULL)
		return err_no_memory(err, "client");
	key_settings_init(&defaults.keys);
	options = options != NULL ? options : &defaults;
	client->owner = getpid();
	client->clock = options->clock;
	client->log = options->log;
	client->timeout_ms = options->timeout_ms;
	rng_seeded_init(&client->seeded, options->seed);
	client->jitter = options->seeds_pauses ? &client->seeded.rng : NULL;
	flight_board_init(&client->token_flights);
	TRY(make_parts(client, options, err));
	client->imds = (struct imds){.pool = client->imds_pool,
	                             .base = client->imds_base,
	                             .identity = &client->identity};
	*out = steal(&client);
	return MSIV2_OK;
}

void msiv2_client_free(struct msiv2_client *client)
{
	if (client == NULL)
		return;
	/* Bindings hold keys of the keyring; tokens hold bindings. */
	token_cache_free(client->tokens);
	binding_slot_free(client->slot);
	persistence_free(client->persistence);
	keyring_free(client->keyring);
	key_settings_free(&client->keys);
	attestation_free(client->attestation);
	http_pool_free(client->imds_pool);
	X509_STORE_free(client->trust);
	flight_board_destroy(&client->token_flights);
	identity_free(&client->identity);
	mem_free(client->imds_base);
	mem_free(client);
}

/* ---- tokens ---- */

static enum msiv2_rc fly_for_token(void *ctx, void **cargo, struct msiv2_error *err)
{
	struct acquisition *a = ctx;
	struct credential *credential = NULL;

	/* Between the first look and this turn, somebody else's may have landed. */
	if (!a->force && a->claims == NULL)
		credential = acquisition_cached(a->client, a->resource, a->type);
	a->from_cache = credential != NULL;
	if (credential == NULL)
		TRY(acquisition_token(a, &credential, err));
	*cargo = credential;
	return MSIV2_OK;
}

static void *credential_cargo_ref(void *cargo)
{
	return credential_ref(cargo);
}

static void credential_cargo_free(void *cargo)
{
	credential_free(cargo);
}

/* TOK-02: callers share a request when they ask for exactly the same. */
static enum msiv2_rc share_token(struct acquisition *a, struct credential **out,
                                 struct msiv2_error *err)
{
	const struct flight_plan plan = {.fly = fly_for_token,
	                                 .cargo_ref = credential_cargo_ref,
	                                 .cargo_free = credential_cargo_free,
	                                 .ctx = a};
	OWNED_STRUCT(bytes) name = {0};
	void *cargo = NULL;

	bytes_addf(&name, "%s %d %.*s %s", grant_type_name(a->type), a->force,
	           (int)sts_resource_len(a->resource), a->resource,
	           a->claims != NULL ? a->claims : "");
	TRY(bytes_done(&name, "token", err));
	TRY(flight_share(&a->client->token_flights, bytes_text(&name), &plan, &a->errand.patience,
	                 "token", &cargo, err));
	*out = cargo;
	return MSIV2_OK;
}

/* From the cache, or by an acquisition of one's own or a shared one. */
static enum msiv2_rc get_credential(struct msiv2_client *client,
                                    const struct msiv2_request *request, struct errand *errand,
                                    struct credential **out, bool *from_cache,
                                    struct msiv2_error *err)
{
	struct acquisition a = {.client = client, .timings = timings_none};

	TRY(client_request_check(client, request, err));
	*from_cache = false;
	if (!request->force && request->claims == NULL) {
		*out = acquisition_cached(client, request->resource, request->token_type);
		*from_cache = *out != NULL;
	}
	if (*from_cache && errand == NULL)
		return MSIV2_OK;
	TRY(client_request_begin(client, request, &a, err));
	if (errand != NULL) {
		*errand = a.errand;
		errand->patience.cut_short = NULL; /* it is in `a` */
	}
	if (*from_cache)
		return MSIV2_OK;
	TRY(share_token(&a, out, err));
	*from_cache = a.from_cache;
	return MSIV2_OK;
}

enum msiv2_rc msiv2_client_acquire(struct msiv2_client *client, const struct msiv2_request *request,
                                   struct msiv2_token **out, struct msiv2_error *err)
{
	int64_t started_us = clock_mono_us(client->clock);
	OWNED_STRUCT(credential) *credential = NULL;
	bool from_cache;

	TRY(get_credential(client, request, NULL, &credential, &from_cache, err));
	return token_new(credential_grant(credential), from_cache,
	                 clock_mono_us(client->clock) - started_us, out, err);
}

/* ---- resources ---- */

enum msiv2_rc msiv2_client_call(struct msiv2_client *client, const struct msiv2_request *request,
                                const struct msiv2_call *call, struct msiv2_response **out,
                                struct msiv2_error *err)
{
	int64_t started_us = clock_mono_us(client->clock);
	OWNED_STRUCT(credential) *credential = NULL;
	struct msiv2_token *token = NULL;
	struct errand errand;
	enum msiv2_rc rc;
	bool from_cache;

	TRY(resource_check(call, err));
	TRY(get_credential(client, request, &errand, &credential, &from_cache, err));
	TRY(token_new(credential_grant(credential), from_cache,
	              clock_mono_us(client->clock) - started_us, &token, err));
	rc = resource_call(call, credential, &errand, token, out, err);
	if (rc == MSIV2_KEY_UNAVAILABLE)
		acquisition_forget_key(client, &errand.log, credential_binding(credential));
	return rc;
}
