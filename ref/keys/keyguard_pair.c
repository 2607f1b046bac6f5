/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_pair.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <string.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/text.h"
#include "common/x509.h"

DEFINE_OWNED(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_OWNED(OSSL_PARAM, OSSL_PARAM_free)

#define SWEEP_MS 3000

static const uint8_t f4[] = {1, 0, 1}; /* 65537 */

void keyguard_pair_free(struct keyguard_pair *pair)
{
	EVP_PKEY_free(pair->public_key);
	pair->public_key = NULL;
}

bool keyguard_protection_holds(const struct keyguard_protection *p)
{
	return p->token && p->sensitive && p->always_sensitive && !p->extractable &&
	       p->never_extractable && p->local && p->sign;
}

/* ---- reading ---- */

static enum msiv2_rc read_protection(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                                     struct keyguard_protection *out,
                                     struct pkcs11_trouble *trouble)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		bool *into;
	} rows[] = {
	        {CKA_TOKEN, &out->token},
	        {CKA_SENSITIVE, &out->sensitive},
	        {CKA_ALWAYS_SENSITIVE, &out->always_sensitive},
	        {CKA_EXTRACTABLE, &out->extractable},
	        {CKA_NEVER_EXTRACTABLE, &out->never_extractable},
	        {CKA_LOCAL, &out->local},
	        {CKA_SIGN, &out->sign},
	};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		TRY(pkcs11_object_flag(session, object, rows[i].type, rows[i].into, trouble));
	return MSIV2_OK;
}

/* An EVP_PKEY of n and e: it never saw anything else. */
static EVP_PKEY *public_key_of(const struct bytes *modulus, const struct bytes *exponent)
{
	OWNED(BIGNUM) *n = BN_bin2bn(modulus->data, (int)modulus->len, NULL);
	OWNED(BIGNUM) *e = BN_bin2bn(exponent->data, (int)exponent->len, NULL);
	OWNED(OSSL_PARAM_BLD) *build = OSSL_PARAM_BLD_new();
	OWNED(OSSL_PARAM) *params = NULL;
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;

	if (n == NULL || e == NULL || build == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	params = OSSL_PARAM_BLD_to_param(build);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

/* Modules may leave the public exponent out of a private key; the test signature shows whether the
 * usual one is right. */
static enum msiv2_rc read_exponent(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                                   struct bytes *out, struct pkcs11_trouble *trouble)
{
	enum msiv2_rc rc = pkcs11_object_bytes(session, object, CKA_PUBLIC_EXPONENT, out, trouble);

	if (rc == MSIV2_KEY_UNAVAILABLE &&
	    (trouble->rv == CKR_ATTRIBUTE_TYPE_INVALID || trouble->rv == CKR_ATTRIBUTE_SENSITIVE))
		bytes_add(out, f4, sizeof(f4));
	else
		TRY(rc);
	return out->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}

static enum msiv2_rc read_pair(const struct pkcs11_session *session, CK_OBJECT_HANDLE object,
                               struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(bytes) modulus = {0};
	OWNED_STRUCT(bytes) exponent = {0};

	TRY(pkcs11_object_bytes(session, object, CKA_MODULUS, &modulus, trouble));
	TRY(read_exponent(session, object, &exponent, trouble));
	TRY(read_protection(session, object, &out->protection, trouble));
	if (modulus.len != KEYGUARD_MODULUS_LEN || (modulus.data[0] & 0x80) == 0)
		return pkcs11_says(trouble, KEY_LACK_REFUSED, "the key there is not RSA-%d",
		                   KEY_RSA_BITS); /* KEY-01 */
	memcpy(out->modulus, modulus.data, modulus.len);
	EVP_PKEY_free(out->public_key);
	out->public_key = public_key_of(&modulus, &exponent);
	return out->public_key != NULL ? MSIV2_OK : pkcs11_no_memory(trouble);
}

/* KEY-05: a key that could leave, or came from outside, is not what this kind promises. */
static enum msiv2_rc judge(const struct keyguard_pair *pair, const char *label,
                           struct pkcs11_trouble *trouble)
{
	if (keyguard_protection_holds(&pair->protection))
		return MSIV2_OK;
	return pkcs11_says(trouble, KEY_LACK_REFUSED,
	                   "the key \"%s\" there is not protected as it must be: token %d, "
	                   "sensitive %d (always %d), extractable %d (never %d), local %d, sign %d",
	                   label, pair->protection.token, pair->protection.sensitive,
	                   pair->protection.always_sensitive, pair->protection.extractable,
	                   pair->protection.never_extractable, pair->protection.local,
	                   pair->protection.sign);
}

/* ---- finding ---- */

struct search {
	const char *label;
	const uint8_t *modulus; /* NULL = any */
	unsigned count;
	struct keyguard_pair *pair;
	struct keyguard_protection *protection;
};

/* The smallest modulus: everybody who sees the same pairs chooses the same one. */
static enum msiv2_rc find_act(struct pkcs11_session *session, void *ctx,
                              struct pkcs11_trouble *trouble)
{
	struct search *search = ctx;
	struct pkcs11_objects objects = {0};

	TRY(pkcs11_objects_named(session, CKO_PRIVATE_KEY, search->label, &objects, trouble));
	search->count = (unsigned)objects.count;
	for (CK_ULONG i = 0; i < objects.count; i++) {
		OWNED_STRUCT(keyguard_pair) candidate = {0};

		TRY(read_pair(session, objects.handle[i], &candidate, trouble));
		if (i > 0 &&
		    memcmp(candidate.modulus, search->pair->modulus, sizeof(candidate.modulus)) > 0)
			continue;
		keyguard_pair_free(search->pair);
		*search->pair = steal(&candidate);
	}
	return MSIV2_OK;
}

enum msiv2_rc keyguard_pair_find(struct pkcs11_pool *pool, const struct pkcs11_patience *patience,
                                 const char *label, unsigned *count, struct keyguard_pair *out,
                                 struct pkcs11_trouble *trouble)
{
	struct search search = {.label = label, .pair = out};

	TRY(pkcs11_pool_run(pool, patience, find_act, &search, trouble));
	*count = search.count;
	return search.count > 0 ? judge(out, label, trouble) : MSIV2_OK;
}

static enum msiv2_rc objects_with(const struct pkcs11_session *session, const char *label,
                                  const uint8_t *modulus, struct pkcs11_objects *out,
                                  struct pkcs11_trouble *trouble)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
	        {CKA_CLASS, &class, sizeof(class)},
	        {CKA_LABEL, (void *)label, strlen(label)},
	        {CKA_MODULUS, (void *)modulus, KEYGUARD_MODULUS_LEN},
	};

	return pkcs11_objects_find(session, wanted, modulus != NULL ? 3 : 2, out, trouble);
}

