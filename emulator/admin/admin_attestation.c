/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_attestation.h"

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/device_ca.h"

static enum msiv2_rc get_attestation(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "mode",
	                        attestation_mode_name(world_attestation(call->world)));
	return admin_send(call, json, err);
}

/* Exactly the member mode. */
static enum msiv2_rc post_attestation(struct admin_call *call, struct msiv2_error *err)
{
	const char *mode = NULL;

	TRY(json_need_string(call->body, "mode", &admin_body_blame, &mode, err));
	if (call->body->child->next)
		return err_blame(err, &admin_body_blame, "mode alone is expected");
	TRY(world_set_attestation(call->world, mode, err));
	return get_attestation(call, err);
}

static enum msiv2_rc get_device_ca(struct admin_call *call, struct msiv2_error *err)
{
	call->response->content_type = "application/x-pem-file";
	return device_ca_pem(call->world->device_ca, &call->response->body, err);
}

/* A certificate for a key that devices attest others with (docs/attestation.md). */
static enum msiv2_rc post_enrol(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) spki = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(X509) *cert = NULL;
	const char *kind_name = NULL;
	const char *key = NULL;
	enum attest_kind kind;

	TRY(json_need_string(call->body, "kind", &admin_body_blame, &kind_name, err));
	TRY(json_need_string(call->body, "public_key", &admin_body_blame, &key, err));
	if (!attest_kind_from_name(kind_name, &kind))
		return err_blame(err, &admin_body_blame, "kind is neither keyguard nor tpm");
	if (cJSON_GetArraySize(call->body) != 2)
		return err_blame(err, &admin_body_blame, "kind and public_key alone are expected");
	if (!base64url_decode(key, strlen(key), &spki))
		return err_blame(err, &admin_body_blame, "public_key is not base64url");
	TRY(device_ca_enrol(call->world->device_ca, kind, spki.data, spki.len, &cert, err));
	TRY(x509_to_der(cert, &der, err));
	base64url_encode(der.data, der.len, &text);
	TRY(bytes_done(&text, "admin", err));
	cJSON_AddStringToObject(json, "certificate", bytes_text(&text));
	return admin_send(call, json, err);
}

static const struct admin_route rows[] = {
        {"GET", "/attestation", 0, ENDPOINT_UNKNOWN, get_attestation},
        {"POST", "/attestation", ADMIN_BODY, ENDPOINT_ATTESTATION, post_attestation},
        {"GET", "/attestation/ca.pem", 0, ENDPOINT_UNKNOWN, get_device_ca},
        {"POST", "/attestation/enrol", ADMIN_BODY, ENDPOINT_UNKNOWN, post_enrol},
};

const struct admin_routes admin_attestation_routes = {rows, TEXT_COUNT(rows)};
