/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on when the type of identity is missing (ISSUE-02). */

#include "common/json.h"
#include "common/text.h"

enum msiv2_rc __real_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err);
enum msiv2_rc __wrap_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err);

enum msiv2_rc __wrap_json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                                      const char **out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_json_need_string(obj, name, blame, out, err);

	if (rc == MSIV2_OK || !text_equal(name, "identity_type"))
		return rc;
	*out = "SystemAssigned";
	return MSIV2_OK;
}
