/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: sends its request in PEM (CSR-06). */

#include "common/bytes.h"
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
	OWNED_STRUCT(bytes) pem = {0};

	bytes_addf(
	        &pem,
	        "-----BEGIN CERTIFICATE REQUEST-----\\n%s\\n-----END CERTIFICATE REQUEST-----\\n",
	        csr_base64);
	return __real_imds_issue(imds, errand, bytes_text(&pem), attestation_token, bypass_cache,
	                         out, err);
}
