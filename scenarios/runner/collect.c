/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "collect.h"

#include "common/text.h"

#define WHERE            "evidence"
#define CERTIFICATES_MAX 256
#define SETTLE_MS        1000

enum msiv2_rc collect_put(struct evidence *evidence, const char *name, cJSON *item,
                          struct msiv2_error *err)
{
	if (item && cJSON_AddItemToObject(evidence->seen, name, item))
		return MSIV2_OK;
	cJSON_Delete(item);
	return err_no_memory(err, WHERE);
}

/* The PEM of one certificate, which is text and no JSON. */
static enum msiv2_rc collect_pem(const struct stage *stage, const char *sha256, cJSON *into,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) target = {0};
	char *pem = NULL;
	int status = 0;
	bool kept;

	bytes_addf(&target, "/certificates/%s.pem", sha256);
	TRY(bytes_done(&target, WHERE, err));
	TRY(msiv2_emulator_admin_call(stage->emulator, "GET", bytes_text(&target), NULL, &status,
	                              &pem, err));
	/* A fault may have made it no certificate at all: then there is no PEM of it. */
	kept = status != 200 || cJSON_AddStringToObject(into, sha256, pem) != NULL;
	msiv2_emulator_text_free(pem);
	return kept ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc collect_certificates(const struct stage *stage, struct evidence *evidence,
                                          struct msiv2_error *err)
{
	OWNED(cJSON) *list = NULL;
	const cJSON *item;
	int count = 0;

	evidence->certificates = cJSON_CreateObject();
	if (!evidence->certificates)
		return err_no_memory(err, WHERE);
	TRY(stage_admin(stage, "GET", "/certificates", NULL, &list, err));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(list, "certificates"))
	{
		const char *sha256 =
		        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "sha256"));

		if (sha256 && count++ < CERTIFICATES_MAX)
			TRY(collect_pem(stage, sha256, evidence->certificates, err));
	}
	return MSIV2_OK;
}

static const struct {
	const char *name;
	const char *target;
	const char *nothing;
} rows[] = {
        {"journal", "/journal", "{\"events\":[],\"dropped\":0,\"next\":1}"},
        {"faults", "/faults", "{\"faults\":[]}"},
        {"findings", "/findings", "{\"findings\":[],\"left_out\":0}"},
};

enum msiv2_rc collect_emulator(const struct stage *stage, struct evidence *evidence,
                               struct msiv2_error *err)
{
	/* A client that is still there is not waited for any longer. */
	(void)msiv2_emulator_settle(stage->emulator, SETTLE_MS);
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		cJSON *answer = NULL;

		TRY(stage_admin(stage, "GET", rows[i].target, NULL, &answer, err));
		TRY(collect_put(evidence, rows[i].name, answer, err));
	}
	return collect_certificates(stage, evidence, err);
}

enum msiv2_rc collect_nothing(struct evidence *evidence, struct msiv2_error *err)
{
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (!cJSON_HasObjectItem(evidence->seen, rows[i].name))
			TRY(collect_put(evidence, rows[i].name, cJSON_Parse(rows[i].nothing), err));
	return MSIV2_OK;
}
