/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "world.h"

#include <string.h>

#include "common/bytes.h"
#include "common/mem.h"
#include "common/text.h"

#define WHERE "world"

static enum msiv2_rc make_ca(struct world *world, struct msiv2_error *err)
{
	struct config *config = &world->config;
	struct ca_options options = {
	        .key_type = text_equal(config->ca_key, "rsa") ? CA_KEY_RSA_2048 : CA_KEY_EC_P256,
	        .state_dir = config->state_dir,
	        .rng = world->rng,
	};
	OWNED_STRUCT(bytes) pem = {0};

	/* The host in the addresses has to be a name of the certificate. */
	if (config->public_host)
		TRY(config_list_add(&config->server_names, config->public_host, "server.names",
		                    err));
	options.names = (const char *const *)config->server_names.items;
	options.name_count = config->server_names.count;
	TRY(ca_new(&options, &world->ca, err));
	TRY(ca_bundle_pem(world->ca, &pem, err));
	return config_set_text(&world->ca_pem, bytes_text(&pem), err);
}

static const char *const attestation_names[] = {
        [ATTESTATION_OFF] = "off",
        [ATTESTATION_OPTIONAL] = "optional",
        [ATTESTATION_REQUIRED] = "required",
};

/* The attestation service's parts. A host that looks at tokens will need the key soon. */
static enum msiv2_rc make_attestation(struct world *world, struct msiv2_error *err)
{
	const char *state_dir = world->config.state_dir;

	TRY(nonces_new(world->rng, &world->nonces, err));
	TRY(attestations_new(&world->attestations, err));
	TRY(device_ca_new(state_dir, world->rng, &world->device_ca, err));
	TRY(attest_tokens_new(state_dir, world->rng, &world->attest_tokens, err));
	return world_set_attestation(world, world->config.attestation, err);
}

static enum msiv2_rc make_parts(struct world *world, struct msiv2_error *err)
{
	TRY(config_modes(&world->config, &world->start_modes, err));
	world->modes = world->start_modes;
	TRY(journal_new((size_t)world->config.journal_capacity, &world->journal, err));
	TRY(registry_new(&world->registry, err));
	TRY(revocations_new(&world->revocations, err));
	TRY(make_ca(world, err));
	TRY(make_attestation(world, err));
	return tokens_new(world->config.state_dir, world->rng, &world->tokens, err);
}

enum msiv2_rc world_new(struct config *config, const struct msiv2_clock *clock,
                        const struct log *log, struct world **out, struct msiv2_error *err)
{
	struct world *fresh = mem_alloc(sizeof(*fresh));
	OWNED_STRUCT(world) *world = fresh;

	*out = NULL;
	if (!world)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&world->modes_lock, NULL);
	world->config = steal(config);
	world->rng = rng_system();
	world->log = *log;
	world_clock_init(&world->clock, clock ? clock : clock_system(),
	                 world->config.clock_offset_s, world->config.clock_frozen);
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
	registry_free(world->registry);
	journal_free(world->journal);
	world_clock_free(&world->clock);
	config_free(&world->config);
	pthread_mutex_destroy(&world->modes_lock);
	mem_free(world->imds_base);
	mem_free(world->sts_base);
	mem_free(world->mtls_endpoint);
	mem_free(world->attestation_endpoint);
	mem_free(world->resource_url);
	mem_free(world->admin_base);
	mem_free(world->ca_pem);
	mem_free(world);
}

