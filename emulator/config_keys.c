/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_keys.h"

#include <string.h>

#include "common/text.h"

#define AT(member) offsetof(struct config, member)
#define DAY_S      INT64_C(86400)
#define YEAR_S     (INT64_C(365) * DAY_S)

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
        {.path = "host.vm_id",
         .type = CONFIG_TEXT,
         .offset = AT(host.vm_id),
         .text = "11111111-2222-4333-8444-555555555555",
         .nullable = true,
         .expected = "a text that is not empty, or null"},
        {.path = "host.vmss_id",
         .type = CONFIG_TEXT,
         .offset = AT(host.vmss_id),
         .nullable = true,
         .expected = "a text that is not empty, or null"},
        {.path = "host.attestation",
         .type = CONFIG_TEXT,
         .offset = AT(host.attestation),
         .text = "off",
         .valid = config_is_attestation,
         .expected = "\"off\", \"optional\" or \"required\""},
        {.path = "identities", .type = CONFIG_IDENTITIES},
        {.path = "certificate_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_lifetime_s),
         .min = 1,
         .max = 100 * YEAR_S,
         .number = 7 * DAY_S},
        {.path = "certificate_backdate_s",
         .type = CONFIG_INTEGER,
         .offset = AT(certificate_backdate_s),
         .max = 100 * YEAR_S,
         .number = 300},
        {.path = "token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(token_lifetime_s),
         .min = 1,
         .max = YEAR_S,
         .number = DAY_S},
        {.path = "attestation_token_lifetime_s",
         .type = CONFIG_INTEGER,
         .offset = AT(attestation_token_lifetime_s),
         .min = 1,
         .max = YEAR_S,
         .number = DAY_S / 3},
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
         .nullable = true,
         .valid = config_is_url,
         .expected = "a URL without trailing slash, or null"},
        {.path = "clock.offset_s",
         .type = CONFIG_INTEGER,
         .offset = AT(clock_offset_s),
         .fixed = true,
         .min = -8000 * YEAR_S,
         .max = 8000 * YEAR_S},
        {.path = "clock.frozen", .type = CONFIG_BOOL, .offset = AT(clock_frozen), .fixed = true},
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

const struct config_key *config_keys(size_t *count)
{
	*count = TEXT_COUNT(keys);
	return keys;
}
