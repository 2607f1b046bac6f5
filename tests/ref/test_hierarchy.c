/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The hierarchy (KEY-02, KEY-06, KEY-10) over providers that do as they are told: this program
 * defines the three providers itself, so the library's stay out. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "ref/keys/hierarchy.h"

/* What each provider does next, and how often it was asked. */
static struct {
	enum msiv2_rc rc;
	enum key_lack lack;
	const char *words;
	int asked;
} script[3];

/* A stand-in: never dereferenced by the hierarchy. */
static char key_objects[3];

static enum msiv2_rc play(int i, struct key **out, enum key_lack *lack, struct msiv2_error *err)
{
	script[i].asked++;
	*lack = script[i].lack;
	if (script[i].rc != MSIV2_OK)
		return err_set(err, script[i].rc, "key.test", "%s", script[i].words);
	*out = (struct key *)(void *)&key_objects[i];
	return MSIV2_OK;
}

#define FAKE_PROVIDER(i, name, word)                                                               \
	static enum msiv2_rc name##_get(const struct key_place *place, int64_t deadline_us,        \
	                                struct key **out, enum key_lack *lack,                     \
	                                struct msiv2_error *err)                                   \
	{                                                                                          \
		(void)place;                                                                       \
		(void)deadline_us;                                                                 \
		return play(i, out, lack, err);                                                    \
	}                                                                                          \
	const struct key_provider name##_provider = {                                              \
	        .kind = word, .strength = 3 - (i), .get_or_create = name##_get}

FAKE_PROVIDER(0, keyguard, "keyguard");
FAKE_PROVIDER(1, hardware, "hardware");
FAKE_PROVIDER(2, memory, "memory");

static char log_text[2000];

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	size_t len = strlen(log_text);

	(void)ctx;
	(void)snprintf(log_text + len, sizeof(log_text) - len, "%d %s\n", (int)level, line);
}

static const struct key_place place = {.log = {.write = keep_log, .level = MSIV2_LOG_DEBUG}};

static int setup(void **state)
{
	(void)state;
	memset(script, 0, sizeof(script));
	log_text[0] = '\0';
	return 0;
}

static void lacks(int i, enum key_lack lack, const char *words)
{
	script[i].rc = MSIV2_KEY_UNAVAILABLE;
	script[i].lack = lack;
	script[i].words = words;
}

static enum msiv2_rc get(const char *list, const char *floor, const struct key_provider **provider,
                         struct msiv2_error *err)
{
	struct hierarchy hierarchy = {0};
	struct key *key = NULL;

	assert_int_equal(hierarchy_parse(&hierarchy, list, err), MSIV2_OK);
	if (floor != NULL)
		assert_int_equal(hierarchy_set_floor(&hierarchy, floor, err), MSIV2_OK);
	return hierarchy_get(&hierarchy, &place, CLOCK_NEVER, &key, provider, err);
}

static void the_strongest_kind_that_is_there_is_used_and_no_other_asked(void **state)
{
	const struct key_provider *provider = NULL;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(get("windows", NULL, &provider, &err), MSIV2_OK);
	assert_ptr_equal(provider, &keyguard_provider);
	assert_int_equal(script[1].asked + script[2].asked, 0);
	lacks(0, KEY_LACK_ABSENT, "no module");
	assert_int_equal(get("windows", NULL, &provider, &err), MSIV2_OK);
	assert_ptr_equal(provider, &hardware_provider);
	lacks(1, KEY_LACK_BROKEN, "no answer");
	assert_int_equal(get("windows", NULL, &provider, &err), MSIV2_OK);
	assert_ptr_equal(provider, &memory_provider);
}

static void linux_has_memory_keys_only(void **state)
{
	const struct key_provider *provider = NULL;
	struct hierarchy hierarchy;

	(void)state;
	assert_int_equal(get("linux", NULL, &provider, NULL), MSIV2_OK);
	assert_ptr_equal(provider, &memory_provider);
	assert_int_equal(script[0].asked + script[1].asked, 0);
	hierarchy_default(&hierarchy);
	assert_int_equal(hierarchy.count, 1);
	assert_ptr_equal(hierarchy.providers[0], &memory_provider);
}

