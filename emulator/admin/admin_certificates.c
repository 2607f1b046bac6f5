/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_certificates.h"

#include <string.h>

#include "admin_registry.h"
#include "certificate_json.h"
#include "common/encoding.h"
#include "common/text.h"
#include "emulator/pki/attest_token_check.h"

#define PEM_SUFFIX ".pem"

static const struct blame der_blame = {MSIV2_INTERNAL, "certificate"};

/* SHA-256 of the bytes that were handed out, which need not be a certificate any more. */
static bool thumbprint_of(const struct bytes *der, uint8_t out[X509_SHA256_LEN])
{
	unsigned len = X509_SHA256_LEN;

	return EVP_Digest(der->data, der->len, out, &len, EVP_sha256(), NULL) == 1 &&
	       len == X509_SHA256_LEN;
}

static void add_thumbprints(cJSON *object, const uint8_t sha256[X509_SHA256_LEN])
{
	OWNED_STRUCT(bytes) hex = {0};
	OWNED_STRUCT(bytes) base64url = {0};

	hex_encode(sha256, X509_SHA256_LEN, &hex);
	base64url_encode(sha256, X509_SHA256_LEN, &base64url);
	cJSON_AddStringToObject(object, "sha256", bytes_text(&hex));
	cJSON_AddStringToObject(object, "x5t#S256", bytes_text(&base64url));
}

/* What the token service thinks of a certificate, in one word. */
static const char *state_of(struct world *world, X509 *cert, const uint8_t sha256[X509_SHA256_LEN],
                            bool revoked, int64_t now_s)
{
	static const char *const words[] = {
	        [CA_OK] = "valid",
	        [CA_NOT_YET_VALID] = "not_yet_valid",
	        [CA_EXPIRED] = "expired",
	        [CA_FOREIGN] = "foreign",
	        [CA_NOT_FOR_CLIENT] = "not_for_client",
	};

	if (cert == NULL)
		return "unreadable";
	return revoked ? "revoked" : words[ca_verify_client(world->ca, cert, sha256, now_s)];
}

/* ATT-06: what was held against the attestation token that came with the CSR. */
static void add_attestation(cJSON *object, const struct registry_facts *facts)
{
	static const struct {
		unsigned fault;
		const char *name;
	} names[] = {
	        {ATTEST_TOKEN_FORM, "form"},           {ATTEST_TOKEN_JKU, "jku"},
	        {ATTEST_TOKEN_SIGNATURE, "signature"}, {ATTEST_TOKEN_ISSUER, "issuer"},
	        {ATTEST_TOKEN_TIME, "time"},           {ATTEST_TOKEN_CLAIM, "claim"},
	};
	cJSON *attestation = cJSON_AddObjectToObject(object, "attestation");
	cJSON *faults;

	cJSON_AddBoolToObject(attestation, "token", facts->attested);
	faults = cJSON_AddArrayToObject(attestation, "faults");
	for (size_t i = 0; i < TEXT_COUNT(names); i++)
		if ((facts->attestation_faults & names[i].fault) != 0)
			cJSON_AddItemToArray(faults, cJSON_CreateString(names[i].name));
}

static void show(struct world *world, const struct registry_item *item, int64_t now_s,
                 cJSON *object)
{
	uint8_t sha256[X509_SHA256_LEN] = {0};
	OWNED(X509) *cert = NULL;
	bool revoked = false;
	bool hashed = thumbprint_of(&item->content, sha256);

	if (hashed) {
		add_thumbprints(object, sha256);
		revoked = revocations_has(world->revocations, sha256, item->facts.issued_s);
	}
	if (!hashed || x509_from_der(item->content.data, item->content.len, &der_blame, &cert,
	                             NULL) != MSIV2_OK)
		cert = NULL;
	cJSON_AddStringToObject(object, "state", state_of(world, cert, sha256, revoked, now_s));
	cJSON_AddBoolToObject(object, "revoked", revoked);
	add_attestation(object, &item->facts);
	if (cert != NULL)
		certificate_json(cert, object);
}

static enum msiv2_rc get_certificates(struct admin_call *call, struct msiv2_error *err)
{
	return admin_registry_list(call, REGISTRY_CERTIFICATE, "certificates", show, err);
}

/* The item with that thumbprint; item->seq is 0 when there is none. */
static enum msiv2_rc find(struct registry *registry, const struct bytes *sha256,
                          struct registry_item *item, struct msiv2_error *err)
{
	uint8_t its[X509_SHA256_LEN];

	TRY(registry_from(registry, REGISTRY_CERTIFICATE, 0, item, err));
	while (item->seq > 0) {
		if (thumbprint_of(&item->content, its) &&
		    memcmp(its, sha256->data, X509_SHA256_LEN) == 0)
			return MSIV2_OK;
		TRY(registry_from(registry, REGISTRY_CERTIFICATE, item->seq + 1, item, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc send_pem(struct admin_call *call, const struct registry_item *item,
                              struct msiv2_error *err)
{
	OWNED(X509) *cert = NULL;

	if (x509_from_der(item->content.data, item->content.len, &der_blame, &cert, NULL) !=
	    MSIV2_OK)
		return admin_send_problem(call, 409, "what was issued is not a certificate");
	call->response->content_type = "application/x-pem-file";
	return x509_to_pem(cert, &call->response->body, err);
}

/* HEX as JSON, HEX.pem as PEM. */
static enum msiv2_rc get_certificate(struct admin_call *call, struct msiv2_error *err)
{
	const char *name = admin_path_param(&call->params, "sha256");
	size_t len = strlen(name);
	size_t suffix_len = strlen(PEM_SUFFIX);
	bool pem = len > suffix_len && strcmp(name + len - suffix_len, PEM_SUFFIX) == 0;
	OWNED_STRUCT(registry_item) item = {0};
	OWNED_STRUCT(bytes) sha256 = {0};
	OWNED(cJSON) *json = NULL;

	if (!hex_decode(name, pem ? len - suffix_len : len, &sha256) ||
	    sha256.len != X509_SHA256_LEN)
		return admin_send_problem(call, 404, "no certificate: 64 hex digits are expected");
	TRY(find(call->world->registry, &sha256, &item, err));
	if (item.seq == 0)
		return admin_send_problem(call, 404, "no certificate of that thumbprint is kept");
	if (pem)
		return send_pem(call, &item, err);
	json = admin_registry_object(call->world, &item, world_now_s(call->world), show);
	return admin_send(call, json, err);
}

static const struct admin_route rows[] = {
        {"GET", "/certificates", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_certificates},
        {"GET", "/certificates/{sha256}", 0, ENDPOINT_UNKNOWN, get_certificate},
};

const struct admin_routes admin_certificates_routes = {rows, TEXT_COUNT(rows)};
