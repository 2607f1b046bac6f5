/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Journal events as HAR 1.2, which browsers' tools show.
 *
 * Bodies are not in the journal and so not in the HAR; of the answer's headers only Content-Type is
 * known. startedDateTime is world time, which has whole seconds; _mono_us orders what happened
 * within one. What HAR has no place for is in members that start with '_', as HAR provides. Pure.
 */
#ifndef EMULATOR_INSTRUMENTS_JOURNAL_HAR_H
#define EMULATOR_INSTRUMENTS_JOURNAL_HAR_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/json.h"

/* The event is an HTTP exchange, and not a handshake that failed or garbage without a method. */
bool har_has(const cJSON *event);
/* Appends what stands before the first entry. */
void har_begin(struct bytes *out);
/* Appends an event as an entry; a failure (memory) shows in out. */
void har_add_entry(const cJSON *event, struct bytes *out);
/* Appends what stands behind the last entry. */
void har_end(struct bytes *out);

#endif
