/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "credential.h"

#include <stdatomic.h>

#include "common/mem.h"

struct credential {
	atomic_int refs;
	struct grant *grant;
	struct binding *binding;
};

enum msiv2_rc credential_new(struct grant *grant, struct binding *binding, struct credential **out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(grant) *taken = grant;
	struct credential *credential = mem_alloc(sizeof(*credential));

	if (credential == NULL)
		return err_no_memory(err, "token");
	atomic_init(&credential->refs, 1);
	credential->grant = steal(&taken);
	credential->binding = binding_ref(binding);
	*out = credential;
	return MSIV2_OK;
}

struct credential *credential_ref(struct credential *credential)
{
	atomic_fetch_add(&credential->refs, 1);
	return credential;
}

void credential_free(struct credential *credential)
{
	if (credential == NULL || atomic_fetch_sub(&credential->refs, 1) > 1)
		return;
	grant_free(credential->grant);
	binding_free(credential->binding);
	mem_free(credential);
}

struct grant *credential_grant(const struct credential *credential)
{
	return credential->grant;
}

struct binding *credential_binding(const struct credential *credential)
{
	return credential->binding;
}
