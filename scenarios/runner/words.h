/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Words of fixed room: what does not fit is left out, never half a character. Pure. */
#ifndef SCENARIOS_RUNNER_WORDS_H
#define SCENARIOS_RUNNER_WORDS_H

#include <stddef.h>

#include "common/json.h"

/* Writes formatted text; what is too long ends at a whole UTF-8 character. */
void words_set(char *out, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* Adds to what is there. */
void words_add(char *out, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* Writes a value as compact JSON; "nothing" for NULL, "..." for what is too long. */
void words_json(char *out, size_t size, const cJSON *value);

#endif
