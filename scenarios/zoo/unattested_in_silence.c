/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks without attestation when it could not be had (ATT-01). */

#include "ref/attestation.h"

enum msiv2_rc __real_attestation_get(struct attestation *attestation, const struct errand *errand,
                                     const char *endpoint, struct key *key, struct attested **out,
                                     struct msiv2_error *err);
enum msiv2_rc __wrap_attestation_get(struct attestation *attestation, const struct errand *errand,
                                     const char *endpoint, struct key *key, struct attested **out,
                                     struct msiv2_error *err);

enum msiv2_rc __wrap_attestation_get(struct attestation *attestation, const struct errand *errand,
                                     const char *endpoint, struct key *key, struct attested **out,
                                     struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_attestation_get(attestation, errand, endpoint, key, out, err);

	return rc == MSIV2_ATTESTATION_FAILED ? MSIV2_OK : rc;
}
