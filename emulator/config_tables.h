/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the tables of keys share: ranges and forms. */
#ifndef EMULATOR_CONFIG_TABLES_H
#define EMULATOR_CONFIG_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_DAY_S        INT64_C(86400)
#define CONFIG_YEAR_S       (INT64_C(365) * CONFIG_DAY_S)
#define CONFIG_POP_EXPECTED "\"allowed\", \"required\" or \"off\""

/* A text is a policy for bound tokens. */
bool config_is_pop(const char *text);

#endif
