/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* `msiv2 cert verify`: folders and files (store_audit.h), and of each entry whether the key it
 * names is in its device and signs, and with --ca whether the chain leads to a root in it. */
#ifndef REF_CLI_CERT_VERIFY_H
#define REF_CLI_CERT_VERIFY_H

#include "command.h"
#include "store_desk.h"

/* Prints what is wrong; the exit code is that of MSIV2_STORE when anything is. */
MSIV2_MUST_USE enum msiv2_rc cert_verify(const struct arguments *args, struct store_desk *desk,
                                         struct command_result *result, struct msiv2_error *err);

#endif
