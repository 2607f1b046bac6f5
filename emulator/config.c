/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "config_find.h"
#include "config_items.h"
#include "config_keys.h"

#define WHERE "config"

static const struct config_identity default_identities[] = {
        {.system = true,
         .client_id = "a1a1a1a1-0000-4000-8000-000000000001",
         .object_id = "b1b1b1b1-0000-4000-8000-000000000001"},
        {.client_id = "a2a2a2a2-0000-4000-8000-000000000002",
         .object_id = "b2b2b2b2-0000-4000-8000-000000000002",
         .resource_id = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local/"
                        "providers/Microsoft.ManagedIdentity/userAssignedIdentities/local"},
};

enum msiv2_rc config_set_text(char **slot, const char *text, struct msiv2_error *err)
{
	char *copy = mem_strdup(text);

	if (text && !copy)
		return err_no_memory(err, WHERE);
	mem_free(*slot);
	*slot = copy;
	return MSIV2_OK;
}

enum msiv2_rc config_list_add(struct config_list *list, const char *text, const char *where,
                              struct msiv2_error *err)
{
	OWNED(mem_text) *copy = NULL;
	char **items;

	if (list->count == CONFIG_ITEMS_MAX)
		return err_set(err, MSIV2_CONFIG, where, "more than %d items", CONFIG_ITEMS_MAX);
	copy = mem_strdup(text);
	items = mem_resize(list->items, (list->count + 1) * sizeof(*items));
	if (items)
		list->items = items;
	if (!items || !copy)
		return err_no_memory(err, where);
	list->items[list->count++] = steal(&copy);
	return MSIV2_OK;
}

void config_list_free(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		mem_free(list->items[i]);
	mem_free(list->items);
	*list = (struct config_list){0};
}

enum msiv2_rc config_rule_add(struct config *config, const char *rule, const char *mode,
                              const char *where, struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, where};
	struct rule_modes scratch = {0};
	struct config_rule *rules;
	struct config_rule *row;

	TRY(rule_modes_take(&scratch, rule, mode, &blame, err));
	rules = mem_resize(config->rules, (config->rule_count + 1) * sizeof(*rules));
	if (!rules)
		return err_no_memory(err, where);
	config->rules = rules;
	row = &rules[config->rule_count++];
	*row = (struct config_rule){mem_strdup(rule), mem_strdup(mode)};
	return row->rule && row->mode ? MSIV2_OK : err_no_memory(err, where);
}

static enum msiv2_rc add_default(struct config_host *host, const struct config_identity *from,
                                 struct msiv2_error *err)
{
	struct config_identity *to = NULL;

	TRY(config_add_identity(host, &to, "identities", err));
	to->system = from->system;
	TRY(config_set_text(&to->client_id, from->client_id, err));
	TRY(config_set_text(&to->object_id, from->object_id, err));
	return config_set_text(&to->resource_id, from->resource_id, err);
}

