/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "stage.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "csr_draft.h"
#include "emulator/admin/admin.h"
#include "emulator/roles/https.h"
#include "emulator/roles/imds.h"
#include "emulator/settings.h"
#include "tests/testing.h"

static int64_t now_s(void *ctx)
{
	const struct stage *stage = ctx;

	return stage->now_s;
}

static int64_t mono_us(void *ctx)
{
	const struct stage *stage = ctx;

	return stage->mono_us;
}

static void wait_us(void *ctx, int64_t us)
{
	struct stage *stage = ctx;

	stage->mono_us += us;
}

void stage_new(struct stage *stage, const char *config_text)
{
	const struct msiv2_emulator_options options = {.config_text = config_text};
	const struct log silent = {0};
	OWNED_STRUCT(config) config = {0};
	struct msiv2_error err = {0};

	memset(stage, 0, sizeof(*stage));
	stage->now_s = STAGE_NOW_S;
	stage->mono_us = 1;
	stage->clock = (struct msiv2_clock){now_s, mono_us, wait_us, stage};
	if (settings_read(&config, &options, &err) != MSIV2_OK ||
	    world_new(&config, &stage->clock, &silent, &stage->world, &err) != MSIV2_OK ||
	    world_set_ports(stage->world, 1001, 1002, 1003, &err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(&err), msiv2_error_message(&err));
	stage->key = EVP_RSA_gen(2048);
	assert_non_null(stage->key);
}

static void forget(struct stage *stage)
{
	http_response_free(&stage->response);
	cJSON_Delete(stage->json);
	stage->json = NULL;
	memset(&stage->notes, 0, sizeof(stage->notes));
}

void stage_free(struct stage *stage)
{
	forget(stage);
	world_free(stage->world);
	EVP_PKEY_free(stage->key);
	memset(stage, 0, sizeof(*stage));
}

void stage_begin(struct stage *stage, const char *listener, const char *method, const char *path,
                 const char *query)
{
	forget(stage);
	stage->request = (struct http_request){
	        .listener = listener,
	        .method = method,
	        .path = path,
	        .query = query,
	        .headers = stage->headers,
	        .peer_address = "127.0.0.1:1",
	};
}

void stage_header(struct stage *stage, const char *name, const char *value)
{
	assert_true(stage->request.header_count < STAGE_HEADERS);
	stage->headers[stage->request.header_count++] = (struct http_header){name, value};
}

void stage_body(struct stage *stage, const char *text)
{
	stage->request.body = (const uint8_t *)text;
	stage->request.body_len = strlen(text);
}

void stage_peer(struct stage *stage, X509 *peer)
{
	stage->tls = (struct tls_facts){
	        "TLSv1.3", "TLS_AES_256_GCM_SHA384", "localhost", false, peer, NULL};
	stage->request.tls = &stage->tls;
}

static void read_answer(struct stage *stage)
{
	static const struct blame blame = {MSIV2_INTERNAL, "answer"};

	cJSON_Delete(stage->json);
	stage->json = NULL;
	if (json_parse_object(stage->response.body.data, stage->response.body.len, &blame,
	                      &stage->json, NULL) != MSIV2_OK)
		stage->json = NULL;
}

void stage_imds(struct stage *stage)
{
	imds_answer(stage->world, &stage->request, &stage->response, &stage->notes);
	read_answer(stage);
}

void stage_https(struct stage *stage)
{
	https_answer(stage->world, &stage->request, &stage->response, &stage->notes);
	read_answer(stage);
}

void stage_admin(struct stage *stage)
{
	admin_answer(stage->world, &stage->request, &stage->response);
	read_answer(stage);
}

const char *stage_text(const struct stage *stage, const char *name)
{
	const char *text =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(stage->json, name));

	return text ? text : "";
}

const char *stage_answer_header(const struct stage *stage, const char *name)
{
	for (size_t i = 0; i < stage->response.header_count; i++)
		if (text_equal_nocase(stage->response.headers[i].name, name))
			return stage->response.headers[i].value;
	return NULL;
}

static const struct finding *find(const struct stage *stage, enum rule_id rule)
{
	for (size_t i = 0; i < stage->notes.findings.count; i++)
		if (stage->notes.findings.items[i].rule == rule)
			return &stage->notes.findings.items[i];
	return NULL;
}

bool stage_found(const struct stage *stage, enum rule_id rule, bool rejected)
{
	const struct finding *finding = find(stage, rule);

	return finding && finding->rejected == rejected;
}

bool stage_silent(const struct stage *stage, enum rule_id rule)
{
	return !find(stage, rule);
}

void stage_change(struct stage *stage, const char *patch_text)
{
	static const struct blame blame = {MSIV2_CONFIG, "patch"};
	OWNED(cJSON) *patch = NULL;
	struct msiv2_error err = {0};

	if (json_parse_object(patch_text, strlen(patch_text), &blame, &patch, &err) != MSIV2_OK ||
	    world_change(stage->world, patch, &err) != MSIV2_OK)
		fail_msg("%s: %s", msiv2_error_where(&err), msiv2_error_message(&err));
}

void stage_profile(struct stage *stage, const char *profile)
{
	OWNED_STRUCT(bytes) patch = {0};

	bytes_addf(&patch, "{\"profile\":\"%s\"}", profile);
	stage_change(stage, bytes_text(&patch));
}

void stage_mode(struct stage *stage, const char *rule, const char *mode)
{
	assert_int_equal(world_set_mode(stage->world, rule, mode, NULL), MSIV2_OK);
}

void stage_csr_body_in(const struct stage *stage, const char *tenant, const char *client_id,
                       const char *cu_id, struct bytes *out)
{
	const struct draft_keys keys = {.rsa_2048 = stage->key};
	OWNED_STRUCT(csr_draft) draft = {0};
	OWNED_STRUCT(bytes) der = {0};

	csr_draft_begin(&keys, &draft);
	draft_set_subject(&draft, false, TAG_PRINTABLE, client_id, TAG_IA5, tenant);
	draft_set_cuid(&draft, TAG_UTF8, cu_id);
	csr_draft_finish(&draft, &der);
	bytes_add_text(out, "{\"csr\":\"");
	base64_encode(der.data, der.len, out);
	bytes_add_text(out, "\"}");
}

void stage_csr_body(const struct stage *stage, const char *client_id, const char *cu_id,
                    struct bytes *out)
{
	stage_csr_body_in(stage, STAGE_TENANT, client_id, cu_id, out);
}

X509 *stage_issue(struct stage *stage, const char *client_id)
{
	static const struct blame blame = {MSIV2_INTERNAL, "certificate"};
	OWNED_STRUCT(bytes) query = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) der = {0};
	X509 *cert = NULL;
	const char *text;

	bytes_addf(&query, "cred-api-version=2.0&client_id=%s", client_id);
	stage_csr_body(stage, client_id, DRAFT_CUID, &body);
	stage_begin(stage, "imds", "POST", STAGE_ISSUE, bytes_text(&query));
	stage_header(stage, "Metadata", "true");
	stage_header(stage, "Content-Type", "application/json");
	stage_body(stage, bytes_text(&body));
	stage_imds(stage);
	assert_int_equal(stage->response.status, 200);
	text = stage_text(stage, "certificate");
	assert_true(base64_decode(text, strlen(text), &der));
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
	return cert;
}
