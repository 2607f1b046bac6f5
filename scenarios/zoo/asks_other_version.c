/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks for another version of the protocol (META-01). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_replace_url(altered, "cred-api-version=2.0", "cred-api-version=1.0");
}
