/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Takes what looks like a token out of what becomes evidence (SEC-01). */
#ifndef SCENARIOS_RUNNER_SCRUB_H
#define SCENARIOS_RUNNER_SCRUB_H

#include "common/bytes.h"
#include "common/json.h"

/* Replaces every text that holds something like a JWT or a private key, at any depth, by
 * "[redacted]"; false when memory is out. */
bool scrub_json(cJSON *value);
/* Appends the text, or "[redacted]" when it holds such a thing. */
void scrub_text(const char *text, struct bytes *out);
/* Appends "[redacted]". */
void scrub_hidden(struct bytes *out);

#endif
