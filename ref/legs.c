/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "legs.h"

#include <inttypes.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "csr.h"

static int64_t mono_us(const struct acquisition *a)
{
	return clock_mono_us(a->client->clock);
}

#define TOLD_AGAIN_US (CLOCK_US_PER_S / 2)

void leg_lives(void *ctx, bool step)
{
	struct acquisition *a = ctx;
	int64_t now_us;

	if (a->gate == NULL)
		return;
	now_us = mono_us(a);
	if (step)
		a->gate_step_us = now_us;
	else if (now_us - a->gate_told_us < TOLD_AGAIN_US ||
	         now_us - a->gate_step_us > LEG_QUIET_S * CLOCK_US_PER_S)
		return;
	a->gate_told_us = now_us;
	store_lock_progress(a->gate);
}

static int64_t add_up(const struct acquisition *a, int64_t *leg_us, int64_t started_us)
{
	int64_t took_us = mono_us(a) - started_us;

	*leg_us = (*leg_us > 0 ? *leg_us : 0) + took_us;
	return took_us;
}

void leg_store(struct acquisition *a, int64_t started_us)
{
	(void)add_up(a, &a->timings.store_us, started_us);
}

void leg_done(struct acquisition *a, int64_t *leg_us, const char *name, int64_t started_us)
{
	int64_t took_us = add_up(a, leg_us, started_us);

	log_line(&a->errand.log, MSIV2_LOG_INFO, "%s: %" PRId64 ".%03" PRId64 " ms", name,
	         took_us / 1000, took_us % 1000);
	leg_lives(a, true);
}

/* KEY-01, KEY-04: the key comes before any question to IMDS. */
enum msiv2_rc leg_key(struct acquisition *a, struct key **key, EVP_PKEY **pkey,
                      struct msiv2_error *err)
{
	int64_t started_us = mono_us(a);

	TRY(keyring_get(a->client->keyring, &a->errand, key, pkey, err));
	leg_done(a, &a->timings.key_us, "key", started_us);
	return MSIV2_OK;
}

enum msiv2_rc leg_metadata(struct acquisition *a, struct metadata *host, struct msiv2_error *err)
{
	int64_t started_us = mono_us(a);

	TRY(imds_metadata(&a->client->imds, &a->errand, host, err));
	leg_done(a, &a->timings.metadata_us, "metadata", started_us);
	return MSIV2_OK;
}

/* A key that does not sign is forgotten, so that the next call finds what is there now (KEY-08). */
enum msiv2_rc leg_csr(struct acquisition *a, const struct metadata *host, const struct key *key,
                      EVP_PKEY *pkey, struct bytes *der, struct msiv2_error *err)
{
	int64_t started_us = mono_us(a);
	enum msiv2_rc rc = csr_build(host, pkey, der, err);

	if (rc == MSIV2_KEY_UNAVAILABLE)
		keyring_drop(a->client->keyring, key);
	TRY(rc);
	leg_done(a, &a->timings.csr_us, "csr", started_us);
	return MSIV2_OK;
}

/* ATT-01, ATT-02: *attested stays NULL when nobody asked for attestation, or the key's kind knows
 * none. A key that gave no token is looked for again by the next call, as one that does not sign.
 */
enum msiv2_rc leg_attestation(struct acquisition *a, const struct metadata *host, struct key *key,
                              struct attested **attested, struct msiv2_error *err)
{
	int64_t started_us = mono_us(a);
	enum msiv2_rc rc;

	if (!a->client->keys.attest)
		return MSIV2_OK;
	if (!key_is_attestable(key)) {
		log_line(&a->errand.log, MSIV2_LOG_WARN,
		         "attestation: %s keys cannot be attested, the request goes without",
		         key_kind(key));
		return MSIV2_OK;
	}
	rc = attestation_get(a->client->attestation, &a->errand, host->attestation_endpoint, key,
	                     attested, err);
	if (rc == MSIV2_ATTESTATION_FAILED)
		keyring_drop(a->client->keyring, key);
	TRY(rc);
	leg_done(a, &a->timings.attestation_us, "attestation", started_us);
	return MSIV2_OK;
}

enum msiv2_rc leg_issue(struct acquisition *a, const struct bytes *der,
                        const struct attested *attested, bool bypass_cache, struct issue *issue,
                        struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) base64 = {0};
	int64_t started_us = mono_us(a);

	base64_encode(der->data, der->len, &base64); /* CSR-06 */
	TRY(bytes_done(&base64, "csr", err));
	TRY(imds_issue(&a->client->imds, &a->errand, bytes_text(&base64),
	               attested != NULL ? attested_token(attested) : NULL, bypass_cache, issue,
	               err));
	leg_done(a, &a->timings.issue_us, "issue", started_us);
	return MSIV2_OK;
}
