/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: sends a secret along with its certificate (STS-02). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_replace_body(altered, "grant_type=", "client_secret=none&grant_type=");
}
