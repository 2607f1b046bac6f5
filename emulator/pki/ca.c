/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/mem.h"
#include "common/x509.h"
#include "emulator/pki/ca_own.h"
#include "emulator/pki/ca_seen.h"
#include "emulator/pki/ca_state.h"

struct ca {
	struct ca_parts parts;
	const struct rng *rng; /* borrowed */
	struct ca_seen *seen;  /* signatures of the issuer */
};

enum msiv2_rc ca_new(const struct ca_options *options, struct ca **out, struct msiv2_error *err)
{
	OWNED_STRUCT(ca) *ca = mem_alloc(sizeof(*ca));

	if (ca == NULL)
		return err_no_memory(err, "ca");
	ca->rng = options->rng;
	ca->seen = ca_seen_new();
	if (ca->seen == NULL)
		return err_no_memory(err, "ca");
	TRY(ca_parts_prepare(options, &ca->parts, err));
	*out = steal(&ca);
	return MSIV2_OK;
}

void ca_free(struct ca *ca)
{
	if (ca == NULL)
		return;
	ca_parts_free(&ca->parts);
	ca_seen_free(ca->seen);
	mem_free(ca);
}

const struct ca_parts *ca_own_parts(const struct ca *ca)
{
	return &ca->parts;
}

const struct rng *ca_rng(const struct ca *ca)
{
	return ca->rng;
}

X509 *ca_root(const struct ca *ca)
{
	return ca->parts.root.cert;
}

X509 *ca_issuer(const struct ca *ca)
{
	return ca->parts.issuer.cert;
}

X509 *ca_server(const struct ca *ca)
{
	return ca->parts.server.cert;
}

EVP_PKEY *ca_server_key(const struct ca *ca)
{
	return ca->parts.server.key;
}

enum msiv2_rc ca_bundle_pem(const struct ca *ca, struct bytes *out, struct msiv2_error *err)
{
	bytes_add_text(out, "# msiv2 emulator root, NOT FOR PRODUCTION\n");
	TRY(x509_to_pem(ca->parts.root.cert, out, err));
	bytes_add_text(out, "# msiv2 emulator issuer of client certificates, NOT FOR PRODUCTION\n");
	return x509_to_pem(ca->parts.issuer.cert, out, err);
}

static bool signed_by(const struct ca_pair *authority, X509 *cert)
{
	bool good;

	if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(authority->cert)) != 0)
		return false;
	(void)ERR_set_mark();
	good = X509_verify(cert, authority->key) == 1;
	(void)ERR_pop_to_mark();
	return good;
}

/* The same bytes do not have to be verified twice. */
static bool signed_by_issuer(const struct ca *ca, X509 *cert, const uint8_t sha256[X509_SHA256_LEN])
{
	if (ca_seen_has(ca->seen, sha256))
		return true;
	if (!signed_by(&ca->parts.issuer, cert))
		return false;
	ca_seen_add(ca->seen, sha256);
	return true;
}

/* A usage that is not written down is not granted: UINT32_MAX stands for an absent extension. */
static bool is_for_client(X509 *cert)
{
	uint32_t usage = X509_get_key_usage(cert);
	uint32_t extended = X509_get_extended_key_usage(cert);

	return usage != UINT32_MAX && (usage & KU_DIGITAL_SIGNATURE) != 0 &&
	       extended != UINT32_MAX && (extended & XKU_SSL_CLIENT) != 0 &&
	       X509_check_ca(cert) == 0;
}

enum ca_verdict ca_verify_client(const struct ca *ca, X509 *cert,
                                 const uint8_t sha256[X509_SHA256_LEN], int64_t now_s)
{
	int64_t not_before_s, not_after_s;

	/* What the root signed is ours too, though never a client's: the answer should say which.
	 */
	if (!signed_by_issuer(ca, cert, sha256) && !signed_by(&ca->parts.root, cert))
		return CA_FOREIGN;
	if (!is_for_client(cert))
		return CA_NOT_FOR_CLIENT;
	if (!x509_validity(cert, &not_before_s, &not_after_s))
		return CA_FOREIGN;
	if (now_s < not_before_s)
		return CA_NOT_YET_VALID;
	/* RFC 5280 4.1.2.5: notAfter itself still counts. */
	return now_s > not_after_s ? CA_EXPIRED : CA_OK;
}
