/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The subcommands. Each gets the options it may use and says with what status the program ends; an
 * error is printed by main(). */
#ifndef SCENARIOS_RUNNER_CLI_VERBS_H
#define SCENARIOS_RUNNER_CLI_VERBS_H

#include "arguments.h"
#include "output.h"

/* Runs the scenarios that fit and reports. */
MSIV2_MUST_USE enum msiv2_rc verb_run(struct arguments *arguments, enum exit_status *status,
                                      struct msiv2_error *err);
/* One line for each scenario that fits. */
MSIV2_MUST_USE enum msiv2_rc verb_list(struct arguments *arguments, enum exit_status *status,
                                       struct msiv2_error *err);
/* The file of one scenario, and the requirements it is about. */
MSIV2_MUST_USE enum msiv2_rc verb_show(struct arguments *arguments, enum exit_status *status,
                                       struct msiv2_error *err);
/* Judges bundles of evidence again. */
MSIV2_MUST_USE enum msiv2_rc verb_judge(struct arguments *arguments, enum exit_status *status,
                                        struct msiv2_error *err);
/* A requirement, and the scenarios about it; or why a scenario of the last run failed. */
MSIV2_MUST_USE enum msiv2_rc verb_explain(struct arguments *arguments, enum exit_status *status,
                                          struct msiv2_error *err);
/* Why a scenario of the last run has its verdict, from the evidence of it. */
MSIV2_MUST_USE enum msiv2_rc verb_explain_scenario(struct arguments *arguments,
                                                   enum exit_status *status,
                                                   struct msiv2_error *err);
/* Writes the frame of a new scenario into the catalogue. */
MSIV2_MUST_USE enum msiv2_rc verb_new(struct arguments *arguments, enum exit_status *status,
                                      struct msiv2_error *err);
/* `run --address`: an emulator for other people's tests, until a signal; then the journal is
 * judged. */
MSIV2_MUST_USE enum msiv2_rc verb_address(struct arguments *arguments, enum exit_status *status,
                                          struct msiv2_error *err);

/* The catalogue of the options, with the selection their words say. */
MSIV2_MUST_USE enum msiv2_rc verbs_load(struct arguments *arguments, struct catalogue *out,
                                        struct msiv2_error *err);
/* MSIV2_CONFIG naming a filter that no scenario of the catalogue fits. */
MSIV2_MUST_USE enum msiv2_rc verbs_check_filters(const struct arguments *arguments,
                                                 const struct catalogue *catalogue,
                                                 struct msiv2_error *err);

#endif
