/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The collections of a configuration: making room in them, taking out and freeing. */
#ifndef EMULATOR_CONFIG_ITEMS_H
#define EMULATOR_CONFIG_ITEMS_H

#include "config.h"

/* Adds an identity with its table's defaults to a host; *out stays good until the next one. */
MSIV2_MUST_USE enum msiv2_rc config_add_identity(struct config_host *host,
                                                 struct config_identity **out, const char *where,
                                                 struct msiv2_error *err);
/* Frees all identities of a host. */
void config_clear_identities(struct config_host *host);
/* Takes the identity with that client id out of a host; false when it has none. */
bool config_remove_identity(struct config_host *host, const char *client_id);
/* The further host of that name, added with its table's defaults when there is none. MSIV2_CONFIG
 * at `where` when the name cannot be one, or there are too many. */
MSIV2_MUST_USE enum msiv2_rc config_need_host(struct config *config, const char *name,
                                              struct config_host **out, const char *where,
                                              struct msiv2_error *err);
/* Takes a further host out; nothing happens when there is none. */
void config_remove_host(struct config *config, const char *name);
/* The same for the settings of a tenant. */
MSIV2_MUST_USE enum msiv2_rc config_need_tenant(struct config *config, const char *id,
                                                struct config_tenant **out, const char *where,
                                                struct msiv2_error *err);
/* Takes a tenant's settings out. */
void config_remove_tenant(struct config *config, const char *id);
/* Frees what a host, or a tenant, owns. */
void config_host_free(struct config_host *host);
void config_tenant_free(struct config_tenant *tenant);

#endif
