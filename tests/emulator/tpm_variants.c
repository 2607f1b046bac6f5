/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "tpm_evidence.h"

static void hide_identity(struct tpm_draft *draft)
{
	draft->show_identity = false;
}

static void default_exponent_said(struct tpm_draft *draft)
{
	draft->key.parameters.rsaDetail.exponent = 65537;
}

static void exponent_even(struct tpm_draft *draft)
{
	draft->key.parameters.rsaDetail.exponent = 65536;
}

static void flip_attest(struct tpm_draft *draft)
{
	draft->flip_attest = true;
}

static void flip_signature(struct tpm_draft *draft)
{
	draft->flip_signature = true;
}

static void other_signer(struct tpm_draft *draft)
{
	draft->signer = draft->lab->other;
}

static void pss(struct tpm_draft *draft)
{
	draft->pss = true;
}

static void sha1_said(struct tpm_draft *draft)
{
	draft->hash_said_wrong = true;
}

static void sha512_used(struct tpm_draft *draft)
{
	draft->md = EVP_sha512();
}

static void other_ca(struct tpm_draft *draft)
{
	draft->ca = draft->lab->other_ca;
}

static void other_kind(struct tpm_draft *draft)
{
	draft->kind = ATTEST_KEYGUARD;
}

static void no_magic(struct tpm_draft *draft)
{
	draft->no_magic = true;
}

/* A quote's union starts with selections: none, then an empty digest. */
static void quote(struct tpm_draft *draft)
{
	draft->attest.type = TPM2_ST_ATTEST_QUOTE;
	draft->keep_name = true;
	memset(&draft->attest.attested, 0, sizeof(draft->attest.attested));
}

static void tail(struct tpm_draft *draft)
{
	draft->tail = 1;
}

static void cut(struct tpm_draft *draft)
{
	draft->cut = 1;
}

static void public_tail(struct tpm_draft *draft)
{
	draft->public_tail = 1;
}

static void no_name(struct tpm_draft *draft)
{
	draft->keep_name = true;
}

static void other_name(struct tpm_draft *draft)
{
	TPM2B_NAME *name = &draft->attest.attested.certify.name;

	draft->keep_name = true;
	name->size = 34;
	name->name[1] = TPM2_ALG_SHA256;
}

/* The name is right for what the area says, but it is not SHA-256's. */
static void name_algorithm(struct tpm_draft *draft)
{
	draft->key.nameAlg = TPM2_ALG_SHA384;
}

static void name_algorithm_hidden(struct tpm_draft *draft)
{
	draft->key.nameAlg = TPM2_ALG_SHA384;
	draft->name_says_sha256 = true;
}

static void nonce_other(struct tpm_draft *draft)
{
	draft->attest.extraData.buffer[0] ^= 1;
}

static void nonce_short(struct tpm_draft *draft)
{
	draft->attest.extraData.size = ATTEST_NONCE_LEN - 1;
}

static void nonce_long(struct tpm_draft *draft)
{
	draft->attest.extraData.size = ATTEST_NONCE_LEN + 1;
}

static void nonce_none(struct tpm_draft *draft)
{
	draft->attest.extraData.size = 0;
}

static void no_sign(struct tpm_draft *draft)
{
	draft->key.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_SIGN_ENCRYPT;
}

static void restricted(struct tpm_draft *draft)
{
	draft->key.objectAttributes |= TPMA_OBJECT_RESTRICTED;
}

