/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not tell its caller what IMDS answered (ISSUE-05). */

#include "common/err.h"

void __wrap_err_add_service(struct msiv2_error *err, int http_status, const char *code);

void __wrap_err_add_service(struct msiv2_error *err, int http_status, const char *code)
{
	(void)err;
	(void)http_status;
	(void)code;
}
