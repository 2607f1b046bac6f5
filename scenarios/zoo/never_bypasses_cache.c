/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes the refused certificate from the cache of IMDS again (ISSUE-06). */

#include "ref/imds.h"

enum msiv2_rc __real_imds_issue(const struct imds *imds, const struct errand *errand,
                                const char *csr_base64, const char *attestation_token,
                                bool bypass_cache, struct issue *out, struct msiv2_error *err);
enum msiv2_rc __wrap_imds_issue(const struct imds *imds, const struct errand *errand,
                                const char *csr_base64, const char *attestation_token,
                                bool bypass_cache, struct issue *out, struct msiv2_error *err);

enum msiv2_rc __wrap_imds_issue(const struct imds *imds, const struct errand *errand,
                                const char *csr_base64, const char *attestation_token,
                                bool bypass_cache, struct issue *out, struct msiv2_error *err)
{
	(void)bypass_cache;
	return __real_imds_issue(imds, errand, csr_base64, attestation_token, false, out, err);
}
