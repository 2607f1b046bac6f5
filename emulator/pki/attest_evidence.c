/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest_evidence.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

#define WHERE "evidence"

static const struct blame blame = {MSIV2_CONFIG, WHERE};

enum msiv2_rc attest_decode(const char *name, const char *text, size_t max_len, struct bytes *out,
                            struct msiv2_error *err)
{
	size_t len = strlen(text);

	if (len / 4 * 3 > max_len + 3)
		return err_blame(err, &blame, "%s is too long", name);
	if (!base64url_decode(text, len, out))
		return out->failed ? err_no_memory(err, WHERE)
		                   : err_blame(err, &blame, "%s is not base64url", name);
	if (out->len == 0 || out->len > max_len)
		return err_blame(err, &blame, "%s is %s", name, out->len ? "too long" : "empty");
	return MSIV2_OK;
}

static bool is_known(const char *name, const struct attest_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(name, members[i].name))
			return true;
	return text_equal(name, "format");
}

static enum msiv2_rc read_member(const cJSON *info, const struct attest_member *member,
                                 struct msiv2_error *err)
{
	const char *text = NULL;

	if (member->optional && cJSON_GetObjectItemCaseSensitive(info, member->name) == NULL)
		return MSIV2_OK;
	TRY(json_need_string(info, member->name, &blame, &text, err));
	return attest_decode(member->name, text, member->max_len, member->out, err);
}

enum msiv2_rc attest_evidence_read(const void *body, size_t len, const char *format,
                                   const struct attest_member *members, size_t count,
                                   struct msiv2_error *err)
{
	OWNED(cJSON) *json = NULL;
	const cJSON *info = NULL;
	const cJSON *member;
	const char *theirs = NULL;

	TRY(json_parse_object(body, len, &blame, &json, err));
	TRY(json_need_object(json, "AttestationInfo", &blame, &info, err));
	TRY(json_need_string(info, "format", &blame, &theirs, err));
	if (!text_equal(theirs, format))
		return err_blame(err, &blame, "the format is not %s", format);
	cJSON_ArrayForEach(member, info)
	{
		if (!is_known(member->string, members, count))
			return err_blame(err, &blame, "unknown member \"%.40s\"", member->string);
	}
	for (size_t i = 0; i < count; i++)
		TRY(read_member(info, &members[i], err));
	return MSIV2_OK;
}
