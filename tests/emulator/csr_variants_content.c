/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "csr_variants.h"

#include <string.h>

#include "common/text.h"

static void no_spoil(struct csr_draft *draft)
{
	(void)draft;
}

/* ---- the subject ---- */

static void cn_wrong(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, "a2a2a2a2-0000-4000-8000-000000000002",
	                  TAG_IA5, DRAFT_TENANT_ID);
}

static void cn_longer(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID "0", TAG_IA5,
	                  DRAFT_TENANT_ID);
}

static void cn_upper_case(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, "A1A1A1A1-0000-4000-8000-000000000001",
	                  TAG_IA5, DRAFT_TENANT_ID);
}

static void dc_wrong(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_IA5, DRAFT_CLIENT_ID);
}

static void cn_and_dc_swapped(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_TENANT_ID, TAG_IA5, DRAFT_CLIENT_ID);
}

static void cn_first(struct csr_draft *draft)
{
	draft_set_subject(draft, true, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_IA5, DRAFT_TENANT_ID);
}

static void cn_utf8(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_UTF8, DRAFT_CLIENT_ID, TAG_IA5, DRAFT_TENANT_ID);
}

static void dc_utf8(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_UTF8, DRAFT_TENANT_ID);
}

static void dc_printable(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_PRINTABLE,
	                  DRAFT_TENANT_ID);
}

static void cn_ia5(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_IA5, DRAFT_CLIENT_ID, TAG_IA5, DRAFT_TENANT_ID);
}

static void dc_t61(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_PRINTABLE, DRAFT_CLIENT_ID, TAG_T61, DRAFT_TENANT_ID);
}

static void cn_bmp(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_BMP, "a1", TAG_IA5, DRAFT_TENANT_ID);
}

static void set_rdns(struct csr_draft *draft, const char *first, const char *second,
                     const char *third)
{
	OWNED_STRUCT(bytes) rdns = {0};

	if (first != NULL)
		draft_rdn(&rdns, first, TAG_IA5, DRAFT_TENANT_ID);
	if (second != NULL)
		draft_rdn(&rdns, second, TAG_PRINTABLE, DRAFT_CLIENT_ID);
	if (third != NULL)
		draft_rdn(&rdns, third, TAG_PRINTABLE, DRAFT_CLIENT_ID);
	draft_set_name(draft, &rdns);
}

static void subject_empty(struct csr_draft *draft)
{
	set_rdns(draft, NULL, NULL, NULL);
}

static void dc_missing(struct csr_draft *draft)
{
	set_rdns(draft, NULL, OID_CN, NULL);
}

static void cn_missing(struct csr_draft *draft)
{
	set_rdns(draft, OID_DC, NULL, NULL);
}

static void cn_twice(struct csr_draft *draft)
{
	set_rdns(draft, OID_DC, OID_CN, OID_CN);
}

static void organisation_too(struct csr_draft *draft)
{
	set_rdns(draft, OID_DC, OID_CN, OID_O);
}

/* Joins the two RDNs into one SET; the shorter encoding goes first, as DER orders a SET OF. */
static void subject_multi_valued(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) cn = {0};
	OWNED_STRUCT(bytes) dc = {0};
	OWNED_STRUCT(bytes) set = {0};
	OWNED_STRUCT(bytes) rdns = {0};

	draft_rdn(&cn, OID_CN, TAG_PRINTABLE, DRAFT_CLIENT_ID);
	draft_rdn(&dc, OID_DC, TAG_IA5, DRAFT_TENANT_ID);
	bytes_add(&set, cn.data + 2, cn.len - 2);
	bytes_add(&set, dc.data + 2, dc.len - 2);
	draft_element(&rdns, TAG_SET, set.data, set.len);
	draft_set_name(draft, &rdns);
}

static void rdn_not_a_set(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) rdns = {0};

	draft_hex(&rdns, "3002"
	                 "0500");
	draft_set_name(draft, &rdns);
}

static void rdn_empty(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) rdns = {0};

	draft_hex(&rdns, "3100");
	draft_set_name(draft, &rdns);
}

static void rdn_with_three_parts(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) rdns = {0};

	draft_hex(&rdns, "310f300d0603550403130131"
	                 "1303"
	                 "313131");
	draft_set_name(draft, &rdns);
}

