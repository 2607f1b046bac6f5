/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_rules.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/csr_attributes.h"
#include "emulator/pki/csr_cuid.h"
#include "emulator/pki/csr_key.h"
#include "emulator/pki/csr_parts.h"
#include "emulator/pki/csr_signature.h"
#include "emulator/pki/csr_subject.h"

#define BASE64_MAX ((size_t)16 * 1024)

/* One CSR on its way through the checks: each of them may rely on what the fatal ones before it
 * filled in. */
struct csr_case {
	const char *base64;
	size_t base64_len;
	const struct csr_expectation *expected;
	struct bytes der;
	struct csr_parts parts;
	struct csr_subject subject;
	struct csr_attributes attributes;
	struct csr_key key;
	struct csr_cuid cuid;
	X509_NAME *name;      /* owned */
	EVP_PKEY *public_key; /* owned */
	char detail[160];     /* what the current check saw */
	enum msiv2_rc rc;     /* memory ran out inside a check */
	struct msiv2_error *err;
};

static void csr_case_free(struct csr_case *c)
{
	bytes_free(&c->der);
	csr_cuid_free(&c->cuid);
	X509_NAME_free(c->name);
	EVP_PKEY_free(c->public_key);
}
DEFINE_OWNED_VALUE(csr_case, csr_case_free)

