/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not say that it wants a bound token (STS-02). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_replace_body(altered, "&token_type=mtls_pop", "");
}
