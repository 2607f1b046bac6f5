/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: answers from its cache when told not to (TOK-02). */

#include "ref/include/msiv2.h"

enum msiv2_rc __real_msiv2_client_acquire(struct msiv2_client *client,
                                          const struct msiv2_request *request,
                                          struct msiv2_token **out, struct msiv2_error *err);
enum msiv2_rc __wrap_msiv2_client_acquire(struct msiv2_client *client,
                                          const struct msiv2_request *request,
                                          struct msiv2_token **out, struct msiv2_error *err);

enum msiv2_rc __wrap_msiv2_client_acquire(struct msiv2_client *client,
                                          const struct msiv2_request *request,
                                          struct msiv2_token **out, struct msiv2_error *err)
{
	struct msiv2_request tame = *request;

	tame.force = false;
	return __real_msiv2_client_acquire(client, &tame, out, err);
}
