/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults of the certificates that are issued (ISSUE-03, ISSUE-04, ISSUE-07). */
#include "common/text.h"
#include "emulator/pki/private_key.h"
#include "emulator/world.h"
#include "fault_kind.h"
#include "fault_leaf.h"

#define DAY_S  INT64_C(86400)
#define YEAR_S (365 * DAY_S)

void fault_leaf_begin(struct fault_leaf *leaf, const struct ca_leaf *right)
{
	*leaf = (struct fault_leaf){.leaf = *right};
	leaf->leaf.breach = &leaf->breach;
}

void fault_leaf_free(struct fault_leaf *leaf)
{
	X509_NAME_free(leaf->subject);
	EVP_PKEY_free(leaf->key);
	*leaf = (struct fault_leaf){0};
}

static bool wrong_key(const struct fault_act *act)
{
	bool rsa = text_equal(fault_text(act, "type"), "rsa");
	EVP_PKEY *key = NULL;

	if ((rsa ? private_key_make_rsa(NULL, &key, NULL) : private_key_make_p256(&key, NULL)) !=
	    MSIV2_OK)
		return false;
	EVP_PKEY_free(act->leaf->key);
	act->leaf->key = key;
	act->leaf->leaf.public_key = key;
	return true;
}

static bool is_key_type(const char *text)
{
	return text_equal(text, "rsa") || text_equal(text, "ec");
}

/* DC before CN, as CSR-01 has it. NULL leaves one out. */
static bool wrong_subject(const struct fault_act *act)
{
	const char *dc = fault_text(act, "dc");
	const char *cn = fault_text(act, "cn");
	OWNED(X509_NAME) *name = X509_NAME_new();

	if (!name)
		return false;
	if (dc && X509_NAME_add_entry_by_NID(name, NID_domainComponent, MBSTRING_UTF8,
	                                     (const uint8_t *)dc, -1, -1, 0) != 1)
		return false;
	if (cn && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	                                     (const uint8_t *)cn, -1, -1, 0) != 1)
		return false;
	X509_NAME_free(act->leaf->subject);
	act->leaf->subject = steal(&name);
	act->leaf->leaf.subject = act->leaf->subject;
	return true;
}

/* OpenSSL's bound for a common name; a domain component may be longer. */
static bool is_name(const char *text)
{
	return text[0] != '\0' && strlen(text) <= 64;
}

static bool live(const struct fault_act *act, int64_t from_s, int64_t to_s)
{
	int64_t now_s = world_now_s(act->world);

	act->leaf->leaf.not_before_s = now_s + from_s > 0 ? now_s + from_s : 0;
	act->leaf->leaf.not_after_s = now_s + to_s > 0 ? now_s + to_s : 0;
	return true;
}

static bool expired(const struct fault_act *act)
{
	int64_t by_s = fault_number(act, "by_s");

	return live(act, -by_s - 7 * DAY_S, -by_s);
}

static bool near_expiry(const struct fault_act *act)
{
	return live(act, -7 * DAY_S, fault_number(act, "left_s"));
}

static bool future(const struct fault_act *act)
{
	int64_t by_s = fault_number(act, "by_s");

	return live(act, by_s, by_s + 7 * DAY_S);
}

static bool long_lived(const struct fault_act *act)
{
	return live(act, -300, fault_number(act, "for_s"));
}

static bool wrong_eku(const struct fault_act *act)
{
	act->leaf->breach.extended_key_usage = fault_text(act, "usage");
	return true;
}

static bool wrong_ku(const struct fault_act *act)
{
	act->leaf->breach.key_usage = fault_text(act, "usage");
	return true;
}

static bool is_usage(const char *text, const char *const *known, size_t count)
{
	if (text[0] == '\0')
		return true;
	for (size_t i = 0; i < count; i++)
		if (text_equal(known[i], text))
			return true;
	return false;
}

static bool is_eku(const char *text)
{
	static const char *const known[] = {"serverAuth",   "codeSigning", "emailProtection",
	                                    "timeStamping", "OCSPSigning", "anyExtendedKeyUsage"};

	return is_usage(text, known, TEXT_COUNT(known));
}

static bool is_ku(const char *text)
{
	static const char *const known[] = {"keyEncipherment", "dataEncipherment",
	                                    "keyAgreement",    "keyCertSign",
	                                    "cRLSign",         "nonRepudiation"};

	return is_usage(text, known, TEXT_COUNT(known));
}

static bool is_ca(const struct fault_act *act)
{
	act->leaf->breach.basic_constraints = "critical,CA:TRUE";
	if (!act->leaf->breach.key_usage)
		act->leaf->breach.key_usage = "critical,digitalSignature,keyCertSign";
	return true;
}

static bool wrong_issuer(const struct fault_act *act)
{
	act->leaf->breach.foreign = true;
	return true;
}

