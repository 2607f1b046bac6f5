/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks IMDS without the Metadata header (META-02). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_drop_header(altered, "Metadata");
}
