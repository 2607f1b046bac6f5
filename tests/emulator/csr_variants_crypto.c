/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "csr_variants.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/text.h"

#define SHA1_PLAIN   "300706052b0e03021a"
#define SHA256_PLAIN "300b0609608648016503040201"
#define SHA256_NULL  "300d06096086480165030402010500"
#define SHA384_PLAIN "300b0609608648016503040202"
#define SALT_32      "a203020120"
#define RSA_OID      "06092a864886f70d010101"

/* ---- the request around the info ---- */

static void trailing_byte(struct csr_draft *draft)
{
	bytes_add_byte(&draft->trailing, 0);
}

static void trailing_second_csr(struct csr_draft *draft)
{
	draft_hex(&draft->trailing, "3003020101");
}

static void something_after_the_signature(struct csr_draft *draft)
{
	draft_hex(&draft->extra, "0500");
}

static void signature_with_unused_bits(struct csr_draft *draft)
{
	draft->unused_bits = 1;
}

static void version_1(struct csr_draft *draft)
{
	draft->version = 1;
}

static void version_negative(struct csr_draft *draft)
{
	draft->version = 0xff;
}

/* ---- the key ---- */

static void set_spki(struct csr_draft *draft, const char *algorithm, const struct bytes *key)
{
	OWNED_STRUCT(bytes) content = {0};
	OWNED_STRUCT(bytes) identifier = {0};
	OWNED_STRUCT(bytes) bits = {0};

	draft_hex(&identifier, algorithm);
	draft_element(&content, TAG_SEQUENCE, identifier.data, identifier.len);
	bytes_add_byte(&bits, 0);
	bytes_add(&bits, key->data, key->len);
	draft_element(&content, TAG_BIT_STRING, bits.data, bits.len);
	bytes_clear(&draft->spki);
	draft_element(&draft->spki, TAG_SEQUENCE, content.data, content.len);
}

/* An RSAPublicKey whose numbers are given as content octets of INTEGERs. */
static void set_rsa_numbers(struct csr_draft *draft, const struct bytes *n, const char *e)
{
	OWNED_STRUCT(bytes) exponent = {0};
	OWNED_STRUCT(bytes) numbers = {0};
	OWNED_STRUCT(bytes) key = {0};

	draft_hex(&exponent, e);
	draft_element(&numbers, TAG_INTEGER, n->data, n->len);
	draft_element(&numbers, TAG_INTEGER, exponent.data, exponent.len);
	draft_element(&key, TAG_SEQUENCE, numbers.data, numbers.len);
	set_spki(draft, RSA_OID "0500", &key);
}

/* A modulus of `len` bytes of 0xff, its last byte `last`. */
static void set_modulus(struct csr_draft *draft, size_t len, uint8_t last, const char *e)
{
	OWNED_STRUCT(bytes) n = {0};

	bytes_add_byte(&n, 0);
	for (size_t i = 1; i < len; i++)
		bytes_add_byte(&n, 0xff);
	bytes_add_byte(&n, last);
	set_rsa_numbers(draft, &n, e);
}

static void key_1024(struct csr_draft *draft)
{
	draft_set_key(draft, draft->keys->rsa_1024);
}

static void key_3072(struct csr_draft *draft)
{
	draft_set_key(draft, draft->keys->rsa_3072);
}

static void key_16384(struct csr_draft *draft)
{
	set_modulus(draft, 2048, 0xff, "010001");
}

static void key_256(struct csr_draft *draft)
{
	set_modulus(draft, 32, 0xff, "010001");
}

static void modulus_even(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xfe, "010001");
}

static void exponent_1(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xff, "01");
}

static void exponent_even(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xff, "010000");
}

static void exponent_of_72_bits(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xff, "00ffffffffffffffffff");
}

static void exponent_negative(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xff, "81");
}

static void exponent_not_minimal(struct csr_draft *draft)
{
	set_modulus(draft, 256, 0xff, "00010001");
}

static void modulus_negative(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) n = {0};

	for (size_t i = 0; i < 256; i++)
		bytes_add_byte(&n, 0x81);
	set_rsa_numbers(draft, &n, "010001");
}

static void modulus_zero(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) n = {0};

	bytes_add_byte(&n, 0);
	set_rsa_numbers(draft, &n, "010001");
}

static void key_is_noise(struct csr_draft *draft)
{
	OWNED_STRUCT(bytes) key = {0};

	draft_hex(&key, "deadbeef");
	set_spki(draft, RSA_OID "0500", &key);
}

