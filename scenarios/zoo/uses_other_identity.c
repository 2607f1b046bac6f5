/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: uses the system-assigned identity whoever was asked for (META-04). */

#include "scenarios/shims/shim_session.h"

enum msiv2_rc __real_shim_session_client(struct shim_session *session, const cJSON *identity,
                                         struct msiv2_client **out, struct msiv2_error *err);
enum msiv2_rc __wrap_shim_session_client(struct shim_session *session, const cJSON *identity,
                                         struct msiv2_client **out, struct msiv2_error *err);

enum msiv2_rc __wrap_shim_session_client(struct shim_session *session, const cJSON *identity,
                                         struct msiv2_client **out, struct msiv2_error *err)
{
	(void)identity;
	return __real_shim_session_client(session, NULL, out, err);
}
