/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_cuid.h"

#include "common/text.h"

static const struct blame blame = {MSIV2_CONFIG, "cuId"};

void csr_cuid_free(struct csr_cuid *cuid)
{
	cJSON_Delete(cuid->tree);
	*cuid = (struct csr_cuid){0};
}

enum msiv2_rc csr_cuid_read(struct der json, struct csr_cuid *out, struct msiv2_error *err)
{
	const cJSON *member;

	*out = (struct csr_cuid){0};
	TRY(json_parse_object(json.data, json.len, &blame, &out->tree, err));
	cJSON_ArrayForEach(member, out->tree)
	{
		if (cJSON_IsString(member) && text_equal(member->string, "vmId"))
			out->vm_id = member->valuestring;
		else if (cJSON_IsString(member) && text_equal(member->string, "vmssId"))
			out->vmss_id = member->valuestring;
		else
			out->strangers = true;
	}
	return MSIV2_OK;
}

enum msiv2_rc csr_cuid_is_compact(const struct csr_cuid *cuid, struct der json, bool *out,
                                  struct msiv2_error *err)
{
	OWNED(cJSON) *tree = cJSON_CreateObject();
	OWNED_STRUCT(bytes) text = {0};

	if (cuid->vm_id != NULL && cJSON_AddStringToObject(tree, "vmId", cuid->vm_id) == NULL)
		return err_no_memory(err, "cuId");
	if (cuid->vmss_id != NULL && cJSON_AddStringToObject(tree, "vmssId", cuid->vmss_id) == NULL)
		return err_no_memory(err, "cuId");
	json_print(tree, &text);
	TRY(bytes_done(&text, "cuId", err));
	*out = der_equal(json, (struct der){text.data, text.len});
	return MSIV2_OK;
}