static void key_ec(struct csr_draft *draft)
{
	draft_set_key(draft, draft->keys->ec);
	draft->padding = 0;
	bytes_clear(&draft->signature_algorithm);
	draft_hex(&draft->signature_algorithm, "300a06082a8648ce3d040302");
}

static void set_spki_algorithm(struct csr_draft *draft, const char *algorithm)
{
	OWNED_STRUCT(bytes) key = {0};
	uint8_t *der = NULL;
	int len = i2d_PublicKey(draft->signer, &der);

	bytes_add(&key, der, (size_t)len);
	OPENSSL_free(der);
	set_spki(draft, algorithm, &key);
}

static void spki_without_null(struct csr_draft *draft)
{
	set_spki_algorithm(draft, RSA_OID);
}

static void spki_with_other_parameters(struct csr_draft *draft)
{
	set_spki_algorithm(draft, RSA_OID "3000");
}

static void spki_rsassa_pss(struct csr_draft *draft)
{
	set_spki_algorithm(draft, "06092a864886f70d01010a");
}

static void spki_with_two_parameters(struct csr_draft *draft)
{
	set_spki_algorithm(draft, RSA_OID "05000500");
}

/* ---- the signature ---- */

static void set_algorithm(struct csr_draft *draft, const char *hex)
{
	bytes_clear(&draft->signature_algorithm);
	draft_hex(&draft->signature_algorithm, hex);
}

/* RSASSA-PSS with these AlgorithmIdentifiers, and the rest of the parameters. */
static void set_pss(struct csr_draft *draft, const char *hash, const char *mgf_hash,
                    const char *rest)
{
	OWNED_STRUCT(bytes) part = {0};
	OWNED_STRUCT(bytes) mgf = {0};
	OWNED_STRUCT(bytes) parameters = {0};
	OWNED_STRUCT(bytes) algorithm = {0};

	draft_hex(&part, hash);
	draft_element(&parameters, 0xa0, part.data, part.len);
	bytes_clear(&part);
	draft_hex(&part, "06092a864886f70d010108");
	draft_hex(&part, mgf_hash);
	draft_element(&mgf, TAG_SEQUENCE, part.data, part.len);
	draft_element(&parameters, 0xa1, mgf.data, mgf.len);
	draft_hex(&parameters, rest);
	draft_hex(&algorithm, "06092a864886f70d01010a");
	draft_element(&algorithm, TAG_SEQUENCE, parameters.data, parameters.len);
	bytes_clear(&draft->signature_algorithm);
	draft_element(&draft->signature_algorithm, TAG_SEQUENCE, algorithm.data, algorithm.len);
}

static void pkcs1_v15(struct csr_draft *draft)
{
	set_algorithm(draft, "300d06092a864886f70d01010b0500");
	draft->padding = RSA_PKCS1_PADDING;
}

static void pkcs1_v15_sha1(struct csr_draft *draft)
{
	set_algorithm(draft, "300d06092a864886f70d0101050500");
	draft->padding = RSA_PKCS1_PADDING;
	draft->md = EVP_sha1();
}

static void pss_defaults_are_sha1(struct csr_draft *draft)
{
	set_algorithm(draft, "300d06092a864886f70d01010a3000");
	draft->md = draft->mgf_md = EVP_sha1();
	draft->salt_len = 20;
}

static void pss_sha384(struct csr_draft *draft)
{
	set_pss(draft, SHA384_PLAIN, SHA384_PLAIN, "a203020130");
	draft->md = draft->mgf_md = EVP_sha384();
	draft->salt_len = 48;
}

static void pss_mgf_sha1(struct csr_draft *draft)
{
	set_pss(draft, SHA256_PLAIN, SHA1_PLAIN, SALT_32);
	draft->mgf_md = EVP_sha1();
}

static void pss_salt_20(struct csr_draft *draft)
{
	set_pss(draft, SHA256_PLAIN, SHA256_PLAIN, "a203020114");
	draft->salt_len = 20;
}

static void pss_salt_default(struct csr_draft *draft)
{
	set_pss(draft, SHA256_PLAIN, SHA256_PLAIN, "");
	draft->salt_len = 20;
}

static void pss_hash_null(struct csr_draft *draft)
{
	set_pss(draft, SHA256_NULL, SHA256_NULL, SALT_32);
}

static void pss_mgf_hash_null_only(struct csr_draft *draft)
{
	set_pss(draft, SHA256_PLAIN, SHA256_NULL, SALT_32);
}

static void pss_trailer_explicit(struct csr_draft *draft)
{
	set_pss(draft, SHA256_PLAIN, SHA256_PLAIN, SALT_32 "a303020101");
}

