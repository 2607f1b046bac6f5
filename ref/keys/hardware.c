/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "hardware.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"
#include "common/x509.h"
#include "hardware_attest.h"
#include "key.h"
#include "tpm_context.h"
#include "tpm_object.h"
#include "tpm_signature.h"

#define WHERE "key.hardware"

struct hardware_key {
	struct tpm_context *tpm;
	struct tpm_object object; /* used inside operations only */
	EVP_PKEY *public_key;
	TPM2_HANDLE handle;
	bool existing; /* find only */
	bool absent;   /* and there is none */
};

static void hardware_key_free(struct hardware_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->public_key);
	tpm_context_free(key->tpm);
	mem_free(key);
}
DEFINE_OWNED_STRUCT(hardware_key, hardware_key_free)

static int64_t limit_us(const struct tpm_context *tpm, int64_t seconds)
{
	return clock_deadline_us(tpm_clock(tpm), seconds * (CLOCK_US_PER_S / CLOCK_US_PER_MS));
}

/* Our own limit is not the caller's deadline: the TPM is what failed. */
static enum msiv2_rc blame_tpm(enum msiv2_rc rc, const struct tpm_context *tpm, int64_t seconds,
                               struct msiv2_error *err)
{
	if (rc != MSIV2_TIMEOUT)
		return rc;
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
	               "the TPM at %s did not answer within %lld s", tpm_where(tpm),
	               (long long)seconds);
}

static enum msiv2_rc sign_once(struct hardware_key *key, const struct tpm_digest *digest,
                               int64_t deadline_us, uint8_t *sig, size_t *sig_len, bool *dead,
                               struct msiv2_error *err)
{
	enum msiv2_rc rc;

	*dead = false;
	TRY(tpm_enter(key->tpm, deadline_us, err));
	rc = tpm_signature_make(key->tpm, &key->object, digest, sig, sig_len, dead, err);
	tpm_leave(key->tpm);
	TRY(rc);
	return tpm_signature_check(key->public_key, digest, sig, *sig_len, dead, err);
}

static enum msiv2_rc hardware_sign(void *state, enum key_padding padding, const EVP_MD *md,
                                   const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                   size_t *sig_len, struct msiv2_error *err)
{
	struct hardware_key *key = state;
	const struct tpm_digest what = {padding, md, digest, digest_len};
	bool dead;

	return blame_tpm(sign_once(key, &what, limit_us(key->tpm, HARDWARE_SIGN_LIMIT_S), sig,
	                           sig_len, &dead, err),
	                 key->tpm, HARDWARE_SIGN_LIMIT_S, err);
}

static enum msiv2_rc hardware_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	struct hardware_key *key = state;

	(void)err;
	(void)EVP_PKEY_up_ref(key->public_key);
	*out = key->public_key;
	return MSIV2_OK;
}

/* The TPM has an attestation key and its certificate. */
static enum msiv2_rc is_enrolled(struct tpm_context *tpm, bool *enrolled, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) certificate = {0};
	struct tpm_role role;
	struct tpm_object identity;
	bool found = false;
	enum msiv2_rc rc;

	*enrolled = false;
	TRY(tpm_role_of_identity(&role, err));
	TRY(tpm_object_find(tpm, &role, &identity, &found, err));
	if (!found)
		return MSIV2_OK;
	rc = hardware_certificate(tpm, &identity, &certificate, enrolled, err);
	tpm_object_detach(tpm, &identity);
	return rc;
}

static void hardware_describe(void *state, struct key_description *out)
{
	struct hardware_key *key = state;
	bool enrolled = false;

	(void)snprintf(out->location, sizeof(out->location),
	               "TPM 2.0 at %s, persistent handle 0x%08x", tpm_where(key->tpm),
	               (unsigned)key->handle);
	(void)snprintf(
	        out->protection, sizeof(out->protection),
	        "fixedTPM, fixedParent, sensitiveDataOrigin: made inside, cannot leave or be "
	        "duplicated");
	out->persistent = true;
	if (tpm_enter(key->tpm, limit_us(key->tpm, HARDWARE_SIGN_LIMIT_S), NULL) != MSIV2_OK)
		return;
	if (is_enrolled(key->tpm, &enrolled, NULL) == MSIV2_OK)
		out->attestable = enrolled;
	tpm_leave(key->tpm);
}

/* The same words, the class of the stage. */
static enum msiv2_rc not_attested(enum msiv2_rc rc, struct msiv2_error *err)
{
	if (rc != MSIV2_KEY_UNAVAILABLE && rc != MSIV2_TIMEOUT)
		return rc;
	if (err != NULL)
		err->rc = MSIV2_ATTESTATION_FAILED;
	return MSIV2_ATTESTATION_FAILED;
}

static enum msiv2_rc hardware_attest(void *state, const char *nonce, int64_t now_s,
                                     struct bytes *out, struct msiv2_error *err)
{
	struct hardware_key *key = state;
	enum msiv2_rc rc;

