/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The client from the inside: what acquisitions share. Everything in it is either fixed by
 * msiv2_client_new() or has a lock of its own. */
#ifndef REF_CLIENT_H
#define REF_CLIENT_H

#include <openssl/x509.h>
#include <sys/types.h>

#include "attestation.h"
#include "binding_slot.h"
#include "common/log.h"
#include "common/own.h"
#include "common/rng.h"
#include "flight.h"
#include "identity.h"
#include "imds.h"
#include "include/msiv2.h"
#include "keyring.h"
#include "net/http.h"
#include "persistence.h"
#include "token_cache.h"

struct msiv2_client {
	pid_t owner; /* the process that made it: see client_request_check_plain() */
	struct identity identity;
	char *imds_base;
	const struct msiv2_clock *clock; /* borrowed from the program */
	struct log log;
	int64_t timeout_ms;
	struct rng_seeded seeded;
	const struct rng *jitter; /* of pauses: &seeded.rng, or NULL = the system's */
	X509_STORE *trust;        /* NULL = the system's anchors */
	struct http_pool *imds_pool;
	struct imds imds;
	struct attestation *attestation;
	struct key_settings keys;
	struct keyring *keyring;
	struct persistence *persistence;
	struct binding_slot *slot;
	struct token_cache *tokens;
	struct flight_board token_flights;
};

DEFINE_OWNED_STRUCT(msiv2_client, msiv2_client_free)

#endif
