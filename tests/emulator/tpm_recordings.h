/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Evidence that a real TPM made, each with what must come of it: for the test that makes it anew,
 * and for the samples recorded from it. */
#ifndef TESTS_EMULATOR_TPM_RECORDINGS_H
#define TESTS_EMULATOR_TPM_RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "attest_lab.h"
#include "emulator/rule.h"
#include "tpm_device.h"

struct tpm_recording {
	const char *name;
	enum rule_id rule; /* RULE_COUNT = good */
	bool fatal;        /* refused whatever the modes say */
	void (*make)(struct tpm_device *device, const struct attest_lab *lab, struct bytes *out);
};
extern const struct tpm_recording tpm_recordings[];
extern const size_t tpm_recording_count;

#endif
