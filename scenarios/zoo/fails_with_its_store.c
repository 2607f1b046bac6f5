/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: fails when its certificate cannot be stored (STORE-06). */

#include <stdatomic.h>

#include "ref/mint.h"

static atomic_bool broken;

enum msiv2_rc __real_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);
enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);
enum msiv2_rc __real_mint(struct acquisition *a, const struct mint_order *order,
                          struct binding **out, struct msiv2_error *err);
enum msiv2_rc __wrap_mint(struct acquisition *a, const struct mint_order *order,
                          struct binding **out, struct msiv2_error *err);

enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_store_put(store, entry, want, err);

	atomic_store(&broken, rc != MSIV2_OK);
	return rc;
}

enum msiv2_rc __wrap_mint(struct acquisition *a, const struct mint_order *order,
                          struct binding **out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_mint(a, order, out, err);

	if (rc != MSIV2_OK || !atomic_exchange(&broken, false))
		return rc;
	binding_free(steal(out));
	return err_set(err, MSIV2_STORE, "store", "the certificate cannot be stored");
}
