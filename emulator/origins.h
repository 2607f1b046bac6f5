/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where each value of a configuration came from. */
#ifndef EMULATOR_ORIGINS_H
#define EMULATOR_ORIGINS_H

#include <cjson/cJSON.h>

#include "common/err.h"
#include "common/own.h"

/* The path of every value that was set, and who set it last. */
struct origins {
	cJSON *paths; /* owned; made when the first is noted */
};

/* Frees. */
void origins_free(struct origins *origins);
DEFINE_OWNED_VALUE(origins, origins_free)

/* Everything that a document says came from `origin`. */
MSIV2_MUST_USE enum msiv2_rc origins_note(struct origins *origins, const cJSON *document,
                                          const char *origin, struct msiv2_error *err);
/* One value did. */
MSIV2_MUST_USE enum msiv2_rc origins_note_path(struct origins *origins, const char *path,
                                               const char *origin, struct msiv2_error *err);
/* The configuration with {"value":...,"from":"..."} in the place of each value; what nobody set is
 * from "default". Owned by the caller; NULL when memory is out. */
cJSON *origins_json(const struct origins *origins, const cJSON *config);

#endif