static void utf8_malformed(struct csr_draft *draft)
{
	draft_set_subject(draft, false, TAG_UTF8, "\xc3\x28", TAG_IA5, DRAFT_TENANT_ID);
}

/* ---- the attributes ---- */

static void attributes_left_out(struct csr_draft *draft)
{
	draft->attributes_tag = 0;
}

static void attributes_empty(struct csr_draft *draft)
{
	bytes_clear(&draft->attributes);
}

static void attributes_primitive(struct csr_draft *draft)
{
	draft->attributes_tag = 0x80;
}

static void attributes_as_set(struct csr_draft *draft)
{
	draft->attributes_tag = TAG_SET;
}

static void attribute_malformed(struct csr_draft *draft)
{
	bytes_clear(&draft->attributes);
	draft_hex(&draft->attributes, "3004"
	                              "06012a"
	                              "05");
}

static void attribute_not_a_set(struct csr_draft *draft)
{
	bytes_clear(&draft->attributes);
	draft_hex(&draft->attributes, "300e060a" OID_CUID "0500");
}

static void attribute_value_cut_short(struct csr_draft *draft)
{
	bytes_clear(&draft->attributes);
	draft_hex(&draft->attributes, "3010060a" OID_CUID "31020c05");
}

static void cuid_twice(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) value = {0};

	draft_element(&value, TAG_UTF8, DRAFT_CUID, strlen(DRAFT_CUID));
	draft_attribute(draft, OID_CUID, &value);
}

static void cuid_with_two_values(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) values = {0};

	bytes_clear(&draft->attributes);
	draft_element(&values, TAG_UTF8, DRAFT_CUID, strlen(DRAFT_CUID));
	draft_element(&values, TAG_UTF8, DRAFT_CUID, strlen(DRAFT_CUID));
	draft_attribute(draft, OID_CUID, &values);
}

static void cuid_without_value(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) values = {0};

	bytes_clear(&draft->attributes);
	draft_attribute(draft, OID_CUID, &values);
}

static void another_attribute(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) values = {0};

	draft_hex(&values, "3000");
	draft_attribute(draft, OID_EXT_REQ, &values);
}

static void cuid_ia5(struct csr_draft *draft)
{
	draft_set_cuid(draft, TAG_IA5, DRAFT_CUID);
}

static void cuid_octets(struct csr_draft *draft)
{
	draft_set_cuid(draft, TAG_OCTET_STRING, DRAFT_CUID);
}

/* CUID(name, json): one function that puts this text in. */
#define CUID(function, json)                                                                       \
	static void function(struct csr_draft *draft)                                              \
	{                                                                                          \
		draft_set_cuid(draft, TAG_UTF8, json);                                             \
	}
#define VM   "\"vmId\":\"" DRAFT_VM_ID "\""
#define VMSS "\"vmssId\":\"" DRAFT_VMSS_ID "\""

CUID(cuid_empty, "")
CUID(cuid_not_json, "vmId=" DRAFT_VM_ID)
CUID(cuid_trailing, "{" VM "}x")
CUID(cuid_duplicate, "{" VM "," VM "}")
CUID(cuid_array, "[{" VM "}]")
CUID(cuid_single_quotes, "{'vmId':'" DRAFT_VM_ID "'}")
CUID(cuid_bom, "\xef\xbb\xbf{" VM "}")
CUID(cuid_not_utf8, "{\"vmId\":\"\xff\"}")
CUID(cuid_stranger, "{" VM ",\"zone\":\"1\"}")
CUID(cuid_other_case, "{\"VMID\":\"" DRAFT_VM_ID "\"}")
CUID(cuid_number, "{\"vmId\":1}")
CUID(cuid_null, "{" VM ",\"vmssId\":null}")
CUID(cuid_vmss_empty, "{" VM ",\"vmssId\":\"\"}")
CUID(cuid_no_members, "{}")
CUID(cuid_wrong_vm, "{\"vmId\":\"" DRAFT_VMSS_ID "\"}")
CUID(cuid_vm_only, "{" VM "}")
CUID(cuid_vmss_only, "{" VMSS "}")
CUID(cuid_vm_and_vmss, "{" VM "," VMSS "}")
CUID(cuid_spaces, "{ " VM " }")
CUID(cuid_escapes, "{\"vm\\u0049d\":\"" DRAFT_VM_ID "\"}")
CUID(cuid_vmss_first, "{" VMSS "," VM "}")

