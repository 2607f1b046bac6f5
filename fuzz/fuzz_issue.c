/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The answer of issuecredential: what is accepted can be checked, and passes only with an https
 * endpoint. */
#include "target.h"

#include "common/text.h"
#include "common/x509.h"
#include "ref/endpoint.h"
#include "ref/issue.h"

static void check(const struct issue *issue)
{
	EVP_PKEY *certified = X509_get0_pubkey(issue->certificate);
	struct msiv2_error err = {0};
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;
	enum msiv2_rc rc;

	if (certified == NULL || !x509_validity(issue->certificate, &not_before_s, &not_after_s))
		return;
	rc = issue_check(issue, certified, not_before_s, &err);
	if (rc == MSIV2_OK)
		FUZZ_REQUIRE(text_starts_nocase(issue->endpoint, "https://") &&
		             endpoint_complaint(issue->endpoint) == NULL);
	else
		FUZZ_REQUIRE(rc == MSIV2_CERT_INVALID || rc == MSIV2_IMDS_MALFORMED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(issue) issue = {0};
	struct msiv2_error err = {0};

	if (issue_parse(data, size, &issue, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_IMDS_MALFORMED && err.message[0] != '\0');
		FUZZ_REQUIRE(issue.client_id == NULL && issue.certificate == NULL);
		return 0;
	}
	FUZZ_REQUIRE(!text_empty(issue.client_id) && !text_empty(issue.tenant_id));
	FUZZ_REQUIRE(!text_empty(issue.endpoint) && issue.certificate != NULL);
	check(&issue);
	return 0;
}
