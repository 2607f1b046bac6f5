/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the two files that implement folder.h share. */
#ifndef REF_STORE_FOLDER_INTERNAL_H
#define REF_STORE_FOLDER_INTERNAL_H

#include "folder.h"

#define FOLDER_WHERE "store"

/* Fails with errno's reason; `name` (in the folder) may be NULL. */
enum msiv2_rc folder_fail(const struct folder *folder, const char *name, const char *what,
                          struct msiv2_error *err);

#endif
