/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where a value is in a JSON document: "cuId.vmId", "keys[0].kid", "error_codes[0]". Names stand
 * between dots, as they are written in the document; a name with a dot or a bracket cannot be said.
 * Pure. */
#ifndef EMULATOR_INSTRUMENTS_JSON_PATH_H
#define EMULATOR_INSTRUMENTS_JSON_PATH_H

#include <stdbool.h>

#include "common/json.h"

#define JSON_PATH_MAX 256 /* bytes of a path, with its NUL */

/* The text is a path; "" is none. */
bool json_path_is(const char *path);
/* The value at a path and the object or array that holds it; NULL when there is none. */
cJSON *json_path_find(cJSON *root, const char *path, cJSON **parent);

#endif
