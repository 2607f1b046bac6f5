/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "entry.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "friendly_name.h"
#include "ref/endpoint.h"

#define WHERE        "store"
#define VERSION_LINE "msiv2_store_entry"
#define VERSION      "1"
#define SUM_LINE     "sha256"
#define SUM_LEN      (sizeof(SUM_LINE ": \n") - 1 + 2 * (size_t)X509_SHA256_LEN)
#define PEM_BEGIN    "-----BEGIN CERTIFICATE-----\n"
#define PEM_END      "-----END CERTIFICATE-----\n"

static const struct blame blame = {MSIV2_STORE, WHERE};

/* The texts, in the order of their lines. */
static const struct {
	const char *name;
	size_t offset;
	bool optional; /* it has no line when it is absent */
} text_rows[] = {
        {"alias", offsetof(struct store_entry, alias), false},
        {"source", offsetof(struct store_entry, source), false},
        {"client_id", offsetof(struct store_entry, client_id), false},
        {"tenant_id", offsetof(struct store_entry, tenant_id), false},
        {"identity_type", offsetof(struct store_entry, identity_type), false},
        {"endpoint", offsetof(struct store_entry, endpoint), false},
        {"key_kind", offsetof(struct store_entry, key_kind), false},
        {"key_name", offsetof(struct store_entry, key_name), false},
        {"device", offsetof(struct store_entry, device), true},
};

/* Kinds of key that outlive a process: a reference to another would lead nowhere (STORE-08). */
static const char *const key_kinds[] = {"keyguard", "hardware"};

static char **text_of(struct store_entry *entry, size_t row)
{
	return (char **)(void *)((char *)entry + text_rows[row].offset);
}

static const char *text_in(const struct store_entry *entry, size_t row)
{
	return *(char *const *)(const void *)((const char *)entry + text_rows[row].offset);
}

void store_entry_free(struct store_entry *entry)
{
	for (size_t i = 0; i < TEXT_COUNT(text_rows); i++)
		mem_free(*text_of(entry, i));
	X509_free(entry->certificate);
	*entry = (struct store_entry){0};
}

enum msiv2_rc store_entry_issuer(const struct store_entry *entry, struct bytes *out,
                                 struct msiv2_error *err)
{
	x509_name_text(X509_get_issuer_name(entry->certificate), out);
	return bytes_done(out, WHERE, err);
}

/* NULL when the bytes may be a line's value. */
static const char *value_complaint(const char *text, size_t len)
{
	if (len == 0)
		return "is empty";
	if (len > ENTRY_VALUE_MAX)
		return "is too long";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return "holds a control character";
	return text_is_utf8(text, len) ? NULL : "is not UTF-8";
}

static enum msiv2_rc check_value(const char *name, const char *text, size_t len,
                                 struct msiv2_error *err)
{
	const char *wrong = value_complaint(text, len);

	return wrong == NULL ? MSIV2_OK : err_blame(err, &blame, "member \"%s\" %s", name, wrong);
}

static enum msiv2_rc check_texts(const struct store_entry *entry, struct msiv2_error *err)
{
	const char *complaint;
	bool known = false;

	for (size_t i = 0; i < TEXT_COUNT(text_rows); i++) {
		const char *text = text_in(entry, i);

		if (text == NULL && text_rows[i].optional)
			continue;
		if (text == NULL)
			return err_blame(err, &blame, "member \"%s\" is absent", text_rows[i].name);
		TRY(check_value(text_rows[i].name, text, strlen(text), err));
	}
	for (size_t i = 0; i < TEXT_COUNT(key_kinds); i++)
		known = known || text_equal(entry->key_kind, key_kinds[i]);
	if (!known)
		return err_blame(err, &blame,
		                 "member \"key_kind\" names no kind of key that lasts: %s",
		                 entry->key_kind);
	complaint = endpoint_complaint(entry->endpoint);
	if (complaint != NULL)
		return err_blame(err, &blame, "member \"endpoint\" %s", complaint);
	return MSIV2_OK;
}

