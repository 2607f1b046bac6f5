/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: sends an empty attestation token (ATT-02). */

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
	return __real_imds_issue(imds, errand, csr_base64,
	                         attestation_token != NULL ? attestation_token : "", bypass_cache,
	                         out, err);
}