#define ROW(spoil, rule, outcome)                                                                  \
	{                                                                                          \
#spoil, spoil, rule, outcome, false                                                \
	}
#define ON_VMSS(spoil, rule, outcome)                                                              \
	{                                                                                          \
#spoil " on a scale set", spoil, rule, outcome, true                               \
	}

const struct csr_variant csr_variants_content[] = {
        ROW(cn_wrong, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(cn_longer, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(cn_upper_case, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(dc_wrong, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(cn_and_dc_swapped, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(subject_empty, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(dc_missing, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(cn_missing, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(cn_twice, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(organisation_too, RULE_CSR_SUBJECT, CSR_REFUSED),
        ROW(subject_multi_valued, RULE_CSR_SUBJECT_MULTI_VALUED, CSR_REFUSED),
        ROW(rdn_not_a_set, RULE_CSR_DER, CSR_FATAL),
        ROW(rdn_empty, RULE_CSR_DER, CSR_FATAL),
        ROW(rdn_with_three_parts, RULE_CSR_DER, CSR_FATAL),
        ROW(utf8_malformed, RULE_CSR_DER, CSR_FATAL),
        ROW(cn_first, RULE_CSR_RDN_ORDER, CSR_NOTED),
        ROW(cn_utf8, RULE_CSR_STRING_USUAL, CSR_NOTED),
        ROW(dc_utf8, RULE_CSR_STRING_USUAL, CSR_NOTED),
        ROW(dc_printable, RULE_CSR_STRING_USUAL, CSR_NOTED),
        ROW(cn_ia5, RULE_CSR_STRING_TYPES, CSR_REFUSED),
        ROW(dc_t61, RULE_CSR_STRING_TYPES, CSR_REFUSED),
        ROW(cn_bmp, RULE_CSR_STRING_TYPES, CSR_REFUSED),
        ROW(attributes_left_out, RULE_CSR_ATTRIBUTES_TAG, CSR_REFUSED),
        ROW(attributes_primitive, RULE_CSR_ATTRIBUTES_TAG, CSR_REFUSED),
        ROW(attributes_as_set, RULE_CSR_DER, CSR_FATAL),
        ROW(attribute_malformed, RULE_CSR_DER, CSR_FATAL),
        ROW(attribute_not_a_set, RULE_CSR_DER, CSR_FATAL),
        ROW(attribute_value_cut_short, RULE_CSR_DER, CSR_FATAL),
        ROW(attributes_empty, RULE_CSR_CUID_ATTRIBUTE, CSR_REFUSED),
        ROW(cuid_twice, RULE_CSR_CUID_ATTRIBUTE, CSR_REFUSED),
        ROW(cuid_with_two_values, RULE_CSR_CUID_ATTRIBUTE, CSR_REFUSED),
        ROW(cuid_without_value, RULE_CSR_CUID_ATTRIBUTE, CSR_REFUSED),
        ROW(cuid_ia5, RULE_CSR_CUID_TYPE, CSR_REFUSED),
        ROW(cuid_octets, RULE_CSR_CUID_TYPE, CSR_REFUSED),
        ROW(cuid_empty, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_not_json, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_trailing, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_duplicate, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_array, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_single_quotes, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_bom, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_not_utf8, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_stranger, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_other_case, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_number, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_null, RULE_CSR_CUID_JSON, CSR_REFUSED),
        ROW(cuid_vmss_empty, RULE_CSR_EMPTY_VMSSID, CSR_REFUSED),
        ROW(cuid_no_members, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ROW(cuid_wrong_vm, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ROW(cuid_vm_and_vmss, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ON_VMSS(no_spoil, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ON_VMSS(cuid_vm_only, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ON_VMSS(cuid_vmss_only, RULE_CSR_CUID_VALUE, CSR_REFUSED),
        ON_VMSS(cuid_vmss_first, RULE_CSR_CUID_COMPACT, CSR_NOTED),
        ROW(cuid_spaces, RULE_CSR_CUID_COMPACT, CSR_NOTED),
        ROW(cuid_escapes, RULE_CSR_CUID_COMPACT, CSR_NOTED),
        ROW(another_attribute, RULE_CSR_UNKNOWN_ATTRIBUTE, CSR_NOTED),
};
const size_t csr_variants_content_count = TEXT_COUNT(csr_variants_content);