	(void)now_s; /* the nonce is what makes TPM evidence fresh */
	rc = tpm_enter(key->tpm, limit_us(key->tpm, HARDWARE_SIGN_LIMIT_S), err);
	if (rc == MSIV2_OK) {
		rc = hardware_evidence(key->tpm, &key->object, nonce, out, err);
		tpm_leave(key->tpm);
	}
	return not_attested(rc, err);
}

static void hardware_free(void *state)
{
	hardware_key_free(state);
}

static const struct key_ops hardware_ops = {
        .kind = "hardware",
        .sign = hardware_sign,
        .public_key = hardware_public,
        .describe = hardware_describe,
        .attest = hardware_attest,
        .free = hardware_free,
};

static enum msiv2_rc find_key(struct hardware_key *key, const struct tpm_role *role,
                              struct msiv2_error *err)
{
	bool found = false;

	if (!key->existing)
		return tpm_object_have(key->tpm, role, &key->object, err);
	TRY(tpm_object_find(key->tpm, role, &key->object, &found, err));
	key->absent = !found;
	return found ? MSIV2_OK
	             : err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
	                       "the TPM at %s has no such key (handle 0x%08x)", tpm_where(key->tpm),
	                       (unsigned)role->handle);
}

/* Finds or makes the key, and reads its public half. */
static enum msiv2_rc have_key(struct hardware_key *key, const struct tpm_role *role,
                              int64_t deadline_us, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	TRY(tpm_enter(key->tpm, deadline_us, err));
	rc = find_key(key, role, err);
	tpm_leave(key->tpm);
	TRY(rc);
	key->handle = role->handle;
	EVP_PKEY_free(steal(&key->public_key));
	return tpm_role_public_key(&key->object.area, &key->public_key, err);
}

static enum msiv2_rc evict_key(struct hardware_key *key, int64_t deadline_us,
                               struct msiv2_error *err)
{
	enum msiv2_rc rc;

	TRY(tpm_enter(key->tpm, deadline_us, err));
	rc = tpm_object_attach(key->tpm, &key->object, err);
	if (rc == MSIV2_OK)
		rc = tpm_object_evict(key->tpm, &key->object, err);
	tpm_leave(key->tpm);
	return rc;
}

/* KEY-08: a test signature. */
static enum msiv2_rc probe(struct hardware_key *key, int64_t deadline_us, bool *dead,
                           struct msiv2_error *err)
{
	static const uint8_t zeroes[KEY_DIGEST_LEN] = {0};
	const struct tpm_digest digest = {KEY_PADDING_PSS, EVP_sha256(), zeroes, sizeof(zeroes)};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);

	return sign_once(key, &digest, deadline_us, sig, &sig_len, dead, err);
}

static enum msiv2_rc open_key(struct hardware_key *key, const char *name, int64_t deadline_us,
                              struct msiv2_error *err)
{
	struct tpm_role role;
	bool dead;
	enum msiv2_rc rc;

	TRY(tpm_role_of_name(name, &role, err));
	TRY(have_key(key, &role, deadline_us, err));
	rc = probe(key, deadline_us, &dead, err);
	if (rc == MSIV2_OK || !dead || key->existing)
		return rc;
	tpm_log(key->tpm, "the key found does not sign and is replaced", role.handle);
	TRY(evict_key(key, deadline_us, err));
	TRY(have_key(key, &role, deadline_us, err));
	return probe(key, deadline_us, &dead, err);
}

/* Opens with whichever ends first, the caller's deadline or our limit, and tells them apart. */
static enum msiv2_rc open_in_time(struct hardware_key *key, const char *name, int64_t deadline_us,
                                  struct msiv2_error *err)
{
	int64_t limit = limit_us(key->tpm, HARDWARE_MAKE_LIMIT_S);

	if (deadline_us <= limit)
		return open_key(key, name, deadline_us, err);
	return blame_tpm(open_key(key, name, limit, err), key->tpm, HARDWARE_MAKE_LIMIT_S, err);
}

static enum key_lack lack_of(const struct hardware_key *key)
{
	if (key->absent)
		return KEY_LACK_UNMADE;
	return tpm_lack(key->tpm) == KEY_LACK_REFUSED ? KEY_LACK_REFUSED : KEY_LACK_BROKEN;
}

static enum msiv2_rc get_or_create(const struct key_place *place, int64_t deadline_us,
                                   struct key **out, enum key_lack *lack, struct msiv2_error *err)
{
	OWNED_STRUCT(hardware_key) *key = mem_alloc(sizeof(*key));
	enum msiv2_rc rc;

	*lack = KEY_LACK_BROKEN;
	if (key == NULL)
		return err_no_memory(err, WHERE);
	TRY(tpm_context_new(place, &key->tpm, lack, err));
	key->existing = place->existing;
	rc = open_in_time(key, place->name, deadline_us, err);
	if (rc != MSIV2_OK) {
		*lack = lack_of(key);
		return rc;
	}
	*lack = KEY_LACK_NONE;
	tpm_share(key->tpm);
	rc = key_new(&hardware_ops, steal(&key), out, err);
	if (rc != MSIV2_OK)
		*lack = KEY_LACK_BROKEN;
	return rc;
}

