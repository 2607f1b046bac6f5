/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The older instance metadata service: GET /metadata/identity/oauth2/token gives a bearer token to
 * whoever asks on the host (V1-01, V1-02). META-02 and META-09 hold here as well. */
#ifndef EMULATOR_ROLES_IMDS_V1_H
#define EMULATOR_ROLES_IMDS_V1_H

#include <stdbool.h>

#include "role.h"

/* The path is that of the token, in any case, with or without a slash at its end. */
bool imds_v1_has_path(const char *path);
/* Answers it: 200 with a token whose texts are all strings, or an error of IMDS. */
void imds_v1_answer(struct role_call *call);

#endif
