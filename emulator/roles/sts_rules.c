/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sts_rules.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "emulator/pki/attest_token_check.h"

#define FORM_TYPE      "application/x-www-form-urlencoded"
#define DEFAULT_SUFFIX "/.default"

static const char *form_value(const struct sts_facts *facts, const char *name)
{
	return query_get(&facts->form, name, NULL);
}

static bool wrong_method(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.20s", f->request->method);
	return !text_equal(f->request->method, "POST");
}

static bool wrong_tenant(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", f->tenant);
	return !config_find_tenant(f->config, f->tenant);
}

static bool wrong_content_type(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the Content-Type is not " FORM_TYPE);
	return !role_content_type_is(f->request, FORM_TYPE);
}

static bool no_correlation(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *fault = role_uuid_header_fault(f->request, "client-request-id");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "client-request-id: %s", fault ? fault : "");
	return fault != NULL;
}

static bool broken_form(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s", f->form_fault);
	return f->form_fault[0] != '\0';
}

static bool repeated_parameter(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *name = query_repeated(&f->form);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s given twice", name ? name : "");
	return name != NULL;
}

/* A parameter that is absent or empty. */
static bool missing(const struct sts_facts *facts, const char *name, char detail[ROLE_DETAIL_SIZE])
{
	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s", name);
	return text_empty(form_value(facts, name));
}

static bool no_grant(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return missing(facts, "grant_type", detail);
}

static bool no_client_id(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return missing(facts, "client_id", detail);
}

static bool lacks_pop(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE,
	               "tokens of this tenant are bound: token_type is mtls_pop");
	return !f->wants_pop && text_equal(config_pop(f->config, f->tenant_id), "required");
}

static bool unwanted_pop(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "this tenant gives no bound tokens: token_type");
	return f->wants_pop && text_equal(config_pop(f->config, f->tenant_id), "off");
}

static bool no_scope(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return missing(facts, "scope", detail);
}

static bool wrong_grant(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *grant = form_value(f, "grant_type");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", grant ? grant : "");
	return !text_equal(grant, "client_credentials");
}

static bool unknown_client(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *client_id = form_value(f, "client_id");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", client_id ? client_id : "");
	return f->identity == NULL;
}

static bool has_secret(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char *const names[] = {"client_secret", "client_assertion",
	                                    "client_assertion_type", "assertion"};
	const struct sts_facts *f = facts;

	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		if (!form_value(f, names[i]))
			continue;
		(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s is not used with a certificate",
		               names[i]);
		return true;
	}
	return false;
}

static bool wrong_token_type(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *type = form_value(f, "token_type");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "token_type %.40s", type ? type : "");
	return type && !text_equal_nocase(type, "mtls_pop") && !text_equal_nocase(type, "bearer");
}

/* The length of the resource in a scope; 0 when the scope is not one resource and the suffix. */
static size_t resource_len(const char *scope)
{
	size_t len = scope ? strlen(scope) : 0;
	size_t suffix_len = strlen(DEFAULT_SUFFIX);

	if (len <= suffix_len || strcmp(scope + len - suffix_len, DEFAULT_SUFFIX) != 0 ||
	    strpbrk(scope, " \t\r\n"))
		return 0;
	return len - suffix_len;
}

static bool wrong_scope(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *scope = form_value(f, "scope");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.100s", scope ? scope : "");
	return resource_len(scope) == 0;
}

static bool unknown_resource(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const struct config_list *known = config_token_resources(f->config, f->tenant_id);
	const char *scope = form_value(f, "scope");
	size_t len = resource_len(scope);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.100s", scope ? scope : "");
	for (size_t i = 0; i < known->count; i++)
		if (len == strlen(known->items[i]) && strncmp(scope, known->items[i], len) == 0)
			return false;
	return known->count > 0;
}

static bool wrong_claims(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const struct blame blame = {MSIV2_CONFIG, "claims"};
	const struct sts_facts *f = facts;
	const char *claims = form_value(f, "claims");
	OWNED(cJSON) *json = NULL;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "claims is not a JSON object");
	return claims &&
	       json_parse_object(claims, strlen(claims), &blame, &json, NULL) == MSIV2_CONFIG;
}

static bool unknown_parameter(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char *const known[] = {
	        "client_id", "scope",         "grant_type",       "token_type",
	        "claims",    "client_secret", "client_assertion", "client_assertion_type",
	        "assertion",
	};
	const struct sts_facts *f = facts;
	const char *name = query_unknown(&f->form, known, TEXT_COUNT(known));

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "unknown parameter %.60s", name ? name : "");
	return name != NULL;
}

static bool no_certificate(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "no client certificate");
	return f->certificate == NULL;
}

static bool foreign_certificate(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s",
	               f->verdict == CA_FOREIGN ? "not issued by this CA"
	                                        : "not for client authentication");
	return f->certificate && (f->verdict == CA_FOREIGN || f->verdict == CA_NOT_FOR_CLIENT);
}

static bool outside_validity(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s",
	               f->verdict == CA_EXPIRED ? "expired" : "not yet valid");
	return f->certificate && (f->verdict == CA_EXPIRED || f->verdict == CA_NOT_YET_VALID);
}

static bool revoked(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "revoked");
	return f->revoked;
}

static bool other_client(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct sts_facts *f = facts;
	const char *client_id = form_value(f, "client_id");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the certificate's CN is %.63s",
	               f->certificate_cn);
	return f->certificate && !text_equal_nocase(f->certificate_cn, client_id);
}

/* ATT-06: what was wrong with the attestation token the certificate was issued for. */
static bool attestation_fault(const struct sts_facts *facts, enum attest_token_fault fault,
                              const char *words, char detail[ROLE_DETAIL_SIZE])
{
	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s", words);
	return (facts->attestation_faults & fault) != 0;
}

