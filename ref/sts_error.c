/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sts_error.h"

#include "common/json.h"
#include "common/text.h"
#include "service_text.h"

/* ATT-06: what is wrong with an attestation; the first and the last of five. */
#define FIRST_ATTESTATION_CODE 1000610
#define LAST_ATTESTATION_CODE  1000614

#define MAX_CODE 9007199254740992.0 /* 2^53 */

static void copy_member(const cJSON *object, const char *name, char *out, size_t size)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	service_text_copy(out, size, cJSON_GetStringValue(member));
}

static void take_code(const cJSON *item, struct sts_error *out)
{
	double value = item->valuedouble;

	if (out->code_count == STS_ERROR_MAX_CODES || !cJSON_IsNumber(item) || value < 0 ||
	    value > MAX_CODE || value != (double)(int64_t)value)
		return;
	out->codes[out->code_count++] = (int64_t)value;
}

void sts_error_parse(const void *body, size_t len, struct sts_error *out)
{
	static const struct blame blame = {MSIV2_STS_REFUSED, "sts.token"};
	OWNED(cJSON) *tree = NULL;
	const cJSON *item;

	*out = (struct sts_error){0};
	if (json_parse_object(body, len, &blame, &tree, NULL) != MSIV2_OK)
		return;
	copy_member(tree, "error", out->error, sizeof(out->error));
	copy_member(tree, "error_description", out->description, sizeof(out->description));
	copy_member(tree, "trace_id", out->trace_id, sizeof(out->trace_id));
	copy_member(tree, "correlation_id", out->correlation_id, sizeof(out->correlation_id));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tree, "error_codes"))
	        take_code(item, out);
}

bool sts_error_is_certificate_rejection(const struct sts_error *answer)
{
	return text_equal(answer->error, "invalid_client");
}

bool sts_error_may_repeat(const struct sts_error *answer)
{
	if (!sts_error_is_certificate_rejection(answer))
		return false;
	for (size_t i = 0; i < answer->code_count; i++) {
		if (answer->codes[i] >= FIRST_ATTESTATION_CODE &&
		    answer->codes[i] <= LAST_ATTESTATION_CODE)
			return true;
	}
	return answer->code_count == 0;
}
