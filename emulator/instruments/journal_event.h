/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One journal event as JSON text, without its sequence number. */
#ifndef EMULATOR_INSTRUMENTS_JOURNAL_EVENT_H
#define EMULATOR_INSTRUMENTS_JOURNAL_EVENT_H

#include "common/bytes.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/journal.h"

/* Appends the object; a failure (memory) shows in out. */
void journal_event_print(const struct http_request *request, const struct http_response *response,
                         const struct journal_notes *notes, const struct journal_times *times,
                         struct bytes *out);

#endif
