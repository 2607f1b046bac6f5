/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Merge patches (RFC 7396): a test writes down only what differs from a good case. */
#ifndef TESTS_SCENARIOS_JSON_PATCH_H
#define TESTS_SCENARIOS_JSON_PATCH_H

#include "common/json.h"

/* Parses both texts and applies the second to the first; owned by the caller. `patch` NULL: the
 * base as it is. The test fails when a text is no JSON. */
cJSON *json_patched(const char *base, const char *patch);

#endif
