/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "environment.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/mem.h"
#include "common/text.h"
#include "secrets.h"

#define WHERE "environment"

/* Proxies; where SDKs look for IMDS and for credentials of other kinds; keys that are not the
 * device's. */
static const char *const left_out[] = {"http_proxy",
                                       "https_proxy",
                                       "all_proxy",
                                       "no_proxy",
                                       "ftp_proxy",
                                       "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                                       "IDENTITY_ENDPOINT",
                                       "IDENTITY_HEADER",
                                       "IDENTITY_SERVER_THUMBPRINT",
                                       "IMDS_ENDPOINT",
                                       "MSI_ENDPOINT",
                                       "MSI_SECRET",
                                       "AZURE_AUTHORITY_HOST",
                                       "AZURE_CLIENT_ID",
                                       "AZURE_TENANT_ID",
                                       "AZURE_CLIENT_SECRET",
                                       "AZURE_CLIENT_CERTIFICATE_PATH",
                                       "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                                       "AZURE_USERNAME",
                                       "AZURE_PASSWORD",
                                       "AZURE_FEDERATED_TOKEN_FILE",
                                       "MSIV2_PKCS11_PIN",
                                       "MSIV2_PKCS11_TOKEN",
                                       "MSIV2_TCTI",
                                       "SOFTHSM2_CONF"};

void environment_free(struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		mem_free(environment->items[i]);
	mem_free(environment->items);
	*environment = (struct environment){0};
}

/* The item sets that variable; case is ignored for proxies, which come in both. */
static bool sets(const char *item, const char *name, bool any_case)
{
	size_t len = strlen(name);

	return strcspn(item, "=") == len && item[len] == '=' &&
	       (any_case ? text_starts_nocase(item, name) : text_starts(item, name));
}

/* Takes the text over. */
static enum msiv2_rc add(struct environment *environment, char *text, struct msiv2_error *err)
{
	char **items =
	        text ? mem_resize(environment->items, (environment->count + 2) * sizeof(*items))
	             : NULL;

	if (!items) {
		mem_free(text);
		return err_no_memory(err, WHERE);
	}
	environment->items = items;
	items[environment->count++] = text;
	items[environment->count] = NULL;
	return MSIV2_OK;
}

enum msiv2_rc environment_add(struct environment *environment, const char *item,
                              struct msiv2_error *err)
{
	return add(environment, mem_strdup(item), err);
}

/* A token or a key of whoever runs the suite is none of the client's business, and would be found
 * in its environment as if it had put it there (SEC-01). */
static enum msiv2_rc is_wanted(const char *item, bool *wanted, struct msiv2_error *err)
{
	OWNED_STRUCT(secrets) secrets = {0};

	*wanted = true;
	for (size_t i = 0; i < TEXT_COUNT(left_out); i++)
		*wanted = *wanted && !sets(item, left_out[i], true);
	if (*wanted)
		TRY(secrets_search(&secrets, WHERE, item, strlen(item), err));
	*wanted = *wanted && !secrets.hits;
	return MSIV2_OK;
}

enum msiv2_rc environment_inherit(struct environment *environment, struct msiv2_error *err)
{
	for (char **item = environ; *item; item++) {
		bool wanted;

		TRY(is_wanted(*item, &wanted, err));
		if (wanted)
			TRY(add(environment, mem_strdup(*item), err));
	}
	return MSIV2_OK;
}

enum msiv2_rc environment_set(struct environment *environment, const char *name, const char *value,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) line = {0};
	OWNED(mem_text) *text = NULL;

	bytes_addf(&line, "%s=%s", name, value);
	TRY(bytes_done(&line, WHERE, err));
	text = mem_strdup(bytes_text(&line));
	for (size_t i = 0; text && i < environment->count; i++) {
		if (!sets(environment->items[i], name, false))
			continue;
		mem_free(environment->items[i]);
		environment->items[i] = steal(&text);
		return MSIV2_OK;
	}
	return add(environment, steal(&text), err);
}
