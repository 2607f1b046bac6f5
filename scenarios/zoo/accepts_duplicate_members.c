/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: reads JSON whose members come twice (META-05). */

#include "common/json.h"

enum msiv2_rc __real_json_parse_object(const void *text, size_t len, const struct blame *blame,
                                       cJSON **out, struct msiv2_error *err);
enum msiv2_rc __wrap_json_parse_object(const void *text, size_t len, const struct blame *blame,
                                       cJSON **out, struct msiv2_error *err);

enum msiv2_rc __wrap_json_parse_object(const void *text, size_t len, const struct blame *blame,
                                       cJSON **out, struct msiv2_error *err)
{
	enum msiv2_rc rc = __real_json_parse_object(text, len, blame, out, err);

	if (rc == MSIV2_OK)
		return rc;
	*out = cJSON_ParseWithLength(text, len);
	return cJSON_IsObject(*out) ? MSIV2_OK : rc;
}
