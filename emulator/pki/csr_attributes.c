/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_attributes.h"

/* 1.3.6.1.4.1.311.90.2.10 */
static const uint8_t oid_cuid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x5a, 0x02, 0x0a};

/* Counts the values of one attribute; the first cuId value is kept. */
static bool read_values(struct der values, bool is_cuid, struct csr_attributes *out)
{
	struct der_element value;

	while (values.len > 0) {
		if (!der_next(&values, &value))
			return false;
		if (is_cuid && out->cuid_values++ == 0) {
			out->cuid_tag = value.tag;
			out->cuid = value.content;
		}
	}
	return true;
}

const char *csr_attributes_read(struct der attributes, struct csr_attributes *out)
{
	struct der attribute, oid, values;
	bool is_cuid;

	*out = (struct csr_attributes){0};
	while (attributes.len > 0) {
		if (!der_take(&attributes, DER_SEQUENCE, &attribute) ||
		    !der_take(&attribute, DER_OID, &oid) || !der_only(attribute, DER_SET, &values))
			return "an attribute is not a type and a SET of values";
		is_cuid = der_equal(oid, DER_OF(oid_cuid));
		if (is_cuid)
			out->cuid_count++;
		else
			out->unknown++;
		if (!read_values(values, is_cuid, out))
			return "the value of an attribute is not DER";
	}
	return NULL;
}
