/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* TPM2_Clear of a simulated TPM, as the firmware of a machine would have it: its keys are gone, its
 * endorsement seed stays, so that it is the same TPM. */
#ifndef SCENARIOS_RUNNER_TPM_CLEAR_H
#define SCENARIOS_RUNNER_TPM_CLEAR_H

#include "common/err.h"

/* How long the TPM may take. */
#define TPM_CLEAR_S 10

/* Clears the TPM that listens at `socket_path` and serves nobody just now. MSIV2_UNSUPPORTED when
 * it cannot be reached, does not answer, or refuses. */
MSIV2_MUST_USE enum msiv2_rc tpm_clear(const char *socket_path, struct msiv2_error *err);

#endif
