/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "address.h"

#include <curl/curl.h>
#include <string.h>

#include "common/own.h"
#include "common/text.h"

typedef CURLU curl_url_t;
DEFINE_OWNED(curl_url_t, curl_url_cleanup)
typedef char curl_text;
DEFINE_OWNED(curl_text, curl_free)

enum msiv2_rc address_origin(const char *url, bool https_only, const struct blame *blame,
                             struct bytes *out, struct msiv2_error *err)
{
	OWNED(curl_url_t) *parts = curl_url();
	OWNED(curl_text) *scheme = NULL;
	OWNED(curl_text) *host = NULL;
	OWNED(curl_text) *port = NULL;
	CURLUcode code;

	if (parts == NULL)
		return err_no_memory(err, blame->where);
	code = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	if (code == CURLUE_BAD_PORT_NUMBER)
		return err_blame(err, blame, "the port is not a number up to 65535: %s", url);
	if (code != CURLUE_OK || curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK || text_empty(host))
		return err_blame(err, blame, "not an absolute address: %s", url);
	if (strcmp(scheme, "https") != 0 && (https_only || strcmp(scheme, "http") != 0))
		return err_blame(err, blame, "not an %s address: %s",
		                 https_only ? "https" : "http or https", url);
	bytes_addf(out, "%s://%s", scheme, host);
	if (curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK)
		bytes_addf(out, ":%s", port);
	return bytes_done(out, blame->where, err);
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

void address_add_encoded(struct bytes *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_unreserved(*text))
			bytes_add_byte(out, (uint8_t)*text);
		else
			bytes_addf(out, "%%%02X", (unsigned)(uint8_t)*text);
	}
}
