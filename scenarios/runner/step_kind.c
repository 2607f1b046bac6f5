/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "step_kind.h"

#include "common/text.h"
#include "crowd.h"
#include "feature.h"

#define ACQUIRERS_MAX 256
#define SECONDS_MAX   (INT64_C(100) * 366 * 24 * 3600)

static const char *const identity_kinds[] = {"system", "client_id", "object_id", "resource_id",
                                             NULL};
static const char *const token_types[] = {"mtls_pop", "bearer", NULL};
static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE", NULL};
static const char *const store_actions[] = {"corrupt",  "truncate", "garbage", "open",
                                            "readonly", "remove",   "lock",    "forget_key",
                                            "plant",    NULL};
static const char *const trusts[] = {"emulator", "nobody", NULL};
static const char *const addresses[] = {"emulator", "refused", "unroutable", NULL};

static const struct form_member identity_members[] = {
        {.name = "kind", .type = FORM_WORD, .required = true, .words = identity_kinds},
        {.name = "id", .type = FORM_TEXT, .max = 1024},
        {.name = NULL}};
const struct form identity_form = {identity_members};

/* Texts that become part of a key list: "windows", "keyguard,hardware". */
static bool is_key_list(const char *text)
{
	return !text_empty(text) && text[0] != ',';
}

static const struct form_member client_members[] = {
        {.name = "attest", .type = FORM_BOOL},
        {.name = "min_strength", .type = FORM_WORD, .words = key_kind_words},
        {.name = "keys", .type = FORM_TEXT, .min = 1, .max = 64, .valid = is_key_list},
        {.name = "trust", .type = FORM_WORD, .words = trusts},
        {.name = "imds", .type = FORM_WORD, .words = addresses},
        {.name = "timeout_ms", .type = FORM_INTEGER, .min = 1, .max = 24 * 3600 * 1000},
        {.name = "proxy", .type = FORM_BOOL},
        {.name = "identity", .type = FORM_OBJECT, .object = &identity_form},
        {.name = "resource", .type = FORM_TEXT, .max = 1024},
        {.name = NULL}};
const struct form client_form = {client_members};

/* What acquire, acquire_many and call have in common. */
#define ACQUIRE_ROWS                                                                               \
	{.name = "identity", .type = FORM_OBJECT, .object = &identity_form},                       \
	        {.name = "resource", .type = FORM_TEXT, .max = 4096},                              \
	        {.name = "token_type", .type = FORM_WORD, .words = token_types},                   \
	        {.name = "claims", .type = FORM_TEXT, .nullable = true, .max = 65536},             \
	{                                                                                          \
		.name = "force", .type = FORM_BOOL                                                 \
	}

static const struct form_member acquire_members[] = {ACQUIRE_ROWS, {.name = NULL}};
static const struct form_member acquire_many_members[] = {
        ACQUIRE_ROWS,
        {.name = "n", .type = FORM_INTEGER, .required = true, .min = 1, .max = ACQUIRERS_MAX},
        {.name = "processes", .type = FORM_INTEGER, .min = 2, .max = CROWD_MAX},
        {.name = NULL}};
static const struct form_member call_members[] = {
        ACQUIRE_ROWS, {.name = "path", .type = FORM_TEXT, .max = 1024}, {.name = NULL}};
static const struct form_member seconds_members[] = {{.name = "s",
                                                      .type = FORM_INTEGER,
                                                      .required = true,
                                                      .min = -SECONDS_MAX,
                                                      .max = SECONDS_MAX},
                                                     {.name = NULL}};
static const struct form_member admin_members[] = {
        {.name = "method", .type = FORM_WORD, .required = true, .words = methods},
        {.name = "target", .type = FORM_TEXT, .required = true, .min = 1, .max = 4096},
        {.name = "body", .type = FORM_OBJECT},
        {.name = NULL}};
/* The rest is the emulator's business, which refuses what it does not know. */
static const struct form_member fault_members[] = {
        {.name = "id", .type = FORM_TEXT, .min = 1, .max = 63},
        {.name = "fault", .type = FORM_TEXT, .required = true, .min = 1, .max = 63},
        {.name = "endpoint", .type = FORM_TEXT, .required = true, .min = 1, .max = 63},
        {.name = "match", .type = FORM_OBJECT},
        {.name = "when", .type = FORM_OBJECT},
        {.name = "with", .type = FORM_OBJECT},
        {.name = "enabled", .type = FORM_BOOL},
        {.name = NULL}};
