/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What this process holds, to see that nothing is left behind. Each fails the test when the system
 * does not tell. */
#ifndef TESTS_EMULATOR_PROCESS_SIZE_H
#define TESTS_EMULATOR_PROCESS_SIZE_H

#include <stddef.h>

/* Entries of a folder: descriptors in "/proc/self/fd", threads in "/proc/self/task". */
size_t process_count(const char *folder);
/* Resident memory in KiB. */
long process_resident_kib(void);

#endif
