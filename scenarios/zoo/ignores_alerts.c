/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not take an alert for a refusal of its certificate (STS-05). */

#include "ref/net/handshake.h"

bool __wrap_handshake_refused_certificate(const struct handshake *watched, bool line_ended);

bool __wrap_handshake_refused_certificate(const struct handshake *watched, bool line_ended)
{
	(void)watched;
	(void)line_ended;
	return false;
}
