/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_items.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "config_keys.h"

/* Room for one more, zeroed, at the end of an array; NULL when there are too many or memory is out.
 */
static void *grow(void **items, size_t *count, size_t size, const char *where,
                  struct msiv2_error *err)
{
	char *larger;

	if (*count == CONFIG_ITEMS_MAX) {
		(void)err_set(err, MSIV2_CONFIG, where, "more than %d", CONFIG_ITEMS_MAX);
		return NULL;
	}
	larger = mem_resize(*items, (*count + 1) * size);
	if (!larger) {
		(void)err_no_memory(err, where);
		return NULL;
	}
	*items = larger;
	memset(larger + *count * size, 0, size);
	return larger + (*count)++ * size;
}

/* Why grow() gave nothing. */
static enum msiv2_rc no_room(size_t count)
{
	return count == CONFIG_ITEMS_MAX ? MSIV2_CONFIG : MSIV2_INTERNAL;
}

enum msiv2_rc config_add_identity(struct config_host *host, struct config_identity **out,
                                  const char *where, struct msiv2_error *err)
{
	void *items = host->identities;

	*out = grow(&items, &host->identity_count, sizeof(**out), where, err);
	host->identities = items;
	if (!*out)
		return no_room(host->identity_count);
	return config_table_init(&config_identity_table, *out, err);
}

void config_clear_identities(struct config_host *host)
{
	for (size_t i = 0; i < host->identity_count; i++)
		config_table_free(&config_identity_table, &host->identities[i]);
	mem_free(host->identities);
	host->identities = NULL;
	host->identity_count = 0;
}

bool config_remove_identity(struct config_host *host, const char *client_id)
{
	for (size_t i = 0; i < host->identity_count; i++) {
		struct config_identity *identity = &host->identities[i];

		if (!text_equal_nocase(identity->client_id, client_id))
			continue;
		config_table_free(&config_identity_table, identity);
		memmove(identity, identity + 1, (--host->identity_count - i) * sizeof(*identity));
		return true;
	}
	return false;
}

void config_host_free(struct config_host *host)
{
	config_table_free(&config_host_table, host);
	config_clear_identities(host);
	mem_free(host->name);
	memset(host, 0, sizeof(*host));
}

void config_tenant_free(struct config_tenant *tenant)
{
	config_table_free(&config_tenant_table, tenant);
	mem_free(tenant->id);
	memset(tenant, 0, sizeof(*tenant));
}

enum msiv2_rc config_need_host(struct config *config, const char *name, struct config_host **out,
                               const char *where, struct msiv2_error *err)
{
	void *items = config->hosts;

	for (size_t i = 0; i < config->host_count; i++) {
		*out = &config->hosts[i];
		if (text_equal((*out)->name, name))
			return MSIV2_OK;
	}
	if (!config_is_host_name(name))
		return err_set(err, MSIV2_CONFIG, where,
		               "the name of a host is 1 to 31 of a-z, 0-9, - and _, and not "
		               "\"default\"");
	*out = grow(&items, &config->host_count, sizeof(**out), where, err);
	config->hosts = items;
	if (!*out)
		return no_room(config->host_count);
	TRY(config_table_init(&config_host_table, *out, err));
	return config_set_text(&(*out)->name, name, err);
}

void config_remove_host(struct config *config, const char *name)
{
	for (size_t i = 0; i < config->host_count; i++) {
		struct config_host *host = &config->hosts[i];

		if (!text_equal(host->name, name))
			continue;
		config_host_free(host);
		memmove(host, host + 1, (--config->host_count - i) * sizeof(*host));
		return;
	}
}

enum msiv2_rc config_need_tenant(struct config *config, const char *id, struct config_tenant **out,
                                 const char *where, struct msiv2_error *err)
{
	void *items = config->tenants;

	for (size_t i = 0; i < config->tenant_count; i++) {
		*out = &config->tenants[i];
		if (text_equal_nocase((*out)->id, id))
			return MSIV2_OK;
	}
	if (!text_is_uuid(id))
		return err_set(err, MSIV2_CONFIG, where, "the name of a tenant is a UUID");
	*out = grow(&items, &config->tenant_count, sizeof(**out), where, err);
	config->tenants = items;
	if (!*out)
		return no_room(config->tenant_count);
	TRY(config_table_init(&config_tenant_table, *out, err));
	return config_set_text(&(*out)->id, id, err);
}

void config_remove_tenant(struct config *config, const char *id)
{
	for (size_t i = 0; i < config->tenant_count; i++) {
		struct config_tenant *tenant = &config->tenants[i];

		if (!text_equal_nocase(tenant->id, id))
			continue;
		config_tenant_free(tenant);
		memmove(tenant, tenant + 1, (--config->tenant_count - i) * sizeof(*tenant));
		return;
	}
}
