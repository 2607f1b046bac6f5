/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The world one emulator plays: tenant, host, identities, clock, keys, rules, revocations, journal.
 * One struct, no globals; roles are functions of it. The addresses do not change after start and
 * are read without a lock; everything else has functions that lock. The configuration is an
 * immutable snapshot: who reads it holds it, who changes it puts another in its place. */
#ifndef EMULATOR_WORLD_H
#define EMULATOR_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log.h"
#include "common/own.h"
#include "common/rng.h"
#include "emulator/attestations.h"
#include "emulator/config.h"
#include "emulator/instruments/faults.h"
#include "emulator/instruments/journal.h"
#include "emulator/nonces.h"
#include "emulator/pki/attest_token.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/device_ca.h"
#include "emulator/pki/tokens.h"
#include "emulator/rate_limits.h"
#include "emulator/registry.h"
#include "emulator/revocations.h"
#include "emulator/rule.h"
#include "emulator/snapshot.h"
#include "emulator/world_clock.h"

/* What the host does with attestation tokens (ATT-05). */
enum attestation_mode {
	ATTESTATION_OFF,      /* ignores them */
	ATTESTATION_OPTIONAL, /* looks at them when there is one */
	ATTESTATION_REQUIRED  /* issues nothing without one */
};

struct host_listeners;

struct world {
	struct ca *ca;
	struct tokens *tokens;
	struct device_ca *device_ca;
	struct attest_tokens *attest_tokens;
	struct nonces *nonces;
	struct attestations *attestations;
	struct journal *journal;
	struct registry *registry;
	struct faults *faults;
	struct rate_limits *rate_limits;
	struct revocations *revocations;
	struct world_clock clock;
	const struct rng *rng;
	struct log log;

	struct snapshot *start;      /* what reset goes back to */
	struct snapshot *now;        /* under lock: the current one */
	pthread_mutex_t lock;        /* held for a moment */
	pthread_mutex_t change_lock; /* one change after the other */
	atomic_bool stopping;
	struct host_listeners *listeners; /* of further hosts; borrowed, NULL = nobody listens */

	/* Addresses, known once the listeners are bound. No trailing slash. */
	char *imds_base;
	char *sts_base;
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

/* Whoever waits for something is to give up. */
void world_stop(struct world *world);
/* world_stop() was called. */
bool world_is_stopping(struct world *world);

/* Starts the listeners of the further hosts that the configuration has at start, and from now on
 * those of hosts that are added. `listeners` is borrowed until the world is freed. */
MSIV2_MUST_USE enum msiv2_rc world_listen(struct world *world, struct host_listeners *listeners,
                                          struct msiv2_error *err);
/* Replaces *slot by "scheme://host:port", with brackets around an IPv6 address. */
MSIV2_MUST_USE enum msiv2_rc world_set_base(char **slot, const char *scheme, const char *host,
                                            uint16_t port, struct msiv2_error *err);
/* Where a local client reaches what is bound to this address. */
const char *world_reachable(const char *bind);

/* World time in seconds since 1970. */
int64_t world_now_s(struct world *world);
/* The configuration as it is now; let go of it with snapshot_release(). */
struct snapshot *world_hold(struct world *world);
/* Changes a copy of the configuration; `ctx` is the caller's. */
typedef enum msiv2_rc (*world_edit_fn)(void *ctx, struct config *config, struct msiv2_error *err);
/* Puts an edited copy in the place of the configuration, or nothing when the edit fails, a fixed
 * key differs or the whole does not hold together (MSIV2_CONFIG). One edit after the other. */
MSIV2_MUST_USE enum msiv2_rc world_edit(struct world *world, world_edit_fn edit, void *ctx,
                                        struct msiv2_error *err);
/* Reads `patch`, an object of configuration keys, over the configuration: all of it, or nothing and
 * MSIV2_CONFIG naming the key that is wrong or fixed. Exchanges that are under way end with what
 * they began with. */
MSIV2_MUST_USE enum msiv2_rc world_change(struct world *world, const cJSON *patch,
                                          struct msiv2_error *err);
/* A copy of the modes that hold now. */
struct rule_modes world_modes(struct world *world);
/* Sets a mode; MSIV2_CONFIG when rule or mode is unknown. */
MSIV2_MUST_USE enum msiv2_rc world_set_mode(struct world *world, const char *rule, const char *mode,
                                            struct msiv2_error *err);
/* What the default host does with attestation tokens. */
enum attestation_mode world_attestation(struct world *world);
/* The mode that a host's configuration names. */
enum attestation_mode attestation_mode_of(const struct config_host *host);
/* The word of a mode: "off", "optional", "required". */
const char *attestation_mode_name(enum attestation_mode mode);
/* Sets the mode by its word; MSIV2_CONFIG when there is none of that name. */
MSIV2_MUST_USE enum msiv2_rc world_set_attestation(struct world *world, const char *mode,
                                                   struct msiv2_error *err);
/* Journal, registry, revocations, nonces, attestations, clock and configuration as at start. A host
 * that cannot listen again fails it: everything else is reset, the configuration stays. */
MSIV2_MUST_USE enum msiv2_rc world_reset(struct world *world, struct msiv2_error *err);

#endif
