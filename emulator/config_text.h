/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One key of the configuration as two texts, as command lines and environments give it. */
#ifndef EMULATOR_CONFIG_TEXT_H
#define EMULATOR_CONFIG_TEXT_H

#include <cjson/cJSON.h>

#include "common/err.h"

/* The document that sets one key: "host.vm_id" and "x" make {"host":{"vm_id":"x"}}. The value of a
 * text is taken as it stands, `null` where the key may be null; every other value is JSON. Whether
 * there is such a key, and whether it takes the value, is told by reading the document. *out is
 * owned by the caller; MSIV2_INTERNAL when memory is out. */
MSIV2_MUST_USE enum msiv2_rc config_document(const char *path, const char *value, cJSON **out,
                                             struct msiv2_error *err);
/* The same with a value that is JSON already, which is taken over in any case. */
MSIV2_MUST_USE enum msiv2_rc config_document_of(const char *path, cJSON *value, cJSON **out,
                                                struct msiv2_error *err);

#endif
