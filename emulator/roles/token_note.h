/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the journal is told about a token that was just made: its type and jti, never the token
 * itself (SEC-01). */
#ifndef EMULATOR_ROLES_TOKEN_NOTE_H
#define EMULATOR_ROLES_TOKEN_NOTE_H

#include "common/bytes.h"
#include "emulator/instruments/journal.h"

/* Notes the token; the jti is read from the token's own claims. */
void token_note(struct journal_notes *notes, const char *type, const struct bytes *jwt);

#endif
