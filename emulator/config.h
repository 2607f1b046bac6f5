/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The configuration of one emulator: a plain struct, read from strict JSON by a table of keys and
 * printed by the same table, so that what `--print-config` shows is what `--config` takes.
 *
 * Every key is optional. A JSON document that is read changes only the keys it names; lists are
 * replaced, rules are added. An unknown key, a wrong type or a value out of range is MSIV2_CONFIG
 * with the full path of the key ("host.vm_idd", "identities[1].client_id") as the error's place. */
#ifndef EMULATOR_CONFIG_H
#define EMULATOR_CONFIG_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "emulator/rule.h"

#define CONFIG_FILE_MAX  (1024 * 1024) /* most bytes of a configuration file */
#define CONFIG_ITEMS_MAX 64            /* most items of any list, hosts and tenants too */
#define CONFIG_UNSET     INT64_C(-1)   /* a number that is null: as what stands above says */
#define CONFIG_HOST_NAME "default"     /* the name of the host that `host` describes */

/* A list of owned texts. */
struct config_list {
	char **items;
	size_t count;
	bool unset; /* null, where a list may be: as what stands above says */
};

/* One managed identity of a host. */
struct config_identity {
	bool system;       /* system-assigned; otherwise user-assigned; the first member */
	char *client_id;   /* UUID */
	char *object_id;   /* UUID */
	char *resource_id; /* ARM id; NULL for a system-assigned identity that needs none */
	/* Issuance of its own; CONFIG_UNSET = as the host's. */
	int64_t certificate_lifetime_s;
	int64_t certificate_backdate_s;
	int64_t token_lifetime_s;
};

/* One rule's mode. */
struct config_rule {
	char *rule;
	char *mode;
};

/* One machine that clients run on, with an IMDS of its own. */
struct config_host {
	char *name;             /* CONFIG_HOST_NAME, or its key in `hosts` */
	char *vm_id;            /* NULL = the host has none */
	char *vmss_id;          /* NULL = the host has none (META-05) */
	char *attestation;      /* "off", "optional" or "required" (ATT-05) */
	char *personality;      /* how its IMDS behaves, see personality.h */
	int64_t slow_ms;        /* how long the slow one waits */
	char *contract_version; /* the cred-api-version it speaks (META-02) */
	char *os_type;          /* of V1-03 */
	char *security_type;    /* of V1-03 */
	struct config_identity *identities;
	size_t identity_count;
	/* Of the hosts in `hosts` only. */
	char *tenant_id; /* NULL = the default tenant */
	int64_t imds_port;
	int64_t certificate_lifetime_s; /* CONFIG_UNSET = as the configuration's, like the others */
	int64_t certificate_backdate_s;
	int64_t token_lifetime_s;
};

/* One directory. */
struct config_tenant {
	char *id;                           /* its key in `tenants` */
	char *pop;                          /* NULL = as the configuration's */
	int64_t token_lifetime_s;           /* CONFIG_UNSET = as the configuration's */
	struct config_list token_resources; /* unset = as the configuration's */
};

struct config {
	char *tenant_id; /* the default tenant */
	struct config_host host;
	struct config_host *hosts; /* further ones */
	size_t host_count;
	struct config_tenant *tenants; /* with settings of their own */
	size_t tenant_count;
	char *pop; /* "allowed", "required" or "off" */

	int64_t certificate_lifetime_s; /* ISSUE-03 */
	int64_t certificate_backdate_s; /* notBefore = now - this */
	int64_t token_lifetime_s;
	int64_t attestation_token_lifetime_s;  /* ATT-04 */
	char *mtls_authentication_endpoint;    /* NULL = the token service's own base */
	char *attestation_endpoint;            /* NULL = that base + "/maa" */
	struct config_list token_resources;    /* resources tokens are given for; empty = any */
	struct config_list resource_audiences; /* audiences the resource accepts; empty = any */

	int64_t clock_offset_s;
	bool clock_frozen;

	char *profile;
	struct config_rule *rules;
	size_t rule_count;
	cJSON *faults; /* an array of complete definitions (fault.h); NULL = none */
	int64_t seed;  /* of whatever faults leave to chance */

