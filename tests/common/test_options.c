/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/bytes.h"
#include "common/options.h"
#include "common/text.h"

struct seen {
	const char *port;
	const char *name[4];
	size_t names;
	bool quiet;
	bool printed;
	const char *shape;
	const char *jobs;
};

static enum msiv2_rc take_port(void *into, const char *value, struct msiv2_error *err)
{
	if (text_equal(value, "bad"))
		return err_set(err, MSIV2_CONFIG, "--port", "not a port: %s", value);
	((struct seen *)into)->port = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_name(void *into, const char *value, struct msiv2_error *err)
{
	struct seen *seen = into;

	(void)err;
	seen->name[seen->names++] = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_quiet(void *into, const char *value, struct msiv2_error *err)
{
	(void)err;
	assert_null(value);
	((struct seen *)into)->quiet = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_print(void *into, const char *value, struct msiv2_error *err)
{
	(void)err;
	((struct seen *)into)->printed = true;
	((struct seen *)into)->shape = value;
	return MSIV2_OK;
}

static enum msiv2_rc take_jobs(void *into, const char *value, struct msiv2_error *err)
{
	(void)err;
	((struct seen *)into)->jobs = value;
	return MSIV2_OK;
}

static const struct option_row rows[] = {
        {"--port", "N", "Listen there.", false, take_port},
        {"--name", "NAME", "Add a name.", true, take_name},
        {"--quiet", NULL, "Say less.", false, take_quiet},
        {"--print", "[=SHAPE]", "Print.", false, take_print},
        {"-j", "N", "So many.", false, take_jobs},
        {"-q", NULL, "The same.", true, take_quiet},
};

static enum msiv2_rc parse(const char **argv, int argc, struct seen *seen, int *positional,
                           struct msiv2_error *err)
{
	memset(seen, 0, sizeof(*seen));
	return options_parse(rows, TEXT_COUNT(rows), seen, argc, (char **)(uintptr_t)argv,
	                     positional, err);
}

static void the_value_of_a_short_option_may_be_joined_to_it(void **state)
{
	static const char *const forms[][2] = {{"-j", "4"}, {"-j4", NULL}, {"-j=4", NULL}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(forms); i++) {
		const char *argv[] = {forms[i][0], forms[i][1]};
		struct seen seen;
		int positional = 0;

		assert_int_equal(parse(argv, forms[i][1] ? 2 : 1, &seen, &positional, NULL),
		                 MSIV2_OK);
		assert_string_equal(seen.jobs, "4");
		assert_int_equal(positional, 0);
	}
}

static void nothing_is_joined_to_a_short_flag(void **state)
{
	static const char *const forms[] = {"-q4", "-k4", "-jx"};
	struct seen seen;
	int positional = 0;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(forms); i++) {
		const char *argv[] = {forms[i]};
		bool good = forms[i][1] == 'j';

		assert_int_equal(parse(argv, 1, &seen, &positional, NULL),
		                 good ? MSIV2_OK : MSIV2_CONFIG);
	}
}

static void options_and_arguments_may_be_mixed(void **state)
{
	const char *argv[] = {"run", "--port",  "80", "-",   "--name=a", "--name",
	                      "b",   "--quiet", "--", "--x", "tail"};
	struct seen seen;
	int positional = 0;

	(void)state;
	assert_int_equal(parse(argv, 11, &seen, &positional, NULL), MSIV2_OK);
	assert_int_equal(positional, 4);
	assert_string_equal(argv[0], "run");
	assert_string_equal(argv[1], "-");
	assert_string_equal(argv[2], "--x");
	assert_string_equal(argv[3], "tail");
	assert_string_equal(seen.port, "80");
	assert_int_equal(seen.names, 2);
	assert_true(seen.quiet);
}

static void a_value_in_brackets_may_be_left_out(void **state)
{
	const char *plain[] = {"--print", "round"};
	const char *given[] = {"--print=round"};
	struct seen seen;
	int positional = 0;

	(void)state;
	/* What follows is no value of it. */
	assert_int_equal(parse(plain, 2, &seen, &positional, NULL), MSIV2_OK);
	assert_true(seen.printed);
	assert_null(seen.shape);
	assert_int_equal(positional, 1);
	assert_int_equal(parse(given, 1, &seen, &positional, NULL), MSIV2_OK);
	assert_string_equal(seen.shape, "round");
}

static void each_mistake_names_the_option(void **state)
{
	static const struct {
		const char *argv[4];
		int argc;
		const char *where;
		const char *message;
	} mistakes[] = {
	        {{"--prot", "80"}, 2, "--prot", "unknown option (did you mean --port?)"},
	        {{"--elephant"}, 1, "--elephant", "unknown option"},
	        {{"--port"}, 1, "--port", "needs a value: N"},
	        {{"--quiet=yes"}, 1, "--quiet", "takes no value"},
	        {{"--port", "1", "--port", "2"}, 4, "--port", "given twice"},
	        {{"--port", "bad"}, 2, "--port", "not a port: bad"},
	        {{"-x"}, 1, "-x", "unknown option"},
	        {{"--por=1"}, 1, "--por", "unknown option (did you mean --port?)"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(mistakes); i++) {
		const char *argv[4];
		struct msiv2_error err = {0};
		struct seen seen;
		int positional;

		memcpy(argv, mistakes[i].argv, sizeof(argv));
		assert_int_equal(parse(argv, mistakes[i].argc, &seen, &positional, &err),
		                 MSIV2_CONFIG);
		assert_string_equal(err.where, mistakes[i].where);
		assert_string_equal(err.message, mistakes[i].message);
	}
}

static void a_very_long_unknown_option_is_cut(void **state)
{
	char longer[300] = "--";
	const char *argv[] = {longer};
	struct msiv2_error err = {0};
	struct seen seen;
	int positional;

	(void)state;
	memset(longer + 2, 'x', sizeof(longer) - 3);
	assert_int_equal(parse(argv, 1, &seen, &positional, &err), MSIV2_CONFIG);
	assert_int_equal(strlen(err.where), 60);
}

static void help_is_aligned_and_complete(void **state)
{
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	options_help(rows, TEXT_COUNT(rows), &out);
	assert_string_equal(bytes_text(&out), "  --port N         Listen there.\n"
	                                      "  --name NAME      Add a name.\n"
	                                      "  --quiet          Say less.\n"
	                                      "  --print[=SHAPE]  Print.\n"
	                                      "  -j N             So many.\n"
	                                      "  -q               The same.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_value_of_a_short_option_may_be_joined_to_it),
	        cmocka_unit_test(nothing_is_joined_to_a_short_flag),
	        cmocka_unit_test(options_and_arguments_may_be_mixed),
	        cmocka_unit_test(a_value_in_brackets_may_be_left_out),
	        cmocka_unit_test(each_mistake_names_the_option),
	        cmocka_unit_test(a_very_long_unknown_option_is_cut),
	        cmocka_unit_test(help_is_aligned_and_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
