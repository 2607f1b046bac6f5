/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_attest.h"

#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "keyguard_sign.h"

#define FORMAT  "msiv2-keyguard-1"
#define WAIT_MS 15000

/* ---- the certificate ---- */

/* The certificate among the token's that is for this key. */
struct certificate_search {
	EVP_PKEY *identity;
	struct bytes *der; /* empty when there is none */
};

static bool is_for(const struct bytes *der, EVP_PKEY *identity)
{
	const struct blame blame = {MSIV2_CONFIG, PKCS11_WHERE};
	OWNED(X509) *cert = NULL;

	return x509_from_der(der->data, der->len, &blame, &cert, NULL) == MSIV2_OK &&
	       EVP_PKEY_eq(X509_get0_pubkey(cert), identity) == 1;
}

static enum msiv2_rc certificate_act(struct pkcs11_session *session, void *ctx,
                                     struct pkcs11_trouble *trouble)
{
	struct certificate_search *search = ctx;
	struct pkcs11_objects objects = {0};

	TRY(pkcs11_objects_named(session, CKO_CERTIFICATE, KEYGUARD_IDENTITY, &objects, trouble));
	for (CK_ULONG i = 0; i < objects.count; i++) {
		bytes_clear(search->der);
		TRY(pkcs11_object_bytes(session, objects.handle[i], CKA_VALUE, search->der,
		                        trouble));
		if (is_for(search->der, search->identity))
			return MSIV2_OK;
	}
	bytes_clear(search->der);
	return MSIV2_OK;
}

struct enrolment {
	const void *der;
	size_t len;
	struct bytes subject;
};

static enum msiv2_rc create_certificate(const struct pkcs11_session *session,
                                        const struct enrolment *enrolment, CK_OBJECT_HANDLE *object,
                                        struct pkcs11_trouble *trouble)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE attributes[] = {
	        {CKA_CLASS, &class, sizeof(class)},
	        {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
	        {CKA_TOKEN, &yes, sizeof(yes)},
	        {CKA_PRIVATE, &no, sizeof(no)},
	        {CKA_LABEL, (void *)KEYGUARD_IDENTITY, strlen(KEYGUARD_IDENTITY)},
	        {CKA_SUBJECT, enrolment->subject.data, enrolment->subject.len},
	        {CKA_VALUE, (void *)enrolment->der, enrolment->len},
	};
	CK_RV rv = session->functions->C_CreateObject(session->handle, attributes,
	                                              TEXT_COUNT(attributes), object);

	return rv == CKR_OK ? MSIV2_OK : pkcs11_failed(trouble, "C_CreateObject", rv);
}

/* The new one first: at no time is there none. */
static enum msiv2_rc enrol_act(struct pkcs11_session *session, void *ctx,
                               struct pkcs11_trouble *trouble)
{
	struct pkcs11_objects older = {0};
	CK_OBJECT_HANDLE created = CK_INVALID_HANDLE;

	TRY(pkcs11_objects_named(session, CKO_CERTIFICATE, KEYGUARD_IDENTITY, &older, trouble));
	TRY(create_certificate(session, ctx, &created, trouble));
	for (CK_ULONG i = 0; i < older.count; i++)
		TRY(pkcs11_object_destroy(session, older.handle[i], trouble));
	return MSIV2_OK;
}

static enum msiv2_rc subject_of(X509 *cert, struct bytes *out, struct pkcs11_trouble *trouble)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	if (X509_NAME_get0_der(X509_get_subject_name(cert), &der, &len) != 1)
		return pkcs11_no_memory(trouble);
	bytes_add(out, der, len);
	return out->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}

enum msiv2_rc keyguard_attest_enrol(struct pkcs11_pool *pool,
                                    const struct pkcs11_patience *patience, const void *cert_der,
                                    size_t len, struct pkcs11_trouble *trouble)
{
	const struct blame blame = {MSIV2_CONFIG, PKCS11_WHERE};
	OWNED_STRUCT(keyguard_pair) identity = {0};
	OWNED_STRUCT(bytes) subject = {0};
	OWNED(X509) *cert = NULL;
	struct enrolment enrolment = {.der = cert_der, .len = len};
	unsigned count = 0;

	TRY(x509_from_der(cert_der, len, &blame, &cert, &trouble->error));
	TRY(keyguard_pair_find(pool, patience, KEYGUARD_IDENTITY, &count, &identity, trouble));
	if (count == 0)
		return pkcs11_says(trouble, KEY_LACK_BROKEN, "there is no enclave identity yet");
	if (EVP_PKEY_eq(X509_get0_pubkey(cert), identity.public_key) != 1)
		return err_blame(&trouble->error, &blame,
		                 "the certificate is not for this enclave identity");
	TRY(subject_of(cert, &subject, trouble));
	enrolment.subject = subject;
	return pkcs11_pool_run(pool, patience, enrol_act, &enrolment, trouble);
}

/* ---- the statement ---- */

/* The identity's pair and its certificate's DER; MSIV2_ATTESTATION_FAILED when not enrolled. */
static enum msiv2_rc find_identity(struct keyguard_key *key, const struct pkcs11_patience *patience,
                                   struct keyguard_pair *identity, struct bytes *certificate,
                                   struct pkcs11_trouble *trouble)
{
	struct certificate_search search = {.der = certificate};
	unsigned count = 0;

	TRY(keyguard_pair_find(key->pool, patience, KEYGUARD_IDENTITY, &count, identity, trouble));
	if (count > 0) {
		search.identity = identity->public_key;
		TRY(pkcs11_pool_run(key->pool, patience, certificate_act, &search, trouble));
	}
	if (certificate->len == 0)
		return pkcs11_says(trouble, KEY_LACK_ABSENT,
		                   "the enclave identity is not enrolled (msiv2 key enrol)");
	return MSIV2_OK;
}

