/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gets a new certificate whatever the token service refused (STS-05). */

#include "common/text.h"
#include "ref/sts_error.h"

bool __real_sts_error_is_certificate_rejection(const struct sts_error *answer);
bool __wrap_sts_error_is_certificate_rejection(const struct sts_error *answer);

bool __wrap_sts_error_is_certificate_rejection(const struct sts_error *answer)
{
	return __real_sts_error_is_certificate_rejection(answer) || !text_empty(answer->error);
}
