/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "issue.h"

#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"
#include "endpoint.h"
#include "service_text.h"

#define WHERE "imds.issuecredential"

static const struct blame blame = {MSIV2_IMDS_MALFORMED, WHERE};

static enum msiv2_rc need(const cJSON *body, const char *name, char **out, struct msiv2_error *err)
{
	const char *text = NULL;

	TRY(json_need_string(body, name, &blame, &text, err));
	*out = mem_strdup(text);
	return *out != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc need_identity_type(const cJSON *body, char **out, struct msiv2_error *err)
{
	char shown[41];

	TRY(need(body, "identity_type", out, err));
	if (text_equal(*out, "SystemAssigned") || text_equal(*out, "UserAssigned"))
		return MSIV2_OK;
	service_text_copy(shown, sizeof(shown), *out);
	return err_blame(err, &blame,
	                 "member \"identity_type\" is neither SystemAssigned nor "
	                 "UserAssigned: \"%s\"",
	                 shown);
}

static enum msiv2_rc need_certificate(const cJSON *body, X509 **out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) der = {0};
	const char *base64 = NULL;

	TRY(json_need_string(body, "certificate", &blame, &base64, err));
	if (!base64_decode(base64, strlen(base64), &der)) {
		TRY(bytes_done(&der, WHERE, err));
		return err_blame(err, &blame,
		                 "member \"certificate\" is not base64 on one line without armour");
	}
	TRY(bytes_done(&der, WHERE, err));
	return x509_from_der(der.data, der.len, &blame, out, err);
}

/* ISSUE-02 */
enum msiv2_rc issue_parse(const void *body, size_t len, struct issue *out, struct msiv2_error *err)
{
	OWNED_STRUCT(issue) issue = {0};
	OWNED(cJSON) *tree = NULL;

	*out = (struct issue){0};
	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(need(tree, "client_id", &issue.client_id, err));
	TRY(need(tree, "tenant_id", &issue.tenant_id, err));
	TRY(need_identity_type(tree, &issue.identity_type, err));
	TRY(need(tree, "mtls_authentication_endpoint", &issue.endpoint, err));
	TRY(need_certificate(tree, &issue.certificate, err));
	*out = steal(&issue);
	return MSIV2_OK;
}

static enum msiv2_rc check_key(const struct issue *issue, EVP_PKEY *public_key,
                               struct msiv2_error *err)
{
	const EVP_PKEY *certified = X509_get0_pubkey(issue->certificate);

	if (certified == NULL)
		return err_openssl(err, MSIV2_CERT_INVALID, WHERE,
		                   "the certificate's public key cannot be read");
	if (EVP_PKEY_eq(certified, public_key) != 1)
		return err_set(err, MSIV2_CERT_INVALID, WHERE,
		               "the certificate is for another key than the one in the request");
	return MSIV2_OK;
}

static enum msiv2_rc check_subject(const struct issue *issue, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) cn = {0};
	char shown[81];

	if (!x509_name_value(X509_get_subject_name(issue->certificate), NID_commonName, &cn)) {
		TRY(bytes_done(&cn, WHERE, err));
		return err_set(err, MSIV2_CERT_INVALID, WHERE,
		               "the certificate's subject does not have exactly one CN");
	}
	TRY(bytes_done(&cn, WHERE, err));
	if (text_equal(bytes_text(&cn), issue->client_id))
		return MSIV2_OK;
	service_text_copy(shown, sizeof(shown), bytes_text(&cn));
	return err_set(err, MSIV2_CERT_INVALID, WHERE,
	               "the certificate's CN is not client_id: \"%s\"", shown);
}

/* RFC 5280 section 4.1.2.5: both ends belong to the validity. */
static enum msiv2_rc check_validity(const struct issue *issue, int64_t now_s,
                                    struct msiv2_error *err)
{
	char limit[CLOCK_TEXT_SIZE];
	char now[CLOCK_TEXT_SIZE];
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	if (!x509_validity(issue->certificate, &not_before_s, &not_after_s))
		return err_set(err, MSIV2_CERT_INVALID, WHERE,
		               "the certificate's validity cannot be read");
	clock_format_utc(now_s, now);
	clock_format_utc(now_s < not_before_s ? not_before_s : not_after_s, limit);
	if (now_s < not_before_s)
		return err_set(err, MSIV2_CERT_INVALID, WHERE,
		               "the certificate is not valid before %s; now it is %s", limit, now);
	if (now_s > not_after_s)
		return err_set(err, MSIV2_CERT_INVALID, WHERE,
		               "the certificate expired at %s; now it is %s", limit, now);
	return MSIV2_OK;
}

enum msiv2_rc issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                          struct msiv2_error *err)
{
	const char *complaint = endpoint_complaint(issue->endpoint);

	TRY(check_key(issue, public_key, err));
	TRY(check_subject(issue, err));
	TRY(check_validity(issue, now_s, err));
	if (complaint != NULL)
		return err_blame(err, &blame, "member \"mtls_authentication_endpoint\" %s",
		                 complaint);
	return MSIV2_OK;
}

void issue_free(struct issue *issue)
{
	mem_free(issue->client_id);
	mem_free(issue->tenant_id);
	mem_free(issue->identity_type);
	mem_free(issue->endpoint);
	X509_free(issue->certificate);
	*issue = (struct issue){0};
}
