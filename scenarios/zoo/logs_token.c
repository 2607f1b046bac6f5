/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the access token to its log (SEC-01). */

#include <stdio.h>

#include "ref/token_answer.h"

enum msiv2_rc __real_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err);
enum msiv2_rc __wrap_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err);

enum msiv2_rc __wrap_token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                        struct token_answer *out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_token_answer_parse(body, len, wanted_type, out, err);

	if (rc == MSIV2_OK)
		(void)fprintf(stderr, "debug: token: %s\n", out->access_token);
	return rc;
}
