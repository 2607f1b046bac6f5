/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks IMDS without a correlation id (META-03). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_drop_header(altered, "x-ms-client-request-id");
}
