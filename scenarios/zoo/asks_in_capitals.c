/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the path in the case it is documented in (META-01). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_replace_url(altered, "/getplatformmetadata", "/getPlatformMetadata");
}
