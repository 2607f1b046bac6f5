/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The folder of --out: what a run leaves for people, and the mark that says that it is a run's. */
#ifndef SCENARIOS_RUNNER_OUT_FOLDER_H
#define SCENARIOS_RUNNER_OUT_FOLDER_H

#include "evidence.h"
#include "results.h"

#define RUN_MARK "last-run.json" /* in OUT: an earlier run was here */

/* One run at a time leaves something there. */
struct out_folder_claim {
	int fd; /* of the folder, which is locked; 0: none */
};

/* Makes the folder unless it is there, and claims it until out_folder_release(), or the end of this
 * process. MSIV2_CONFIG when another run has it, or when it cannot be made. */
MSIV2_MUST_USE enum msiv2_rc out_folder_claim(const char *out_dir, struct out_folder_claim *claim,
                                              struct msiv2_error *err);
void out_folder_release(struct out_folder_claim *claim);
DEFINE_OWNED_VALUE(out_folder_claim, out_folder_release)

/* Makes OUT unless it is there. MSIV2_CONFIG when there is an OUT/evidence that no earlier run has
 * left, or when it cannot be made. */
MSIV2_MUST_USE enum msiv2_rc out_folder_check(const char *out_dir, struct msiv2_error *err);
/* Does the same, and makes an empty OUT/evidence. Until the end of the run, OUT/last-run.json is
 * {}. */
MSIV2_MUST_USE enum msiv2_rc out_folder_prepare(const char *out_dir, struct msiv2_error *err);
/* Writes the evidence with the result's verdict to OUT/evidence/ID, in place of what is there, and
 * notes in the result where it is. MSIV2_STORE naming what could not be written. */
MSIV2_MUST_USE enum msiv2_rc out_folder_keep(const char *out_dir, const struct evidence *evidence,
                                             struct result *result, struct msiv2_error *err);

#endif
