/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_parts.h"

/* A BIT STRING of whole bytes. */
static bool take_bits(struct der *in, struct der *bits)
{
	struct der content;

	if (!der_take(in, DER_BIT_STRING, &content) || content.len == 0 || content.data[0] != 0)
		return false;
	*bits = (struct der){content.data + 1, content.len - 1};
	return true;
}

static bool take_algorithm(struct der *in, struct csr_algorithm *out)
{
	struct der content, rest;
	struct der_element parameters;

	if (!der_take(in, DER_SEQUENCE, &content) || !der_take(&content, DER_OID, &out->oid) ||
	    out->oid.len == 0)
		return false;
	out->parameters = rest = content;
	return rest.len == 0 || (der_next(&rest, &parameters) && rest.len == 0);
}

static bool take_key(struct der *in, struct csr_parts *out)
{
	struct der spki;

	return der_take(in, DER_SEQUENCE, &spki) && take_algorithm(&spki, &out->key_algorithm) &&
	       take_bits(&spki, &out->key) && spki.len == 0;
}

/* Nothing, or one [0]; whether it is there and constructed is a rule of its own (CSR-05). */
static bool take_attributes(struct der *in, struct csr_parts *out)
{
	struct der_element element;

	if (in->len == 0)
		return true;
	if (!der_peek(in, DER_CONTEXT_0) && !der_peek(in, DER_CONTEXT_0_PRIMITIVE))
		return false;
	if (!der_next(in, &element))
		return false;
	out->attributes_tag = element.tag;
	out->attributes = element.content;
	return in->len == 0;
}

static const char *split_info(struct der info, struct csr_parts *out)
{
	struct der_element subject;

	if (!der_take(&info, DER_INTEGER, &out->version))
		return "the version is not an INTEGER";
	if (!der_peek(&info, DER_SEQUENCE) || !der_next(&info, &subject))
		return "the subject is not a SEQUENCE";
	out->subject = subject.whole;
	if (!take_key(&info, out))
		return "the public key is not a SubjectPublicKeyInfo";
	if (!take_attributes(&info, out))
		return "what follows the public key is not one [0]";
	return NULL;
}

const char *csr_parts_split(struct der csr, struct csr_parts *out)
{
	struct der request;
	struct der_element info;

	*out = (struct csr_parts){0};
	if (!der_take(&csr, DER_SEQUENCE, &request))
		return "it is not one whole SEQUENCE";
	out->trailing = csr.len;
	if (!der_peek(&request, DER_SEQUENCE) || !der_next(&request, &info))
		return "it does not begin with a CertificationRequestInfo";
	out->info = info.whole;
	if (!take_algorithm(&request, &out->signature_algorithm))
		return "the signature algorithm is not an AlgorithmIdentifier";
	if (!take_bits(&request, &out->signature))
		return "the signature is not a BIT STRING of whole bytes";
	if (request.len != 0)
		return "something follows the signature inside the CertificationRequest";
	return split_info(info.content, out);
}
