/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "world.h"

#include <string.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "config_find.h"
#include "host_listeners.h"

#define WHERE "world"

static enum msiv2_rc make_ca(struct world *world, struct msiv2_error *err)
{
	const struct config *config = &world->start->config;
	const struct config_list *names = &config->server_names;
	const char *all[CONFIG_ITEMS_MAX + 1];
	struct ca_options options = {
	        .key_type = text_equal(config->ca_key, "rsa") ? CA_KEY_RSA_2048 : CA_KEY_EC_P256,
	        .state_dir = config->state_dir,
	        .rng = world->rng,
	        .names = all,
	};
	OWNED_STRUCT(bytes) pem = {0};

	for (size_t i = 0; i < names->count; i++)
		all[options.name_count++] = names->items[i];
	/* The host in the addresses has to be a name of the certificate. */
	if (config->public_host)
		all[options.name_count++] = config->public_host;
	TRY(ca_new(&options, &world->ca, err));
	TRY(ca_bundle_pem(world->ca, &pem, err));
	return config_set_text(&world->ca_pem, bytes_text(&pem), err);
}

static const char *const attestation_names[] = {
        [ATTESTATION_OFF] = "off",
        [ATTESTATION_OPTIONAL] = "optional",
        [ATTESTATION_REQUIRED] = "required",
};

/* A host that looks at tokens will need the key soon. */
static enum msiv2_rc prepare_attestation(struct world *world, const struct config *config,
                                         struct msiv2_error *err)
{
	bool wanted = attestation_mode_of(&config->host) != ATTESTATION_OFF;

	for (size_t i = 0; i < config->host_count && !wanted; i++)
		wanted = attestation_mode_of(&config->hosts[i]) != ATTESTATION_OFF;
	if (!wanted)
		return MSIV2_OK;
	return attest_tokens_prepare(world->attest_tokens, err);
}

/* The attestation service's parts. */
static enum msiv2_rc make_attestation(struct world *world, struct msiv2_error *err)
{
	const struct config *config = &world->start->config;
	const char *state_dir = config->state_dir;

	TRY(nonces_new(world->rng, &world->nonces, err));
	TRY(attestations_new(&world->attestations, err));
	TRY(device_ca_new(state_dir, world->rng, &world->device_ca, err));
	TRY(attest_tokens_new(state_dir, world->rng, &world->attest_tokens, err));
	return prepare_attestation(world, config, err);
}

static enum msiv2_rc make_parts(struct world *world, struct msiv2_error *err)
{
	const struct config *config = &world->start->config;

	TRY(journal_new((size_t)config->journal_capacity, &world->journal, err));
	TRY(registry_new(&world->registry, err));
	TRY(faults_new(&world->faults, err));
	TRY(faults_set(world->faults, config->faults, "faults", err));
	TRY(rate_limits_new(&world->rate_limits, err));
	TRY(revocations_new(&world->revocations, err));
	TRY(make_ca(world, err));
	TRY(make_attestation(world, err));
	return tokens_new(config->state_dir, world->rng, &world->tokens, err);
}

enum msiv2_rc world_new(struct config *config, const struct msiv2_clock *clock,
                        const struct log *log, struct world **out, struct msiv2_error *err)
{
	struct world *fresh = mem_alloc(sizeof(*fresh));
	OWNED_STRUCT(world) *world = fresh;

	*out = NULL;
	if (!world)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&world->lock, NULL);
	pthread_mutex_init(&world->change_lock, NULL);
	world->rng = rng_system();
	world->log = *log;
	world_clock_init(&world->clock, clock ? clock : clock_system(), config->clock_offset_s,
	                 config->clock_frozen);
	TRY(snapshot_new(config, &world->start, err));
	world->now = snapshot_hold(world->start);
	TRY(make_parts(world, err));
	*out = steal(&world);
	return MSIV2_OK;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	tokens_free(world->tokens);
	attest_tokens_free(world->attest_tokens);
	device_ca_free(world->device_ca);
	attestations_free(world->attestations);
	nonces_free(world->nonces);
	ca_free(world->ca);
	revocations_free(world->revocations);
	rate_limits_free(world->rate_limits);
	registry_free(world->registry);
	faults_free(world->faults);
	journal_free(world->journal);
	world_clock_free(&world->clock);
	snapshot_release(world->now);
	snapshot_release(world->start);
	pthread_mutex_destroy(&world->change_lock);
	pthread_mutex_destroy(&world->lock);
	mem_free(world->imds_base);
	mem_free(world->sts_base);
	mem_free(world->attestation_endpoint);
	mem_free(world->resource_url);
	mem_free(world->admin_base);
	mem_free(world->ca_pem);
	mem_free(world);
}

