/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The world one emulator plays: tenant, host, identities, clock, keys, rules, revocations, journal.
 * One struct, no globals; roles are functions of it. The configuration and the addresses do not
 * change after start and are read without a lock; everything else has functions that lock. */
#ifndef EMULATOR_WORLD_H
#define EMULATOR_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log.h"
#include "common/own.h"
#include "common/rng.h"
#include "emulator/attestations.h"
#include "emulator/config.h"
#include "emulator/instruments/journal.h"
#include "emulator/nonces.h"
#include "emulator/pki/attest_token.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/device_ca.h"
#include "emulator/pki/tokens.h"
#include "emulator/registry.h"
#include "emulator/revocations.h"
#include "emulator/rule.h"
#include "emulator/world_clock.h"

/* What the host does with attestation tokens (ATT-05). */
enum attestation_mode {
	ATTESTATION_OFF,      /* ignores them */
	ATTESTATION_OPTIONAL, /* looks at them when there is one */
	ATTESTATION_REQUIRED  /* issues nothing without one */
};

struct world {
	struct config config;
	struct ca *ca;
	struct tokens *tokens;
	struct device_ca *device_ca;
	struct attest_tokens *attest_tokens;
	struct nonces *nonces;
	struct attestations *attestations;
	struct journal *journal;
	struct registry *registry;
	struct revocations *revocations;
	struct world_clock clock;
	const struct rng *rng;
	struct log log;

	struct rule_modes start_modes;
	struct rule_modes modes;           /* under modes_lock */
	enum attestation_mode attestation; /* under modes_lock */
	pthread_mutex_t modes_lock;

	/* Addresses, known once the listeners are bound. No trailing slash. */
	char *imds_base;
	char *sts_base;
	char *mtls_endpoint; /* what issuecredential hands out */
	char *attestation_endpoint;
	char *resource_url;
	char *admin_base;
	char *ca_pem;
};

/* Takes the configuration over (it is left empty), makes or loads the keys, starts the clock. The
 * world is at a fixed address afterwards: *out is freed with world_free(). */
MSIV2_MUST_USE enum msiv2_rc world_new(struct config *config, const struct msiv2_clock *clock,
                                       const struct log *log, struct world **out,
                                       struct msiv2_error *err);
/* Frees; NULL is allowed. */
void world_free(struct world *world);
DEFINE_OWNED_STRUCT(world, world_free)

/* Builds the addresses from the ports that were bound. */
MSIV2_MUST_USE enum msiv2_rc world_set_ports(struct world *world, uint16_t imds_port,
                                             uint16_t sts_port, uint16_t admin_port,
                                             struct msiv2_error *err);

/* World time in seconds since 1970. */
int64_t world_now_s(struct world *world);
/* A copy of the modes that hold for one exchange. */
struct rule_modes world_modes(struct world *world);
/* Sets a mode; MSIV2_CONFIG when rule or mode is unknown. */
MSIV2_MUST_USE enum msiv2_rc world_set_mode(struct world *world, const char *rule, const char *mode,
                                            struct msiv2_error *err);
/* What the host does with attestation tokens. */
enum attestation_mode world_attestation(struct world *world);
/* The word of a mode: "off", "optional", "required". */
const char *attestation_mode_name(enum attestation_mode mode);
/* Sets the mode by its word; MSIV2_CONFIG when there is none of that name. */
MSIV2_MUST_USE enum msiv2_rc world_set_attestation(struct world *world, const char *mode,
                                                   struct msiv2_error *err);
/* Journal, registry, revocations, nonces, attestations, clock and modes as at start. */
void world_reset(struct world *world);

/* The system-assigned identity, or the first one when there is none. Never NULL. */
const struct config_identity *world_default_identity(const struct world *world);
/* The identity whose `selector` ("client_id", "object_id", "mi_res_id") has that value, ignoring
 * case; NULL when there is none. */
const struct config_identity *world_find_identity(const struct world *world, const char *selector,
                                                  const char *value);

#endif
