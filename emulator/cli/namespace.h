/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private network: a namespace of the kernel with nothing in it but a loopback device, on which
 * an address of our choice is at home. It goes with the last process in it. */
#ifndef EMULATOR_CLI_NAMESPACE_H
#define EMULATOR_CLI_NAMESPACE_H

#include "common/err.h"

/* Moves this process, which must have one thread only, into a new network namespace, brings its
 * loopback device up and gives it the IPv4 `address`. Without the right to do so directly a new
 * user namespace is entered as well, in which user and group are what they were. Afterwards ports
 * below 1024 can be bound. MSIV2_UNSUPPORTED naming what this system does not permit. */
MSIV2_MUST_USE enum msiv2_rc namespace_enter(const char *address, struct msiv2_error *err);

#endif
