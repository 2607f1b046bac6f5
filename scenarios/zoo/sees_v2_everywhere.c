/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes any answer to its probe for a yes (META-08). */

#include "ref/imds.h"

enum msiv2_rc __real_imds_probe(const struct imds *imds, const struct errand *errand,
                                struct msiv2_error *err);
enum msiv2_rc __wrap_imds_probe(const struct imds *imds, const struct errand *errand,
                                struct msiv2_error *err);

enum msiv2_rc __wrap_imds_probe(const struct imds *imds, const struct errand *errand,
                                struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_imds_probe(imds, errand, err);

	return rc == MSIV2_UNSUPPORTED ? MSIV2_OK : rc;
}
