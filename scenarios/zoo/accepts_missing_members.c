/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on when IMDS left something out (META-05). */

#include "common/json.h"

enum msiv2_rc __real_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err);
enum msiv2_rc __wrap_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err);

enum msiv2_rc __wrap_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_json_need_string(obj, name, blame, out, err);

	if (rc == MSIV2_OK)
		return rc;
	*out = "missing";
	return MSIV2_OK;
}