/* One CN, which is the client; of the DCs, the one there may be is the tenant. */
static enum msiv2_rc check_subject(const struct store_entry *entry, struct msiv2_error *err)
{
	const X509_NAME *subject = X509_get_subject_name(entry->certificate);
	OWNED_STRUCT(bytes) cn = {0};
	OWNED_STRUCT(bytes) dc = {0};
	bool one_cn = x509_name_value(subject, NID_commonName, &cn);
	bool any_dc =
	        X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_domainComponent, -1) >= 0;
	bool one_dc = x509_name_value(subject, NID_domainComponent, &dc);

	TRY(bytes_done(&cn, WHERE, err));
	TRY(bytes_done(&dc, WHERE, err));
	if (!one_cn || !text_equal(bytes_text(&cn), entry->client_id))
		return err_blame(err, &blame, "the certificate's CN is not client_id");
	if (any_dc && (!one_dc || !text_equal_nocase(bytes_text(&dc), entry->tenant_id)))
		return err_blame(err, &blame, "the certificate's DC is not tenant_id");
	return MSIV2_OK;
}

static enum msiv2_rc check_key(const struct store_entry *entry, struct msiv2_error *err)
{
	const EVP_PKEY *key = X509_get0_pubkey(entry->certificate);
	uint8_t digest[X509_SHA256_LEN];

	if (key == NULL)
		return err_openssl(err, MSIV2_STORE, WHERE,
		                   "the certificate's public key cannot be read");
	TRY(x509_key_sha256(key, digest, err));
	if (memcmp(digest, entry->key_sha256, sizeof(digest)) != 0)
		return err_blame(err, &blame, "the certificate is for another key than key_sha256");
	return MSIV2_OK;
}

static enum msiv2_rc check_certificate(const struct store_entry *entry, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) issuer = {0};
	int64_t not_before_s, not_after_s;

	if (entry->certificate == NULL)
		return err_blame(err, &blame, "no certificate");
	TRY(check_subject(entry, err));
	TRY(check_key(entry, err));
	TRY(store_entry_issuer(entry, &issuer, err));
	TRY(check_value("issuer", bytes_text(&issuer), issuer.len, err));
	if (!x509_validity(entry->certificate, &not_before_s, &not_after_s))
		return err_blame(err, &blame, "the certificate's validity cannot be read");
	return MSIV2_OK;
}

static void add_line(struct bytes *out, const char *name, const char *value)
{
	bytes_add_text(out, name);
	bytes_add_text(out, ": ");
	bytes_add_text(out, value);
	bytes_add_text(out, "\n");
}

/* The lines that follow from others, for people and for whoever looks in a store with a pager;
 * reading compares them. */
static enum msiv2_rc add_derived(const struct store_entry *entry, struct bytes *out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(bytes) issuer = {0};

	TRY(friendly_name_add(entry->alias, entry->endpoint, &name, err));
	TRY(store_entry_issuer(entry, &issuer, err));
	add_line(out, "friendly_name", bytes_text(&name));
	add_line(out, "issuer", bytes_text(&issuer));
	return bytes_done(out, WHERE, err);
}

static enum msiv2_rc add_head(const struct store_entry *entry, struct bytes *out,
                              struct msiv2_error *err)
{
	add_line(out, VERSION_LINE, VERSION);
	for (size_t i = 0; i < TEXT_COUNT(text_rows); i++)
		if (text_in(entry, i) != NULL)
			add_line(out, text_rows[i].name, text_in(entry, i));
	TRY(add_derived(entry, out, err));
	bytes_add_text(out, "key_sha256: ");
	hex_encode(entry->key_sha256, X509_SHA256_LEN, out);
	bytes_addf(out, "\nfresh: %s\nstored_at: %" PRId64 "\n", entry->fresh ? "yes" : "no",
	           entry->stored_at_s);
	return bytes_done(out, WHERE, err);
}

static enum msiv2_rc digest(const void *text, size_t len, struct bytes *hex,
                            struct msiv2_error *err)
{
	uint8_t sum[X509_SHA256_LEN];