static void an_explicit_list_is_tried_in_its_own_order(void **state)
{
	const struct key_provider *provider = NULL;

	(void)state;
	lacks(1, KEY_LACK_ABSENT, "no device");
	assert_int_equal(get("hardware,keyguard", NULL, &provider, NULL), MSIV2_OK);
	assert_ptr_equal(provider, &keyguard_provider);
	assert_int_equal(script[1].asked, 1);
}

static void every_reason_is_logged_and_named_when_all_fail(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	lacks(0, KEY_LACK_ABSENT, "no module");
	lacks(1, KEY_LACK_REFUSED, "locked out");
	lacks(2, KEY_LACK_BROKEN, "no entropy");
	assert_int_equal(get("windows", NULL, NULL, &err), MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(err.message, "no key: keyguard absent: no module; hardware refused: "
	                                 "locked out; memory broken: no entropy");
	assert_string_equal(log_text, "2 key: keyguard is absent: no module\n"
	                              "1 key: hardware is refused: locked out\n"
	                              "1 key: memory is broken: no entropy\n");
}

static void a_floor_is_never_silently_undercut(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	lacks(0, KEY_LACK_ABSENT, "no module");
	lacks(1, KEY_LACK_ABSENT, "no device");
	assert_int_equal(get("windows", "hardware", NULL, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(script[2].asked, 0);
	assert_true(text_starts(err.message, "no key of at least hardware: "));
	assert_int_equal(get("windows", "keyguard", NULL, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(script[1].asked, 1);
}

/* Running out of time, or of memory, says nothing about the device. */
static void time_and_memory_are_no_reason_to_go_weaker(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	script[0].rc = MSIV2_TIMEOUT;
	script[0].words = "deadline";
	assert_int_equal(get("windows", NULL, NULL, &err), MSIV2_TIMEOUT);
	assert_string_equal(err.message, "deadline");
	script[0].rc = MSIV2_INTERNAL;
	assert_int_equal(get("windows", NULL, NULL, &err), MSIV2_INTERNAL);
	assert_int_equal(script[1].asked, 0);
}

static void lists_and_floors_that_make_no_sense_are_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "tpm",
	                                  "keyguard,",
	                                  ",memory",
	                                  "memory,memory",
	                                  "Windows",
	                                  "keyguard;memory",
	                                  "memory ,hardware"};
	struct hierarchy hierarchy;
	struct msiv2_error err = {0};

	(void)state;
	hierarchy_default(&hierarchy);
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		if (hierarchy_parse(&hierarchy, bad[i], &err) != MSIV2_CONFIG)
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(hierarchy.count, 1); /* as it was */
	}
	assert_int_equal(hierarchy_parse(&hierarchy, NULL, &err), MSIV2_CONFIG);
	assert_int_equal(hierarchy_set_floor(&hierarchy, "strong", &err), MSIV2_CONFIG);
	assert_int_equal(hierarchy_set_floor(&hierarchy, NULL, &err), MSIV2_CONFIG);
	assert_int_equal(hierarchy_set_floor(&hierarchy, "keyguard", &err), MSIV2_OK);
	assert_int_equal(hierarchy_check(&hierarchy, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "every kind of the list is weaker than keyguard");
	assert_int_equal(hierarchy_parse(&hierarchy, "windows", &err), MSIV2_OK);
	assert_int_equal(hierarchy_check(&hierarchy, &err), MSIV2_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(the_strongest_kind_that_is_there_is_used_and_no_other_asked,
	                               setup),
	        cmocka_unit_test_setup(linux_has_memory_keys_only, setup),
	        cmocka_unit_test_setup(an_explicit_list_is_tried_in_its_own_order, setup),
	        cmocka_unit_test_setup(every_reason_is_logged_and_named_when_all_fail, setup),
	        cmocka_unit_test_setup(a_floor_is_never_silently_undercut, setup),
	        cmocka_unit_test_setup(time_and_memory_are_no_reason_to_go_weaker, setup),
	        cmocka_unit_test_setup(lists_and_floors_that_make_no_sense_are_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
