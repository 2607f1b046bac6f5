/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "compute.h"

#include <stdio.h>

#include "common/json.h"
#include "common/text.h"
#include "imds_frame.h"

#define PATH "/metadata/instance/compute"

static bool other_format(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;
	const char *format = query_get(frame->query, "format", NULL);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.40s", format ? format : "");
	return format && !text_equal_nocase(format, "json");
}

static bool unknown_parameter(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char *const known[] = {"api-version", "format"};

	return imds_frame_unknown(facts, known, TEXT_COUNT(known), detail);
}

/* In the order in which they are checked. */
static const struct role_rule rows[] = {
        {RULE_META_FORWARDED,
         imds_frame_forwarded,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_META_HEADER,
         imds_frame_no_header,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_COMPUTE_METHOD,
         imds_frame_wrong_method,
         {405, "invalid_request", 0, "Method not allowed"}},
        {RULE_META_DUPLICATE,
         imds_frame_repeated,
         {400, "invalid_request", 0, "Query parameter given more than once: {}"}},
        {RULE_COMPUTE_VERSION, imds_frame_wrong_version, {400, "api-version", 0, "{}"}},
        {RULE_COMPUTE_FORMAT,
         other_format,
         {400, "invalid_request", 0, "The format '{}' is not supported"}},
        {RULE_COMPUTE_UNKNOWN_QUERY,
         unknown_parameter,
         {400, "invalid_request", 0, "Unsupported query variables"}},
};

/* What stands in place of the machine's own; a real one says more. */
static const struct constant {
	const char *name;
	const char *value;
} constants[] = {
        {"azEnvironment", "AzurePublicCloud"},
        {"isHostCompatibilityLayerVm", "false"},
        {"licenseType", ""},
        {"location", "local"},
        {"name", "msiv2-emulator"},
        {"offer", ""},
        {"placementGroupId", ""},
        {"platformFaultDomain", "0"},
        {"platformUpdateDomain", "0"},
        {"priority", ""},
        {"provider", "Microsoft.Compute"},
        {"publisher", ""},
        {"resourceGroupName", "local"},
        {"resourceId", "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local/"
                       "providers/Microsoft.Compute/virtualMachines/msiv2-emulator"},
        {"sku", ""},
        {"subscriptionId", "00000000-0000-4000-8000-000000000000"},
        {"tags", "emulator:NOT FOR PRODUCTION"}, /* SEC-02 */
        {"version", ""},
        {"vmScaleSetName", ""},
        {"vmSize", ""},
        {"zone", ""},
};

/* Secure boot and a virtual TPM are what the types beyond Standard mean. */
static void add_security_profile(cJSON *json, const char *type)
{
	cJSON *profile = cJSON_AddObjectToObject(json, "securityProfile");
	const char *trusted = text_equal(type, "Standard") ? "false" : "true";

	cJSON_AddStringToObject(profile, "encryptionAtHost", "false");
	cJSON_AddStringToObject(profile, "secureBootEnabled", trusted);
	cJSON_AddStringToObject(profile, "securityType", type);
	cJSON_AddStringToObject(profile, "virtualTpmEnabled", trusted);
}

/* V1-03: every value is a text, and what does not apply is empty. */
static void send(struct role_call *call)
{
	const struct config_host *host = call->host;
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *scale_set;

	for (size_t i = 0; i < TEXT_COUNT(constants); i++)
		cJSON_AddStringToObject(json, constants[i].name, constants[i].value);
	cJSON_AddStringToObject(json, "osType", host->os_type);
	add_security_profile(json, host->security_type);
	scale_set = cJSON_AddObjectToObject(json, "virtualMachineScaleSet");
	cJSON_AddStringToObject(scale_set, "id", host->vmss_id ? host->vmss_id : "");
	cJSON_AddStringToObject(json, "vmId", host->vm_id ? host->vm_id : "");
	role_send_json(call, 200, json);
}

bool compute_has_path(const char *path)
{
	return imds_frame_is_path(path, PATH);
}

void compute_answer(struct role_call *call)
{
	OWNED_STRUCT(query) query = {0};
	const struct imds_frame frame = {call->request, &query, PATH, "GET"};
	char detail[ROLE_DETAIL_SIZE] = "";
	const struct role_rule *row;

	call->notes->endpoint = ENDPOINT_COMPUTE;
	if (!imds_frame_read_query(call, &query))
		return;
	row = role_judge(rows, TEXT_COUNT(rows), &frame, call, detail);
	if (row && row->rule == RULE_COMPUTE_VERSION)
		imds_frame_refuse_version(call, &frame);
	else if (row)
		imds_frame_refuse(call, &frame, &row->answer, detail);
	else
		send(call);
}
