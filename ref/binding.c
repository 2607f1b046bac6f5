/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "binding.h"

#include <stdatomic.h>

#include "common/mem.h"

struct binding {
	atomic_int refs;
	struct msiv2_certificate *certificate;
	X509 *x509;
	struct http_pool *pool;
	struct key *key;
	char *client_id;
	char *tenant_id;
	bool fresh;
	bool stored;
};

enum msiv2_rc binding_new(const struct binding_parts *parts, struct binding **out,
                          struct msiv2_error *err)
{
	OWNED_STRUCT(binding) *binding = mem_alloc(sizeof(*binding));
	const struct http_pool_config config = {.clock = parts->clock,
	                                        .trust = parts->trust,
	                                        .certificate = parts->issue->certificate,
	                                        .pkey = parts->pkey};

	if (binding == NULL)
		return err_no_memory(err, "binding");
	atomic_init(&binding->refs, 1);
	binding->fresh = parts->fresh;
	binding->stored = parts->origin == CERTIFICATE_STORED;
	binding->key = key_ref(parts->key);
	binding->client_id = mem_strdup(parts->issue->client_id);
	binding->tenant_id = mem_strdup(parts->issue->tenant_id);
	if (binding->client_id == NULL || binding->tenant_id == NULL)
		return err_no_memory(err, "binding");
	if (X509_up_ref(parts->issue->certificate) != 1)
		return err_no_memory(err, "binding");
	binding->x509 = parts->issue->certificate;
	TRY(certificate_new(parts->issue, parts->key, parts->origin, &binding->certificate, err));
	TRY(http_pool_new(&config, &binding->pool, err));
	*out = steal(&binding);
	return MSIV2_OK;
}

void binding_set_timings(struct binding *binding, const struct msiv2_timings *timings)
{
	certificate_set_timings(binding->certificate, timings);
}

struct binding *binding_ref(struct binding *binding)
{
	atomic_fetch_add(&binding->refs, 1);
	return binding;
}

void binding_free(struct binding *binding)
{
	if (binding == NULL || atomic_fetch_sub(&binding->refs, 1) > 1)
		return;
	http_pool_free(binding->pool);
	msiv2_certificate_free(binding->certificate);
	X509_free(binding->x509);
	key_free(binding->key);
	mem_free(binding->client_id);
	mem_free(binding->tenant_id);
	mem_free(binding);
}

enum renewal_age binding_age(const struct binding *binding, int64_t now_s)
{
	return renewal_age(msiv2_certificate_not_before(binding->certificate),
	                   msiv2_certificate_not_after(binding->certificate), now_s);
}

bool binding_is_stale(const struct binding *binding, int64_t now_s)
{
	return binding_age(binding, now_s) == RENEWAL_STALE;
}

bool binding_is_fresh(const struct binding *binding)
{
	return binding->fresh;
}

bool binding_is_stored(const struct binding *binding)
{
	return binding->stored;
}

struct msiv2_certificate *binding_certificate(const struct binding *binding)
{
	return binding->certificate;
}

X509 *binding_x509(const struct binding *binding)
{
	return binding->x509;
}

const uint8_t *binding_thumbprint(const struct binding *binding)
{
	return certificate_thumbprint(binding->certificate);
}

const char *binding_client_id(const struct binding *binding)
{
	return binding->client_id;
}

const char *binding_tenant_id(const struct binding *binding)
{
	return binding->tenant_id;
}

const char *binding_endpoint(const struct binding *binding)
{
	return msiv2_certificate_endpoint(binding->certificate);
}

const struct key *binding_key(const struct binding *binding)
{
	return binding->key;
}

struct http_pool *binding_pool(const struct binding *binding)
{
	return binding->pool;
}
