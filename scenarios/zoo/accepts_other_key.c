/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes a certificate for another key than its own (ISSUE-04). */

#include "ref/issue.h"

enum msiv2_rc __real_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);
enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);

enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err)
{
	(void)public_key;
	return __real_issue_check(issue, X509_get0_pubkey(issue->certificate), now_s, err);
}
