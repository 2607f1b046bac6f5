/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The catalogue of faults: what can be made to go wrong, as tables of rows. A row says where the
 * fault may happen, what can be chosen about it, which rules a client meets broken, and has the one
 * function that does it. Each family is a file with its rows; fault_kind.c lists them.
 * docs/faults.md is printed from the same rows.
 *
 * Several faults on one exchange happen in the order of their stages, and within a stage in the
 * order in which they were defined. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_KIND_H
#define EMULATOR_INSTRUMENTS_FAULT_KIND_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "emulator/instruments/journal.h"

struct fault_leaf;
struct http_request;
struct http_response;
struct role_call;
struct tls_plan;
struct world;

/* When a fault happens, in this order. */
enum fault_stage {
	FAULT_AT_HELLO,       /* the TLS client said hello */
	FAULT_AT_PEER,        /* the TLS client showed its certificate */
	FAULT_AT_ANSWER,      /* instead of what the endpoint does; only the first one happens */
	FAULT_AT_CERTIFICATE, /* before a certificate is signed */
	FAULT_AT_DER,         /* after it is signed */
	FAULT_AT_JWT,         /* before a token is signed */
	FAULT_AT_JSON,        /* the answer is made, and its body is JSON */
	FAULT_AT_RESPONSE,    /* the answer is complete */
	FAULT_AT_WIRE,        /* on the way out */
	FAULT_STAGE_COUNT
};

/* What a parameter takes. */
enum fault_type {
	FAULT_TEXT,    /* a text */
	FAULT_INTEGER, /* a whole number from min to max */
	FAULT_VALUE,   /* any JSON value */
	FAULT_HEADERS  /* an object of texts */
};

struct fault_param {
	const char *name; /* NULL ends a row's parameters */
	enum fault_type type;
	const char *fallback; /* the default as JSON; NULL = there is none, it must be given */
	int64_t min, max;
	bool nullable; /* a text that may be null */
	const char *help;
	bool (*valid)(const char *text); /* NULL = any text */
};

#define FAULT_PARAMS_MAX 4

/* A fault that happens: what was chosen, and what its stage works on. */
struct fault_act {
	const struct fault_kind *kind;
	const cJSON *with; /* every parameter of the kind */
	uint64_t random;   /* from the seed, this fault and how often it matched */
	struct world *world;
	const struct http_request *request; /* NULL in a handshake */
	struct tls_plan *tls;               /* FAULT_AT_HELLO, FAULT_AT_PEER */
	struct role_call *call;             /* FAULT_AT_ANSWER */
	struct fault_leaf *leaf;            /* FAULT_AT_CERTIFICATE */
	struct bytes *der;                  /* FAULT_AT_DER */
	struct jwt_draft *jwt;              /* FAULT_AT_JWT */
	cJSON **json;                       /* FAULT_AT_JSON; may be replaced */
	struct http_response *response;     /* FAULT_AT_ANSWER, _JSON, _RESPONSE, _WIRE */
};

struct fault_kind {
	const char *name; /* "json-missing" */
	const char *description;
	const char *rules; /* ids of the rules that a client meets broken, "" = none */
	enum fault_stage stage;
	uint32_t endpoints; /* bits of enum endpoint: where it may happen */
	int number;         /* an AADSTS code */
	struct fault_param params[FAULT_PARAMS_MAX];
	/* Does it; false when there was nothing to do it to. */
	bool (*happen)(const struct fault_act *act);
};

/* One family: "json" and its rows. */
struct fault_family {
	const char *name;
	const char *title;
	const struct fault_kind *kinds;
	size_t count;
};

extern const struct fault_family fault_family_tls;
extern const struct fault_family fault_family_http;
extern const struct fault_family fault_family_entra;
extern const struct fault_family fault_family_x509;
extern const struct fault_family fault_family_jwt;
extern const struct fault_family fault_family_json;
extern const struct fault_family fault_family_wire;

#define FAULT_BIT(endpoint) (UINT32_C(1) << (endpoint))
/* The endpoints of a row. */
#define FAULT_TLS_ONLY FAULT_BIT(ENDPOINT_TLS)
#define FAULT_HTTP_ANY (FAULT_BIT(ENDPOINT_COUNT) - 1)
#define FAULT_IMDS                                                                                 \
	(FAULT_BIT(ENDPOINT_METADATA) | FAULT_BIT(ENDPOINT_PROBE) | FAULT_BIT(ENDPOINT_ISSUE) |    \
	 FAULT_BIT(ENDPOINT_V1_TOKEN) | FAULT_BIT(ENDPOINT_COMPUTE))
#define FAULT_JWTS                                                                                 \
	(FAULT_BIT(ENDPOINT_TOKEN) | FAULT_BIT(ENDPOINT_V1_TOKEN) |                                \
	 FAULT_BIT(ENDPOINT_ATTEST_KEYGUARD) | FAULT_BIT(ENDPOINT_ATTEST_TPM))

/* All families; *count is set. */
const struct fault_family *const *fault_families(size_t *count);
/* The row of that name, or NULL. */
const struct fault_kind *fault_kind_find(const char *name);
/* The family of a row. */
const struct fault_family *fault_kind_family(const struct fault_kind *kind);
/* "hello", "answer", ... */
const char *fault_stage_name(enum fault_stage stage);
/* The catalogue as JSON {"faults":[{"name","family","description","stage","endpoints","rules",
 * "parameters":[{"name","type","default","description"}]}]}; NULL when memory is out. */
cJSON *fault_catalogue_json(void);

/* A parameter of a fault that happens: a text (NULL = null), a number, any value. */
const char *fault_text(const struct fault_act *act, const char *name);
int64_t fault_number(const struct fault_act *act, const char *name);
const cJSON *fault_value(const struct fault_act *act, const char *name);
/* Fills n bytes from the fault's own random numbers: the same for the same seed. */
void fault_random(const struct fault_act *act, void *out, size_t n);

#endif
