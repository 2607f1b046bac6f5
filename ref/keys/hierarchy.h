/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Which kinds of key are tried, strongest first (KEY-02), and what floor the caller sets (KEY-06).
 *
 * A kind is used only if every kind before it gave no key; each of those is logged with its
 * reason (KEY-10). A value; its rows are static. */
#ifndef REF_KEYS_HIERARCHY_H
#define REF_KEYS_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>

#include "provider.h"

#define HIERARCHY_MAX 3

struct hierarchy {
	const struct key_provider *providers[HIERARCHY_MAX];
	size_t count;
	const struct key_provider *floor; /* NULL = none */
};

/* Memory only: what Linux has (KEY-03). */
void hierarchy_default(struct hierarchy *hierarchy);

/* Reads "windows" (keyguard, hardware, memory: KEY-02), "linux" (memory: KEY-03), or a list of
 * kinds, comma-separated, in the order to try them. MSIV2_CONFIG for an empty list, an unknown kind
 * or one named twice. The floor stays. */
MSIV2_MUST_USE enum msiv2_rc hierarchy_parse(struct hierarchy *hierarchy, const char *text,
                                             struct msiv2_error *err);
/* Sets the floor: kinds weaker than `kind` are not used. MSIV2_CONFIG for an unknown kind. */
MSIV2_MUST_USE enum msiv2_rc hierarchy_set_floor(struct hierarchy *hierarchy, const char *kind,
                                                 struct msiv2_error *err);
/* MSIV2_CONFIG when the floor leaves no kind to try. */
MSIV2_MUST_USE enum msiv2_rc hierarchy_check(const struct hierarchy *hierarchy,
                                             struct msiv2_error *err);

/* The strongest key there is. MSIV2_KEY_UNAVAILABLE naming each kind and its reason when there is
 * none at or above the floor; MSIV2_TIMEOUT at the deadline, which never counts as a reason to go
 * weaker; MSIV2_INTERNAL when memory is out. *provider (optional) says where it came from. */
MSIV2_MUST_USE enum msiv2_rc hierarchy_get(const struct hierarchy *hierarchy,
                                           const struct key_place *place, int64_t deadline_us,
                                           struct key **out, const struct key_provider **provider,
                                           struct msiv2_error *err);

/* Keys of that kind outlive the process: all but memory keys do (KEY-03). */
bool hierarchy_kind_persists(const char *kind);
/* The hierarchy has a kind at or above its floor whose keys outlive the process. */
bool hierarchy_persists(const struct hierarchy *hierarchy);

/* Appends the name of the device at that place in which keys of a kind are (provider.h). False, and
 * out unchanged, when it cannot be told: the device does not answer by then, or not at all. */
MSIV2_MUST_USE bool hierarchy_device(const char *kind, const struct key_place *place,
                                     int64_t deadline_us, struct bytes *out);

/* The provider of a kind by name of `len` bytes, or NULL. */
const struct key_provider *hierarchy_provider(const char *kind, size_t len);
/* "absent" (device or key), "broken", "refused". */
const char *key_lack_name(enum key_lack lack);

#endif
