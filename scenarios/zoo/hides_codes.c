/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not tell its caller why the token service refused (STS-04). */

#include "ref/sts_error.h"

void __real_sts_error_parse(const void *body, size_t len, struct sts_error *out);
void __wrap_sts_error_parse(const void *body, size_t len, struct sts_error *out);

void __wrap_sts_error_parse(const void *body, size_t len, struct sts_error *out)
{
	__real_sts_error_parse(body, len, out);
	out->error[0] = '\0';
}
