/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "paper_provider.h"

#include <openssl/x509.h>
#include <string.h>

#include "common/clock.h"
#include "ref/keys/memory.h"
#include "ref/keys/provider.h"

#define WHERE "key.paper"

static struct paper_provider drawer;

struct paper_provider *paper_provider(void)
{
	return &drawer;
}

void paper_provider_reset(void)
{
	key_free(drawer.inner);
	key_free(drawer.identity);
	bytes_free(&drawer.certificate);
	memset(&drawer, 0, sizeof(drawer));
}

static enum msiv2_rc get_or_create(const struct key_place *place, int64_t deadline_us,
                                   struct key **out, enum key_lack *lack, struct msiv2_error *err)
{
	(void)deadline_us;
	drawer.watched = drawer.watched || place->lifesign.tell != NULL;
	drawer.opened++;
	*lack = KEY_LACK_ABSENT;
	if (drawer.absent)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "the drawer is empty");
	if (drawer.inner == NULL)
		TRY(memory_key_create(&drawer.inner, err));
	*out = paper_key_new("keyguard", drawer.inner, &drawer.script);
	*lack = KEY_LACK_NONE;
	return MSIV2_OK;
}

static enum msiv2_rc refusal(struct msiv2_error *err)
{
	return drawer.refuses != MSIV2_OK ? err_set(err, drawer.refuses, WHERE, "the drawer jams")
	                                  : MSIV2_OK;
}

static enum msiv2_rc identity(const struct key_place *place, struct bytes *spki_der,
                              struct msiv2_error *err)
{
	unsigned char *der = NULL;
	int len;

	(void)place;
	TRY(refusal(err));
	if (drawer.identity == NULL)
		TRY(memory_key_create(&drawer.identity, err));
	len = i2d_PUBKEY(key_public(drawer.identity), &der);
	assert_true(len > 0);
	bytes_add(spki_der, der, (size_t)len);
	OPENSSL_free(der);
	return bytes_done(spki_der, WHERE, err);
}

static enum msiv2_rc enrol(const struct key_place *place, const void *cert_der, size_t len,
                           struct msiv2_error *err)
{
	(void)place;
	TRY(refusal(err));
	bytes_clear(&drawer.certificate);
	bytes_add(&drawer.certificate, cert_der, len);
	drawer.script.enrolled = true;
	return bytes_done(&drawer.certificate, WHERE, err);
}

static enum msiv2_rc remove_key(const struct key_place *place, struct msiv2_error *err)
{
	(void)place;
	TRY(refusal(err));
	drawer.removed++;
	return MSIV2_OK;
}

static enum msiv2_rc device(const struct key_place *place, int64_t deadline_us, struct bytes *out,
                            struct msiv2_error *err)
{
	(void)place;
	assert_true(deadline_us < CLOCK_NEVER);
	drawer.named++;
	if (drawer.device == NULL)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "the label came off");
	bytes_add_text(out, drawer.device);
	return bytes_done(out, WHERE, err);
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
