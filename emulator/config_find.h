/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Questions that a checked configuration answers: who is meant, and what holds for it. What a host,
 * a tenant or an identity does not say is said by what stands above it. All texts compare without
 * case. */
#ifndef EMULATOR_CONFIG_FIND_H
#define EMULATOR_CONFIG_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/config.h"

/* The host of that name; NULL and CONFIG_HOST_NAME name the default one. NULL when there is none.
 */
const struct config_host *config_find_host(const struct config *config, const char *name);
/* The tenant of a host. */
const char *config_host_tenant(const struct config *config, const struct config_host *host);
/* The tenant of that id as the configuration writes it; NULL when no host and no setting belongs to
 * it. */
const char *config_find_tenant(const struct config *config, const char *tenant_id);

/* The system-assigned identity of a host, or its first one. Never NULL. */
const struct config_identity *config_default_identity(const struct config_host *host);
/* The identity of a host whose `selector` ("client_id", "object_id", "mi_res_id") has that value;
 * NULL when there is none. */
const struct config_identity *config_find_identity(const struct config_host *host,
                                                   const char *selector, const char *value);
/* The identity of any host of a tenant by its client id; *host (optional) is the first that has it.
 * NULL when there is none. */
const struct config_identity *config_find_client(const struct config *config, const char *tenant_id,
                                                 const char *client_id,
                                                 const struct config_host **host);

/* ISSUE-03: the identity's, or the host's, or the configuration's. */
int64_t config_certificate_lifetime_s(const struct config *config, const struct config_host *host,
                                      const struct config_identity *identity);
/* The same for notBefore. */
int64_t config_certificate_backdate_s(const struct config *config, const struct config_host *host,
                                      const struct config_identity *identity);
/* The identity's, or the host's, or its tenant's, or the configuration's. */
int64_t config_token_lifetime_s(const struct config *config, const struct config_host *host,
                                const struct config_identity *identity);
/* "allowed", "required" or "off": the tenant's, or the configuration's. */
const char *config_pop(const struct config *config, const char *tenant_id);
/* The resources that a tenant knows; an empty list is any. */
const struct config_list *config_token_resources(const struct config *config,
                                                 const char *tenant_id);

#endif