static bool attestation_form(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_FORM, "it is no JWT signed RS256", detail);
}

static bool attestation_jku(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_JKU, "jku", detail);
}

static bool attestation_signature(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_SIGNATURE, "it does not verify", detail);
}

static bool attestation_issuer(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_ISSUER, "iss", detail);
}

static bool attestation_time(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_TIME, "iat, nbf and exp", detail);
}

static bool attestation_claim(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return attestation_fault(facts, ATTEST_TOKEN_CLAIM, "x-ms-runtime or x-ms-attestation-type",
	                         detail);
}

#define MALFORMED                                                                                  \
	{                                                                                          \
		400, "invalid_request", 9002313,                                                   \
		        "Invalid request. Request is malformed or "                                \
		        "invalid: {}."                                                             \
	}
#define MISSING                                                                                    \
	{                                                                                          \
		400, "invalid_request", 900144,                                                    \
		        "The request body must contain the following "                             \
		        "parameter: '{}'."                                                         \
	}

static const struct role_rule frame_rows[] = {
        {RULE_STS_TENANT,
         wrong_tenant,
         {400, "invalid_tenant", 90002,
          "Tenant '{}' not found. Check to make sure you have the correct tenant ID."}},
        {RULE_STS_METHOD,
         wrong_method,
         {400, "invalid_request", 900561,
          "The endpoint only accepts POST requests. Received a {} request."}},
        {RULE_STS_CONTENT_TYPE, wrong_content_type, MALFORMED},
        {RULE_STS_CORRELATION, no_correlation, MALFORMED},
};

static const struct role_rule form_rows[] = {
        {RULE_STS_FORM, broken_form, MALFORMED},
        {RULE_STS_DUPLICATE, repeated_parameter, MALFORMED},
        {RULE_STS_GRANT_MISSING, no_grant, MISSING},
        {RULE_STS_GRANT,
         wrong_grant,
         {400, "unsupported_grant_type", 70003,
          "The app requested an unsupported grant type '{}'."}},
        {RULE_STS_CLIENT_MISSING, no_client_id, MISSING},
        {RULE_STS_CLIENT,
         unknown_client,
         {400, "unauthorized_client", 700016,
          "Application with identifier '{}' was not found in the directory."}},
        {RULE_STS_SECRET, has_secret, MALFORMED},
        {RULE_STS_TOKEN_TYPE, wrong_token_type, MALFORMED},
        {RULE_STS_POP_REQUIRED, lacks_pop, MALFORMED},
        {RULE_STS_POP_OFF, unwanted_pop, MALFORMED},
        {RULE_STS_SCOPE_MISSING, no_scope, MISSING},
        {RULE_STS_SCOPE,
         wrong_scope,
         {400, "invalid_resource", 500011,
          "The scope '{}' is not one resource followed by /.default; no resource principal of "
          "that name was found in the tenant."}},
        {RULE_STS_RESOURCE,
         unknown_resource,
         {400, "invalid_resource", 500011,
          "The resource principal named by '{}' was not found in the tenant."}},
        {RULE_STS_CLAIMS, wrong_claims, MALFORMED},
        {RULE_STS_UNKNOWN_PARAM, unknown_parameter, MALFORMED},
};

static const struct role_rule certificate_rows[] = {
        {RULE_STS_CERT_MISSING,
         no_certificate,
         {400, "invalid_request", 392200, "Client certificate is missing from the request."}},
        {RULE_STS_CERT_FOREIGN,
         foreign_certificate,
         {401, "invalid_client", 700027, "The client certificate is not accepted: {}."}},
        {RULE_STS_CERT_TIME,
         outside_validity,
         {401, "invalid_client", 1000502,
          "The provided certificate is not within its specified validity window: {}."}},
        {RULE_STS_CERT_REVOKED,
         revoked,
         {401, "invalid_client", 7000214, "The client certificate has been revoked."}},
        {RULE_STS_CERT_CLIENT,
         other_client,
         {401, "invalid_client", 500181,
          "The TLS certificate provided does not belong to the client: {}."}},
        {RULE_ATT_TOKEN_FORM,
         attestation_form,
         {401, "invalid_client", 1000614,
          "The signature of the attestation token is not valid: {}."}},
        {RULE_ATT_TOKEN_JKU,
         attestation_jku,
         {401, "invalid_client", 1000613,
          "The attestation token's {} is not the attestation service's."}},
        {RULE_ATT_TOKEN_SIGNATURE,
         attestation_signature,
         {401, "invalid_client", 1000614,
          "The signature of the attestation token is not valid: {}."}},
        {RULE_ATT_TOKEN_ISSUER,
         attestation_issuer,
         {401, "invalid_client", 1000611,
          "The attestation token's issuer is not the attestation service: {}."}},
        {RULE_ATT_TOKEN_TIME,
         attestation_time,
         {401, "invalid_client", 1000610, "The attestation token is outside its time range: {}."}},
        {RULE_ATT_TOKEN_CLAIM,
         attestation_claim,
         {401, "invalid_client", 1000612,
          "The attestation token has a claim that is not as required: {}."}},
};

const struct role_rule *sts_frame_rows(size_t *count)
{
	*count = TEXT_COUNT(frame_rows);
	return frame_rows;
}

const struct role_rule *sts_form_rows(size_t *count)
{
	*count = TEXT_COUNT(form_rows);
	return form_rows;
}

const struct role_rule *sts_certificate_rows(size_t *count)
{
	*count = TEXT_COUNT(certificate_rows);
	return certificate_rows;
}
