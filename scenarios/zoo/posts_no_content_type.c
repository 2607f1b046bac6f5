/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: sends JSON without saying so (ISSUE-01). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_set_header(altered, "Content-Type", "text/plain");
}
