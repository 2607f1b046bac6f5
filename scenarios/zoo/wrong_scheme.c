/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: presents a bound token as a bearer one (TOK-03). */

#include <string.h>

#include "altered_request.h"
#include "common/text.h"

void alter_request(struct altered_request *altered)
{
	if (text_equal(altered->request.where, "resource")) {
		bytes_addf(&altered->value, "Bearer%s",
		           strchr(altered->request.headers[0].value, ' '));
		altered_request_set_header(altered, "Authorization", bytes_text(&altered->value));
	}
}
