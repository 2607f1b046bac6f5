/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One call of this thread that fails: memory is out, also for cJSON, or the system says EIO. Other
 * threads, as those of an emulator, have enough. Link with WRAP SCARCE_WRAP of the CMakeLists. */
#ifndef TESTS_SCENARIOS_SCARCE_H
#define TESTS_SCENARIOS_SCARCE_H

#include <stdbool.h>

enum scarce { SCARCE_MEMORY, SCARCE_FILES };

/* To be called once, before there are threads: cJSON asks here from now on. */
void scarce_prepare(void);
/* The nth call of this thread from now (1 = the next) fails, once. */
void scarce_at(enum scarce what, unsigned nth);
/* How many calls there were since then; before scarce_end(). */
unsigned scarce_used(enum scarce what);
/* Nothing fails any more; true when the call has failed. */
bool scarce_end(void);

/* Descriptors this process has open. */
unsigned open_files(void);
/* This process has no child, running or dead. */
bool no_children(void);

#endif
