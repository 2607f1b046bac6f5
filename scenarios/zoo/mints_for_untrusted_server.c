/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gets a new certificate because it does not trust the server (STS-06). */

#include "ref/net/handshake.h"

bool __real_handshake_refused_certificate(const struct handshake *watched, bool line_ended);
bool __wrap_handshake_refused_certificate(const struct handshake *watched, bool line_ended);

bool __wrap_handshake_refused_certificate(const struct handshake *watched, bool line_ended)
{
	return __real_handshake_refused_certificate(watched, line_ended) ||
	       handshake_distrust(watched) != NULL;
}
