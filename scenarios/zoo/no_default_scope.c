/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks for the resource itself as scope (STS-02). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_replace_body(altered, "%2F.default", "");
}