static const struct form_member unfault_members[] = {
        {.name = "id", .type = FORM_TEXT, .required = true, .min = 1, .max = 63}, {.name = NULL}};
static const struct form_member store_members[] = {
        {.name = "action", .type = FORM_WORD, .required = true, .words = store_actions},
        {.name = NULL}};
static const struct form_member mark_members[] = {
        {.name = "name", .type = FORM_TEXT, .required = true, .min = 1, .max = 63}, {.name = NULL}};

static const struct form acquire_form = {acquire_members};
static const struct form acquire_many_form = {acquire_many_members};
static const struct form call_form = {call_members};
static const struct form seconds_form = {seconds_members};
static const struct form admin_form = {admin_members};
const struct form fault_form = {fault_members};
static const struct form unfault_form = {unfault_members};
static const struct form store_form = {store_members};
static const struct form mark_form = {mark_members};

const struct step_kind step_kinds[STEP_DO_COUNT] = {
        [STEP_ACQUIRE] = {"acquire", &acquire_form, false, true, 0},
        [STEP_ACQUIRE_MANY] = {"acquire_many", &acquire_many_form, true, true,
                               FEATURE_BIT(FEATURE_ACQUIRE_MANY)},
        [STEP_CALL] = {"call", &call_form, false, true, FEATURE_BIT(FEATURE_CALL)},
        [STEP_PROBE] = {"probe", NULL, false, true, FEATURE_BIT(FEATURE_PROBE)},
        [STEP_RESTART] = {"restart", NULL, false, true, FEATURE_BIT(FEATURE_RESTART)},
        [STEP_DROP_MEMORY] = {"drop_memory", NULL, false, true, FEATURE_BIT(FEATURE_DROP_MEMORY)},
        [STEP_DESCRIBE_KEY] = {"describe_key", NULL, false, true,
                               FEATURE_BIT(FEATURE_DESCRIBE_KEY)},
        [STEP_ADVANCE] = {"advance", &seconds_form, true, false, FEATURE_BIT(FEATURE_CLOCK)},
        [STEP_CLIENT_CLOCK] = {"client_clock", &seconds_form, true, false,
                               FEATURE_BIT(FEATURE_CLOCK)},
        [STEP_ADMIN] = {"admin", &admin_form, true, false, 0},
        [STEP_FAULT] = {"fault", &fault_form, true, false, 0},
        [STEP_UNFAULT] = {"unfault", &unfault_form, true, false, 0},
        [STEP_STORE] = {"store", &store_form, true, false, FEATURE_BIT(FEATURE_STORE)},
        [STEP_MARK] = {"mark", &mark_form, true, false, 0},
};

const char *const step_words[STEP_DO_COUNT + 1] = {
        "acquire",     "acquire_many", "call",    "probe",        "restart",
        "drop_memory", "describe_key", "advance", "client_clock", "admin",
        "fault",       "unfault",      "store",   "mark",         NULL};

/* What the parameters of an acquisition ask for. */
static uint32_t acquire_features(const cJSON *with)
{
	const cJSON *identity = cJSON_GetObjectItemCaseSensitive(with, "identity");
	const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(identity, "kind"));
	uint32_t bits = 0;

	if (kind && !text_equal(kind, "system"))
		bits |= FEATURE_BIT(FEATURE_USER_ASSIGNED);
	if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(with, "claims")))
		bits |= FEATURE_BIT(FEATURE_CLAIMS);
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(with, "force")))
		bits |= FEATURE_BIT(FEATURE_FORCE);
	if (text_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(with, "token_type")),
	               "bearer"))
		bits |= FEATURE_BIT(FEATURE_BEARER);
	return bits;
}

uint32_t step_features(const cJSON *step)
{
	const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step, "do"));
	int at = form_word(step_words, word);

	if (at < 0)
		return 0;
	return step_kinds[at].features |
	       (step_kinds[at].command
	                ? acquire_features(cJSON_GetObjectItemCaseSensitive(step, "with"))
	                : 0);
}

uint32_t client_features(const cJSON *client)
{
	uint32_t bits = acquire_features(client);

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(client, "attest")))
		bits |= FEATURE_BIT(FEATURE_ATTESTATION);
	if (cJSON_GetObjectItemCaseSensitive(client, "min_strength"))
		bits |= FEATURE_BIT(FEATURE_MIN_STRENGTH);
	return bits;
}
