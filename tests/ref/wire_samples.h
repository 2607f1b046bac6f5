/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The samples of tests/wire: good_* and bad_* of one kind, each handed to a judge. */
#ifndef TESTS_REF_WIRE_SAMPLES_H
#define TESTS_REF_WIRE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"

/* Judges one sample; `good` is what its name says. */
typedef void (*wire_judge_fn)(const char *name, bool good, const struct bytes *body);

/* Hands over every sample of tests/wire/KIND, and fails the test when there are none of either
 * sort. */
void wire_samples_judge(const char *kind, wire_judge_fn judge);
/* Appends one sample. */
void wire_sample_read(const char *kind, const char *name, struct bytes *out);

#endif
