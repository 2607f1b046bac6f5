/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca_names.h"

#include <string.h>

#include "common/text.h"

DEFINE_OWNED(GENERAL_NAME, GENERAL_NAME_free)
DEFINE_OWNED(ASN1_STRING, ASN1_STRING_free)

static const char *const always[] = {"localhost", "127.0.0.1", "::1"};

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_'; /* container networks use underscores */
}

/* RFC 1123 labels, with a wildcard allowed as the first. */
static bool is_dns_name(const char *name)
{
	size_t len = strlen(name), label = 0;

	if (text_starts(name, "*."))
		name += 2;
	if (len == 0 || len > 253)
		return false;
	for (; *name != '\0'; name++) {
		if (*name == '.' && label > 0 && name[-1] != '-') {
			label = 0;
			continue;
		}
		if (!is_label_char(*name) || (label == 0 && *name == '-') || ++label > 63)
			return false;
	}
	return label > 0 && name[-1] != '-';
}

static enum msiv2_rc make_name(const char *text, GENERAL_NAME **out, struct msiv2_error *err)
{
	OWNED(GENERAL_NAME) *name = GENERAL_NAME_new();
	OWNED(ASN1_STRING) *value = a2i_IPADDRESS(text);
	int type = GEN_IPADD;

	if (value == NULL) {
		type = GEN_DNS;
		if (!is_dns_name(text))
			return err_set(err, MSIV2_CONFIG, "--name",
			               "neither a DNS name nor an IP address: %s", text);
		value = ASN1_STRING_type_new(V_ASN1_IA5STRING);
		if (value == NULL || ASN1_STRING_set(value, text, -1) != 1)
			return err_no_memory(err, "--name");
	}
	if (name == NULL)
		return err_no_memory(err, "--name");
	GENERAL_NAME_set0_value(name, type, steal(&value));
	*out = steal(&name);
	return MSIV2_OK;
}

static enum msiv2_rc add_name(GENERAL_NAMES *names, const char *text, struct msiv2_error *err)
{
	OWNED(GENERAL_NAME) *name = NULL;

	TRY(make_name(text, &name, err));
	if (sk_GENERAL_NAME_push(names, name) <= 0)
		return err_no_memory(err, "--name");
	(void)steal(&name);
	return MSIV2_OK;
}

enum msiv2_rc ca_names_make(const char *const *extra, size_t count, GENERAL_NAMES **out,
                            struct msiv2_error *err)
{
	OWNED(GENERAL_NAMES) *names = GENERAL_NAMES_new();

	if (names == NULL)
		return err_no_memory(err, "--name");
	for (size_t i = 0; i < TEXT_COUNT(always); i++)
		TRY(add_name(names, always[i], err));
	for (size_t i = 0; i < count; i++)
		TRY(add_name(names, extra[i], err));
	*out = steal(&names);
	return MSIV2_OK;
}

enum msiv2_rc ca_names_one(const char *text, GENERAL_NAMES **out, struct msiv2_error *err)
{
	OWNED(GENERAL_NAMES) *names = GENERAL_NAMES_new();

	if (names == NULL)
		return err_no_memory(err, "--name");
	TRY(add_name(names, text, err));
	*out = steal(&names);
	return MSIV2_OK;
}

static bool contains(const GENERAL_NAMES *names, GENERAL_NAME *name)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), name) == 0)
			return true;
	}
	return false;
}

bool ca_names_cover(const X509 *cert, const GENERAL_NAMES *wanted)
{
	OWNED(GENERAL_NAMES) *has = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(wanted); i++) {
		if (has == NULL || !contains(has, sk_GENERAL_NAME_value(wanted, i)))
			return false;
	}
	return true;
}
