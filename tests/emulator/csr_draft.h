/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A CSR in its parts, each of which a test may spoil before it is put together and signed. The DER
 * is written by hand, from RFC 2986 and X.690, so that anything can be said. */
#ifndef TESTS_EMULATOR_CSR_DRAFT_H
#define TESTS_EMULATOR_CSR_DRAFT_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/own.h"

#define DRAFT_CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define DRAFT_TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"
#define DRAFT_VM_ID     "11111111-2222-4333-8444-555555555555"
#define DRAFT_VMSS_ID   "99999999-2222-4333-8444-555555555555"
#define DRAFT_CUID      "{\"vmId\":\"" DRAFT_VM_ID "\"}"

/* DER identifier octets used by the tests. */
enum {
	TAG_INTEGER = 0x02,
	TAG_BIT_STRING = 0x03,
	TAG_OCTET_STRING = 0x04,
	TAG_OID = 0x06,
	TAG_UTF8 = 0x0c,
	TAG_PRINTABLE = 0x13,
	TAG_T61 = 0x14,
	TAG_IA5 = 0x16,
	TAG_BMP = 0x1e,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_ATTRIBUTES = 0xa0,
};

/* Keys made once per program. */
struct draft_keys {
	EVP_PKEY *rsa_2048;
	EVP_PKEY *other_2048;
	EVP_PKEY *rsa_1024;
	EVP_PKEY *rsa_3072;
	EVP_PKEY *ec;
};
/* Makes them; fails the test when it cannot. */
void draft_keys_new(struct draft_keys *keys);
/* Frees them. */
void draft_keys_free(struct draft_keys *keys);

struct csr_draft {
	const struct draft_keys *keys;
	uint8_t version;
	struct bytes name;                /* whole Name */
	struct bytes spki;                /* whole SubjectPublicKeyInfo */
	uint8_t attributes_tag;           /* 0 = leave the field out */
	struct bytes attributes;          /* content of the [0] */
	struct bytes signature_algorithm; /* whole AlgorithmIdentifier */
	EVP_PKEY *signer;                 /* borrowed */
	int padding;                      /* RSA_PKCS1_PSS_PADDING or RSA_PKCS1_PADDING; 0 = EC */
	const EVP_MD *md;
	const EVP_MD *mgf_md;
	int salt_len;
	bool break_signature;
	uint8_t unused_bits; /* of the signature's BIT STRING */
	struct bytes extra;  /* after the signature, inside the request */
	struct bytes trailing;
};

/* A draft that obeys every rule, strictest profile included. */
void csr_draft_begin(const struct draft_keys *keys, struct csr_draft *draft);
/* Signs and puts together: appends the DER. */
void csr_draft_finish(struct csr_draft *draft, struct bytes *der);
/* Frees the parts. */
void csr_draft_free(struct csr_draft *draft);
DEFINE_OWNED_VALUE(csr_draft, csr_draft_free)

/* Appends one DER element. */
void draft_element(struct bytes *out, uint8_t tag, const void *content, size_t len);
/* Appends hex as bytes. */
void draft_hex(struct bytes *out, const char *hex);

/* Appends one RDN with one attribute; oid as hex of its content. */
void draft_rdn(struct bytes *rdns, const char *oid, uint8_t tag, const char *value);
#define OID_CN      "550403"
#define OID_DC      "0992268993f22c640119"
#define OID_O       "55040a"
#define OID_CUID    "2b0601040182375a020a"
#define OID_EXT_REQ "2a864886f70d01090e"
/* Puts a Name of these RDNs in place of the draft's. */
void draft_set_name(struct csr_draft *draft, const struct bytes *rdns);
/* DC and CN in this order, or CN first. */
void draft_set_subject(struct csr_draft *draft, bool cn_first, uint8_t cn_tag, const char *cn,
                       uint8_t dc_tag, const char *dc);
/* Puts a SubjectPublicKeyInfo of this key in place of the draft's, and makes it the signer. */
void draft_set_key(struct csr_draft *draft, EVP_PKEY *key);
/* Appends an attribute whose SET holds `values` (whole elements). */
void draft_attribute(struct csr_draft *draft, const char *oid, const struct bytes *values);
/* Replaces all attributes by one cuId attribute with one value. */
void draft_set_cuid(struct csr_draft *draft, uint8_t tag, const char *json);

#endif
