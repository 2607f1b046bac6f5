/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes a certificate that names somebody else (ISSUE-04). */

#include "common/bytes.h"
#include "common/x509.h"
#include "ref/issue.h"

enum msiv2_rc __real_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);
enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);

enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err)
{
	X509_NAME *subject = X509_get_subject_name(issue->certificate);
	OWNED_STRUCT(bytes) name = {0};
	struct issue other = *issue;

	if (x509_name_value(subject, NID_commonName, &name))
		other.client_id = (char *)name.data;
	return __real_issue_check(&other, public_key, now_s, err);
}
