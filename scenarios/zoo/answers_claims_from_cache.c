/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: answers a claims challenge from its cache (STS-07). */

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
	struct msiv2_request deaf = *request;

	deaf.claims = NULL;
	return __real_msiv2_client_acquire(client, &deaf, out, err);
}
