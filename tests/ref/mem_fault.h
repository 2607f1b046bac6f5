/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Makes the nth allocation through common/mem.h fail. Link with WRAP mem_alloc mem_resize. */
#ifndef TESTS_REF_MEM_FAULT_H
#define TESTS_REF_MEM_FAULT_H

#include <stdbool.h>

/* The nth allocation of this thread from now (1 = the next) gives NULL, once; 0 = none. */
void mem_fault_at(unsigned nth);
/* The same for the nth allocation of whichever thread comes to it. */
void mem_fault_everywhere_at(unsigned nth);
/* The fault this thread armed has happened. */
bool mem_fault_fired(void);

#endif