/* What a setup command does in the TPM of a place, in one operation. */
struct chore {
	const struct key_place *place;
	struct bytes *spki_der;
	const void *cert_der;
	size_t cert_len;
};

typedef enum msiv2_rc chore_fn(struct tpm_context *tpm, const struct chore *chore,
                               struct msiv2_error *err);

static enum msiv2_rc run(const struct chore *chore, chore_fn *act, struct msiv2_error *err)
{
	OWNED_STRUCT(tpm_context) *tpm = NULL;
	enum key_lack lack;
	enum msiv2_rc rc;

	TRY(tpm_context_new(chore->place, &tpm, &lack, err));
	rc = tpm_enter(tpm, limit_us(tpm, HARDWARE_MAKE_LIMIT_S), err);
	if (rc == MSIV2_OK) {
		rc = act(tpm, chore, err);
		tpm_leave(tpm);
	}
	return blame_tpm(rc, tpm, HARDWARE_MAKE_LIMIT_S, err);
}

static enum msiv2_rc remove_key(struct tpm_context *tpm, const struct chore *chore,
                                struct msiv2_error *err)
{
	struct tpm_role role;
	struct tpm_object object;
	bool found = false;

	TRY(tpm_role_of_name(chore->place->name, &role, err));
	TRY(tpm_object_find(tpm, &role, &object, &found, err));
	return found ? tpm_object_evict(tpm, &object, err) : MSIV2_OK;
}

static enum msiv2_rc have_identity(struct tpm_context *tpm, struct tpm_object *out,
                                   struct msiv2_error *err)
{
	struct tpm_role role;

	TRY(tpm_role_of_identity(&role, err));
	return tpm_object_have(tpm, &role, out, err);
}

static enum msiv2_rc read_identity(struct tpm_context *tpm, const struct chore *chore,
                                   struct msiv2_error *err)
{
	OWNED(EVP_PKEY) *public_key = NULL;
	struct tpm_object identity;
	unsigned char *der = NULL;
	int len;

	TRY(have_identity(tpm, &identity, err));
	TRY(tpm_role_public_key(&identity.area, &public_key, err));
	len = i2d_PUBKEY(public_key, &der);
	if (len <= 0)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot encode the attestation key");
	bytes_add(chore->spki_der, der, (size_t)len);
	OPENSSL_free(der);
	return bytes_done(chore->spki_der, WHERE, err);
}

static enum msiv2_rc enrol_identity(struct tpm_context *tpm, const struct chore *chore,
                                    struct msiv2_error *err)
{
	struct tpm_object identity;

	TRY(have_identity(tpm, &identity, err));
	return hardware_enrol(tpm, &identity, chore->cert_der, chore->cert_len, err);
}

static enum msiv2_rc hardware_remove(const struct key_place *place, struct msiv2_error *err)
{
	return run(&(struct chore){.place = place}, remove_key, err);
}

static enum msiv2_rc hardware_identity(const struct key_place *place, struct bytes *spki_der,
                                       struct msiv2_error *err)
{
	return run(&(struct chore){.place = place, .spki_der = spki_der}, read_identity, err);
}

static enum msiv2_rc hardware_enrolment(const struct key_place *place, const void *cert_der,
                                        size_t len, struct msiv2_error *err)
{
	return run(&(struct chore){.place = place, .cert_der = cert_der, .cert_len = len},
	           enrol_identity, err);
}

static enum msiv2_rc name_in_time(struct tpm_context *tpm, int64_t deadline_us,
                                  uint8_t digest[TPM2_SHA256_DIGEST_SIZE], struct msiv2_error *err)
{
	struct tpm_role role;
	enum msiv2_rc rc;

	TRY(tpm_role_of_device(&role, err));
	TRY(tpm_enter(tpm, deadline_us, err));
	rc = tpm_object_name(tpm, &role, digest, err);
	tpm_leave(tpm);
	return rc;
}

static enum msiv2_rc hardware_device(const struct key_place *place, int64_t deadline_us,
                                     struct bytes *out, struct msiv2_error *err)
{
	OWNED_STRUCT(tpm_context) *tpm = NULL;
	uint8_t digest[TPM2_SHA256_DIGEST_SIZE];
	enum key_lack lack;

	TRY(tpm_context_new(place, &tpm, &lack, err));
	TRY(name_in_time(tpm, deadline_us, digest, err));
	bytes_add_text(out, "tpm2:endorsement=");
	hex_encode(digest, sizeof(digest), out);
	return bytes_done(out, WHERE, err);
}

const struct key_provider hardware_provider = {
        .kind = "hardware",
        .strength = 2,
        .get_or_create = get_or_create,
        .identity = hardware_identity,
        .enrol = hardware_enrolment,
        .remove = hardware_remove,
        .device = hardware_device,
};