/* scheme://host:port, with brackets around an IPv6 address. */
static enum msiv2_rc set_base(char **slot, const char *scheme, const char *host, uint16_t port,
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

/* Where a local client reaches what is bound to this address. */
static const char *reachable(const char *bind)
{
	if (text_equal(bind, "0.0.0.0"))
		return "127.0.0.1";
	return text_equal(bind, "::") ? "::1" : bind;
}

enum msiv2_rc world_set_ports(struct world *world, uint16_t imds_port, uint16_t sts_port,
                              uint16_t admin_port, struct msiv2_error *err)
{
	const struct config *config = &world->config;
	const char *plain_host =
	        config->public_host ? config->public_host : reachable(config->bind);
	const char *tls_host = config->public_host ? config->public_host : "localhost";

	TRY(set_base(&world->imds_base, "http", plain_host, imds_port, err));
	TRY(set_base(&world->sts_base, "https", tls_host, sts_port, err));
	TRY(set_base(&world->admin_base, "http", plain_host, admin_port, err));
	TRY(set_endpoint(&world->mtls_endpoint, config->mtls_authentication_endpoint,
	                 world->sts_base, "", err));
	TRY(set_endpoint(&world->attestation_endpoint, config->attestation_endpoint,
	                 world->sts_base, "/maa", err));
	return set_endpoint(&world->resource_url, NULL, world->sts_base, "/resource", err);
}

int64_t world_now_s(struct world *world)
{
	return world_clock_now_s(&world->clock);
}

struct rule_modes world_modes(struct world *world)
{
	struct rule_modes modes;

	pthread_mutex_lock(&world->modes_lock);
	modes = world->modes;
	pthread_mutex_unlock(&world->modes_lock);
	return modes;
}

enum msiv2_rc world_set_mode(struct world *world, const char *rule, const char *mode,
                             struct msiv2_error *err)
{
	bool known;

	pthread_mutex_lock(&world->modes_lock);
	known = rule_modes_set(&world->modes, rule, mode);
	pthread_mutex_unlock(&world->modes_lock);
	if (!known)
		return err_set(err, MSIV2_CONFIG, rule,
		               "'%s' is not a mode (reject, note, off) of a known rule", mode);
	return MSIV2_OK;
}

enum attestation_mode world_attestation(struct world *world)
{
	enum attestation_mode mode;

	pthread_mutex_lock(&world->modes_lock);
	mode = world->attestation;
	pthread_mutex_unlock(&world->modes_lock);
	return mode;
}

const char *attestation_mode_name(enum attestation_mode mode)
{
	return attestation_names[mode];
}

/* The mode of that name, or ATTESTATION_OFF with *found = false. */
static enum attestation_mode attestation_from_name(const char *name, bool *found)
{
	for (size_t i = 0; i < TEXT_COUNT(attestation_names); i++) {
		*found = text_equal(name, attestation_names[i]);
		if (*found)
			return (enum attestation_mode)i;
	}
	return ATTESTATION_OFF;
}

enum msiv2_rc world_set_attestation(struct world *world, const char *mode, struct msiv2_error *err)
{
	bool found = false;
	enum attestation_mode wanted = attestation_from_name(mode, &found);

	if (!found)
		return err_set(err, MSIV2_CONFIG, "attestation",
		               "must be \"off\", \"optional\" or \"required\"");
	if (wanted != ATTESTATION_OFF)
		TRY(attest_tokens_prepare(world->attest_tokens, err));
	pthread_mutex_lock(&world->modes_lock);
	world->attestation = wanted;
	pthread_mutex_unlock(&world->modes_lock);
	return MSIV2_OK;
}

void world_reset(struct world *world)
{
	bool found = false;

	pthread_mutex_lock(&world->modes_lock);
	world->modes = world->start_modes;
	world->attestation = attestation_from_name(world->config.attestation, &found);
	pthread_mutex_unlock(&world->modes_lock);
	revocations_reset(world->revocations);
	registry_reset(world->registry);
	attestations_reset(world->attestations);
	nonces_reset(world->nonces);
	world_clock_reset(&world->clock);
	journal_reset(world->journal);
}

const struct config_identity *world_default_identity(const struct world *world)
{
	const struct config *config = &world->config;

	for (size_t i = 0; i < config->identity_count; i++)
		if (config->identities[i].system)
			return &config->identities[i];
	return &config->identities[0];
}

const struct config_identity *world_find_identity(const struct world *world, const char *selector,
                                                  const char *value)
{
	for (size_t i = 0; i < world->config.identity_count; i++) {
		const struct config_identity *identity = &world->config.identities[i];
		const char *id = NULL;

		if (text_equal(selector, "client_id"))
			id = identity->client_id;
		else if (text_equal(selector, "object_id"))
			id = identity->object_id;
		else if (text_equal(selector, "mi_res_id"))
			id = identity->resource_id;
		if (id && text_equal_nocase(id, value))
			return identity;
	}
	return NULL;
}