enum msiv2_rc world_set_base(char **slot, const char *scheme, const char *host, uint16_t port,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};
	bool ipv6 = strchr(host, ':') != NULL;

	bytes_addf(&url, "%s://%s%s%s:%u", scheme, ipv6 ? "[" : "", host, ipv6 ? "]" : "",
	           (unsigned)port);
	TRY(bytes_done(&url, WHERE, err));
	return config_set_text(slot, bytes_text(&url), err);
}

/* The configured text, or base + suffix. */
static enum msiv2_rc set_endpoint(char **slot, const char *configured, const char *base,
                                  const char *suffix, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) url = {0};

	if (configured)
		return config_set_text(slot, configured, err);
	bytes_addf(&url, "%s%s", base, suffix);
	TRY(bytes_done(&url, WHERE, err));
	return config_set_text(slot, bytes_text(&url), err);
}

/* Nobody elsewhere reaches it. */
static bool is_loopback(const char *bind)
{
	return text_starts(bind, "127.") || text_equal(bind, "::1");
}

const char *world_reachable(const char *bind)
{
	if (text_equal(bind, "0.0.0.0"))
		return "127.0.0.1";
	return text_equal(bind, "::") ? "::1" : bind;
}

enum msiv2_rc world_set_ports(struct world *world, uint16_t imds_port, uint16_t sts_port,
                              uint16_t admin_port, struct msiv2_error *err)
{
	const struct config *config = &world->start->config;
	const char *plain_host =
	        config->public_host ? config->public_host : world_reachable(config->bind);
	const char *tls_host = config->public_host ? config->public_host : "localhost";
	const char *admin_host = config->public_host && !is_loopback(config->admin_bind)
	                                 ? config->public_host
	                                 : world_reachable(config->admin_bind);

	TRY(world_set_base(&world->imds_base, "http", plain_host, imds_port, err));
	TRY(world_set_base(&world->sts_base, "https", tls_host, sts_port, err));
	TRY(world_set_base(&world->admin_base, "http", admin_host, admin_port, err));
	TRY(set_endpoint(&world->attestation_endpoint, config->attestation_endpoint,
	                 world->sts_base, "/maa", err));
	return set_endpoint(&world->resource_url, NULL, world->sts_base, "/resource", err);
}

void world_stop(struct world *world)
{
	atomic_store(&world->stopping, true);
}

bool world_is_stopping(struct world *world)
{
	return atomic_load(&world->stopping);
}

int64_t world_now_s(struct world *world)
{
	return world_clock_now_s(&world->clock);
}

struct snapshot *world_hold(struct world *world)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&world->lock);
	snapshot = snapshot_hold(world->now);
	pthread_mutex_unlock(&world->lock);
	return snapshot;
}

/* Puts a snapshot, which is taken over, in the place of the current one. */
static void swap(struct world *world, struct snapshot *next)
{
	struct snapshot *old;

	pthread_mutex_lock(&world->lock);
	old = world->now;
	world->now = next;
	pthread_mutex_unlock(&world->lock);
	snapshot_release(old);
}

/* Stops the listeners of the hosts that `config` has and `other` has not. */
static void stop_hosts(struct world *world, const struct config *config, const struct config *other)
{
	for (size_t i = 0; world->listeners && i < config->host_count; i++)
		if (!config_find_host(other, config->hosts[i].name))
			host_listeners_stop(world->listeners, config->hosts[i].name);
}

/* Starts the listeners of the hosts that `config` has and `other` has not: all of them, or none. */
static enum msiv2_rc start_hosts(struct world *world, const struct config *config,
                                 const struct config *other, struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;

	for (size_t i = 0; world->listeners && i < config->host_count && rc == MSIV2_OK; i++)
		if (!config_find_host(other, config->hosts[i].name))
			rc = host_listeners_start(world->listeners, &config->hosts[i],
			                          config->public_host, err);
	if (rc != MSIV2_OK)
		stop_hosts(world, config, other);
	return rc;
}

