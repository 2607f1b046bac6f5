/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes a bound token where it asked for a bearer one (STS-03). */

#include "ref/token_answer.h"

enum msiv2_rc __real_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err);
enum msiv2_rc __wrap_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err);

enum msiv2_rc __wrap_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err)
{
	if (__real_token_answer_parse(body, len, wanted_type, out, err) == MSIV2_OK)
		return MSIV2_OK;
	return __real_token_answer_parse(body, len, "mtls_pop", out, err);
}
