/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks the token service of no tenant in particular (STS-01). */

#include "ref/binding.h"

const char *__wrap_binding_tenant_id(const struct binding *binding);

const char *__wrap_binding_tenant_id(const struct binding *binding)
{
	(void)binding;
	return "common";
}
