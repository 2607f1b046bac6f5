/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gets new certificates for as long as the old one is refused (STS-05). */

#include "ref/sts_error.h"

bool __real_sts_error_may_repeat(const struct sts_error *answer);
bool __wrap_sts_error_may_repeat(const struct sts_error *answer);

bool __wrap_sts_error_may_repeat(const struct sts_error *answer)
{
	return __real_sts_error_may_repeat(answer) || sts_error_is_certificate_rejection(answer);
}