/* Says what is wrong, and is false: `return breach(c, "version %u", version);` */
static bool breach(struct csr_case *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool breach(struct csr_case *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(c->detail, sizeof(c->detail), fmt, args);
	va_end(args);
	/* It may quote the client, and goes into JSON. */
	for (char *at = c->detail; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	return false;
}

static const char *or_unknown(const char *name)
{
	return name != NULL ? name : "an unknown algorithm";
}

static bool size_is_bounded(struct csr_case *c)
{
	return c->base64_len <= BASE64_MAX || breach(c, "%zu bytes of base64", c->base64_len);
}

/* CSR-06 */
static bool base64_is_strict(struct csr_case *c)
{
	if (c->base64_len > 0 && base64_decode(c->base64, c->base64_len, &c->der) && !c->der.failed)
		return true;
	if (c->der.failed)
		c->rc = bytes_done(&c->der, "csr", c->err);
	if (c->base64_len > 0 && memchr(c->base64, '-', c->base64_len) != NULL)
		return breach(c, "PEM armour or the base64url alphabet");
	return breach(c, "not one line of standard base64");
}

/* Everything after this may take the parts as split. The subject must also be one OpenSSL can hold,
 * as the certificate will carry it. */
static bool der_is_a_csr(struct csr_case *c)
{
	const char *wrong = csr_parts_split((struct der){c->der.data, c->der.len}, &c->parts);
	const uint8_t *at = c->parts.subject.data;

	if (wrong == NULL)
		wrong = csr_subject_read(c->parts.subject, &c->subject);
	if (wrong == NULL)
		wrong = csr_attributes_read(c->parts.attributes, &c->attributes);
	if (wrong != NULL)
		return breach(c, "%s", wrong);
	c->name = d2i_X509_NAME(NULL, &at, (long)c->parts.subject.len);
	return c->name != NULL || breach(c, "the subject holds a malformed value");
}

static bool nothing_trails(struct csr_case *c)
{
	return c->parts.trailing == 0 || breach(c, "%zu bytes after the DER", c->parts.trailing);
}

static bool version_is_0(struct csr_case *c)
{
	unsigned version;

	if (!der_small_integer(c->parts.version, 255, &version))
		return breach(c, "the version is not a small number");
	return version == 0 || breach(c, "version %u", version);
}

static bool key_is_rsa(struct csr_case *c)
{
	const struct csr_algorithm *algorithm = &c->parts.key_algorithm;
	const char *wrong;

	if (!csr_key_is_rsa(algorithm))
		return breach(c, "the public key is %s, not rsaEncryption",
		              or_unknown(csr_key_name(algorithm)));
	wrong = csr_key_read(c->parts.key, &c->key);
	if (wrong != NULL)
		return breach(c, "%s", wrong);
	c->public_key = csr_key_load(&c->key);
	return c->public_key != NULL || breach(c, "the public key cannot be used");
}

static bool key_has_null(struct csr_case *c)
{
	return csr_key_has_null(&c->parts.key_algorithm) ||
	       breach(c, "the parameter of rsaEncryption is not NULL");
}

static bool key_has_2048_bits(struct csr_case *c)
{
	return c->key.bits == 2048 || breach(c, "an RSA key of %u bits", c->key.bits);
}

/* CSR-04 */
static bool signature_is_pss(struct csr_case *c)
{
	const struct csr_algorithm *algorithm = &c->parts.signature_algorithm;

	return csr_signature_is_pss(algorithm) ||
	       breach(c, "signed with %s", or_unknown(csr_signature_name(algorithm)));
}

/* The parameters of RSASSA-PSS, for the three checks below; false where there are none to look at.
 */
static bool has_pss(const struct csr_case *c, struct csr_pss *pss)
{
	return csr_signature_is_pss(&c->parts.signature_algorithm) &&
	       csr_pss_read(c->parts.signature_algorithm.parameters, pss);
}

static bool pss_is_ours(struct csr_case *c)
{
	struct csr_pss pss;

	if (!csr_signature_is_pss(&c->parts.signature_algorithm))
		return true;
	if (!has_pss(c, &pss))
		return breach(c, "the parameters of RSASSA-PSS are absent or malformed");
	return csr_pss_is_ours(&pss) ||
	       breach(c, "RSASSA-PSS with %s, MGF1 with %s, salt %u, trailer %u",
	              csr_hash_name(pss.hash), csr_hash_name(pss.mgf_hash), pss.salt_len,
	              pss.trailer);
}

static bool pss_hash_has_no_null(struct csr_case *c)
{
	struct csr_pss pss;

	return !has_pss(c, &pss) || !pss.hash_null || breach(c, "a hash algorithm carries NULL");
}

static bool pss_trailer_is_left_out(struct csr_case *c)
{
	struct csr_pss pss;

	return !has_pss(c, &pss) || !pss.trailer_explicit ||
	       breach(c, "trailerField is written out");
}

/* CSR-05: proof of possession. */
static bool signature_verifies(struct csr_case *c)
{
	return csr_signature_verifies(&c->parts, c->public_key) ||
	       breach(c, "the signature does not verify with the key inside");
}

/* CSR-01 */
static bool rdns_are_single(struct csr_case *c)
{
	return !c->subject.multi_valued || breach(c, "an RDN of the subject has several values");
}

static bool subject_matches(struct csr_case *c)
{
	const struct csr_subject *s = &c->subject;

	if (s->cn.count != 1 || s->dc.count != 1 || s->others != 0)
		return breach(c, "the subject has %zu CN, %zu DC and %zu others", s->cn.count,
		              s->dc.count, s->others);
	if (!csr_name_part_is(&s->cn, c->expected->client_id))
		return breach(c, "CN is not the clientId of this identity");
	return csr_name_part_is(&s->dc, c->expected->tenant_id) ||
	       breach(c, "DC is not the tenantId of this identity");
}

static bool dc_comes_first(struct csr_case *c)
{
	const struct csr_subject *s = &c->subject;

	return s->cn.count == 0 || s->dc.count == 0 || s->dc.position < s->cn.position ||
	       breach(c, "CN comes before DC");
}

/* CSR-02 */
static bool type_breach(struct csr_case *c, const char *what, uint8_t tag)
{
	const char *type = csr_string_type(tag);

	if (type == NULL)
		return breach(c, "%s has the tag 0x%02x", what, tag);
	return breach(c, "%s is a %s", what, type);
}

static bool string_types_are_allowed(struct csr_case *c)
{
	const struct csr_name_part *cn = &c->subject.cn, *dc = &c->subject.dc;

	if (cn->count > 0 && cn->tag != DER_PRINTABLE_STRING && cn->tag != DER_UTF8_STRING)
		return type_breach(c, "CN", cn->tag);
	return dc->count == 0 || dc->tag == DER_IA5_STRING || dc->tag == DER_PRINTABLE_STRING ||
	       dc->tag == DER_UTF8_STRING || type_breach(c, "DC", dc->tag);
}

static bool string_types_are_usual(struct csr_case *c)
{
	const struct csr_name_part *cn = &c->subject.cn, *dc = &c->subject.dc;

	if (cn->count > 0 && cn->tag != DER_PRINTABLE_STRING)
		return type_breach(c, "CN", cn->tag);
	return dc->count == 0 || dc->tag == DER_IA5_STRING || type_breach(c, "DC", dc->tag);
}

static bool attributes_are_there(struct csr_case *c)
{
	if (c->parts.attributes_tag == 0)
		return breach(c, "no attributes field");
	return c->parts.attributes_tag == DER_CONTEXT_0 ||
	       breach(c, "the attributes are tagged 0x%02x", c->parts.attributes_tag);
}

/* CSR-03 */
static bool cuid_is_there_once(struct csr_case *c)
{
	const struct csr_attributes *a = &c->attributes;

	return (a->cuid_count == 1 && a->cuid_values == 1) ||
	       breach(c, "%zu cuId attributes with %zu values", a->cuid_count, a->cuid_values);
}

static bool cuid_is_utf8_string(struct csr_case *c)
{
	const struct csr_attributes *a = &c->attributes;

	return a->cuid_values == 0 || a->cuid_tag == DER_UTF8_STRING ||
	       type_breach(c, "the cuId value", a->cuid_tag);
}

static bool cuid_is_strict_json(struct csr_case *c)
{
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	if (c->attributes.cuid_values == 0)
		return true;
	rc = csr_cuid_read(c->attributes.cuid, &c->cuid, &why);
	if (rc == MSIV2_INTERNAL)
		c->rc = err_no_memory(c->err, "csr");
	if (rc != MSIV2_OK)
		return breach(c, "cuId is not strict JSON: %.120s", why.message);
	return !c->cuid.strangers ||
	       breach(c, "cuId has a member other than text vmId and text vmssId");
}

static bool vmss_id_is_not_empty(struct csr_case *c)
{
	return !text_equal(c->cuid.vmss_id, "") || breach(c, "vmssId is empty");
}

static bool cuid_matches(struct csr_case *c)
{
	const char *vmss_id = text_empty(c->cuid.vmss_id) ? NULL : c->cuid.vmss_id;

	if (c->cuid.tree == NULL)
		return true;
	if (!text_equal(c->cuid.vm_id, c->expected->vm_id))
		return breach(c, "vmId is not the one of this host");
	return text_equal(vmss_id, c->expected->vmss_id) ||
	       breach(c, "vmssId is not the one of this host");
}

static bool cuid_is_compact(struct csr_case *c)
{
	bool compact = false;

	if (c->cuid.tree == NULL || c->cuid.strangers)
		return true;
	c->rc = csr_cuid_is_compact(&c->cuid, c->attributes.cuid, &compact, c->err);
	return compact || breach(c, "cuId is not compact JSON with vmId before vmssId");
}

static bool nothing_else_is_attributed(struct csr_case *c)
{
	return c->attributes.unknown == 0 ||
	       breach(c, "%zu attributes other than cuId", c->attributes.unknown);
}

/* In the order of judging. A fatal check is looked at and refused whatever the modes say: without
 * it there is nothing to go on with. A curt one does not tell the client what was seen, as
 * observed. */
static const struct check {
	enum rule_id rule;
	bool (*holds)(struct csr_case *c);
	bool fatal;
	bool curt;
} checks[] = {
        {RULE_CSR_SIZE, size_is_bounded, true, false},
        {RULE_CSR_BASE64, base64_is_strict, true, false},
        {RULE_CSR_DER, der_is_a_csr, true, false},
        {RULE_CSR_TRAILING, nothing_trails, false, false},
        {RULE_CSR_VERSION, version_is_0, false, false},
        {RULE_CSR_SPKI, key_is_rsa, true, false},
        {RULE_CSR_SPKI_NULL, key_has_null, false, false},
        {RULE_CSR_KEY_SIZE, key_has_2048_bits, false, false},
        {RULE_CSR_SIGNATURE_ALGORITHM, signature_is_pss, false, false},
        {RULE_CSR_PSS_PARAMETERS, pss_is_ours, false, false},
        {RULE_CSR_PSS_HASH_NULL, pss_hash_has_no_null, false, false},
        {RULE_CSR_PSS_TRAILER, pss_trailer_is_left_out, false, false},
        {RULE_CSR_SIGNATURE, signature_verifies, false, false},
        {RULE_CSR_SUBJECT_MULTI_VALUED, rdns_are_single, false, false},
        {RULE_CSR_SUBJECT, subject_matches, false, false},
        {RULE_CSR_RDN_ORDER, dc_comes_first, false, false},
        {RULE_CSR_STRING_TYPES, string_types_are_allowed, false, false},
        {RULE_CSR_STRING_USUAL, string_types_are_usual, false, false},
        {RULE_CSR_ATTRIBUTES_TAG, attributes_are_there, false, false},
        {RULE_CSR_CUID_ATTRIBUTE, cuid_is_there_once, false, false},
        {RULE_CSR_CUID_TYPE, cuid_is_utf8_string, false, false},
        {RULE_CSR_CUID_JSON, cuid_is_strict_json, false, false},
        {RULE_CSR_EMPTY_VMSSID, vmss_id_is_not_empty, false, true},
        {RULE_CSR_CUID_VALUE, cuid_matches, false, false},
        {RULE_CSR_CUID_COMPACT, cuid_is_compact, false, false},
        {RULE_CSR_UNKNOWN_ATTRIBUTE, nothing_else_is_attributed, false, false},
};

/* Records a failed check; true when it refuses the CSR. The first refusal gives the words. */
static bool refuses(const struct check *check, const struct csr_case *c,
                    const struct rule_modes *modes, struct findings *findings,
                    struct csr_verdict *out)
{
	struct rule_modes effective = *modes;

	if (check->fatal)
		effective.mode[check->rule] = RULE_REJECT;
	if (!rule_breach(&effective, check->rule, findings, "%s", c->detail))
		return false;
	if (out->accepted)
		(void)snprintf(out->reason, sizeof(out->reason), "CSR is invalid%s%s",
		               check->curt ? "" : ": ", check->curt ? "" : c->detail);
	out->accepted = false;
	return check->fatal;
}

static enum msiv2_rc judge(struct csr_case *c, const struct rule_modes *modes,
                           struct findings *findings, struct csr_verdict *out)
{
	out->accepted = true;
	for (size_t i = 0; i < TEXT_COUNT(checks); i++) {
		const struct check *check = &checks[i];
		bool good;

		/* cuId is read by its check, and read it must be for those after it. */
		if (!check->fatal && modes->mode[check->rule] == RULE_OFF &&
		    check->rule != RULE_CSR_CUID_JSON)
			continue;
		good = check->holds(c);
		TRY(c->rc);
		if (!good && refuses(check, c, modes, findings, out))
			return MSIV2_OK;
	}
	return MSIV2_OK;
}

enum msiv2_rc csr_judge(const char *base64, size_t len, const struct csr_expectation *expectation,
                        const struct rule_modes *modes, struct findings *findings,
                        struct csr_verdict *out, struct msiv2_error *err)
{
	OWNED_STRUCT(csr_case)
	c = {.base64 = base64, .base64_len = len, .expected = expectation, .err = err};
	enum msiv2_rc rc;

	*out = (struct csr_verdict){0};
	/* What OpenSSL thinks of a client's mistakes is nobody's error. */
	(void)ERR_set_mark();
	rc = judge(&c, modes, findings, out);
	(void)ERR_pop_to_mark();
	if (rc != MSIV2_OK || !out->accepted) {
		out->accepted = false;
		return rc;
	}
	out->subject = steal(&c.name);
	out->public_key = steal(&c.public_key);
	return MSIV2_OK;
}

void csr_verdict_free(struct csr_verdict *verdict)
{
	X509_NAME_free(verdict->subject);
	EVP_PKEY_free(verdict->public_key);
	*verdict = (struct csr_verdict){0};
}