	if (EVP_Digest(text, len, sum, NULL, EVP_sha256(), NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot digest an entry");
	hex_encode(sum, sizeof(sum), hex);
	return bytes_done(hex, WHERE, err);
}

enum msiv2_rc store_entry_encode(const struct store_entry *entry, struct bytes *out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) sum = {0};

	TRY(check_texts(entry, err));
	TRY(check_certificate(entry, err));
	TRY(add_head(entry, &text, err));
	TRY(x509_to_pem(entry->certificate, &text, err));
	TRY(digest(text.data, text.len, &sum, err));
	add_line(&text, SUM_LINE, bytes_text(&sum));
	TRY(bytes_done(&text, WHERE, err));
	if (text.len > ENTRY_MAX_LEN)
		return err_blame(err, &blame, "the certificate is too long");
	bytes_add(out, text.data, text.len);
	return bytes_done(out, WHERE, err);
}

/* What has not been read yet. */
struct cursor {
	const char *at;
	const char *end;
};

struct value {
	const char *at;
	size_t len;
};

static enum msiv2_rc take_line(struct cursor *cursor, const char *name, struct value *out,
                               struct msiv2_error *err)
{
	size_t left = (size_t)(cursor->end - cursor->at);
	const char *eol = left > 0 ? memchr(cursor->at, '\n', left) : NULL;
	size_t len = strlen(name);

	if (eol == NULL || (size_t)(eol - cursor->at) < len + 2 ||
	    memcmp(cursor->at, name, len) != 0 || memcmp(cursor->at + len, ": ", 2) != 0)
		return err_blame(err, &blame, "no member \"%s\" where it belongs", name);
	out->at = cursor->at + len + 2;
	out->len = (size_t)(eol - out->at);
	cursor->at = eol + 1;
	return check_value(name, out->at, out->len, err);
}

static bool value_is(const struct value *value, const char *text)
{
	return value->len == strlen(text) && memcmp(value->at, text, value->len) == 0;
}

/* The next line has that name. */
static bool is_next(const struct cursor *cursor, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(cursor->end - cursor->at) > len && memcmp(cursor->at, name, len) == 0 &&
	       cursor->at[len] == ':';
}

static enum msiv2_rc take_text(struct cursor *cursor, const char *name, char **out,
                               struct msiv2_error *err)
{
	struct value value;

	TRY(take_line(cursor, name, &value, err));
	*out = mem_strndup(value.at, value.len);
	return *out != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc take_sum(struct cursor *cursor, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) sum = {0};
	OWNED_STRUCT(bytes) want = {0};
	size_t len = (size_t)(cursor->end - cursor->at);

	if (len > ENTRY_MAX_LEN)
		return err_blame(err, &blame, "larger than %d bytes", ENTRY_MAX_LEN);
	if (len < SUM_LEN)
		return err_blame(err, &blame, "cut short");
	cursor->end -= SUM_LEN;
	TRY(digest(cursor->at, len - SUM_LEN, &sum, err));
	add_line(&want, SUM_LINE, bytes_text(&sum));
	TRY(bytes_done(&want, WHERE, err));
	if (want.len != SUM_LEN || memcmp(cursor->end, want.data, SUM_LEN) != 0)
		return err_blame(err, &blame, "cut short or changed: the checksum does not match");
	return MSIV2_OK;
}

static enum msiv2_rc take_key(struct cursor *cursor, struct store_entry *out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) raw = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct value value;
	bool good;

	TRY(take_line(cursor, "key_sha256", &value, err));
	good = hex_decode(value.at, value.len, &raw) && raw.len == X509_SHA256_LEN;
	TRY(bytes_done(&raw, WHERE, err));
	if (good)
		hex_encode(raw.data, raw.len, &again);
	TRY(bytes_done(&again, WHERE, err));
	if (!good || !value_is(&value, bytes_text(&again)))
		return err_blame(err, &blame,
		                 "member \"key_sha256\" is no SHA-256 in lower-case hex");
	memcpy(out->key_sha256, raw.data, X509_SHA256_LEN);
	return MSIV2_OK;
}

static enum msiv2_rc take_facts(struct cursor *cursor, struct store_entry *out,
                                struct msiv2_error *err)
{
	struct value value;
	char text[24] = "", again[24];