enum msiv2_rc config_table_init(const struct config_table *table, void *base,
                                struct msiv2_error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];
		void *member = (char *)base + key->offset;

		if (key->type == CONFIG_TEXT)
			TRY(config_set_text(member, key->text, err));
		else if (key->type == CONFIG_INTEGER)
			*(int64_t *)member = key->nullable ? CONFIG_UNSET : key->number;
		else if (key->type == CONFIG_LIST)
			((struct config_list *)member)->unset = key->nullable;
		else if (key->type == CONFIG_HOST)
			TRY(config_table_init(&config_host_table, member, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc config_init(struct config *config, struct msiv2_error *err)
{
	memset(config, 0, sizeof(*config));
	TRY(config_table_init(&config_top, config, err));
	TRY(config_set_text(&config->host.name, CONFIG_HOST_NAME, err));
	TRY(config_set_text(&config->host.vm_id, "11111111-2222-4333-8444-555555555555", err));
	for (size_t i = 0; i < TEXT_COUNT(default_identities); i++)
		TRY(add_default(&config->host, &default_identities[i], err));
	return MSIV2_OK;
}

void config_table_free(const struct config_table *table, void *base)
{
	for (size_t i = 0; i < table->count; i++) {
		void *member = (char *)base + table->keys[i].offset;

		if (table->keys[i].type == CONFIG_TEXT)
			mem_free(*(char **)member);
		else if (table->keys[i].type == CONFIG_LIST)
			config_list_free(member);
		else if (table->keys[i].type == CONFIG_HOST)
			config_host_free(member);
		else if (table->keys[i].type == CONFIG_FAULTS)
			cJSON_Delete(*(cJSON **)member);
	}
}

void config_free(struct config *config)
{
	config_table_free(&config_top, config);
	for (size_t i = 0; i < config->host_count; i++)
		config_host_free(&config->hosts[i]);
	mem_free(config->hosts);
	for (size_t i = 0; i < config->tenant_count; i++)
		config_tenant_free(&config->tenants[i]);
	mem_free(config->tenants);
	for (size_t i = 0; i < config->rule_count; i++) {
		mem_free(config->rules[i].rule);
		mem_free(config->rules[i].mode);
	}
	mem_free(config->rules);
	memset(config, 0, sizeof(*config));
}

/* Two identities of one host differ in every id that they have. */
static enum msiv2_rc check_pair(const struct config_host *host, size_t a, size_t b,
                                const char *where, struct msiv2_error *err)
{
	const struct config_identity *one = &host->identities[a];
	const struct config_identity *two = &host->identities[b];
	const char *same = NULL;

	if (one->system && two->system)
		return err_set(err, MSIV2_CONFIG, where,
		               "identities %zu and %zu are both system-assigned", a, b);
	if (text_equal_nocase(one->client_id, two->client_id))
		same = "client_id";
	else if (text_equal_nocase(one->object_id, two->object_id))
		same = "object_id";
	else if (one->resource_id && text_equal_nocase(one->resource_id, two->resource_id))
		same = "resource_id";
	if (same)
		return err_set(err, MSIV2_CONFIG, where, "identities %zu and %zu have the same %s",
		               a, b, same);
	return MSIV2_OK;
}

static enum msiv2_rc check_host(const struct config_host *host, const char *where,
                                const char *identities, struct msiv2_error *err)
{
	if (!host->vm_id && !host->vmss_id) /* META-05: cuId has at least one member */
		return err_set(err, MSIV2_CONFIG, where, "needs a vm_id or a vmss_id");
	if (host->identity_count == 0)
		return err_set(err, MSIV2_CONFIG, identities, "needs at least one identity");
	for (size_t a = 0; a < host->identity_count; a++)
		for (size_t b = a + 1; b < host->identity_count; b++)
			TRY(check_pair(host, a, b, identities, err));
	return MSIV2_OK;
}

/* One of a host's identities is known on another: the same client is the same identity. */
static enum msiv2_rc check_shared(const struct config *config, const struct config_host *host,
                                  const struct config_host *other, const char *where,
                                  struct msiv2_error *err)
{
	for (size_t i = 0; i < host->identity_count; i++) {
		const struct config_identity *one = &host->identities[i];
		const struct config_identity *two =
		        config_find_identity(other, "client_id", one->client_id);

		if (!two)
			continue;
		if (one->system || two->system ||
		    !text_equal_nocase(one->object_id, two->object_id) ||
		    !text_equal_nocase(config_host_tenant(config, host),
		                       config_host_tenant(config, other)))
			return err_set(err, MSIV2_CONFIG, where,
			               "client_id %s is another identity on host %s",
			               one->client_id, other->name);
	}
	return MSIV2_OK;
}

enum msiv2_rc config_check(const struct config *config, struct msiv2_error *err)
{
	TRY(check_host(&config->host, "host", "identities", err));
	for (size_t i = 0; i < config->host_count; i++) {
		const struct config_host *host = &config->hosts[i];
		char where[64], identities[64];

		(void)snprintf(where, sizeof(where), "hosts.%s", host->name);
		(void)snprintf(identities, sizeof(identities), "hosts.%s.identities", host->name);
		TRY(check_host(host, where, identities, err));
		TRY(check_shared(config, host, &config->host, identities, err));
		for (size_t k = 0; k < i; k++)
			TRY(check_shared(config, host, &config->hosts[k], identities, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc config_modes(const struct config *config, struct rule_modes *out,
                           struct msiv2_error *err)
{
	if (!rule_modes_profile(out, config->profile))
		return err_set(err, MSIV2_CONFIG, "profile", "unknown profile '%s'",
		               config->profile);
	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *row = &config->rules[i];

		if (!rule_modes_set(out, row->rule, row->mode))
			return err_set(err, MSIV2_CONFIG, "rules", "'%s' = '%s' is unknown",
			               row->rule, row->mode);
	}
	return MSIV2_OK;
}

bool config_is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}
