/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes a certificate that has run out (ISSUE-04). */

#include "common/x509.h"
#include "ref/issue.h"

enum msiv2_rc __real_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);
enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);

enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err)
{
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	if (x509_validity(issue->certificate, &not_before_s, &not_after_s) && now_s > not_after_s)
		now_s = not_after_s;
	return __real_issue_check(issue, public_key, now_s, err);
}
