/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A run of a small catalogue with a client that is a shell script and does what each scenario's
 * resource says. Functions fail the test when they cannot do what they say. */
#ifndef TESTS_SCENARIOS_TROUPE_H
#define TESTS_SCENARIOS_TROUPE_H

#include "sandbox.h"
#include "scenarios/runner/run.h"
#include "scenarios/runner/stop.h"

/* The client. It answers "ok", and otherwise with the resource "deny": a failure of class
 * sts_refused; "die": it ends with status 3; "kill": by a signal; "not-implemented": with 89;
 * "cannot": with 77; "hang": never; "garbage", "cut": what is no JSON, half a line; "flood": a
 * flood of words and no answer. */
#define TROUPE_SHIM                                                                                \
	"echo "                                                                                    \
	"'{\"protocol\":1,\"name\":\"fake\",\"keys\":[\"memory\"],\"features\":[\"call\"]}'\n"     \
	"while read -r line; do\n"                                                                 \
	"id=${line##*\\\"id\\\":}; id=${id%%[,\\}]*}\n"                                            \
	"case $line in\n"                                                                          \
	"*\\\"deny\\\"*) echo "                                                                    \
	"\"{\\\"id\\\":$id,\\\"ok\\\":false,\\\"error\\\":{\\\"class\\\":\\\"sts_refused\\\"}}\";" \
	";\n"                                                                                      \
	"*\\\"die\\\"*) echo dying >&2; exit 3;;\n"                                                \
	"*\\\"kill\\\"*) kill -SEGV $$;;\n"                                                        \
	"*\\\"not-implemented\\\"*) exit 89;;\n"                                                   \
	"*\\\"cannot\\\"*) exit 77;;\n"                                                            \
	"*\\\"hang\\\"*) exec sleep 1000;;\n"                                                      \
	"*\\\"garbage\\\"*) echo 'Segmentation fault';;\n"                                         \
	"*\\\"cut\\\"*) printf '{\"id\":'; exit 0;;\n"                                             \
	"*\\\"flood\\\"*) yes >&2;;\n"                                                             \
	"*) echo \"{\\\"id\\\":$id,\\\"ok\\\":true}\";;\n"                                         \
	"esac\ndone\n"

struct troupe {
	struct sandbox sandbox;
	char catalogue_dir[SANDBOX_PATH];
	char out_dir[SANDBOX_PATH];
	char work_dir[SANDBOX_PATH]; /* of the client */
	char temporary[SANDBOX_PATH];
	struct catalogue catalogue;
	struct selection selection;
	struct stop stop;
	struct run_plan plan; /* a shim, one job, no evidence kept */
	struct results results;
};

/* Makes the sandbox, where TMPDIR leads from now on. The catalogue has flow.cold, which passes. */
void troupe_make(struct troupe *troupe);
/* Adds the scenario GROUP.NAME about a resource; with a twin it is a negative one and expects class
 * sts_refused. A time limit of one second. */
void troupe_add(struct troupe *troupe, const char *group, const char *name, const char *resource,
                const char *twin);
/* Loads the catalogue and runs; the results stay in the troupe. Nothing else is left: no process,
 * no descriptor, no private folder. */
enum msiv2_rc troupe_run(struct troupe *troupe, const char *command, struct msiv2_error *err);
/* The row of an id, or NULL. */
const struct result *troupe_result(const struct troupe *troupe, const char *id);
/* The verdict of an id is this one, and its reason has these words. */
void troupe_verdict(const struct troupe *troupe, const char *id, enum verdict_kind kind,
                    const char *words);
/* Removes everything. */
void troupe_drop(struct troupe *troupe);

#endif
