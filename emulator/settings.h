/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* From the options of the public face to one configuration: defaults, then the file, then the text,
 * then the options themselves. */
#ifndef EMULATOR_SETTINGS_H
#define EMULATOR_SETTINGS_H

#include "config.h"
#include "include/msiv2_emulator.h"

/* Fills *config; after a failure it can only be freed. */
MSIV2_MUST_USE enum msiv2_rc settings_read(struct config *config,
                                           const struct msiv2_emulator_options *options,
                                           struct msiv2_error *err);

#endif
