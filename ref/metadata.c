/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "metadata.h"

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"

#define WHERE "imds.getplatformmetadata"

static const struct blame blame = {MSIV2_IMDS_MALFORMED, WHERE};

static enum msiv2_rc copy(const char *text, char **out, struct msiv2_error *err)
{
	*out = mem_strdup(text);
	return *out != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc need(const cJSON *body, const char *name, char **out, struct msiv2_error *err)
{
	const char *text = NULL;

	TRY(json_need_string(body, name, &blame, &text, err));
	return copy(text, out, err);
}

/* null and "" mean the same as a member that is not there: what is sent back in the CSR then leaves
 * it out, which is what the service accepts (CSR-03). */
static enum msiv2_rc cuid_member(const cJSON *cuid, const char *name, const char *full_name,
                                 char **out, struct msiv2_error *err)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(cuid, name);

	if (member == NULL || cJSON_IsNull(member))
		return MSIV2_OK;
	if (!cJSON_IsString(member))
		return err_blame(err, &blame, "member \"%s\" is not a string", full_name);
	if (text_empty(member->valuestring))
		return MSIV2_OK;
	return copy(member->valuestring, out, err);
}

static enum msiv2_rc read_cuid(const cJSON *body, struct metadata *metadata,
                               struct msiv2_error *err)
{
	const cJSON *cuid = NULL;

	TRY(json_need_object(body, "cuId", &blame, &cuid, err));
	TRY(cuid_member(cuid, "vmId", "cuId.vmId", &metadata->vm_id, err));
	TRY(cuid_member(cuid, "vmssId", "cuId.vmssId", &metadata->vmss_id, err));
	if (metadata->vm_id == NULL && metadata->vmss_id == NULL)
		return err_blame(err, &blame,
		                 "member \"cuId\" has neither \"cuId.vmId\" nor \"cuId.vmssId\"");
	return MSIV2_OK;
}

/* META-05 */
enum msiv2_rc metadata_parse(const void *body, size_t len, struct metadata *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(metadata) metadata = {0};
	OWNED(cJSON) *tree = NULL;

	*out = (struct metadata){0};
	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(need(tree, "clientId", &metadata.client_id, err));
	TRY(need(tree, "tenantId", &metadata.tenant_id, err));
	TRY(read_cuid(tree, &metadata, err));
	TRY(need(tree, "attestationEndpoint", &metadata.attestation_endpoint, err));
	*out = steal(&metadata);
	return MSIV2_OK;
}

void metadata_free(struct metadata *metadata)
{
	mem_free(metadata->client_id);
	mem_free(metadata->tenant_id);
	mem_free(metadata->vm_id);
	mem_free(metadata->vmss_id);
	mem_free(metadata->attestation_endpoint);
	*metadata = (struct metadata){0};
}
