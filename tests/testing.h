/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* CMocka with the headers it needs, in the order it needs them. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
