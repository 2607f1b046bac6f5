/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_keys.h"

#include <string.h>

#include "common/text.h"
#include "config_tables.h"
#include "rate_limits.h"

#define AT(member) offsetof(struct config, member)

static bool is_key_type(const char *text)
{
	return text_equal(text, "ec") || text_equal(text, "rsa");
}

static bool is_profile(const char *text)
{
	struct rule_modes modes;

	return rule_modes_profile(&modes, text);
}

/* Something that can stand as the host of a URL or be bound to. */
static bool is_host(const char *text)
{
	return text[0] != '\0' && strlen(text) < 254 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") ==
	               strlen(text);
}

static const struct config_key keys[] = {
        {.path = "tenant_id",
         .type = CONFIG_TEXT,
         .offset = AT(tenant_id),
         .text = "72f988bf-0000-4000-8000-00000000aaaa",
         .valid = text_is_uuid,
         .expected = "a UUID"},
        {.path = "host", .type = CONFIG_HOST, .offset = AT(host)},
        {.path = "identities", .type = CONFIG_IDENTITIES, .offset = AT(host)},
        {.path = "hosts", .type = CONFIG_HOSTS},
        {.path = "tenants", .type = CONFIG_TENANTS},
        {.path = "pop",
         .type = CONFIG_TEXT,
         .offset = AT(pop),
         .text = "allowed",
         .valid = config_is_pop,
         .expected = CONFIG_POP_EXPECTED},
        {.path = "certificate_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_lifetime_s),
         .min = 1,
         .max = 100 * CONFIG_YEAR_S,
         .number = 7 * CONFIG_DAY_S},
        {.path = "certificate_backdate_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_backdate_s),
         .max = 100 * CONFIG_YEAR_S,
         .number = 300},
        {.path = "token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(token_lifetime_s),
         .min = 1,
         .max = CONFIG_YEAR_S,
         .number = CONFIG_DAY_S},
        {.path = "attestation_token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(attestation_token_lifetime_s),
         .min = 1,
         .max = CONFIG_YEAR_S,
         .number = CONFIG_DAY_S / 3},
        {.path = "token_resources", .type = CONFIG_LIST, .offset = AT(token_resources)},
        {.path = "resource_audiences", .type = CONFIG_LIST, .offset = AT(resource_audiences)},
        {.path = "mtls_authentication_endpoint",
         .type = CONFIG_TEXT,
         .offset = AT(mtls_authentication_endpoint),
         .nullable = true,
         .valid = config_is_url,
         .expected = "a URL without trailing slash, or null"},
        {.path = "attestation_endpoint",
         .type = CONFIG_TEXT,
         .offset = AT(attestation_endpoint),
         .fixed = true,
         .nullable = true,
         .valid = config_is_url,
         .expected = "a URL without trailing slash, or null"},
        {.path = "clock.offset_s",
         .type = CONFIG_INTEGER,
         .offset = AT(clock_offset_s),
         .fixed = true,
         .min = -8000 * CONFIG_YEAR_S,
         .max = 8000 * CONFIG_YEAR_S},
        {.path = "clock.frozen", .type = CONFIG_BOOL, .offset = AT(clock_frozen), .fixed = true},
        {.path = "rate_limits.enabled", .type = CONFIG_BOOL, .offset = AT(rate_limited)},
        {.path = "rate_limits.requests_per_s",
         .type = CONFIG_INTEGER,
         .offset = AT(rate_requests_per_s),
         .min = 1,
         .max = RATE_MAX,
         .number = 20},
        {.path = "rate_limits.concurrent",
         .type = CONFIG_INTEGER,
         .offset = AT(rate_concurrent),
         .min = 1,
         .max = RATE_MAX,
         .number = 5},
        {.path = "rate_limits.retry_after_s",
         .type = CONFIG_INTEGER,
         .offset = AT(rate_retry_after_s),
         .nullable = true,
         .max = CONFIG_DAY_S},
        {.path = "profile",
         .type = CONFIG_TEXT,
         .offset = AT(profile),
         .text = "default",
         .valid = is_profile,
         .expected = "\"default\", \"strict\" or \"lenient\""},
        {.path = "rules", .type = CONFIG_RULES},
        {.path = "listen.bind",
         .type = CONFIG_TEXT,
         .offset = AT(bind),
         .fixed = true,
         .text = "127.0.0.1",
         .valid = config_is_address,
         .expected = "an IP address"},
        {.path = "listen.public_host",
         .type = CONFIG_TEXT,
         .offset = AT(public_host),
         .fixed = true,
         .nullable = true,
         .valid = is_host,
         .expected = "a host name or IP address, or null"},
        {.path = "listen.imds_port",
         .type = CONFIG_INTEGER,
         .offset = AT(imds_port),
         .fixed = true,
         .max = 65535},
        {.path = "listen.sts_port",
         .type = CONFIG_INTEGER,
         .offset = AT(sts_port),
         .fixed = true,
         .max = 65535},
        {.path = "listen.admin_port",
         .type = CONFIG_INTEGER,
         .offset = AT(admin_port),
         .fixed = true,
         .max = 65535},
        {.path = "listen.connections",
         .type = CONFIG_INTEGER,
         .offset = AT(connections),
         .fixed = true,
         .min = 1,
         .max = 1000,
         .number = 72},
        {.path = "admin.bind",
         .type = CONFIG_TEXT,
         .offset = AT(admin_bind),
         .fixed = true,
         .text = "127.0.0.1",
         .valid = config_is_address,
         .expected = "an IP address"},
        {.path = "admin.key_file",
         .type = CONFIG_TEXT,
         .offset = AT(admin_key_file),
         .fixed = true,
         .nullable = true,
         .expected = "a path, or null"},
        {.path = "server.names", .type = CONFIG_LIST, .offset = AT(server_names), .fixed = true},
        {.path = "server.ca_key",
         .type = CONFIG_TEXT,
         .offset = AT(ca_key),
         .fixed = true,
         .text = "ec",
         .valid = is_key_type,
         .expected = "\"ec\" or \"rsa\""},
        {.path = "server.ca_out",
         .type = CONFIG_TEXT,
         .offset = AT(ca_out),
         .fixed = true,
         .nullable = true,
         .expected = "a path, or null"},
        {.path = "state_dir",
         .type = CONFIG_TEXT,
         .offset = AT(state_dir),
         .fixed = true,
         .nullable = true,
         .expected = "a path, or null"},
        {.path = "journal_capacity",
         .type = CONFIG_INTEGER,
         .offset = AT(journal_capacity),
         .fixed = true,
         .min = 1,
         .max = 1000000,
         .number = 4096},
        {.path = "limits.body_bytes",
         .type = CONFIG_INTEGER,
         .offset = AT(body_limit),
         .fixed = true,
         .min = 1024,
         .max = 16 * 1024 * 1024,
         .number = 64 * 1024},
        {.path = "limits.request_timeout_ms",
         .type = CONFIG_INTEGER,
         .offset = AT(request_timeout_ms),
         .fixed = true,
         .min = 100,
         .max = 600000,
         .number = 30000},
};

const struct config_table config_top = {keys, TEXT_COUNT(keys)};

const struct config_key *config_keys(size_t *count)
{
	*count = TEXT_COUNT(keys);
	return keys;
}
