/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/environment.h"
#include "tests/testing.h"

#define JWT        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmNkZWZnaCJ9.c2lnbmF0dXJlc2lnbmF0dXJl"
#define FAULTS_MAX 2000

/* The value of a variable, or NULL. */
static const char *value_of(const struct environment *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], name, len) == 0 &&
		    environment->items[i][len] == '=')
			return environment->items[i] + len + 1;
	return NULL;
}

/* Sets variables of this process; they go with teardown(). */
static const struct {
	const char *name, *value;
} secret[] =
        {
                {"http_proxy", "http://proxy:1"},
                {"HTTPS_PROXY", "http://proxy:1"},
                {"All_Proxy", "http://proxy:1"},
                {"NO_PROXY", "*"},
                {"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://elsewhere"},
                {"IDENTITY_ENDPOINT", "http://elsewhere"},
                {"IDENTITY_HEADER", "x"},
                {"MSI_ENDPOINT", "http://elsewhere"},
                {"MSI_SECRET", "x"},
                {"IMDS_ENDPOINT", "http://elsewhere"},
                {"AZURE_CLIENT_ID", "somebody"},
                {"AZURE_CLIENT_SECRET", "x"},
                {"AZURE_FEDERATED_TOKEN_FILE", "/x"},
                {"MSIV2_PKCS11_PIN", "1234"},
                {"SOFTHSM2_CONF", "/x"},
                {"MSIV2_TCTI", "x"},
                {"PIPELINE_ID_TOKEN", JWT},
                {"PIPELINE_KEY", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
},
  plain[] = {{"HARMLESS", "a=b c"}, {"EMPTY", ""}, {"my_http_proxy", "x"}, {"AZURE_LOG", "1"}};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(secret); i++)
		if (setenv(secret[i].name, secret[i].value, 1) != 0)
			return 1;
	for (size_t i = 0; i < TEXT_COUNT(plain); i++)
		if (setenv(plain[i].name, plain[i].value, 1) != 0)
			return 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(secret); i++)
		(void)unsetenv(secret[i].name);
	for (size_t i = 0; i < TEXT_COUNT(plain); i++)
		(void)unsetenv(plain[i].name);
	return 0;
}

static void what_is_the_callers_own_is_not_passed_on(void **state)
{
	OWNED_STRUCT(environment) environment = {0};

	(void)state;
	assert_int_equal(environment_inherit(&environment, NULL), MSIV2_OK);
	for (size_t i = 0; i < TEXT_COUNT(secret); i++)
		if (value_of(&environment, secret[i].name))
			fail_msg("%s", secret[i].name);
	for (size_t i = 0; i < TEXT_COUNT(plain); i++)
		assert_string_equal(value_of(&environment, plain[i].name), plain[i].value);
	assert_null(environment.items[environment.count]);
}

static void a_variable_is_set_once(void **state)
{
	OWNED_STRUCT(environment) environment = {0};

	(void)state;
	assert_int_equal(environment_add(&environment, "AB=1", NULL), MSIV2_OK);
	assert_int_equal(environment_set(&environment, "A", "x=y", NULL), MSIV2_OK);
	assert_int_equal(environment_set(&environment, "AB", "2", NULL), MSIV2_OK);
	assert_int_equal(environment_set(&environment, "ab", "3", NULL), MSIV2_OK);
	assert_int_equal(environment.count, 3);
	assert_string_equal(environment.items[0], "AB=2");
	assert_string_equal(environment.items[1], "A=x=y");
	assert_string_equal(environment.items[2], "ab=3");
	assert_null(environment.items[3]);
}

static void memory_that_runs_out_is_an_error(void **state)
{
	unsigned failures = 0;
	bool happened = true;

	(void)state;
	for (unsigned nth = 1; happened; nth++) {
		OWNED_STRUCT(environment) environment = {0};
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		scarce_at(SCARCE_MEMORY, nth);
		rc = environment_inherit(&environment, &err);
		if (rc == MSIV2_OK)
			rc = environment_set(&environment, "HARMLESS", "other", &err);
		if (rc == MSIV2_OK)
			rc = environment_set(&environment, "NEW", "x", &err);
		happened = scarce_end();
		assert_int_equal(err.rc, rc);
		failures += rc != MSIV2_OK;
		/* Without memory a secret is not recognised by its content: nothing is passed on.
		 */
		if (rc == MSIV2_OK) {
			assert_null(value_of(&environment, "PIPELINE_ID_TOKEN"));
			assert_string_equal(value_of(&environment, "HARMLESS"), "other");
			assert_string_equal(value_of(&environment, "NEW"), "x");
		}
		assert_in_range(nth, 1, FAULTS_MAX);
	}
	assert_in_range(failures, 10, FAULTS_MAX);
}

#define IN_PIPELINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_PIPELINE(what_is_the_callers_own_is_not_passed_on),
	        cmocka_unit_test(a_variable_is_set_once),
	        IN_PIPELINE(memory_that_runs_out_is_an_error),
	};

	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