/* The last byte of the DER belongs to the signature. */
static bool bad_signature(const struct fault_act *act)
{
	if (act->der->len == 0)
		return false;
	act->der->data[act->der->len - 1] ^= 1;
	return true;
}

static bool cut(const struct fault_act *act)
{
	size_t left = (size_t)fault_number(act, "left");

	if (left >= act->der->len)
		return false;
	act->der->len = left;
	return true;
}

/* One byte of the structure, never one of a value: the tag of the certificate's content. */
static bool broken(const struct fault_act *act)
{
	if (act->der->len < 5)
		return false;
	act->der->data[4] = 0x31;
	return true;
}

static bool trailing(const struct fault_act *act)
{
	uint8_t more[16];
	size_t left = (size_t)fault_number(act, "bytes");

	fault_random(act, more, sizeof(more));
	bytes_add(act->der, more, left < sizeof(more) ? left : sizeof(more));
	return !act->der->failed;
}

#define LEAF(rules) rules, FAULT_AT_CERTIFICATE, FAULT_BIT(ENDPOINT_ISSUE), 0
#define DER(rules)  rules, FAULT_AT_DER, FAULT_BIT(ENDPOINT_ISSUE), 0
#define TIME(name, fallback, help)                                                                 \
	{                                                                                          \
		name, FAULT_INTEGER, fallback, 0, 100 * YEAR_S, false, help, NULL                  \
	}

static const struct fault_kind kinds[] = {
        {"x509-wrong-key",
         "The certificate is for another key than the CSR's.",
         LEAF("ISSUE-03 ISSUE-04"),
         {{"type", FAULT_TEXT, "\"rsa\"", 0, 0, false, "rsa or ec", is_key_type}},
         wrong_key},
        {"x509-wrong-subject",
         "The certificate is for another subject.",
         LEAF("ISSUE-03 ISSUE-04"),
         {{"cn", FAULT_TEXT, "\"00000000-dead-4000-8000-000000000000\"", 0, 0, true,
           "1 to 64 characters; null = none", is_name},
          {"dc", FAULT_TEXT, "\"00000000-beef-4000-8000-000000000000\"", 0, 0, true,
           "1 to 64 characters; null = none", is_name}},
         wrong_subject},
        {"x509-expired",
         "The certificate has expired when it is issued.",
         LEAF("ISSUE-03 ISSUE-04"),
         {TIME("by_s", "60", "seconds since notAfter")},
         expired},
        {"x509-near-expiry",
         "The certificate has little time left when it is issued.",
         LEAF("ISSUE-03 ISSUE-07"),
         {TIME("left_s", "3600", "seconds until notAfter")},
         near_expiry},
        {"x509-future",
         "The certificate is not valid yet when it is issued.",
         LEAF("ISSUE-03 ISSUE-04"),
         {TIME("by_s", "3600", "seconds until notBefore")},
         future},
        {"x509-long-lived",
         "The certificate lives longer than the seven days it should.",
         LEAF("ISSUE-03"),
         {TIME("for_s", "31536000", "seconds until notAfter")},
         long_lived},
        {"x509-wrong-eku",
         "The certificate's extended key usage is not clientAuth.",
         LEAF("ISSUE-03"),
         {{"usage", FAULT_TEXT, "\"serverAuth\"", 0, 0, false,
           "serverAuth, codeSigning, emailProtection, timeStamping, OCSPSigning, "
           "anyExtendedKeyUsage; \"\" = none",
           is_eku}},
         wrong_eku},
        {"x509-wrong-ku",
         "The certificate's key usage is not digitalSignature.",
         LEAF("ISSUE-03"),
         {{"usage", FAULT_TEXT, "\"keyEncipherment\"", 0, 0, false,
           "keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, "
           "nonRepudiation; \"\" = none",
           is_ku}},
         wrong_ku},
        {"x509-ca", "The certificate is one of a CA.", LEAF("ISSUE-03"), {{0}}, is_ca},
        {"x509-wrong-issuer",
         "The certificate is issued by a CA that nobody knows.",
         LEAF("ISSUE-03"),
         {{0}},
         wrong_issuer},
        {"x509-bad-signature",
         "The certificate's signature does not verify.",
         DER("ISSUE-03"),
         {{0}},
         bad_signature},
        {"x509-broken-der",
         "The certificate is no DER certificate: a tag is wrong.",
         DER("ISSUE-02"),
         {{0}},
         broken},
        {"x509-cut-der",
         "The certificate's DER ends too soon.",
         DER("ISSUE-02"),
         {{"left", FAULT_INTEGER, "100", 0, 65535, false, "bytes that are left of it", NULL}},
         cut},
        {"x509-trailing-bytes",
         "Bytes follow the certificate's DER.",
         DER("ISSUE-02"),
         {{"bytes", FAULT_INTEGER, "1", 1, 16, false, "how many", NULL}},
         trailing},
};

const struct fault_family fault_family_x509 = {"x509", "Issued certificates", kinds,
                                               TEXT_COUNT(kinds)};
