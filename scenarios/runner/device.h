/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The device that holds persistent keys of one scenario: a private SoftHSM2 token for keyguard, a
 * private swtpm for hardware, nothing for memory. Made by the project's own scripts. */
#ifndef SCENARIOS_RUNNER_DEVICE_H
#define SCENARIOS_RUNNER_DEVICE_H

#include "common/bytes.h"
#include "environment.h"
#include "feature.h"
#include "stop.h"

struct device {
	enum key_kind kind;
	struct bytes scripts; /* the folder of the scripts */
	struct bytes dir;     /* of the device; removed with it */
	/* Ends waiting for the device to be made. Set before device_start(); may be NULL. */
	const struct stop *stop;
};

/* Makes the device in a folder that is not there yet (at most 90 bytes long, as sockets want it)
 * and sets the variables that lead to it. MSIV2_UNSUPPORTED when the programs are not installed or
 * do not work here. */
MSIV2_MUST_USE enum msiv2_rc device_start(struct device *device, enum key_kind kind,
                                          const char *scripts, const char *dir,
                                          struct environment *environment, struct msiv2_error *err);
/* Makes it forget its keys, as a reboot would, or firmware that clears its TPM. It is the same
 * device then. */
MSIV2_MUST_USE enum msiv2_rc device_forget(struct device *device, struct msiv2_error *err);
/* Ends and removes it. */
void device_stop(struct device *device);
DEFINE_OWNED_VALUE(device, device_stop)

#endif
