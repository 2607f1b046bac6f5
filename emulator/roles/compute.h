/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* GET /metadata/instance/compute: what the host says about itself (V1-03). Only JSON, and only the
 * whole of it; META-02 and META-09 hold here as well. */
#ifndef EMULATOR_ROLES_COMPUTE_H
#define EMULATOR_ROLES_COMPUTE_H

#include <stdbool.h>

#include "role.h"

/* The path is that of the compute metadata, in any case, with or without a slash at its end. */
bool compute_has_path(const char *path);
/* Answers it: 200, or an error of IMDS. */
void compute_answer(struct role_call *call);

#endif
