/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes to a token service that has no TLS (ISSUE-04). */

#include "common/text.h"
#include "ref/endpoint.h"

const char *__real_endpoint_complaint(const char *text);
const char *__wrap_endpoint_complaint(const char *text);

const char *__wrap_endpoint_complaint(const char *text)
{
	return text_starts(text, "http://") ? NULL : __real_endpoint_complaint(text);
}
