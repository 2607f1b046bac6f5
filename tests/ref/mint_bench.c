/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "mint_bench.h"

#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/clock.h"
#include "common/mem.h"
#include "ref/keys/memory.h"
#include "ref/token.h"

#define DAY_S INT64_C(86400)

/* Made once: RSA keys take their time. */
struct material {
	struct key *key;
	EVP_PKEY *pkey;
};

static struct material *material(void)
{
	static struct material made;

	return &made;
}

struct key *mint_bench_key(void)
{
	return material()->key;
}

EVP_PKEY *mint_bench_pkey(void)
{
	return material()->pkey;
}

int mint_bench_group_setup(void **state)
{
	(void)state;
	material()->pkey = certificate_p256_key();
	assert_int_equal(memory_key_create(&material()->key, NULL), MSIV2_OK);
	return 0;
}

int mint_bench_group_teardown(void **state)
{
	(void)state;
	key_free(material()->key);
	EVP_PKEY_free(material()->pkey);
	return 0;
}

void mint_bench_issue(struct issue *issue, int64_t not_before_s, int64_t not_after_s)
{
	*issue = (struct issue){.client_id = mem_strdup("the-client"),
	                        .tenant_id = mem_strdup("the-tenant"),
	                        .identity_type = mem_strdup("UserAssigned"),
	                        .endpoint = mem_strdup("https://sts.example")};
	issue->certificate =
	        certificate_make(&(struct certificate_recipe){.subject_key = material()->pkey,
	                                                      .issuer_key = material()->pkey,
	                                                      .cn = "the-client",
	                                                      .not_before_s = not_before_s,
	                                                      .not_after_s = not_after_s});
}

enum msiv2_rc mint_bench_binding(int64_t not_before_s, int64_t not_after_s, bool fresh,
                                 enum certificate_origin origin, struct binding **out)
{
	OWNED_STRUCT(issue) issue = {0};
	const struct binding_parts parts = {.issue = &issue,
	                                    .key = material()->key,
	                                    .pkey = material()->pkey,
	                                    .clock = clock_system(),
	                                    .fresh = fresh,
	                                    .origin = origin};

	mint_bench_issue(&issue, not_before_s, not_after_s);
	return binding_new(&parts, out, NULL);
}

static enum msiv2_rc mint(void *ctx, const struct mint_order *order, const struct errand *errand,
                          struct binding **out, struct msiv2_error *err)
{
	struct mint_bench *m = ctx;

	atomic_fetch_add(&m->count, 1);
	atomic_fetch_add(&m->bypasses, order->bypass_cache);
	atomic_fetch_add(&m->renewals, order->renewal);
	m->left_us = patience_left_us(&errand->patience);
	m->named_one = order->newer_than != NULL;
	if (m->during != NULL)
		m->during(m);
	if (m->rc != MSIV2_OK)
		return err_set(err, m->rc, "mint", "scripted");
	return mint_bench_binding(m->not_before_s, m->not_after_s, order->bypass_cache, m->origin,
	                          out);
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct mint_bench *m = ctx;
	size_t len = strlen(m->log);

	(void)snprintf(m->log + len, sizeof(m->log) - len, "%d %s\n", (int)level, line);
}

void mint_bench_open(struct mint_bench *m)
{
	memset(m, 0, sizeof(*m));
	m->slot = binding_slot_new();
	virtual_clock_start(&m->clock);
	m->clock.epoch_s = 1000;
	m->errand.patience =
	        (struct patience){.clock = &m->clock.clock, .deadline_us = CLOCK_NEVER};
	m->errand.log = (struct log){.write = keep_log, .ctx = m, .level = MSIV2_LOG_WARN};
	m->not_before_s = 1000;
	m->not_after_s = 9 * DAY_S;
}

enum msiv2_rc mint_bench_get(struct mint_bench *m, const struct binding *other_than, bool fresh,
                             struct binding **out)
{
	const struct binding_want want = {
	        .other_than = other_than, .fresh = fresh, .mint = mint, .ctx = m};

	return binding_slot_get(m->slot, &want, &m->errand, out, NULL);
}

void *mint_bench_get_in_thread(void *arg)
{
	struct binding *binding = NULL;

	if (mint_bench_get(arg, NULL, false, &binding) != MSIV2_OK)
		return NULL;
	binding_free(binding);
	return arg;
}
