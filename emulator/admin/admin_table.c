/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_table.h"

#include "admin_attestation.h"
#include "admin_certificates.h"
#include "admin_clock.h"
#include "admin_faults.h"
#include "admin_findings.h"
#include "admin_hosts.h"
#include "admin_journal.h"
#include "admin_openapi.h"
#include "admin_page.h"
#include "admin_revocations.h"
#include "admin_rules.h"
#include "admin_status.h"
#include "admin_tokens.h"
#include "admin_world.h"
#include "common/text.h"

static const struct admin_routes *const nouns[] = {
        &admin_status_routes,       &admin_journal_routes,     &admin_findings_routes,
        &admin_clock_routes,        &admin_revocations_routes, &admin_attestation_routes,
        &admin_rules_routes,        &admin_world_routes,       &admin_hosts_routes,
        &admin_certificates_routes, &admin_tokens_routes,      &admin_page_routes,
        &admin_openapi_routes,      &admin_faults_routes,
};

const struct admin_routes *const *admin_table(size_t *count)
{
	*count = TEXT_COUNT(nouns);
	return nouns;
}

/* The pattern that a path belongs to: one without parameters, or else the first that fits. */
static const char *find_pattern(const char *path)
{
	struct admin_path_params scratch;
	const char *found = NULL;

	for (size_t i = 0; i < TEXT_COUNT(nouns); i++) {
		for (size_t j = 0; j < nouns[i]->count; j++) {
			const char *pattern = nouns[i]->rows[j].path;

			if (text_equal(pattern, path))
				return pattern;
			if (!found && admin_path_match(pattern, path, &scratch))
				found = pattern;
		}
	}
	return found;
}

const struct admin_route *admin_table_find(const char *method, const char *path,
                                           struct admin_path_params *params, int *status,
                                           struct bytes *allow)
{
	const char *pattern = find_pattern(path);

	*status = 404;
	if (!pattern || !admin_path_match(pattern, path, params))
		return NULL;
	for (size_t i = 0; i < TEXT_COUNT(nouns); i++) {
		for (size_t j = 0; j < nouns[i]->count; j++) {
			const struct admin_route *route = &nouns[i]->rows[j];

			if (!text_equal(route->path, pattern))
				continue;
			if (text_equal(route->method, method))
				return route;
			bytes_addf(allow, "%s%s", allow->len > 0 ? ", " : "", route->method);
			*status = 405;
		}
	}
	return NULL;
}