/* Listeners are there before their host is, and go after it. The snapshot is taken over. */
static enum msiv2_rc replace(struct world *world, struct snapshot *next, struct msiv2_error *err)
{
	/* Only changes replace it, and this is the one that is under way. */
	struct snapshot *old = snapshot_hold(world->now);
	enum msiv2_rc rc = start_hosts(world, &next->config, &old->config, err);

	if (rc == MSIV2_OK) {
		swap(world, next);
		stop_hosts(world, &old->config, &next->config);
	} else {
		snapshot_release(next);
	}
	snapshot_release(old);
	return rc;
}

static enum msiv2_rc change(struct world *world, world_edit_fn edit, void *ctx,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(config) config = {0};
	struct snapshot *next = NULL;

	TRY(config_copy(&world->now->config, &config, err));
	TRY(edit(ctx, &config, err));
	TRY(config_check_change(&world->now->config, &config, err));
	TRY(prepare_attestation(world, &config, err));
	TRY(snapshot_new(&config, &next, err));
	return replace(world, next, err);
}

enum msiv2_rc world_listen(struct world *world, struct host_listeners *listeners,
                           struct msiv2_error *err)
{
	static const struct config none = {0};

	world->listeners = listeners;
	return start_hosts(world, &world->start->config, &none, err);
}

enum msiv2_rc world_edit(struct world *world, world_edit_fn edit, void *ctx,
                         struct msiv2_error *err)
{
	enum msiv2_rc rc;

	pthread_mutex_lock(&world->change_lock);
	rc = change(world, edit, ctx, err);
	pthread_mutex_unlock(&world->change_lock);
	return rc;
}

static enum msiv2_rc read_patch(void *ctx, struct config *config, struct msiv2_error *err)
{
	return config_read_json(config, ctx, err);
}

enum msiv2_rc world_change(struct world *world, const cJSON *patch, struct msiv2_error *err)
{
	return world_edit(world, read_patch, (void *)(uintptr_t)patch, err);
}

struct rule_modes world_modes(struct world *world)
{
	struct snapshot *snapshot = world_hold(world);
	struct rule_modes modes = snapshot->modes;

	snapshot_release(snapshot);
	return modes;
}

/* Changes {"section":{"name":text}}. */
static enum msiv2_rc change_text(struct world *world, const char *section, const char *name,
                                 const char *text, struct msiv2_error *err)
{
	OWNED(cJSON) *patch = cJSON_CreateObject();
	cJSON *object = cJSON_AddObjectToObject(patch, section);

	if (!cJSON_AddStringToObject(object, name, text))
		return err_no_memory(err, WHERE);
	return world_change(world, patch, err);
}

enum msiv2_rc world_set_mode(struct world *world, const char *rule, const char *mode,
                             struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, "rules"};
	struct rule_modes scratch = {0};

	TRY(rule_modes_take(&scratch, rule, mode, &blame, err));
	return change_text(world, "rules", rule, mode, err);
}

enum attestation_mode world_attestation(struct world *world)
{
	struct snapshot *snapshot = world_hold(world);
	enum attestation_mode mode = attestation_mode_of(&snapshot->config.host);

	snapshot_release(snapshot);
	return mode;
}

const char *attestation_mode_name(enum attestation_mode mode)
{
	return attestation_names[mode];
}

enum attestation_mode attestation_mode_of(const struct config_host *host)
{
	for (size_t i = 0; i < TEXT_COUNT(attestation_names); i++)
		if (text_equal(host->attestation, attestation_names[i]))
			return (enum attestation_mode)i;
	return ATTESTATION_OFF;
}

enum msiv2_rc world_set_attestation(struct world *world, const char *mode, struct msiv2_error *err)
{
	if (!mode)
		return err_set(err, MSIV2_CONFIG, "host.attestation", "must be a text");
	return change_text(world, "host", "attestation", mode, err);
}

enum msiv2_rc world_reset(struct world *world, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	pthread_mutex_lock(&world->change_lock);
	rc = replace(world, snapshot_hold(world->start), err);
	pthread_mutex_unlock(&world->change_lock);
	revocations_reset(world->revocations);
	registry_reset(world->registry);
	/* They were read before, so only memory can fail: then there are none. */
	if (faults_set(world->faults, world->start->config.faults, "faults", NULL) != MSIV2_OK)
		faults_clear(world->faults);
	attestations_reset(world->attestations);
	nonces_reset(world->nonces);
	world_clock_reset(&world->clock);
	journal_reset(world->journal);
	return rc;
}
