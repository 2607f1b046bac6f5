/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the token endpoint checks: the request (STS-01, STS-02), then who sent it (STS-08). */
#ifndef EMULATOR_ROLES_STS_RULES_H
#define EMULATOR_ROLES_STS_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/x509.h"
#include "emulator/config.h"
#include "emulator/pki/ca.h"
#include "emulator/query.h"
#include "role.h"

/* What the rules look at. */
struct sts_facts {
	const struct config *config;
	const struct http_request *request;
	const char *tenant;    /* as the path names it */
	const char *tenant_id; /* as the configuration does; the default one when it knows none */
	const struct config_host *host; /* that has the identity; the default one when none has */
	struct query form;
	char form_fault[64];                    /* "" = the form was read */
	const struct config_identity *identity; /* NULL = unknown client_id */
	X509 *certificate;                      /* borrowed; NULL = none was presented */
	char certificate_cn[64];                /* "" = none, several or too long */
	char thumbprint[64];                    /* base64url of the SHA-256 */
	enum ca_verdict verdict;
	bool revoked;
	unsigned attestation_faults; /* bits of attest_token_check.h */
	bool wants_pop;
};

/* Reads everything the rules need; the form has to be released with query_free(), also after a
 * failure, which is MSIV2_INTERNAL. */
MSIV2_MUST_USE enum msiv2_rc sts_facts_init(struct sts_facts *facts, struct role_call *call,
                                            const char *tenant, struct msiv2_error *err);

/* The checks of the frame: method, tenant, content type. */
const struct role_rule *sts_frame_rows(size_t *count);
/* The checks of the form. */
const struct role_rule *sts_form_rows(size_t *count);
/* The checks of the client's certificate. */
const struct role_rule *sts_certificate_rows(size_t *count);

#endif