	/* NET-05, for each host. */
	bool rate_limited;
	int64_t rate_requests_per_s;
	int64_t rate_concurrent;
	int64_t rate_retry_after_s; /* CONFIG_UNSET = no header */

	char *bind;
	char *public_host; /* the host in every address; NULL = from bind, and localhost for HTTPS
	                    */
	int64_t imds_port;
	int64_t sts_port;
	int64_t admin_port;
	char *admin_bind;     /* of the admin listener, whatever `bind` says (SEC-02) */
	char *admin_key_file; /* holds the bearer key it asks for; NULL = none */
	int64_t connections;  /* concurrent connections of IMDS and of the token service */

	struct config_list server_names;
	char *ca_key; /* "ec" or "rsa" */
	char *ca_out;
	char *state_dir;

	int64_t journal_capacity;
	int64_t body_limit;
	int64_t request_timeout_ms;
};

/* Fills in the defaults. */
MSIV2_MUST_USE enum msiv2_rc config_init(struct config *config, struct msiv2_error *err);
/* Frees everything and zeroes the struct. */
void config_free(struct config *config);
DEFINE_OWNED_VALUE(config, config_free)

/* Reads one JSON document over what is there. After a failure the config can only be freed. */
MSIV2_MUST_USE enum msiv2_rc config_read(struct config *config, const void *text, size_t len,
                                         struct msiv2_error *err);
/* Reads a file, as config_read(); a file that cannot be read is MSIV2_CONFIG naming it. *json
 * (optional) is what it says, owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc config_read_file(struct config *config, const char *path, cJSON **json,
                                              struct msiv2_error *err);
/* What no single key can tell. Each host has an id and at least one identity, no two with the same
 * id, one system-assigned at most. An identity that several hosts have is the same user-assigned
 * one in the same tenant. */
MSIV2_MUST_USE enum msiv2_rc config_check(const struct config *config, struct msiv2_error *err);
/* Reads an object that was parsed already, as config_read(). */
MSIV2_MUST_USE enum msiv2_rc config_read_json(struct config *config, const cJSON *json,
                                              struct msiv2_error *err);
/* Adds the identity that an object describes to a host; MSIV2_CONFIG at "identity". */
MSIV2_MUST_USE enum msiv2_rc config_read_identity(struct config_host *host, const cJSON *json,
                                                  struct msiv2_error *err);
/* The whole configuration as JSON, owned by the caller; NULL when memory is out. */
cJSON *config_json(const struct config *config);
/* Makes `to`, which starts zeroed, a copy; after a failure it can only be freed. */
MSIV2_MUST_USE enum msiv2_rc config_copy(const struct config *from, struct config *to,
                                         struct msiv2_error *err);
/* What config_check() asks of `to`, and that no key differs that is fixed from start to stop:
 * MSIV2_CONFIG naming it. */
MSIV2_MUST_USE enum msiv2_rc config_check_change(const struct config *from, const struct config *to,
                                                 struct msiv2_error *err);
/* Appends the whole configuration as indented JSON and a newline. */
void config_print(const struct config *config, struct bytes *out);
/* Appends JSON in the same shape; NULL fails the buffer. */
void config_print_json(const cJSON *json, struct bytes *out);
/* The modes that profile and rules add up to. */
MSIV2_MUST_USE enum msiv2_rc config_modes(const struct config *config, struct rule_modes *out,
                                          struct msiv2_error *err);

/* Replaces an owned text; NULL empties it. */
MSIV2_MUST_USE enum msiv2_rc config_set_text(char **slot, const char *text,
                                             struct msiv2_error *err);
/* Adds a text to a list. MSIV2_CONFIG at `where` when the list is full. */
MSIV2_MUST_USE enum msiv2_rc config_list_add(struct config_list *list, const char *text,
                                             const char *where, struct msiv2_error *err);
/* Empties a list. */
void config_list_free(struct config_list *list);
/* Adds a rule's mode; MSIV2_CONFIG at `where` when the rule or the mode is unknown. */
MSIV2_MUST_USE enum msiv2_rc config_rule_add(struct config *config, const char *rule,
                                             const char *mode, const char *where,
                                             struct msiv2_error *err);

/* The text is an IPv4 or IPv6 address in figures, as listeners are bound to. */
bool config_is_address(const char *text);

#endif
