/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes to an endpoint with user information (ISSUE-04). */

#include "common/text.h"
#include "ref/endpoint.h"

const char *__real_endpoint_complaint(const char *text);
const char *__wrap_endpoint_complaint(const char *text);

const char *__wrap_endpoint_complaint(const char *text)
{
	const char *complaint = __real_endpoint_complaint(text);

	return text_equal(complaint, "has user information") ? NULL : complaint;
}
