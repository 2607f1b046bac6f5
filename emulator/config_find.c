/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_find.h"

#include "common/text.h"

const struct config_host *config_find_host(const struct config *config, const char *name)
{
	if (!name || text_equal_nocase(name, CONFIG_HOST_NAME))
		return &config->host;
	for (size_t i = 0; i < config->host_count; i++)
		if (text_equal_nocase(config->hosts[i].name, name))
			return &config->hosts[i];
	return NULL;
}

const char *config_host_tenant(const struct config *config, const struct config_host *host)
{
	return host->tenant_id ? host->tenant_id : config->tenant_id;
}

static const struct config_tenant *find_settings(const struct config *config, const char *tenant_id)
{
	for (size_t i = 0; i < config->tenant_count; i++)
		if (text_equal_nocase(config->tenants[i].id, tenant_id))
			return &config->tenants[i];
	return NULL;
}

const char *config_find_tenant(const struct config *config, const char *tenant_id)
{
	const struct config_tenant *settings = find_settings(config, tenant_id);

	if (text_equal_nocase(config->tenant_id, tenant_id))
		return config->tenant_id;
	for (size_t i = 0; i < config->host_count; i++) {
		const char *id = config_host_tenant(config, &config->hosts[i]);

		if (text_equal_nocase(id, tenant_id))
			return id;
	}
	return settings ? settings->id : NULL;
}

const struct config_identity *config_default_identity(const struct config_host *host)
{
	for (size_t i = 0; i < host->identity_count; i++)
		if (host->identities[i].system)
			return &host->identities[i];
	return &host->identities[0];
}

const struct config_identity *config_find_identity(const struct config_host *host,
                                                   const char *selector, const char *value)
{
	for (size_t i = 0; i < host->identity_count; i++) {
		const struct config_identity *identity = &host->identities[i];
		const char *id = NULL;

		if (text_equal(selector, "client_id"))
			id = identity->client_id;
		else if (text_equal(selector, "object_id"))
			id = identity->object_id;
		else if (text_equal(selector, "mi_res_id"))
			id = identity->resource_id;
		if (id && text_equal_nocase(id, value))
			return identity;
	}
	return NULL;
}

const struct config_identity *config_find_client(const struct config *config, const char *tenant_id,
                                                 const char *client_id,
                                                 const struct config_host **host)
{
	for (size_t i = 0; i <= config->host_count; i++) {
		const struct config_host *candidate =
		        i == 0 ? &config->host : &config->hosts[i - 1];
		const struct config_identity *identity =
		        config_find_identity(candidate, "client_id", client_id);

		if (!identity ||
		    !text_equal_nocase(config_host_tenant(config, candidate), tenant_id))
			continue;
		if (host)
			*host = candidate;
		return identity;
	}
	return NULL;
}

/* The first number that is set; the last one always is. */
static int64_t first_set(const int64_t numbers[], size_t count)
{
	size_t i = 0;

	while (i + 1 < count && numbers[i] == CONFIG_UNSET)
		i++;
	return numbers[i];
}

int64_t config_certificate_lifetime_s(const struct config *config, const struct config_host *host,
                                      const struct config_identity *identity)
{
	const int64_t numbers[] = {identity->certificate_lifetime_s, host->certificate_lifetime_s,
	                           config->certificate_lifetime_s};

	return first_set(numbers, TEXT_COUNT(numbers));
}

int64_t config_certificate_backdate_s(const struct config *config, const struct config_host *host,
                                      const struct config_identity *identity)
{
	const int64_t numbers[] = {identity->certificate_backdate_s, host->certificate_backdate_s,
	                           config->certificate_backdate_s};

	return first_set(numbers, TEXT_COUNT(numbers));
}

int64_t config_token_lifetime_s(const struct config *config, const struct config_host *host,
                                const struct config_identity *identity)
{
	const struct config_tenant *tenant =
	        find_settings(config, config_host_tenant(config, host));
	const int64_t numbers[] = {identity->token_lifetime_s, host->token_lifetime_s,
	                           tenant ? tenant->token_lifetime_s : CONFIG_UNSET,
	                           config->token_lifetime_s};

	return first_set(numbers, TEXT_COUNT(numbers));
}

const char *config_pop(const struct config *config, const char *tenant_id)
{
	const struct config_tenant *tenant = find_settings(config, tenant_id);

	return tenant && tenant->pop ? tenant->pop : config->pop;
}

const struct config_list *config_token_resources(const struct config *config, const char *tenant_id)
{
	const struct config_tenant *tenant = find_settings(config, tenant_id);

	return tenant && !tenant->token_resources.unset ? &tenant->token_resources
	                                                : &config->token_resources;
}
