/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the commands print for people: what was done, and how long each leg took. The lines are not
 * for programs (--json is). */
#ifndef REF_CLI_TEXT_REPORT_H
#define REF_CLI_TEXT_REPORT_H

#include "common/bytes.h"
#include "ref/include/msiv2.h"

/* One line: a label and what there is to say. */
void text_report_line(struct bytes *out, const char *label, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* The word for so many: "entry" for 1, otherwise "entries". */
const char *text_report_word(size_t count, const char *one, const char *many);
/* The legs that were taken, and the total. `cert` may be NULL. */
void text_report_legs(struct bytes *out, const struct msiv2_timings *timings,
                      const struct msiv2_certificate *cert);
/* What the token is. */
void text_report_token(struct bytes *out, const struct msiv2_token *token, bool show_token);
/* What the certificate is. */
void text_report_certificate(struct bytes *out, const struct msiv2_certificate *cert);

#endif
