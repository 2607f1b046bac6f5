/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The public options object from the inside. */
#ifndef REF_CLIENT_OPTIONS_H
#define REF_CLIENT_OPTIONS_H

#include "common/log.h"
#include "identity.h"
#include "include/msiv2.h"
#include "key_settings.h"
#include "store/store.h"

#define CLIENT_DEFAULT_TIMEOUT_MS INT64_C(60000)

struct msiv2_options {
	struct identity identity;
	char *imds;       /* "scheme://host[:port]"; NULL = from the environment (NET-06) */
	char *trust_file; /* NULL = the system's anchors */
	const struct msiv2_clock *clock;
	int64_t timeout_ms;
	bool seeds_pauses; /* by `seed`, rather than by the system */
	uint64_t seed;
	struct log log;
	struct key_settings keys;
	enum store_scope store;
	char *store_root; /* NULL = the scope's own */
};

#endif
