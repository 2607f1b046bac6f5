/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults in the JSON of any answer, whatever its status (META-05, ISSUE-02, STS-03, STS-04,
 * ATT-04). Where a field is not there, nothing happens and the fault has not fired. */
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "emulator/http/exchange.h"
#include "fault_kind.h"
#include "json_path.h"

/* The value at the fault's field. */
static cJSON *field(const struct fault_act *act, cJSON **parent)
{
	return json_path_find(*act->json, fault_text(act, "field"), parent);
}

/* Puts another value, which is taken over, in the place of one. */
static bool replace(cJSON *parent, cJSON *old, cJSON *fresh)
{
	char *name;

	if (!fresh)
		return false;
	/* The place's name goes with the place. */
	name = fresh->string;
	fresh->string = old->string;
	old->string = name;
	return cJSON_ReplaceItemViaPointer(parent, old, fresh);
}

static bool missing(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = field(act, &parent);

	if (!value)
		return false;
	cJSON_Delete(cJSON_DetachItemViaPointer(parent, value));
	return true;
}

static bool null(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = field(act, &parent);

	return value && replace(parent, value, cJSON_CreateNull());
}

static bool empty(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = field(act, &parent);

	if (cJSON_IsObject(value))
		return replace(parent, value, cJSON_CreateObject());
	if (cJSON_IsArray(value))
		return replace(parent, value, cJSON_CreateArray());
	return value && replace(parent, value, cJSON_CreateString(""));
}

static bool value_other(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = field(act, &parent);

	return value && replace(parent, value, cJSON_Duplicate(fault_value(act, "value"), true));
}

/* "text", "number", "true", "object", "array". */
static cJSON *of_type(const char *type)
{
	if (text_equal(type, "text"))
		return cJSON_CreateString("text");
	if (text_equal(type, "number"))
		return cJSON_CreateNumber(17);
	if (text_equal(type, "boolean"))
		return cJSON_CreateTrue();
	return text_equal(type, "array") ? cJSON_CreateArray() : cJSON_CreateObject();
}

static const char *type_of(const cJSON *value)
{
	if (cJSON_IsString(value))
		return "text";
	if (cJSON_IsNumber(value))
		return "number";
	if (cJSON_IsBool(value))
		return "boolean";
	return cJSON_IsArray(value) ? "array" : "object";
}

static bool is_type(const char *text)
{
	static const char *const types[] = {"text",   "number", "boolean",
	                                    "object", "array",  "other"};

	for (size_t i = 0; i < TEXT_COUNT(types); i++)
		if (text_equal(types[i], text))
			return true;
	return false;
}

/* Another type is never one that means the same: expires_in may be a text (STS-03). */
static bool wrong_type(const struct fault_act *act)
{
	const char *type = fault_text(act, "type");
	cJSON *parent;
	cJSON *value = field(act, &parent);

	if (!value)
		return false;
	if (text_equal(type, "other"))
		type = cJSON_IsObject(value) ? "array" : "object";
	return !text_equal(type, type_of(value)) && replace(parent, value, of_type(type));
}

/* The second one has another value, so that it matters which one counts. */
static bool duplicated(const struct fault_act *act)
{
	const cJSON *other = fault_value(act, "value");
	cJSON *parent;
	cJSON *value = field(act, &parent);

	if (!value || !cJSON_IsObject(parent))
		return false;
	return cJSON_AddItemToObject(parent, value->string,
	                             cJSON_Duplicate(cJSON_IsNull(other) ? value : other, true));
}

static cJSON *root_or(const struct fault_act *act)
{
	const char *path = fault_text(act, "in");
	cJSON *parent;

	return path[0] != '\0' ? json_path_find(*act->json, path, &parent) : *act->json;
}

/* The members in reverse order. */
static bool reordered(const struct fault_act *act)
{
	cJSON *object = root_or(act);
	OWNED(cJSON) *reversed = cJSON_CreateObject();
	int count = cJSON_GetArraySize(object);

	if (!cJSON_IsObject(object) || count < 2 || !reversed)
		return false;
	while (count > 0) {
		cJSON *last = cJSON_DetachItemFromArray(object, --count);

		if (!cJSON_AddItemToObject(reversed, last->string, last)) {
			cJSON_Delete(last);
			return false;
		}
	}
	object->child = reversed->child;
	reversed->child = NULL;
	return true;
}

static bool unknown_added(const struct fault_act *act)
{
	cJSON *object = root_or(act);

	return cJSON_IsObject(object) &&
	       cJSON_AddItemToObject(object, fault_text(act, "name"),
	                             cJSON_Duplicate(fault_value(act, "value"), true));
}

/* The same name in upper case: names are case-sensitive (RFC 8259 section 8.3). */
static bool renamed(const struct fault_act *act)
{
	const char *name = fault_text(act, "name");
	cJSON *parent;
	cJSON *value = field(act, &parent);
	cJSON *copy;

	if (!value || !value->string)
		return false;
	copy = cJSON_Duplicate(value, true);
	if (!copy)
		return false;
	cJSON_Delete(cJSON_DetachItemViaPointer(parent, value));
	return cJSON_AddItemToObject(parent, name, copy);
}

static bool in_array(const struct fault_act *act)
{
	cJSON *array = cJSON_CreateArray();

	if (!cJSON_AddItemToArray(array, *act->json)) {
		cJSON_Delete(array);
		return false;
	}
	*act->json = array;
	return true;
}

