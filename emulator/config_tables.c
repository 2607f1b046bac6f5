/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_tables.h"

#include <string.h>

#include "common/text.h"
#include "config_keys.h"
#include "personality.h"

#define NAME_MAX_LEN 31
#define ANY_OR_NULL  "a text that is not empty, or null"

bool config_is_url(const char *text)
{
	const char *host = NULL;
	size_t len = strlen(text);

	if (text_starts(text, "https://"))
		host = text + strlen("https://");
	else if (text_starts(text, "http://"))
		host = text + strlen("http://");
	return host && host[0] != '\0' && host[0] != '/' && !strpbrk(host, "?#@ \"\\") &&
	       text[len - 1] != '/';
}

bool config_is_attestation(const char *text)
{
	return text_equal(text, "off") || text_equal(text, "optional") ||
	       text_equal(text, "required");
}

bool config_is_pop(const char *text)
{
	return text_equal(text, "allowed") || text_equal(text, "required") ||
	       text_equal(text, "off");
}

bool config_is_host_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= NAME_MAX_LEN &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == len &&
	       !text_equal(text, CONFIG_HOST_NAME);
}

static bool is_personality(const char *text)
{
	enum personality scratch;

	return personality_from_name(text, &scratch);
}

static bool is_security_type(const char *text)
{
	return text_equal(text, "Standard") || text_equal(text, "TrustedLaunch") ||
	       text_equal(text, "ConfidentialVM");
}

/* Figures with one dot between them, such as 2.0. */
static bool is_version(const char *text)
{
	size_t len = strlen(text);
	size_t major = strspn(text, "0123456789");
	size_t minor = text[major] == '.' ? strspn(text + major + 1, "0123456789") : 0;

	return major > 0 && minor > 0 && major + 1 + minor == len && len <= 16;
}

#define AT(member) offsetof(struct config_host, member)

static const struct config_key host_keys[] = {
        {.path = "vm_id",
         .type = CONFIG_TEXT,
         .offset = AT(vm_id),
         .nullable = true,
         .expected = ANY_OR_NULL},
        {.path = "vmss_id",
         .type = CONFIG_TEXT,
         .offset = AT(vmss_id),
         .nullable = true,
         .expected = ANY_OR_NULL},
        {.path = "attestation",
         .type = CONFIG_TEXT,
         .offset = AT(attestation),
         .text = "off",
         .valid = config_is_attestation,
         .expected = "\"off\", \"optional\" or \"required\""},
        {.path = "personality",
         .type = CONFIG_TEXT,
         .offset = AT(personality),
         .text = "v2",
         .valid = is_personality,
         .expected = "\"v2\", \"v1-only\", \"aci\", \"restarting\", \"slow\" or \"black-hole\""},
        {.path = "slow_ms",
         .type = CONFIG_INTEGER,
         .offset = AT(slow_ms),
         .max = 600000,
         .number = 2000},
        {.path = "contract_version",
         .type = CONFIG_TEXT,
         .offset = AT(contract_version),
         .text = "2.0",
         .valid = is_version,
         .expected = "a version such as \"2.0\""},
        {.path = "os_type", .type = CONFIG_TEXT, .offset = AT(os_type), .text = "Linux"},
        {.path = "security_type",
         .type = CONFIG_TEXT,
         .offset = AT(security_type),
         .text = "Standard",
         .valid = is_security_type,
         .expected = "\"Standard\", \"TrustedLaunch\" or \"ConfidentialVM\""},
        {.path = "tenant_id",
         .type = CONFIG_TEXT,
         .offset = AT(tenant_id),
         .nullable = true,
         .further = true,
         .valid = text_is_uuid,
         .expected = "a UUID, or null"},
        {.path = "identities", .type = CONFIG_IDENTITIES, .further = true},
        {.path = "imds_port",
         .type = CONFIG_INTEGER,
         .offset = AT(imds_port),
         .fixed = true,
         .further = true,
         .max = 65535},
        {.path = "certificate_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_lifetime_s),
         .nullable = true,
         .further = true,
         .min = 1,
         .max = 100 * CONFIG_YEAR_S},
        {.path = "certificate_backdate_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_backdate_s),
         .nullable = true,
         .further = true,
         .max = 100 * CONFIG_YEAR_S},
        {.path = "token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(token_lifetime_s),
         .nullable = true,
         .further = true,
         .min = 1,
         .max = CONFIG_YEAR_S},
};

#undef AT
#define AT(member) offsetof(struct config_tenant, member)

static const struct config_key tenant_keys[] = {
        {.path = "pop",
         .type = CONFIG_TEXT,
         .offset = AT(pop),
         .nullable = true,
         .valid = config_is_pop,
         .expected = CONFIG_POP_EXPECTED ", or null"},
        {.path = "token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(token_lifetime_s),
         .nullable = true,
         .min = 1,
         .max = CONFIG_YEAR_S},
        {.path = "token_resources",
         .type = CONFIG_LIST,
         .offset = AT(token_resources),
         .nullable = true},
};

#undef AT
#define AT(member) offsetof(struct config_identity, member)

static const struct config_key identity_keys[] = {
        {.path = "kind", .type = CONFIG_KIND}, /* the first member */
        {.path = "client_id",
         .type = CONFIG_TEXT,
         .offset = AT(client_id),
         .valid = text_is_uuid,
         .expected = "a UUID"},
        {.path = "object_id",
         .type = CONFIG_TEXT,
         .offset = AT(object_id),
         .valid = text_is_uuid,
         .expected = "a UUID"},
        {.path = "resource_id",
         .type = CONFIG_TEXT,
         .offset = AT(resource_id),
         .nullable = true,
         .expected = ANY_OR_NULL},
        {.path = "certificate_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_lifetime_s),
         .nullable = true,
         .min = 1,
         .max = 100 * CONFIG_YEAR_S},
        {.path = "certificate_backdate_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_backdate_s),
         .nullable = true,
         .max = 100 * CONFIG_YEAR_S},
        {.path = "token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(token_lifetime_s),
         .nullable = true,
         .min = 1,
         .max = CONFIG_YEAR_S},
};

const struct config_table config_host_table = {host_keys, TEXT_COUNT(host_keys)};
const struct config_table config_tenant_table = {tenant_keys, TEXT_COUNT(tenant_keys)};
const struct config_table config_identity_table = {identity_keys, TEXT_COUNT(identity_keys)};

const struct config_key *config_table_find(const struct config_table *table, const char *path)
{
	for (size_t i = 0; i < table->count; i++)
		if (text_equal(table->keys[i].path, path))
			return &table->keys[i];
	return NULL;
}

bool config_table_has_section(const struct config_table *table, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < table->count; i++)
		if (strncmp(table->keys[i].path, name, len) == 0 && table->keys[i].path[len] == '.')
			return true;
	return false;
}
