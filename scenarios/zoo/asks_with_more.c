/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: adds a query parameter of the older protocol (META-01). */

#include "ref/identity.h"

void __real_identity_add_selector(const struct identity *identity, struct bytes *out);
void __wrap_identity_add_selector(const struct identity *identity, struct bytes *out);

void __wrap_identity_add_selector(const struct identity *identity, struct bytes *out)
{
	__real_identity_add_selector(identity, out);
	bytes_add_text(out, "&api-version=2018-02-01");
}
