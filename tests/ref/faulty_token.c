/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "faulty_token.h"

#include "tests/testing.h"

#include <dlfcn.h>
#include <string.h>

#include "common/clock.h"
#include "keyguard_bench.h"

struct softhsm_token faulty_token;

static mock_arm_fn arm;
static mock_release_fn release;
static mock_calls_fn calls;

static void *symbol(void *library, const char *name)
{
	void *found = dlsym(library, name);

	assert_non_null(found);
	return found;
}

int faulty_load(void **state)
{
	void *library = dlopen(MOCK_MODULE, RTLD_NOW | RTLD_LOCAL);

	(void)state;
	if (library == NULL)
		return -1;
	*(void **)&arm = symbol(library, "mock_arm");
	*(void **)&release = symbol(library, "mock_release");
	*(void **)&calls = symbol(library, "mock_calls");
	return 0;
}

int faulty_set_up(void **state)
{
	(void)state;
	softhsm_token_make(&faulty_token);
	faulty_arm(NULL);
	return 0;
}

int faulty_tear_down(void **state)
{
	(void)state;
	faulty_arm(NULL);
	softhsm_token_drop(&faulty_token);
	return 0;
}

void faulty_arm(const struct mock_fault *fault)
{
	static const struct mock_fault none = {0};

	arm(fault != NULL ? fault : &none);
}

void faulty_release(void)
{
	release();
}

unsigned faulty_calls(void)
{
	return calls();
}

const struct key_place *faulty_place(void)
{
	static struct key_place place;

	place = (struct key_place){.module = MOCK_MODULE, .clock = clock_system()};
	return &place;
}

void faulty_expect_lack(const struct key_place *place, enum key_lack lack, const char *words)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack got = KEY_LACK_NONE;

	assert_int_equal(keyguard_bench_try(place, &key, &got, &err), MSIV2_KEY_UNAVAILABLE);
	assert_null(key);
	if (strstr(err.message, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, words);
	assert_int_equal(got, lack);
	assert_null(strstr(err.message, SOFTHSM_PIN)); /* SEC-01 */
}

struct key *faulty_open(void)
{
	enum key_lack lack;
	struct msiv2_error err = {0};
	struct key *key = NULL;

	if (keyguard_bench_try(faulty_place(), &key, &lack, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
	return key;
}
