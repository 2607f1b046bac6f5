/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on with a certificate that was refused (STS-05). */

#include "ref/sts_error.h"

bool __wrap_sts_error_is_certificate_rejection(const struct sts_error *answer);

bool __wrap_sts_error_is_certificate_rejection(const struct sts_error *answer)
{
	(void)answer;
	return false;
}
