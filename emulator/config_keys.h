/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The tables of configuration keys: what reading, printing, defaults and freeing walk over. There
 * is one table for the whole document, one for a host, one for a tenant and one for an identity. */
#ifndef EMULATOR_CONFIG_KEYS_H
#define EMULATOR_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum config_type {
	CONFIG_TEXT,
	CONFIG_INTEGER,
	CONFIG_BOOL,
	CONFIG_LIST,
	CONFIG_KIND,       /* bool: "system" or "user" */
	CONFIG_HOST,       /* struct config_host, without the keys of further hosts */
	CONFIG_IDENTITIES, /* the identities of the struct config_host that is there */
	CONFIG_HOSTS,      /* of the whole configuration, like the next two */
	CONFIG_TENANTS,
	CONFIG_RULES,
	CONFIG_FAULTS
};

struct config_key {
	const char *path; /* "listen.bind": at most one section deep */
	enum config_type type;
	size_t offset;    /* of the member in the table's struct */
	const char *text; /* default of a text; NULL = null */
	bool nullable;    /* a text, number or list that may be null, and is when nothing is said */
	bool fixed;       /* stays as it is from start to stop */
	bool further;     /* of the hosts in `hosts` only */
	bool (*valid)(const char *text); /* a text's form; NULL = anything but "" */
	const char *expected;            /* the form in words */
	int64_t min, max, number;        /* range and default of an integer */
};

struct config_table {
	const struct config_key *keys;
	size_t count;
};

/* The table of the whole document (struct config). */
extern const struct config_table config_top;
/* Of one host (struct config_host). */
extern const struct config_table config_host_table;
/* Of one tenant (struct config_tenant). */
extern const struct config_table config_tenant_table;
/* Of one identity (struct config_identity). */
extern const struct config_table config_identity_table;

/* All rows of the whole document; *count is set. */
const struct config_key *config_keys(size_t *count);
/* The row of that path, NULL when there is none. */
const struct config_key *config_table_find(const struct config_table *table, const char *path);
/* Some row of the table lies in the section of that name. */
bool config_table_has_section(const struct config_table *table, const char *name);
/* Fills a zeroed struct with its table's defaults. */
MSIV2_MUST_USE enum msiv2_rc config_table_init(const struct config_table *table, void *base,
                                               struct msiv2_error *err);
/* Frees what the struct's members own. */
void config_table_free(const struct config_table *table, void *base);

/* A text is an absolute http or https URL without query, fragment or trailing slash. */
bool config_is_url(const char *text);
/* A text is a mode of attestation: "off", "optional", "required". */
bool config_is_attestation(const char *text);
/* A text can be the name of a further host: 1 to 31 of a-z, 0-9, - and _, not "default". */
bool config_is_host_name(const char *text);

#endif
