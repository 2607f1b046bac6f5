/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "ref/endpoint.h"

static void https_addresses_are_good(void **state)
{
	static const char *const good[] = {
	        "https://localhost",
	        "https://localhost/",
	        "https://localhost:8443",
	        "https://localhost:65535/base/path",
	        "HTTPS://Centralus.MtlsAuth.Microsoft.com",
	        "https://127.0.0.1:1",
	        "https://[::1]",
	        "https://[2001:db8::1]:8443/x",
	        "https://a.b-c.d_e/%2f~user/(x);y=1,2!$&'*+@:",
	        "https://host/with:colon@and-at",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(good); i++) {
		if (endpoint_complaint(good[i]) != NULL)
			fail_msg("%s: %s", good[i], endpoint_complaint(good[i]));
	}
}

static const struct {
	const char *text;
	const char *complaint;
} bad[] = {
        {"", "is not an https address"},
        {"http://localhost", "is not an https address"},
        {"https:/localhost", "is not an https address"},
        {" https://localhost", "is not an https address"},
        {"localhost:8443", "is not an https address"},
        {"file:///etc/passwd", "is not an https address"},
        {"https://", "has no host"},
        {"https:///path", "has no host"},
        {"https://:8443", "has no host"},
        {"https://user@localhost", "has user information"},
        {"https://user:pw@localhost:1", "has user information"},
        {"https://@localhost", "has user information"},
        {"https://good.example@evil.example", "has user information"},
        {"https://[::1]@evil.example", "has user information"},
        {"https://localhost?x", "has a query"},
        {"https://localhost/?", "has a query"},
        {"https://localhost#", "has a fragment"},
        {"https://localhost/#x", "has a fragment"},
        {"https://local host", "has a host that is neither a name nor an address"},
        {"https://local\thost", "has a host that is neither a name nor an address"},
        {"https://localhost\\.evil.example", "has a host that is neither a name nor an address"},
        {"https://h%6Fst", "has a host that is neither a name nor an address"},
        {"https://h\xC3\xB6st", "has a host that is neither a name nor an address"},
        {"https://.localhost", "has a host that is neither a name nor an address"},
        {"https://a..b", "has a host that is neither a name nor an address"},
        {"https://localhost.", "has a host that is neither a name nor an address"},
        {"https://-a", "has a host that is neither a name nor an address"},
        {"https://[::1", "has a host that is neither a name nor an address"},
        {"https://::1]", "has a host that is neither a name nor an address"},
        {"https://[]", "has a host that is neither a name nor an address"},
        {"https://[::g]", "has a host that is neither a name nor an address"},
        {"https://[fe80::1%25eth0]", "has a host that is neither a name nor an address"},
        {"https://[127.0.0.1]", "has a host that is neither a name nor an address"},
        {"https://[::1]x", "has a host that is neither a name nor an address"},
        {"https://[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]",
         "has a host that is neither a name nor an address"},
        {"https://localhost:", "has a port that is not in 1..65535"},
        {"https://localhost:0", "has a port that is not in 1..65535"},
        {"https://localhost:65536", "has a port that is not in 1..65535"},
        {"https://localhost:000080", "has a port that is not in 1..65535"},
        {"https://localhost:80x", "has a port that is not in 1..65535"},
        {"https://localhost:-1", "has a port that is not in 1..65535"},
        {"https://localhost:1:2", "has a port that is not in 1..65535"},
        {"https://[::1]:", "has a port that is not in 1..65535"},
        {"https://localhost/a b", "has a path with characters that no address may have"},
        {"https://localhost/a\r\nX: y", "has a path with characters that no address may have"},
        {"https://localhost/%", "has a path with characters that no address may have"},
        {"https://localhost/%1", "has a path with characters that no address may have"},
        {"https://localhost/%g0", "has a path with characters that no address may have"},
        {"https://localhost/\\x", "has a path with characters that no address may have"},
        {"https://localhost/\xC3\xB6", "has a path with characters that no address may have"},
};

static void everything_else_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		const char *complaint = endpoint_complaint(bad[i].text);

		if (!text_equal(complaint, bad[i].complaint))
			fail_msg("\"%s\": %s", bad[i].text, complaint != NULL ? complaint : "good");
	}
}

static void an_address_has_at_most_2048_bytes(void **state)
{
	char text[ENDPOINT_MAX_LEN + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://a/", 10);
	text[ENDPOINT_MAX_LEN] = '\0';
	assert_null(endpoint_complaint(text));
	text[ENDPOINT_MAX_LEN] = 'a';
	text[ENDPOINT_MAX_LEN + 1] = '\0';
	assert_string_equal(endpoint_complaint(text), "is too long");
}

static void a_host_has_at_most_253_bytes(void **state)
{
	char text[8 + 255] = "https://";

	(void)state;
	memset(text + 8, 'a', 253);
	assert_null(endpoint_complaint(text));
	text[8 + 253] = 'a';
	assert_non_null(endpoint_complaint(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(https_addresses_are_good),
	        cmocka_unit_test(everything_else_is_refused_with_its_reason),
	        cmocka_unit_test(an_address_has_at_most_2048_bytes),
	        cmocka_unit_test(a_host_has_at_most_253_bytes),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
