/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_kind.h"

#include "common/json.h"
#include "common/text.h"
#include "fault_random.h"

static const struct fault_family *const families[] = {
        &fault_family_tls, &fault_family_http, &fault_family_entra, &fault_family_x509,
        &fault_family_jwt, &fault_family_json, &fault_family_wire,
};

static const char *const stage_names[FAULT_STAGE_COUNT] = {
        [FAULT_AT_HELLO] = "hello",   [FAULT_AT_PEER] = "peer",
        [FAULT_AT_ANSWER] = "answer", [FAULT_AT_CERTIFICATE] = "certificate",
        [FAULT_AT_DER] = "der",       [FAULT_AT_JWT] = "jwt",
        [FAULT_AT_JSON] = "json",     [FAULT_AT_RESPONSE] = "response",
        [FAULT_AT_WIRE] = "wire",
};

static const char *const type_names[] = {
        [FAULT_TEXT] = "text",
        [FAULT_INTEGER] = "integer",
        [FAULT_VALUE] = "any",
        [FAULT_HEADERS] = "object of texts",
};

const struct fault_family *const *fault_families(size_t *count)
{
	*count = TEXT_COUNT(families);
	return families;
}

const struct fault_kind *fault_kind_find(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT(families); i++)
		for (size_t j = 0; j < families[i]->count; j++)
			if (text_equal(families[i]->kinds[j].name, name))
				return &families[i]->kinds[j];
	return NULL;
}

const struct fault_family *fault_kind_family(const struct fault_kind *kind)
{
	for (size_t i = 0; i < TEXT_COUNT(families); i++)
		if (kind >= families[i]->kinds && kind < families[i]->kinds + families[i]->count)
			return families[i];
	return NULL;
}

const char *fault_stage_name(enum fault_stage stage)
{
	return stage_names[stage];
}

static cJSON *params_json(const struct fault_kind *kind)
{
	cJSON *array = cJSON_CreateArray();

	for (const struct fault_param *param = kind->params;
	     param < kind->params + FAULT_PARAMS_MAX && param->name; param++) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "name", param->name);
		cJSON_AddStringToObject(object, "type", type_names[param->type]);
		if (param->fallback)
			json_add(object, "default", cJSON_Parse(param->fallback));
		if (param->type == FAULT_INTEGER) {
			cJSON_AddNumberToObject(object, "min", (double)param->min);
			cJSON_AddNumberToObject(object, "max", (double)param->max);
		}
		cJSON_AddStringToObject(object, "description", param->help);
		json_push(array, object);
	}
	return array;
}

static cJSON *endpoints_json(const struct fault_kind *kind)
{
	cJSON *array = cJSON_CreateArray();

	for (int i = 0; i < ENDPOINT_ALL; i++)
		if (kind->endpoints & FAULT_BIT(i))
			json_push(array, cJSON_CreateString(endpoint_name((enum endpoint)i)));
	return array;
}

/* "META-05 ISSUE-02" as an array. */
static cJSON *rules_json(const char *rules)
{
	cJSON *array = cJSON_CreateArray();

	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");
		OWNED_STRUCT(bytes) rule = {0};

		bytes_add(&rule, rules, len);
		json_push(array, cJSON_CreateString(bytes_text(&rule)));
		rules += len + strspn(rules + len, " ");
	}
	return array;
}

static cJSON *kind_json(const struct fault_family *family, const struct fault_kind *kind)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", kind->name);
	cJSON_AddStringToObject(object, "family", family->name);
	cJSON_AddStringToObject(object, "description", kind->description);
	cJSON_AddStringToObject(object, "stage", stage_names[kind->stage]);
	json_add(object, "endpoints", endpoints_json(kind));
	json_add(object, "rules", rules_json(kind->rules));
	json_add(object, "parameters", params_json(kind));
	return object;
}

cJSON *fault_catalogue_json(void)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *array = cJSON_AddArrayToObject(json, "faults");

	for (size_t i = 0; i < TEXT_COUNT(families); i++)
		for (size_t j = 0; j < families[i]->count; j++)
			if (!json_push(array, kind_json(families[i], &families[i]->kinds[j])))
				return NULL;
	return steal(&json);
}

const cJSON *fault_value(const struct fault_act *act, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(act->with, name);
}

const char *fault_text(const struct fault_act *act, const char *name)
{
	return cJSON_GetStringValue(fault_value(act, name));
}

int64_t fault_number(const struct fault_act *act, const char *name)
{
	const cJSON *value = fault_value(act, name);

	return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : 0;
}

void fault_random(const struct fault_act *act, void *out, size_t n)
{
	struct fault_random random = {act->random};
	uint8_t *at = out;

	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(fault_random_next(&random) >> 56);
}
