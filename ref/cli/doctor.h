/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Looks at everything an acquisition needs, as an acquisition would: it makes keys that are not
 * there, and has IMDS issue a certificate, but asks for no token. One check per row of a table;
 * a check whose ground is missing is skipped. */
#ifndef REF_CLI_DOCTOR_H
#define REF_CLI_DOCTOR_H

#include <stddef.h>

#include "arguments.h"
#include "common/err.h"

enum doctor_check {
	CHECK_TRUST,
	CHECK_KEYGUARD,
	CHECK_HARDWARE,
	CHECK_MEMORY,
	CHECK_KEY,
	CHECK_ATTESTATION,
	CHECK_IMDS,
	CHECK_IDENTITY,
	CHECK_CERTIFICATE,
	CHECK_TOKEN_SERVICE,
	CHECK_CLOCK,
	CHECK_STORE,
	CHECK_COUNT
};

enum doctor_verdict {
	VERDICT_FINE,
	VERDICT_WARNING, /* an acquisition works all the same */
	VERDICT_PROBLEM, /* it does not */
	VERDICT_SKIPPED
};

struct doctor_finding {
	enum doctor_verdict verdict;
	struct msiv2_error error; /* of a problem, and of a warning that has one */
	char words[640];
	const char *remedy; /* static text; NULL = nothing to do */
};

struct doctor_report {
	struct doctor_finding findings[CHECK_COUNT];
};

/* Checks everything; what is found is in the report. Fails only when it cannot check:
 * MSIV2_CONFIG for bad arguments, MSIV2_INTERNAL when memory is out. The time limit of the
 * arguments holds for each check. */
MSIV2_MUST_USE enum msiv2_rc doctor_examine(const struct arguments *args, struct doctor_report *out,
                                            struct msiv2_error *err);

/* "trust", "keyguard", ... */
const char *doctor_check_name(enum doctor_check check);
/* "ok", "warning", "problem", "skipped". */
const char *doctor_verdict_name(enum doctor_verdict verdict);
/* The first problem, or NULL. */
const struct doctor_finding *doctor_first_problem(const struct doctor_report *report);

#endif
