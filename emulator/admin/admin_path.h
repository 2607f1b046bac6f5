/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Paths with parameters: "/faults/{id}" takes "/faults/slow-token", and id is "slow-token". A
 * parameter is one whole segment, never empty, with its percent escapes decoded; text that is not
 * UTF-8, a NUL and a segment that is too long match nothing. Pure; any path may be given. */
#ifndef EMULATOR_ADMIN_ADMIN_PATH_H
#define EMULATOR_ADMIN_ADMIN_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define ADMIN_PARAMS_MAX 2
#define ADMIN_PARAM_SIZE 256

struct admin_path_params {
	const char *pattern; /* whose names the values have */
	char value[ADMIN_PARAMS_MAX][ADMIN_PARAM_SIZE];
	size_t count;
};

/* The path fits the pattern; *params is then filled, otherwise it is undefined. */
bool admin_path_match(const char *pattern, const char *path, struct admin_path_params *params);
/* The value of a parameter by its name, "" when the pattern has none of that name. */
const char *admin_path_param(const struct admin_path_params *params, const char *name);

#endif
