/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One scenario performed: stage, client, steps, and the evidence of it. Nothing is judged here. Any
 * number of threads may perform at once. */
#ifndef SCENARIOS_RUNNER_PERFORM_H
#define SCENARIOS_RUNNER_PERFORM_H

#include <stdbool.h>

#include "evidence.h"
#include "scenario.h"
#include "stage.h"
#include "stop.h"

enum client_mode { CLIENT_SHIM, CLIENT_COMMAND, CLIENT_ADDRESS, CLIENT_MODE_COUNT };
extern const char *const client_mode_words[CLIENT_MODE_COUNT + 1];

/* How a client is performed with. Texts are borrowed. */
struct perform_plan {
	struct stage_plan stage;
	enum client_mode mode;
	const char *command;  /* as given */
	const char *wrapper;  /* goes before it: "valgrind -q"; NULL: none */
	int wrapper_found;    /* it ends with this status when it found something; 0: never */
	const char *work_dir; /* where the client is started */
	int64_t time_limit_s; /* at least so long for each scenario; 0: what it says */
	bool patient;         /* under a debugger: no time limit at all */
	/* Ends waiting for the client; what comes out then is worth nothing. May be NULL. */
	const struct stop *stop;
	/* CLIENT_ADDRESS: tells somebody where the emulator is (its ready line) and returns when
	 * they are done. No step is taken. */
	void (*attend)(void *ctx, const char *ready);
	void *ctx;
};

/* Performs the scenario in the new folder `dir`. `twin_verdict` is what became of its twin, NULL
 * when it has none. *out is owned by the caller and whole whatever happened, also when a failure of
 * the runner itself is its outcome; an error is memory alone. */
MSIV2_MUST_USE enum msiv2_rc perform(const struct perform_plan *plan,
                                     const struct scenario *scenario, const char *twin_verdict,
                                     const char *dir, struct evidence *out,
                                     struct msiv2_error *err);

#endif
