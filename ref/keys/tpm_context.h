/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One TPM as one process uses it: an ESYS context, its link, and a turn that threads take.
 *
 * An operation is what happens between tpm_enter() and tpm_leave(): some ESYS calls in a row, in
 * which nobody of this process, and with a swtpm nobody at all, comes in between. A call that fails
 * for a moment is repeated:
 *
 *     TRY(tpm_enter(tpm, deadline_us, err));
 *     do
 *         rc = Esys_Sign(tpm_esys(tpm), ...);
 *     while (tpm_again(tpm, rc));
 *     result = rc == 0 ? MSIV2_OK : tpm_fail(tpm, "Esys_Sign", rc, err);
 *     tpm_leave(tpm);
 *
 * Other programs use the same TPM: without a resource manager it has three slots for objects, which
 * a persistent key needs one of, too. So an operation that finds none lets the TPM go, waits, and
 * tries again, for at most TPM_RETRY_US and only while it holds no transient object itself.
 *
 * Errors: MSIV2_KEY_UNAVAILABLE, MSIV2_TIMEOUT at the deadline, MSIV2_INTERNAL without memory. A
 * link that broke is closed; the next operation connects anew. Thread-safe. */
#ifndef REF_KEYS_TPM_CONTEXT_H
#define REF_KEYS_TPM_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <tss2/tss2_esys.h>

#include "common/clock.h"
#include "common/err.h"
#include "common/own.h"
#include "provider.h"

#define TPM_DEFAULT_DEVICE "/dev/tpmrm0"
#define TPM_RETRY_US       (3 * CLOCK_US_PER_S)

struct tpm_context;

/* Prepares the TPM of place->tcti; connects to nothing. *lack when it fails: KEY_LACK_ABSENT when
 * there is no such device on this machine or no such TCTI module, else KEY_LACK_BROKEN. */
MSIV2_MUST_USE enum msiv2_rc tpm_context_new(const struct key_place *place,
                                             struct tpm_context **out, enum key_lack *lack,
                                             struct msiv2_error *err);
/* Closes it; NULL is allowed. */
void tpm_context_free(struct tpm_context *tpm);
DEFINE_OWNED_STRUCT(tpm_context, tpm_context_free)

/* Waits for the turn and begins an operation that ends by deadline_us. */
MSIV2_MUST_USE enum msiv2_rc tpm_enter(struct tpm_context *tpm, int64_t deadline_us,
                                       struct msiv2_error *err);
/* The one whose place it was made for gives it to others: the lifesign of that place is told no
 * more. */
void tpm_share(struct tpm_context *tpm);
/* Ends the operation. */
void tpm_leave(struct tpm_context *tpm);

/* Inside an operation: */

/* What ESYS functions are called with; valid until tpm_leave(). */
ESYS_CONTEXT *tpm_esys(struct tpm_context *tpm);
/* Changes whenever the ESYS_TRs made before stop being valid. Never 0. */
unsigned tpm_generation(const struct tpm_context *tpm);
/* The call that gave rc is to be repeated; waits before it says so. */
bool tpm_again(struct tpm_context *tpm, TSS2_RC rc);
/* The error of a call that failed for good, with its lack. */
enum msiv2_rc tpm_fail(struct tpm_context *tpm, const char *call, TSS2_RC rc,
                       struct msiv2_error *err);
/* A refusal of our own: something is in the TPM that we leave alone. */
enum msiv2_rc tpm_refuse(struct tpm_context *tpm, struct msiv2_error *err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* Has the next operation begin with a new ESYS context: for ESYS_TRs of handles whose object
 * changed, which ESYS would mistake for the old one's. */
void tpm_forget(struct tpm_context *tpm);
/* A transient object of ours is loaded. */
void tpm_holds(struct tpm_context *tpm);
/* Flushes it. What cannot be flushed because the link broke is found by tpm_object_make(). */
void tpm_flush(struct tpm_context *tpm, ESYS_TR transient);

/* Any time: */

/* Why the last operation failed. */
enum key_lack tpm_lack(struct tpm_context *tpm);
/* Its clock. */
const struct msiv2_clock *tpm_clock(const struct tpm_context *tpm);
/* Where it is, as tpm2-tss writes it. */
const char *tpm_where(const struct tpm_context *tpm);
/* A line of log. */
void tpm_log(const struct tpm_context *tpm, const char *line, uint32_t handle);

#endif
