/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "mem_fault.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_mem_alloc(size_t size);
void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_alloc(size_t size);
void *__wrap_mem_resize(void *old, size_t size);

/* Of the thread that armed it: peers of a test allocate as they like. */
static _Thread_local unsigned countdown;
static _Thread_local bool fired;

/* Of whichever thread comes to it: for work that is done on a thread of its own. */
static atomic_uint countdown_everywhere;

void mem_fault_at(unsigned nth)
{
	countdown = nth;
	fired = false;
}

void mem_fault_everywhere_at(unsigned nth)
{
	atomic_store(&countdown_everywhere, nth);
}

bool mem_fault_fired(void)
{
	return fired;
}

static bool fails_everywhere(void)
{
	unsigned left = atomic_load(&countdown_everywhere);

	while (left > 0 && !atomic_compare_exchange_weak(&countdown_everywhere, &left, left - 1))
		;
	return left == 1;
}

static bool fails_now(void)
{
	if (fails_everywhere())
		return true;
	if (countdown == 0 || --countdown > 0)
		return false;
	fired = true;
	return true;
}

void *__wrap_mem_alloc(size_t size)
{
	return fails_now() ? NULL : __real_mem_alloc(size);
}

void *__wrap_mem_resize(void *old, size_t size)
{
	return fails_now() ? NULL : __real_mem_resize(old, size);
}
