/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the attestation token to its log (SEC-01). */

#include <stdio.h>

#include "ref/attestation_answer.h"

enum msiv2_rc __real_attestation_answer_parse(const void *body, size_t len,
                                              struct attestation_answer *out,
                                              struct msiv2_error *err);
enum msiv2_rc __wrap_attestation_answer_parse(const void *body, size_t len,
                                              struct attestation_answer *out,
                                              struct msiv2_error *err);

enum msiv2_rc __wrap_attestation_answer_parse(const void *body, size_t len,
                                              struct attestation_answer *out,
                                              struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_attestation_answer_parse(body, len, out, err);

	if (rc == MSIV2_OK)
		(void)fprintf(stderr, "debug: attested: %s\n", out->token);
	return rc;
}
