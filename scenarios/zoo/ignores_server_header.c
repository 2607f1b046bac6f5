/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: believes anybody to be IMDS (META-06). */

#include "common/text.h"
#include "ref/net/http.h"

const char *__real_http_answer_header(const struct http_answer *answer, const char *name);
const char *__wrap_http_answer_header(const struct http_answer *answer, const char *name);

const char *__wrap_http_answer_header(const struct http_answer *answer, const char *name)
{
	return text_equal(name, "Server") ? "IMDS" : __real_http_answer_header(answer, name);
}
