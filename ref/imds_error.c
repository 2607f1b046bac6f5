/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds_error.h"

#include "common/json.h"
#include "common/text.h"
#include "service_text.h"

/* The first of two members that is text; NULL when neither is. */
static const char *text_of(const cJSON *object, const char *name, const char *other)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text != NULL ? text
	                    : cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, other));
}

void imds_error_parse(const void *body, size_t len, struct imds_error *out)
{
	static const struct blame blame = {MSIV2_IMDS_REFUSED, "imds"};
	OWNED(cJSON) *tree = NULL;
	const cJSON *inner;

	*out = (struct imds_error){0};
	if (json_parse_object(body, len, &blame, &tree, NULL) != MSIV2_OK)
		return;
	inner = cJSON_GetObjectItemCaseSensitive(tree, "error");
	if (cJSON_IsObject(inner)) {
		service_text_copy(out->code, sizeof(out->code), text_of(inner, "code", "code"));
		service_text_copy(out->message, sizeof(out->message),
		                  text_of(inner, "message", "message"));
		return;
	}
	service_text_copy(out->code, sizeof(out->code), cJSON_GetStringValue(inner));
	service_text_copy(out->message, sizeof(out->message),
	                  text_of(tree, "error_description", "message"));
}