/* ISSUE-02: the certificate's text. */
static cJSON *certificate(const struct fault_act *act, cJSON **parent)
{
	cJSON *value = json_path_find(*act->json, "certificate", parent);

	return cJSON_IsString(value) ? value : NULL;
}

static bool pem(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = certificate(act, &parent);
	OWNED_STRUCT(bytes) text = {0};

	if (!value)
		return false;
	bytes_addf(&text, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
	           value->valuestring);
	return !text.failed && replace(parent, value, cJSON_CreateString(bytes_text(&text)));
}

/* The alphabet of base64url, and a padding too much. */
static bool not_base64(const struct fault_act *act)
{
	cJSON *parent;
	cJSON *value = certificate(act, &parent);
	OWNED_STRUCT(bytes) text = {0};

	if (!value)
		return false;
	bytes_addf(&text, "%s-_=", value->valuestring);
	return !text.failed && replace(parent, value, cJSON_CreateString(bytes_text(&text)));
}

static bool truncated(const struct fault_act *act)
{
	struct bytes *body = &act->response->body;

	if (body->len < 2)
		return false;
	body->len /= 2;
	return true;
}

static bool trailing(const struct fault_act *act)
{
	bytes_add_text(&act->response->body, fault_text(act, "text"));
	return act->response->body.len > 0;
}

static bool is_path_or_none(const char *text)
{
	return text[0] == '\0' || json_path_is(text);
}

static bool is_name(const char *text)
{
	return text[0] != '\0' && strlen(text) < JSON_PATH_MAX;
}

#define JSON_OF(rules) rules, FAULT_AT_JSON, FAULT_HTTP_ANY, 0
#define ANSWERS        "META-05 ISSUE-02 STS-03 STS-04 ATT-04"
#define FIELD                                                                                      \
	{                                                                                          \
		"field", FAULT_TEXT, NULL, 0, 0, false, "where: \"cuId.vmId\", \"keys[0].kid\"",   \
		        json_path_is                                                               \
	}
#define IN                                                                                         \
	{                                                                                          \
		"in", FAULT_TEXT, "\"\"", 0, 0, false,                                             \
		        "the object, such as \"cuId\"; \"\" = the whole answer", is_path_or_none   \
	}

static const struct fault_kind kinds[] = {
        {"json-missing", "A field is not there.", JSON_OF(ANSWERS), {FIELD}, missing},
        {"json-null", "A field is null.", JSON_OF(ANSWERS), {FIELD}, null},
        {"json-empty", "A field is empty: \"\", {} or [].", JSON_OF(ANSWERS), {FIELD}, empty},
        {"json-value",
         "A field has another value.",
         JSON_OF(ANSWERS),
         {FIELD, {"value", FAULT_VALUE, NULL, 0, 0, false, "the value", NULL}},
         value_other},
        {"json-wrong-type",
         "A field has another type.",
         JSON_OF(ANSWERS),
         {FIELD,
          {"type", FAULT_TEXT, "\"other\"", 0, 0, false,
           "text, number, boolean, object, array, or other: an object, or an array in the place of "
           "one",
           is_type}},
         wrong_type},
        {"json-duplicate",
         "A field is there twice.",
         JSON_OF(ANSWERS),
         {FIELD,
          {"value", FAULT_VALUE, "null", 0, 0, false, "of the second one; null = the same", NULL}},
         duplicated},
        {"json-rename",
         "A field has another name.",
         JSON_OF(ANSWERS),
         {FIELD, {"name", FAULT_TEXT, NULL, 0, 0, false, "the new name", is_name}},
         renamed},
        {"json-reorder",
         "The members come in reverse order, which means the same.",
         JSON_OF(""),
         {IN},
         reordered},
        {"json-unknown",
         "There is a member that nobody knows, which clients skip.",
         JSON_OF(""),
         {IN,
          {"name", FAULT_TEXT, "\"x-unknown\"", 0, 0, false, "its name", is_name},
          {"value", FAULT_VALUE, "{\"a\":[1,null,\"b\"]}", 0, 0, false, "its value", NULL}},
         unknown_added},
        {"json-array",
         "The answer is an array around the object.",
         JSON_OF(ANSWERS),
         {{0}},
         in_array},
        {"json-truncated",
         "The JSON ends in the middle, and so does the answer, properly framed.",
         ANSWERS,
         FAULT_AT_RESPONSE,
         FAULT_HTTP_ANY,
         0,
         {{0}},
         truncated},
        {"json-trailing",
         "Something follows the JSON.",
         ANSWERS,
         FAULT_AT_RESPONSE,
         FAULT_HTTP_ANY,
         0,
         {{"text", FAULT_TEXT, "\"{}\"", 0, 0, false, "a text", NULL}},
         trailing},
        {"certificate-pem",
         "The certificate has PEM armour.",
         "ISSUE-02",
         FAULT_AT_JSON,
         FAULT_BIT(ENDPOINT_ISSUE),
         0,
         {{0}},
         pem},
        {"certificate-not-base64",
         "The certificate is not standard base64.",
         "ISSUE-02",
         FAULT_AT_JSON,
         FAULT_BIT(ENDPOINT_ISSUE),
         0,
         {{0}},
         not_base64},
};

const struct fault_family fault_family_json = {"json", "JSON of any answer", kinds,
                                               TEXT_COUNT(kinds)};
