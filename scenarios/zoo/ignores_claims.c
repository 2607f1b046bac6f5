/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: does not pass a claims challenge on (STS-07). */

#include "ref/sts.h"

enum msiv2_rc __real_sts_token(const struct sts_request *request, const struct errand *errand,
                               struct token_answer *out, struct sts_refusal *refusal,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_sts_token(const struct sts_request *request, const struct errand *errand,
                               struct token_answer *out, struct sts_refusal *refusal,
                               struct msiv2_error *err);

enum msiv2_rc __wrap_sts_token(const struct sts_request *request, const struct errand *errand,
                               struct token_answer *out, struct sts_refusal *refusal,
                               struct msiv2_error *err)
{
	struct sts_request mute = *request;

	mute.claims = NULL;
	return __real_sts_token(&mute, errand, out, refusal, err);
}