static void signature_broken(struct csr_draft *draft)
{
	draft->break_signature = true;
}

static void signed_by_another_key(struct csr_draft *draft)
{
	draft->signer = draft->keys->other_2048;
}

static void salt_not_as_said(struct csr_draft *draft)
{
	draft->salt_len = 20;
}

static void hash_not_as_said(struct csr_draft *draft)
{
	draft->md = EVP_sha384();
}

#define ROW(spoil, rule, outcome)                                                                  \
	{                                                                                          \
#spoil, spoil, rule, outcome, false                                                \
	}

const struct csr_variant csr_variants_crypto[] = {
        ROW(trailing_byte, RULE_CSR_TRAILING, CSR_REFUSED),
        ROW(trailing_second_csr, RULE_CSR_TRAILING, CSR_REFUSED),
        ROW(something_after_the_signature, RULE_CSR_DER, CSR_FATAL),
        ROW(signature_with_unused_bits, RULE_CSR_DER, CSR_FATAL),
        ROW(version_1, RULE_CSR_VERSION, CSR_REFUSED),
        ROW(version_negative, RULE_CSR_VERSION, CSR_REFUSED),
        ROW(key_1024, RULE_CSR_KEY_SIZE, CSR_REFUSED),
        ROW(key_3072, RULE_CSR_KEY_SIZE, CSR_REFUSED),
        ROW(key_16384, RULE_CSR_SPKI, CSR_FATAL),
        ROW(key_256, RULE_CSR_SPKI, CSR_FATAL),
        ROW(modulus_even, RULE_CSR_SPKI, CSR_FATAL),
        ROW(modulus_negative, RULE_CSR_SPKI, CSR_FATAL),
        ROW(modulus_zero, RULE_CSR_SPKI, CSR_FATAL),
        ROW(exponent_1, RULE_CSR_SPKI, CSR_FATAL),
        ROW(exponent_even, RULE_CSR_SPKI, CSR_FATAL),
        ROW(exponent_of_72_bits, RULE_CSR_SPKI, CSR_FATAL),
        ROW(exponent_negative, RULE_CSR_SPKI, CSR_FATAL),
        ROW(exponent_not_minimal, RULE_CSR_SPKI, CSR_FATAL),
        ROW(key_is_noise, RULE_CSR_SPKI, CSR_FATAL),
        ROW(key_ec, RULE_CSR_SPKI, CSR_FATAL),
        ROW(spki_rsassa_pss, RULE_CSR_SPKI, CSR_FATAL),
        ROW(spki_without_null, RULE_CSR_SPKI_NULL, CSR_REFUSED),
        ROW(spki_with_other_parameters, RULE_CSR_SPKI_NULL, CSR_REFUSED),
        ROW(spki_with_two_parameters, RULE_CSR_DER, CSR_FATAL),
        ROW(pkcs1_v15, RULE_CSR_SIGNATURE_ALGORITHM, CSR_REFUSED),
        ROW(pkcs1_v15_sha1, RULE_CSR_SIGNATURE_ALGORITHM, CSR_REFUSED),
        ROW(pss_defaults_are_sha1, RULE_CSR_PSS_PARAMETERS, CSR_REFUSED),
        ROW(pss_sha384, RULE_CSR_PSS_PARAMETERS, CSR_REFUSED),
        ROW(pss_mgf_sha1, RULE_CSR_PSS_PARAMETERS, CSR_REFUSED),
        ROW(pss_salt_20, RULE_CSR_PSS_PARAMETERS, CSR_REFUSED),
        ROW(pss_salt_default, RULE_CSR_PSS_PARAMETERS, CSR_REFUSED),
        ROW(pss_hash_null, RULE_CSR_PSS_HASH_NULL, CSR_NOTED),
        ROW(pss_mgf_hash_null_only, RULE_CSR_PSS_HASH_NULL, CSR_NOTED),
        ROW(pss_trailer_explicit, RULE_CSR_PSS_TRAILER, CSR_NOTED),
        ROW(signature_broken, RULE_CSR_SIGNATURE, CSR_REFUSED),
        ROW(signed_by_another_key, RULE_CSR_SIGNATURE, CSR_REFUSED),
        ROW(salt_not_as_said, RULE_CSR_SIGNATURE, CSR_REFUSED),
        ROW(hash_not_as_said, RULE_CSR_SIGNATURE, CSR_REFUSED),
};
const size_t csr_variants_crypto_count = TEXT_COUNT(csr_variants_crypto);
