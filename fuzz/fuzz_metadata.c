/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The answer of getplatformmetadata: what is accepted has every member, and the cuId that goes into
 * the CSR is JSON that reads back as what came in. */
#include "target.h"

#include "common/json.h"
#include "common/text.h"
#include "ref/csr.h"
#include "ref/metadata.h"

static void check_cuid(const struct metadata *metadata)
{
	const struct blame blame = {MSIV2_INTERNAL, "fuzz"};
	OWNED_STRUCT(bytes) json = {0};
	OWNED(cJSON) *tree = NULL;
	const char *vm_id = NULL;
	const char *vmss_id = NULL;

	FUZZ_REQUIRE(csr_cuid_json(metadata, &json, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(json_parse_object(json.data, json.len, &blame, &tree, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(json_may_string(tree, "vmId", &blame, &vm_id, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(json_may_string(tree, "vmssId", &blame, &vmss_id, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(text_equal(vm_id, metadata->vm_id));
	FUZZ_REQUIRE(text_equal(vmss_id, metadata->vmss_id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(metadata) metadata = {0};
	struct msiv2_error err = {0};

	if (metadata_parse(data, size, &metadata, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_IMDS_MALFORMED && err.message[0] != '\0');
		FUZZ_REQUIRE(metadata.client_id == NULL && metadata.vm_id == NULL);
		return 0;
	}
	FUZZ_REQUIRE(!text_empty(metadata.client_id) && !text_empty(metadata.tenant_id));
	FUZZ_REQUIRE(!text_empty(metadata.attestation_endpoint));
	FUZZ_REQUIRE(metadata.vm_id != NULL || metadata.vmss_id != NULL);
	check_cuid(&metadata);
	return 0;
}