enum msiv2_rc keyguard_pair_object(struct pkcs11_session *session, const char *label,
                                   const uint8_t *modulus, struct pkcs11_trouble *trouble)
{
	struct pkcs11_objects objects = {0};

	if (session->object != CK_INVALID_HANDLE &&
	    memcmp(session->object_tag, modulus, PKCS11_TAG_LEN) == 0)
		return MSIV2_OK;
	TRY(objects_with(session, label, modulus, &objects, trouble));
	if (objects.count == 0) {
		(void)pkcs11_says(trouble, KEY_LACK_BROKEN,
		                  "the key \"%s\" is no longer in it, or is another one", label);
		/* A token another process is writing to may show less than there is. */
		trouble->rv = CKR_KEY_HANDLE_INVALID;
		return MSIV2_KEY_UNAVAILABLE;
	}
	session->object = objects.handle[0];
	memcpy(session->object_tag, modulus, PKCS11_TAG_LEN);
	return MSIV2_OK;
}

static enum msiv2_rc protection_act(struct pkcs11_session *session, void *ctx,
                                    struct pkcs11_trouble *trouble)
{
	struct search *search = ctx;

	TRY(keyguard_pair_object(session, search->label, search->modulus, trouble));
	return read_protection(session, session->object, search->protection, trouble);
}

enum msiv2_rc keyguard_pair_protection(struct pkcs11_pool *pool,
                                       const struct pkcs11_patience *patience, const char *label,
                                       const uint8_t *modulus, struct keyguard_protection *out,
                                       struct pkcs11_trouble *trouble)
{
	struct search search = {.label = label, .modulus = modulus, .protection = out};

	return pkcs11_pool_run(pool, patience, protection_act, &search, trouble);
}

/* ---- destroying ---- */

static enum msiv2_rc destroy_act(struct pkcs11_session *session, void *ctx,
                                 struct pkcs11_trouble *trouble)
{
	const struct search *search = ctx;
	struct pkcs11_objects objects = {0};

	TRY(objects_with(session, search->label, search->modulus, &objects, trouble));
	for (CK_ULONG i = 0; i < objects.count; i++)
		TRY(pkcs11_object_destroy(session, objects.handle[i], trouble));
	session->object = CK_INVALID_HANDLE;
	return MSIV2_OK;
}

