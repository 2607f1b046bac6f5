/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2-conformance: judges clients. Exit status: enum exit_status. */
#include <signal.h>

#include "common/text.h"
#include "places.h"
#include "verbs.h"

/* Set by the first signal: the run ends in good order. The second one ends the program at once. */
static struct stop interrupted = {.fd = -1};

static const struct verb {
	const char *word;
	enum verb_bit bit;
	const char *help;
	enum msiv2_rc (*run)(struct arguments *, enum exit_status *, struct msiv2_error *);
} verbs[] = {
        {"run", VERB_RUN, "[FILTER...] --shim CMD   plays the scenarios and judges", verb_run},
        {"list", VERB_LIST, "[FILTER...]             one line for each scenario", verb_list},
        {"show", VERB_SHOW, "ID                      a scenario and its requirements", verb_show},
        {"judge", VERB_JUDGE, "DIR...                 judges evidence again", verb_judge},
        {"explain", VERB_EXPLAIN,
         "ID                   a requirement, or a verdict of the last run", verb_explain},
        {"new", VERB_NEW, "ID                       the frame of a new scenario", verb_new},
};

static void on_signal(int signal_number)
{
	(void)signal_number;
	stop_ask(&interrupted);
}

static enum msiv2_rc prepare_process(struct msiv2_error *err)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	TRY(stop_open(&interrupted, err));
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	return MSIV2_OK;
}

/* Of one verb, or of all of them (NULL). */
static enum msiv2_rc print_help(const struct verb *verb, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};

	bytes_add_text(&text, "Usage: msiv2-conformance VERB [OPTION]...\n\n"
	                      "Judges clients of Managed Identity v2: docs/conformance.md.\n\n");
	for (size_t i = 0; i < TEXT_COUNT(verbs); i++)
		if (!verb || verb == &verbs[i])
			bytes_addf(&text, "  %s %s\n", verbs[i].word, verbs[i].help);
	bytes_add_text(&text, "\nFILTER is a glob over ids (flow.*), a group (flow) or a "
	                      "requirement (STS-05).\n\n");
	arguments_help(verb ? verb->bit : VERB_ALL, &text);
	bytes_add_text(&text,
	               "\nExit status: 0 all good; 1 a scenario failed; 2 wrong command line "
	               "or file; 3 the\nsuite could not do its part; 4 nothing was shown; 130 "
	               "interrupted.\n");
	return output_print(&text, err);
}

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 0; i < TEXT_COUNT(verbs); i++)
		if (text_equal(word, verbs[i].word))
			return &verbs[i];
	return NULL;
}

static enum msiv2_rc run_verb(int argc, char **argv, enum exit_status *status,
                              struct msiv2_error *err)
{
	struct arguments arguments = {0};
	OWNED_STRUCT(places) places = {0};
	OWNED_STRUCT(bytes) version = {0};
	bool options_only = argc < 2 || argv[1][0] == '-';
	const struct verb *verb = options_only ? NULL : find_verb(argv[1]);
	int skip = options_only ? 1 : 2;

	if (!options_only && !verb)
		return err_set(err, MSIV2_CONFIG, argv[1], "is no verb; --help tells more");
	TRY(arguments_read(&arguments, verb ? verb->bit : VERB_ALL, argc - skip, argv + skip, err));
	TRY(places_find(&arguments, &places, err));
	arguments.work_dir = ".";
	arguments.stop = &interrupted;
	*status = STATUS_GOOD;
	if (arguments.version) {
		bytes_add_text(&version, "msiv2-conformance " MSIV2_VERSION_TEXT "\n");
		return output_print(&version, err);
	}
	if (arguments.help)
		return print_help(verb, err);
	return verb ? verb->run(&arguments, status, err)
	            : err_set(err, MSIV2_CONFIG, "VERB", "is missing; --help tells more");
}

int main(int argc, char **argv)
{
	enum exit_status status = STATUS_ERROR;
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	rc = prepare_process(&err);
	if (rc == MSIV2_OK)
		rc = run_verb(argc, argv, &status, &err);
	if (rc == MSIV2_OK)
		return (int)status;
	output_complain(msiv2_error_where(&err), msiv2_error_message(&err));
	return rc == MSIV2_CONFIG ? STATUS_CONFIG : STATUS_ERROR;
}
