/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The keyguard provider: keys in a PKCS#11 token, which on our hosts stands for the VBS enclave
 * (KEY-09). See docs/keys.md. */
#include "provider.h"

#include <openssl/x509.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "keyguard_attest.h"
#include "keyguard_container.h"
#include "keyguard_job.h"
#include "keyguard_key.h"

/* HOUSE: what has no deadline of the caller's has this one. */
#define SETUP_MS 30000

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static enum msiv2_rc open_pool(struct keyguard_job *job, struct pkcs11_pool **out)
{
	struct pkcs11_module *module = NULL;

	if (job->place.module == NULL)
		return pkcs11_says(&job->trouble, KEY_LACK_ABSENT,
		                   "no PKCS#11 module is named, and SoftHSM2 is not installed");
	TRY(pkcs11_module_open(job->place.module, &job->patience, &module, &job->trouble));
	return pkcs11_pool_new(module, job->place.token_label, job->place.pin_file, out,
	                       &job->trouble);
}

static struct keyguard_container container_of(const struct keyguard_job *job,
                                              struct pkcs11_pool *pool, const char *label)
{
	return (struct keyguard_container){.pool = pool,
	                                   .label = label,
	                                   .module_path = job->place.module,
	                                   .patience = &job->patience,
	                                   .log = &job->place.log};
}

/* ---- get or create ---- */

static enum msiv2_rc get_work(struct keyguard_job *job)
{
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;
	OWNED_STRUCT(keyguard_pair) pair = {0};
	struct keyguard_container container;

	TRY(open_pool(job, &pool));
	container = container_of(job, pool, job->place.name);
	container.existing = job->place.existing;
	TRY(keyguard_container_get(&container, &pair, &job->trouble));
	return keyguard_key_new(steal(&pool), &pair, &job->place, job->clock, &job->key,
	                        &job->trouble);
}

static enum msiv2_rc get_or_create(const struct key_place *place, int64_t deadline_us,
                                   struct key **out, enum key_lack *lack, struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = NULL;

	*lack = KEY_LACK_BROKEN;
	TRY(keyguard_job_new(place, get_work, NULL, 0, &job, err));
	TRY(keyguard_job_run(job, deadline_us, lack, err));
	*out = steal(&job->key);
	return MSIV2_OK;
}

/* ---- identity ---- */

static enum msiv2_rc identity_work(struct keyguard_job *job)
{
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;
	OWNED_STRUCT(keyguard_pair) pair = {0};
	struct keyguard_container container;
	unsigned char *der = NULL;
	int len;

	TRY(open_pool(job, &pool));
	container = container_of(job, pool, KEYGUARD_IDENTITY);
	TRY(keyguard_container_get(&container, &pair, &job->trouble));
	len = i2d_PUBKEY(pair.public_key, &der);
	if (len <= 0)
		return pkcs11_no_memory(&job->trouble);
	bytes_add(&job->output, der, (size_t)len);
	OPENSSL_free(der);
	return job->output.failed ? pkcs11_no_memory(&job->trouble) : MSIV2_OK;
}

static enum msiv2_rc identity(const struct key_place *place, struct bytes *spki_der,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = NULL;

	TRY(keyguard_job_new(place, identity_work, NULL, 0, &job, err));
	TRY(keyguard_job_run(job, clock_deadline_us(job->clock, SETUP_MS), NULL, err));
	bytes_add(spki_der, job->output.data, job->output.len);
	return bytes_done(spki_der, PKCS11_WHERE, err);
}

static enum msiv2_rc enrol_work(struct keyguard_job *job)
{
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;

	TRY(open_pool(job, &pool));
	return keyguard_attest_enrol(pool, &job->patience, job->input.data, job->input.len,
	                             &job->trouble);
}

static enum msiv2_rc enrol(const struct key_place *place, const void *cert_der, size_t len,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = NULL;

	TRY(keyguard_job_new(place, enrol_work, cert_der, len, &job, err));
	return keyguard_job_run(job, clock_deadline_us(job->clock, SETUP_MS), NULL, err);
}

/* ---- remove ---- */

static enum msiv2_rc remove_work(struct keyguard_job *job)
{
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;

	TRY(open_pool(job, &pool));
	return keyguard_pair_destroy(pool, &job->patience, job->place.name, NULL, &job->trouble);
}

static enum msiv2_rc remove_key(const struct key_place *place, struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = NULL;

	TRY(keyguard_job_new(place, remove_work, NULL, 0, &job, err));
	return keyguard_job_run(job, clock_deadline_us(job->clock, SETUP_MS), NULL, err);
}

/* ---- the device ---- */

static enum msiv2_rc do_nothing(struct pkcs11_session *session, void *ctx,
                                struct pkcs11_trouble *trouble)
{
	(void)session;
	(void)ctx;
	(void)trouble;
	return MSIV2_OK;
}

/* As a PKCS#11 URI has a value (RFC 7512 section 2.3). */
static void add_value(struct bytes *out, const char *value)
{
	for (const char *at = value; *at != '\0'; at++) {
		if (strchr(UNRESERVED, *at) != NULL)
			bytes_add_byte(out, (uint8_t)*at);
		else
			bytes_addf(out, "%%%02X", (unsigned)(unsigned char)*at);
	}
}

/* A token that was initialised anew has another serial number, and is another one. */
static enum msiv2_rc device_work(struct keyguard_job *job)
{
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;
	struct pkcs11_token token;

	TRY(open_pool(job, &pool));
	TRY(pkcs11_pool_run(pool, &job->patience, do_nothing, NULL, &job->trouble));
	token = pkcs11_pool_token(pool);
	bytes_add_text(&job->output, "pkcs11:token=");
	add_value(&job->output, job->place.token_label);
	bytes_add_text(&job->output, ";serial=");
	add_value(&job->output, token.serial);
	return job->output.failed ? pkcs11_no_memory(&job->trouble) : MSIV2_OK;
}

static enum msiv2_rc device(const struct key_place *place, int64_t deadline_us, struct bytes *out,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = NULL;

	TRY(keyguard_job_new(place, device_work, NULL, 0, &job, err));
	TRY(keyguard_job_run(job, deadline_us, NULL, err));
	bytes_add(out, job->output.data, job->output.len);
	return bytes_done(out, PKCS11_WHERE, err);
}

const struct key_provider keyguard_provider = {
        .kind = "keyguard",
        .strength = 3,
        .get_or_create = get_or_create,
        .identity = identity,
        .enrol = enrol,
        .remove = remove_key,
        .device = device,
};