enum msiv2_rc keyguard_pair_destroy(struct pkcs11_pool *pool,
                                    const struct pkcs11_patience *patience, const char *label,
                                    const uint8_t *modulus, struct pkcs11_trouble *trouble)
{
	struct search search = {.label = label, .modulus = modulus};

	return pkcs11_pool_run(pool, patience, destroy_act, &search, trouble);
}

/* ---- making ---- */

struct making {
	const char *label;
	uint8_t id[KEYGUARD_ID_LEN]; /* finds what a failed attempt left */
	struct keyguard_pair *pair;
};

static enum msiv2_rc generate(const struct pkcs11_session *session, struct making *making,
                              CK_OBJECT_HANDLE *object, struct pkcs11_trouble *trouble)
{
	CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ULONG bits = KEY_RSA_BITS;
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL no = CK_FALSE;
	size_t label_len = strlen(making->label);
	CK_OBJECT_HANDLE public_object = CK_INVALID_HANDLE;
	CK_ATTRIBUTE public_half[] = {
	        {CKA_TOKEN, &no, sizeof(no)},
	        {CKA_VERIFY, &yes, sizeof(yes)},
	        {CKA_MODULUS_BITS, &bits, sizeof(bits)},
	        {CKA_PUBLIC_EXPONENT, (void *)f4, sizeof(f4)},
	};
	CK_ATTRIBUTE private_half[] = {
	        {CKA_TOKEN, &yes, sizeof(yes)},
	        {CKA_PRIVATE, &yes, sizeof(yes)},
	        {CKA_SENSITIVE, &yes, sizeof(yes)},
	        {CKA_EXTRACTABLE, &no, sizeof(no)},
	        {CKA_SIGN, &yes, sizeof(yes)},
	        {CKA_DECRYPT, &no, sizeof(no)},
	        {CKA_UNWRAP, &no, sizeof(no)},
	        {CKA_LABEL, (void *)making->label, label_len},
	        {CKA_ID, making->id, sizeof(making->id)},
	};
	CK_RV rv = session->functions->C_GenerateKeyPair(
	        session->handle, &mechanism, public_half, TEXT_COUNT(public_half), private_half,
	        TEXT_COUNT(private_half), &public_object, object);

	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_GenerateKeyPair", rv);
	(void)session->functions->C_DestroyObject(session->handle, public_object);
	return MSIV2_OK;
}

/* Whatever carries this attempt's id. */
static enum msiv2_rc sweep_act(struct pkcs11_session *session, void *ctx,
                               struct pkcs11_trouble *trouble)
{
	struct making *making = ctx;
	struct pkcs11_objects objects = {0};
	CK_ATTRIBUTE wanted = {CKA_ID, making->id, sizeof(making->id)};

	TRY(pkcs11_objects_find(session, &wanted, 1, &objects, trouble));
	for (CK_ULONG i = 0; i < objects.count; i++)
		TRY(pkcs11_object_destroy(session, objects.handle[i], trouble));
	return MSIV2_OK;
}

/* Cleaning up has a time of its own: the caller's may be over. */
static void sweep(struct pkcs11_pool *pool, struct making *making)
{
	const struct pkcs11_patience patience = {clock_system(),
	                                         clock_deadline_us(clock_system(), SWEEP_MS)};
	struct pkcs11_trouble ignored = {0};

	(void)!pkcs11_pool_run(pool, &patience, sweep_act, making, &ignored);
}

static enum msiv2_rc make_act(struct pkcs11_session *session, void *ctx,
                              struct pkcs11_trouble *trouble)
{
	struct making *making = ctx;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

	/* This may be the second try, after a first that failed half-way. */
	TRY(sweep_act(session, making, trouble));
	TRY(generate(session, making, &object, trouble));
	TRY(read_pair(session, object, making->pair, trouble));
	return judge(making->pair, making->label, trouble);
}

enum msiv2_rc keyguard_pair_make(struct pkcs11_pool *pool, const struct pkcs11_patience *patience,
                                 const char *label, struct keyguard_pair *out,
                                 struct pkcs11_trouble *trouble)
{
	struct making making = {.label = label, .pair = out};
	enum msiv2_rc rc;

	if (!rng_fill(rng_system(), making.id, sizeof(making.id)))
		return pkcs11_says(trouble, KEY_LACK_BROKEN, "no random numbers");
	rc = pkcs11_pool_run(pool, patience, make_act, &making, trouble);
	if (rc != MSIV2_OK)
		sweep(pool, &making);
	return rc;
}
