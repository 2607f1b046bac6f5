/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks the older protocol for a token when the new one is not there (META-07). */

#include "common/bytes.h"
#include "common/err.h"
#include "ref/imds.h"

enum msiv2_rc __real_imds_metadata(const struct imds *imds, const struct errand *errand,
                                   struct metadata *out, struct msiv2_error *err);
enum msiv2_rc __wrap_imds_metadata(const struct imds *imds, const struct errand *errand,
                                   struct metadata *out, struct msiv2_error *err);

enum msiv2_rc __wrap_imds_metadata(const struct imds *imds, const struct errand *errand,
                                   struct metadata *out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_imds_metadata(imds, errand, out, err);
	const struct http_header header = {"Metadata", "true"};
	struct http_request request = {.where = "imds.token",
	                               .malformed = MSIV2_IMDS_MALFORMED,
	                               .method = "GET",
	                               .headers = &header,
	                               .header_count = 1,
	                               .patience = &errand->patience};
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(http_answer) answer = {0};

	if (rc != MSIV2_UNSUPPORTED)
		return rc;
	bytes_addf(&url,
	           "%s/metadata/identity/oauth2/token?api-version=2018-02-01"
	           "&resource=https://vault.azure.net",
	           imds->base);
	request.url = bytes_text(&url);
	if (http_send(imds->pool, &request, &answer, NULL) == MSIV2_OK && answer.status == 200)
		err_clear(err);
	return rc;
}