static void decrypt(struct tpm_draft *draft)
{
	draft->key.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void not_fixed_tpm(struct tpm_draft *draft)
{
	draft->key.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_FIXEDTPM;
}

static void not_fixed_parent(struct tpm_draft *draft)
{
	draft->key.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_FIXEDPARENT;
}

static void imported(struct tpm_draft *draft)
{
	draft->key.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_SENSITIVEDATAORIGIN;
}

static void modulus_short(struct tpm_draft *draft)
{
	draft->key.unique.rsa.size = 128;
	draft->key.parameters.rsaDetail.keyBits = 1024;
}

static void modulus_2047(struct tpm_draft *draft)
{
	draft->key.unique.rsa.buffer[0] = 0x7f;
}

static void modulus_none(struct tpm_draft *draft)
{
	draft->key.unique.rsa.size = 0;
}

static void modulus_zero(struct tpm_draft *draft)
{
	draft->key.unique.rsa.buffer[0] = 0;
}

static void keyed_hash(struct tpm_draft *draft)
{
	draft->key.type = TPM2_ALG_KEYEDHASH;
	memset(&draft->key.parameters, 0, sizeof(draft->key.parameters));
	draft->key.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	memset(&draft->key.unique, 0, sizeof(draft->key.unique));
}

static void identity_free_to_sign(struct tpm_draft *draft)
{
	draft->identity.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_RESTRICTED;
}

static void identity_decrypts(struct tpm_draft *draft)
{
	draft->identity.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void identity_movable(struct tpm_draft *draft)
{
	draft->identity.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_FIXEDTPM;
}

static void identity_imported(struct tpm_draft *draft)
{
	draft->identity.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_SENSITIVEDATAORIGIN;
}

static void identity_of_another_key(struct tpm_draft *draft)
{
	draft->identity.unique = draft->key.unique;
}

static void identity_any_scheme(struct tpm_draft *draft)
{
	draft->identity.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
}

static void identity_pss(struct tpm_draft *draft)
{
	draft->identity.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSAPSS;
}

static void identity_sha384(struct tpm_draft *draft)
{
	draft->identity.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA384;
}

#define GOOD(name, spoil)                                                                          \
	{                                                                                          \
		name, RULE_COUNT, false, spoil, NULL                                               \
	}
#define BAD(name, rule, spoil)                                                                     \
	{                                                                                          \
		name, RULE_ATT_##rule, false, spoil, NULL                                          \
	}
#define FATAL(name, spoil)                                                                         \
	{                                                                                          \
		name, RULE_ATT_EVIDENCE, true, spoil, NULL                                         \
	}
#define INFO(name, patch)                                                                          \
	{                                                                                          \
		name, RULE_ATT_EVIDENCE, true, NULL, patch                                         \
	}

const struct tpm_variant tpm_variants[] = {
        GOOD("good", NULL),
        GOOD("good_identity_hidden", hide_identity),
        GOOD("good_exponent_said", default_exponent_said),
        BAD("bad_attest_flipped", SIGNATURE, flip_attest),
        BAD("bad_signature_flipped", SIGNATURE, flip_signature),
        BAD("bad_signature_other_key", SIGNATURE, other_signer),
        BAD("bad_signature_pss", SIGNATURE, pss),
        BAD("bad_signature_sha1_said", SIGNATURE, sha1_said),
        BAD("bad_signature_sha512", SIGNATURE, sha512_used),
        BAD("bad_certificate_other_ca", CERTIFICATE, other_ca),
        BAD("bad_certificate_of_keyguard", CERTIFICATE, other_kind),
        BAD("bad_magic", TPM_MAGIC, no_magic),
        BAD("bad_name_none", TPM_NAME, no_name),
        BAD("bad_name_other", TPM_NAME, other_name),
        BAD("bad_name_algorithm", TPM_NAME, name_algorithm),
        BAD("bad_name_algorithm_hidden", TPM_NAME, name_algorithm_hidden),
        BAD("bad_nonce_other", NONCE, nonce_other),
        BAD("bad_nonce_short", NONCE, nonce_short),
        BAD("bad_nonce_long", NONCE, nonce_long),
        BAD("bad_nonce_none", NONCE, nonce_none),
        BAD("bad_key_no_sign", TPM_ATTRIBUTES, no_sign),
        BAD("bad_key_restricted", TPM_ATTRIBUTES, restricted),
        BAD("bad_key_decrypt", TPM_ATTRIBUTES, decrypt),
        BAD("bad_key_not_fixed_tpm", TPM_ATTRIBUTES, not_fixed_tpm),
        BAD("bad_key_not_fixed_parent", TPM_ATTRIBUTES, not_fixed_parent),
        BAD("bad_key_imported", TPM_ATTRIBUTES, imported),
        BAD("bad_key_1024", KEY, modulus_short),
        BAD("bad_key_2047", KEY, modulus_2047),
        BAD("bad_key_exponent_even", KEY, exponent_even),
        FATAL("bad_key_no_modulus", modulus_none),
        FATAL("bad_key_modulus_zero", modulus_zero),
        FATAL("bad_key_not_rsa", keyed_hash),
        FATAL("bad_attest_tail", tail),
        FATAL("bad_attest_cut", cut),
        FATAL("bad_public_tail", public_tail),
        BAD("bad_identity_not_restricted", TPM_IDENTITY, identity_free_to_sign),
        BAD("bad_identity_decrypts", TPM_IDENTITY, identity_decrypts),
        BAD("bad_identity_not_fixed_tpm", TPM_IDENTITY, identity_movable),
        BAD("bad_identity_imported", TPM_IDENTITY, identity_imported),
        BAD("bad_identity_other_key", TPM_IDENTITY, identity_of_another_key),
        BAD("bad_identity_scheme", TPM_IDENTITY, identity_any_scheme),
        BAD("bad_identity_pss", TPM_IDENTITY, identity_pss),
        BAD("bad_identity_sha384", TPM_IDENTITY, identity_sha384),
        /* Without its rule no key is certified: the name is not there. */
        {"bad_type_quote", RULE_ATT_TPM_TYPE, true, quote, NULL},
        INFO("bad_format", "{\"format\":\"msiv2-keyguard-1\"}"),
        INFO("bad_attest_missing", "{\"attest\":null}"),
        INFO("bad_attest_short", "{\"attest\":\"_1RDRw\"}"),
        INFO("bad_signature_missing", "{\"signature\":null}"),
        INFO("bad_signature_cut", "{\"signature\":\"ABQACwEA\"}"),
        INFO("bad_signature_tail", "{\"signature\":\"ABQACwAAAA\"}"),
        INFO("bad_signature_unknown", "{\"signature\":\"__8ACwAA\"}"),
        INFO("bad_public_missing", "{\"public\":null}"),
        INFO("bad_public_cut", "{\"public\":\"AAEACw\"}"),
        INFO("bad_certificate_missing", "{\"certificate\":null}"),
        INFO("bad_certificate_not_der", "{\"certificate\":\"MAA\"}"),
        INFO("bad_identity_cut", "{\"identity\":\"AAEACw\"}"),
        INFO("bad_identity_null", "{\"identity\":null,\"Identity\":\"AA\"}"),
        INFO("bad_info_stranger", "{\"colour\":\"red\"}"),
};
const size_t tpm_variant_count = TEXT_COUNT(tpm_variants);
