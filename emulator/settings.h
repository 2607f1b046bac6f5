/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* From the options of the public face to one configuration: defaults, then the file, then the text,
 * then the environment, then the options themselves. */
#ifndef EMULATOR_SETTINGS_H
#define EMULATOR_SETTINGS_H

#include <stdbool.h>

#include "config.h"
#include "include/msiv2_emulator.h"
#include "origins.h"

/* How the variables of the environment begin; the rest is the key in capitals, "__" for a dot. */
#define SETTINGS_VARIABLE "MSIV2_EMULATOR_"

/* Fills *config; after a failure it can only be freed. MSIV2_CONFIG naming the file, the variable
 * or the option, and the key. */
MSIV2_MUST_USE enum msiv2_rc settings_read(struct config *config,
                                           const struct msiv2_emulator_options *options,
                                           struct msiv2_error *err);
/* The same, and *origins, which starts zeroed, is told where each value came from. */
MSIV2_MUST_USE enum msiv2_rc settings_trace(struct config *config,
                                            const struct msiv2_emulator_options *options,
                                            struct origins *origins, struct msiv2_error *err);

#endif
