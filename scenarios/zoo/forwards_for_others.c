/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: tells IMDS whom it asks for (META-09). */

#include "altered_request.h"

void alter_request(struct altered_request *altered)
{
	altered_request_add_header(altered, "X-Forwarded-For", "192.0.2.7");
}
