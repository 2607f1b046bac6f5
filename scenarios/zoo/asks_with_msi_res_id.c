/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: names its identity by the selector of the older protocol (META-04). */

#include "common/text.h"
#include "ref/identity.h"

void __real_identity_add_selector(const struct identity *identity, struct bytes *out);
void __wrap_identity_add_selector(const struct identity *identity, struct bytes *out);

void __wrap_identity_add_selector(const struct identity *identity, struct bytes *out)
{
	OWNED_STRUCT(bytes) selector = {0};

	__real_identity_add_selector(identity, &selector);
	if (text_starts(bytes_text(&selector), "&mi_res_id="))
		bytes_addf(out, "&msi_res_id=%s", bytes_text(&selector) + strlen("&mi_res_id="));
	else
		bytes_add(out, selector.data, selector.len);
}
