/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: probes with the Metadata header (META-08). */

#include "altered_request.h"
#include "common/text.h"

void alter_request(struct altered_request *altered)
{
	if (text_equal(altered->request.where, "imds.probe"))
		altered_request_add_header(altered, "Metadata", "true");
}