static struct pkcs11_patience patience_of(const struct keyguard_key *key)
{
	return (struct pkcs11_patience){key->clock, clock_deadline_us(key->clock, WAIT_MS)};
}

bool keyguard_attest_ready(struct keyguard_key *key)
{
	const struct pkcs11_patience patience = patience_of(key);
	OWNED_STRUCT(keyguard_pair) identity = {0};
	OWNED_STRUCT(bytes) certificate = {0};
	struct pkcs11_trouble ignored = {0};

	return find_identity(key, &patience, &identity, &certificate, &ignored) == MSIV2_OK;
}

static void add_number(cJSON *json, const char *name, EVP_PKEY *pkey, const char *param)
{
	OWNED(BIGNUM) *number = NULL;
	OWNED_STRUCT(bytes) text = {0};
	uint8_t raw[KEYGUARD_MODULUS_LEN];
	int len = 0;

	if (EVP_PKEY_get_bn_param(pkey, param, &number) == 1 &&
	    BN_num_bytes(number) <= (int)sizeof(raw))
		len = BN_bn2bin(number, raw);
	base64url_encode(raw, (size_t)len, &text);
	(void)cJSON_AddStringToObject(json, name, bytes_text(&text));
}

/* The attributes are read now: the statement is about what is, not about what was asked for. */
static enum msiv2_rc make_statement(const struct keyguard_key *key,
                                    const struct keyguard_protection *now, const char *nonce,
                                    int64_t now_s, struct bytes *out,
                                    struct pkcs11_trouble *trouble)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	(void)cJSON_AddNumberToObject(json, "version", 1);
	(void)cJSON_AddStringToObject(json, "kty", "RSA");
	add_number(json, "n", key->pair.public_key, "n");
	add_number(json, "e", key->pair.public_key, "e");
	(void)cJSON_AddBoolToObject(json, "sensitive", now->sensitive);
	(void)cJSON_AddBoolToObject(json, "always_sensitive", now->always_sensitive);
	(void)cJSON_AddBoolToObject(json, "never_extractable", now->never_extractable);
	(void)cJSON_AddBoolToObject(json, "local", now->local);
	(void)cJSON_AddBoolToObject(json, "token", now->token);
	(void)cJSON_AddBoolToObject(json, "extractable", now->extractable);
	(void)cJSON_AddStringToObject(json, "nonce", nonce);
	(void)cJSON_AddNumberToObject(json, "time", (double)now_s);
	if (cJSON_GetArraySize(json) != 12)
		return pkcs11_no_memory(trouble);
	json_print(json, out);
	return out->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}

static enum msiv2_rc
sign_statement(struct keyguard_key *key, const struct pkcs11_patience *patience,
               const struct keyguard_pair *identity, const struct bytes *statement,
               uint8_t sig[KEYGUARD_MODULUS_LEN], struct pkcs11_trouble *trouble)
{
	const struct keyguard_signer signer = {key->pool, KEYGUARD_IDENTITY, identity->modulus};
	uint8_t digest[KEY_DIGEST_LEN];
	size_t sig_len = KEYGUARD_MODULUS_LEN;

	if (EVP_Digest(statement->data, statement->len, digest, NULL, EVP_sha256(), NULL) != 1)
		return pkcs11_no_memory(trouble);
	return keyguard_sign(&signer, patience, KEY_PADDING_PSS, EVP_sha256(), digest,
	                     sizeof(digest), sig, &sig_len, trouble);
}

static void add_member(struct bytes *out, const char *name, const void *data, size_t len)
{
	bytes_addf(out, ",\"%s\":\"", name);
	base64url_encode(data, len, out);
	bytes_add_text(out, "\"");
}

static enum msiv2_rc build(struct keyguard_key *key, const char *nonce, int64_t now_s,
                           struct bytes *out, struct pkcs11_trouble *trouble)
{
	const struct pkcs11_patience patience = patience_of(key);
	OWNED_STRUCT(keyguard_pair) identity = {0};
	OWNED_STRUCT(bytes) certificate = {0};
	OWNED_STRUCT(bytes) statement = {0};
	struct keyguard_protection now = {0};
	uint8_t sig[KEYGUARD_MODULUS_LEN];

	TRY(find_identity(key, &patience, &identity, &certificate, trouble));
	TRY(keyguard_pair_protection(key->pool, &patience, key->name, key->pair.modulus, &now,
	                             trouble));
	TRY(make_statement(key, &now, nonce, now_s, &statement, trouble));
	TRY(sign_statement(key, &patience, &identity, &statement, sig, trouble));
	bytes_add_text(out, "{\"format\":\"" FORMAT "\"");
	add_member(out, "statement", statement.data, statement.len);
	add_member(out, "signature", sig, sizeof(sig));
	add_member(out, "certificate", certificate.data, certificate.len);
	bytes_add_text(out, "}");
	return out->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}

enum msiv2_rc keyguard_attest(struct keyguard_key *key, const char *nonce, int64_t now_s,
                              struct bytes *out, struct msiv2_error *err)
{
	struct pkcs11_trouble trouble = {.module = key->module_path, .token = key->token_label};
	enum msiv2_rc rc = build(key, nonce, now_s, out, &trouble);

	if (rc == MSIV2_OK)
		return MSIV2_OK;
	if (rc == MSIV2_INTERNAL) {
		if (err != NULL)
			*err = trouble.error;
		return rc;
	}
	return err_set(err, MSIV2_ATTESTATION_FAILED, PKCS11_WHERE, "%s",
	               msiv2_error_message(&trouble.error)); /* ATT-01 */
}
