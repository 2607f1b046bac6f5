/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes where a redirect sends it (NET-04). */

#include <assert.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdint.h>

#undef curl_easy_setopt

static_assert(sizeof(long) == sizeof(uint64_t), "options of libcurl are one word each");

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);

CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	uint64_t bits = 0;
	va_list arguments;

	/* Every kind of argument is one word here. */
	va_start(arguments, option);
	bits = va_arg(arguments, uint64_t);
	va_end(arguments);
	if (option == CURLOPT_FOLLOWLOCATION)
		bits = 1;
	return __real_curl_easy_setopt(easy, option, bits);
}
