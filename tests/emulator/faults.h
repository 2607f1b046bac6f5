/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Makes one call through a seam of common/ fail. Link with WRAP FAULTS_WRAP of the CMakeLists. */
#ifndef TESTS_EMULATOR_FAULTS_H
#define TESTS_EMULATOR_FAULTS_H

#include <stdbool.h>

enum fault_seam { FAULT_MEMORY, FAULT_FILES };

/* The nth call of that seam from now (1 = the next) fails, once: memory is out, or the system says
 * EIO. */
void fault_at(enum fault_seam seam, unsigned nth);
/* Nothing fails any more; true when the armed fault has happened. */
bool fault_disarm(void);

#endif