	TRY(take_key(cursor, out, err));
	TRY(take_line(cursor, "fresh", &value, err));
	out->fresh = value_is(&value, "yes");
	if (!out->fresh && !value_is(&value, "no"))
		return err_blame(err, &blame, "member \"fresh\" is neither yes nor no");
	TRY(take_line(cursor, "stored_at", &value, err));
	if (value.len < sizeof(text))
		memcpy(text, value.at, value.len);
	/* One spelling only: 7 is not written 07. */
	if (!text_to_int(text, INT64_MIN, INT64_MAX, &out->stored_at_s) ||
	    snprintf(again, sizeof(again), "%" PRId64, out->stored_at_s) < 0 ||
	    !text_equal(text, again))
		return err_blame(err, &blame, "member \"stored_at\" is no number of seconds");
	return MSIV2_OK;
}

/* Exactly one certificate in the armour that x509_to_pem() makes. OpenSSL's own reader skips what
 * stands before, and asks for the password of what is encrypted. */
static enum msiv2_rc take_certificate(const struct cursor *cursor, X509 **out,
                                      struct msiv2_error *err)
{
	const size_t begin = strlen(PEM_BEGIN), end = strlen(PEM_END);
	size_t len = (size_t)(cursor->end - cursor->at);
	OWNED_STRUCT(bytes) base64 = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) again = {0};

	if (len < begin + end || memcmp(cursor->at, PEM_BEGIN, begin) != 0 ||
	    memcmp(cursor->end - end, PEM_END, end) != 0)
		return err_blame(err, &blame, "no certificate after the members");
	for (const char *at = cursor->at + begin; at < cursor->end - end; at++)
		if (*at != '\n')
			bytes_add_byte(&base64, (uint8_t)*at);
	TRY(bytes_done(&base64, WHERE, err));
	if (!base64_decode(bytes_text(&base64), base64.len, &der)) {
		TRY(bytes_done(&der, WHERE, err));
		return err_blame(err, &blame, "the certificate is not base64");
	}
	TRY(bytes_done(&der, WHERE, err));
	TRY(x509_from_der(der.data, der.len, &blame, out, err));
	TRY(x509_to_pem(*out, &again, err));
	if (again.len != len || memcmp(again.data, cursor->at, len) != 0)
		return err_blame(err, &blame, "something else than one certificate in PEM");
	return MSIV2_OK;
}

static enum msiv2_rc check_derived(const struct value *name, const struct value *issuer,
                                   const struct store_entry *entry, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};

	TRY(friendly_name_add(entry->alias, entry->endpoint, &text, err));
	if (!value_is(name, bytes_text(&text)))
		return err_blame(err, &blame,
		                 "member \"friendly_name\" is not of this alias and endpoint");
	bytes_clear(&text);
	TRY(store_entry_issuer(entry, &text, err));
	if (!value_is(issuer, bytes_text(&text)))
		return err_blame(err, &blame, "member \"issuer\" is not the certificate's issuer");
	return MSIV2_OK;
}

static enum msiv2_rc read_entry(struct cursor *cursor, struct store_entry *out,
                                struct msiv2_error *err)
{
	struct value version, name, issuer;

	TRY(take_sum(cursor, err));
	TRY(take_line(cursor, VERSION_LINE, &version, err));
	if (!value_is(&version, VERSION))
		return err_blame(err, &blame, "a version that is not known here");
	for (size_t i = 0; i < TEXT_COUNT(text_rows); i++)
		if (!text_rows[i].optional || is_next(cursor, text_rows[i].name))
			TRY(take_text(cursor, text_rows[i].name, text_of(out, i), err));
	TRY(take_line(cursor, "friendly_name", &name, err));
	TRY(take_line(cursor, "issuer", &issuer, err));
	TRY(take_facts(cursor, out, err));
	TRY(take_certificate(cursor, &out->certificate, err));
	TRY(check_texts(out, err));
	TRY(check_certificate(out, err));
	return check_derived(&name, &issuer, out, err);
}

enum msiv2_rc store_entry_decode(const void *text, size_t len, struct store_entry *out,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(store_entry) entry = {0};
	struct cursor cursor = {text, (const char *)text + len};

	*out = (struct store_entry){0};
	TRY(read_entry(&cursor, &entry, err));
	*out = steal(&entry);
	return MSIV2_OK;
}
