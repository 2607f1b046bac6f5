/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The second half of issuecredential: from a request whose frame is good to a certificate. */
#ifndef EMULATOR_ROLES_ISSUE_H
#define EMULATOR_ROLES_ISSUE_H

#include "emulator/config.h"
#include "role.h"

/* Reads the body, judges the CSR for the identity and answers 200 with a certificate (ISSUE-02,
 * ISSUE-03) or an error. */
void issue_answer(struct role_call *call, const struct config_identity *identity);

#endif
