/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_subject.h"

#include <string.h>

#include "common/text.h"

static const uint8_t oid_cn[] = {0x55, 0x04, 0x03};
static const uint8_t oid_dc[] = {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19};

/* String types of X.680. Those of one byte per ASCII character can be compared with text. */
static const struct string_type {
	uint8_t tag;
	bool bytewise;
	const char *name;
} string_types[] = {
        {DER_UTF8_STRING, true, "UTF8String"},
        {0x12, true, "NumericString"},
        {DER_PRINTABLE_STRING, true, "PrintableString"},
        {0x14, true, "T61String"},
        {DER_IA5_STRING, true, "IA5String"},
        {0x1a, true, "VisibleString"},
        {0x1c, false, "UniversalString"},
        {0x1e, false, "BMPString"},
};

static const struct string_type *find_type(uint8_t tag)
{
	for (size_t i = 0; i < TEXT_COUNT(string_types); i++) {
		if (string_types[i].tag == tag)
			return &string_types[i];
	}
	return NULL;
}

const char *csr_string_type(uint8_t tag)
{
	const struct string_type *type = find_type(tag);

	return type != NULL ? type->name : NULL;
}

bool csr_name_part_is(const struct csr_name_part *part, const char *text)
{
	const struct string_type *type = find_type(part->tag);
	struct der wanted = {(const uint8_t *)text, strlen(text)};

	return type != NULL && type->bytewise && der_equal(part->value, wanted);
}

/* AttributeTypeAndValue ::= SEQUENCE { type OID, value ANY } */
static bool read_attribute(struct der content, size_t position, struct csr_subject *out)
{
	struct csr_name_part *part = NULL;
	struct der_element value;
	struct der oid;

	if (!der_take(&content, DER_OID, &oid) || !der_next(&content, &value) || content.len != 0)
		return false;
	if (der_equal(oid, DER_OF(oid_cn)))
		part = &out->cn;
	if (der_equal(oid, DER_OF(oid_dc)))
		part = &out->dc;
	if (part == NULL) {
		out->others++;
		return true;
	}
	if (part->count++ == 0) {
		part->position = position;
		part->tag = value.tag;
		part->value = value.content;
	}
	return true;
}

const char *csr_subject_read(struct der name, struct csr_subject *out)
{
	struct der rdns, rdn, attribute;
	size_t position = 0, before;

	*out = (struct csr_subject){0};
	if (!der_only(name, DER_SEQUENCE, &rdns))
		return "the subject is not a Name";
	while (rdns.len > 0) {
		if (!der_take(&rdns, DER_SET, &rdn) || rdn.len == 0)
			return "an RDN of the subject is not a SET";
		for (before = position; rdn.len > 0; position++) {
			if (!der_take(&rdn, DER_SEQUENCE, &attribute) ||
			    !read_attribute(attribute, position, out))
				return "an attribute of the subject is not a type and a value";
		}
		if (position - before > 1)
			out->multi_valued = true;
	}
	return NULL;
}
