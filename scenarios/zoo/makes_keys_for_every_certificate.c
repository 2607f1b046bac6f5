/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: makes a key for every certificate (KEY-04). */

#include "ref/keyring.h"

enum msiv2_rc __real_keyring_get(struct keyring *keyring, const struct errand *errand,
                                 struct key **key, EVP_PKEY **pkey, struct msiv2_error *err);
enum msiv2_rc __wrap_keyring_get(struct keyring *keyring, const struct errand *errand,
                                 struct key **key, EVP_PKEY **pkey, struct msiv2_error *err);

enum msiv2_rc __wrap_keyring_get(struct keyring *keyring, const struct errand *errand,
                                 struct key **key, EVP_PKEY **pkey, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_keyring_get(keyring, errand, key, pkey, err);

	if (rc == MSIV2_OK)
		keyring_drop(keyring, *key);
	return rc;
}
