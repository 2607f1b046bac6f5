/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "certificate.h"

#include <stdatomic.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "token.h"

#define CERTIFICATE_WHERE "certificate"

struct msiv2_certificate {
	atomic_int refs;
	uint8_t thumbprint[X509_SHA256_LEN];
	struct bytes sha256;
	struct bytes x5t_s256;
	struct bytes pem;
	struct bytes subject;
	struct bytes issuer;
	char *endpoint;
	char *identity_type;
	enum certificate_origin origin;
	const char *key_kind; /* static text of the key's provider */
	int key_bits;
	int64_t not_before_s;
	int64_t not_after_s;
	struct msiv2_timings timings;
};

void msiv2_certificate_free(struct msiv2_certificate *cert)
{
	if (cert == NULL || atomic_fetch_sub(&cert->refs, 1) > 1)
		return;
	bytes_free(&cert->sha256);
	bytes_free(&cert->x5t_s256);
	bytes_free(&cert->pem);
	bytes_free(&cert->subject);
	bytes_free(&cert->issuer);
	mem_free(cert->endpoint);
	mem_free(cert->identity_type);
	mem_free(cert);
}

static enum msiv2_rc describe(struct msiv2_certificate *cert, X509 *x509, struct msiv2_error *err)
{
	TRY(x509_sha256(x509, cert->thumbprint, err));
	hex_encode(cert->thumbprint, sizeof(cert->thumbprint), &cert->sha256);
	base64url_encode(cert->thumbprint, sizeof(cert->thumbprint), &cert->x5t_s256);
	TRY(x509_to_pem(x509, &cert->pem, err));
	x509_name_text(X509_get_subject_name(x509), &cert->subject);
	x509_name_text(X509_get_issuer_name(x509), &cert->issuer);
	TRY(bytes_done(&cert->sha256, CERTIFICATE_WHERE, err));
	TRY(bytes_done(&cert->x5t_s256, CERTIFICATE_WHERE, err));
	TRY(bytes_done(&cert->subject, CERTIFICATE_WHERE, err));
	TRY(bytes_done(&cert->issuer, CERTIFICATE_WHERE, err));
	if (!x509_validity(x509, &cert->not_before_s, &cert->not_after_s))
		return err_set(err, MSIV2_CERT_INVALID, CERTIFICATE_WHERE,
		               "the validity cannot be read");
	return MSIV2_OK;
}

enum msiv2_rc certificate_new(const struct issue *issue, const struct key *key,
                              enum certificate_origin origin, struct msiv2_certificate **out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(msiv2_certificate) *cert = mem_alloc(sizeof(*cert));

	if (cert == NULL)
		return err_no_memory(err, CERTIFICATE_WHERE);
	atomic_init(&cert->refs, 1);
	cert->endpoint = mem_strdup(issue->endpoint);
	cert->identity_type = mem_strdup(issue->identity_type);
	if (cert->endpoint == NULL || cert->identity_type == NULL)
		return err_no_memory(err, CERTIFICATE_WHERE);
	cert->origin = origin;
	cert->key_kind = key_kind(key);
	cert->key_bits = key_bits(key);
	cert->timings = timings_none;
	TRY(describe(cert, issue->certificate, err));
	*out = steal(&cert);
	return MSIV2_OK;
}

void certificate_set_timings(struct msiv2_certificate *certificate,
                             const struct msiv2_timings *timings)
{
	certificate->timings = *timings;
}

struct msiv2_certificate *certificate_ref(struct msiv2_certificate *certificate)
{
	atomic_fetch_add(&certificate->refs, 1);
	return certificate;
}

const uint8_t *certificate_thumbprint(const struct msiv2_certificate *certificate)
{
	return certificate->thumbprint;
}

const char *msiv2_certificate_pem(const struct msiv2_certificate *cert)
{
	return bytes_text(&cert->pem);
}

const char *msiv2_certificate_sha256(const struct msiv2_certificate *cert)
{
	return bytes_text(&cert->sha256);
}

const char *msiv2_certificate_x5t_s256(const struct msiv2_certificate *cert)
{
	return bytes_text(&cert->x5t_s256);
}

const char *msiv2_certificate_subject(const struct msiv2_certificate *cert)
{
	return bytes_text(&cert->subject);
}

const char *msiv2_certificate_issuer(const struct msiv2_certificate *cert)
{
	return bytes_text(&cert->issuer);
}

int64_t msiv2_certificate_not_before(const struct msiv2_certificate *cert)
{
	return cert->not_before_s;
}

int64_t msiv2_certificate_not_after(const struct msiv2_certificate *cert)
{
	return cert->not_after_s;
}

const char *msiv2_certificate_endpoint(const struct msiv2_certificate *cert)
{
	return cert->endpoint;
}

const char *msiv2_certificate_identity_type(const struct msiv2_certificate *cert)
{
	return cert->identity_type;
}

const char *msiv2_certificate_origin(const struct msiv2_certificate *cert)
{
	return cert->origin == CERTIFICATE_STORED ? "store" : "issued";
}

const char *msiv2_certificate_key_kind(const struct msiv2_certificate *cert)
{
	return cert->key_kind;
}

int msiv2_certificate_key_bits(const struct msiv2_certificate *cert)
{
	return cert->key_bits;
}

void msiv2_certificate_timings(const struct msiv2_certificate *cert, struct msiv2_timings *out)
{
	*out = cert->timings;
}
