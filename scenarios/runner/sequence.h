/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Events of a journal as an ASCII sequence diagram:
 *
 *            client                         imds               sts
 *     seq 3    |--- POST issuecredential ---->|                 |
 *              |<-- 200 ----------------------|                 |
 *     seq 4    |--- POST token -------------------------------->|
 *              |<-- 503   ! fault f1 (http.status) -------------|
 *
 * What changed the world stands as a note between. Pure. */
#ifndef SCENARIOS_RUNNER_SEQUENCE_H
#define SCENARIOS_RUNNER_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"

/* Appends the events of the journal ({"events":[..]}) with from <= seq < to, the last `most` of
 * them, each line after `indent`; to 0 is up to the end. */
void sequence_draw(const cJSON *journal, int64_t from, int64_t to, size_t most, const char *indent,
                   struct bytes *out);

#endif
