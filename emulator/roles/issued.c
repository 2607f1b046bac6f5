/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "issued.h"

#include "common/text.h"
#include "emulator/registry.h"

static struct registry_facts facts_of(const struct role_call *call, const char *client_id)
{
	struct registry_facts facts = {.issued_s = call->now_s};

	role_note(facts.client_id, sizeof(facts.client_id), client_id);
	role_note(facts.host, sizeof(facts.host), call->host->name);
	role_note(facts.correlation_id, sizeof(facts.correlation_id), call->notes->correlation_id);
	return facts;
}

void issued_certificate(const struct role_call *call, const char *client_id,
                        const struct bytes *der, bool attested)
{
	struct registry_facts facts = facts_of(call, client_id);
	uint8_t sha256[X509_SHA256_LEN];

	facts.attested = attested;
	if (EVP_Digest(der->data, der->len, sha256, NULL, EVP_sha256(), NULL) == 1)
		facts.attestation_faults = attestations_faults(call->world->attestations, sha256);
	registry_add(call->world->registry, REGISTRY_CERTIFICATE, &facts, der->data, der->len);
}

void issued_token(const struct role_call *call, const char *client_id, const char *type,
                  const char *jti, const struct bytes *jwt)
{
	struct registry_facts facts = facts_of(call, client_id);
	struct journal_notes *notes = call->notes;

	role_note(notes->token_type, sizeof(notes->token_type), type);
	role_note(notes->token_jti, sizeof(notes->token_jti), jti);

	/* The token service is asked by name, not on a host. */
	if (!text_equal(call->request->listener, "imds"))
		facts.host[0] = '\0';
	registry_add(call->world->registry, REGISTRY_TOKEN, &facts, jwt->data, jwt->len);
}
