/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What every public header of this project shares: the result classes, the error object, and the
 * callbacks by which a program lends its clock and its log.
 *
 * Results. Every fallible function returns `enum msiv2_rc`; MSIV2_OK is 0. Details go to the
 * `struct msiv2_error` passed in (never a thread-local); NULL is allowed when details are unwanted.
 * The words of msiv2_rc_name() are stable: the C API, the command's JSON and its exit codes
 * all use them.
 *
 * Threads. An error object belongs to one thread at a time. The callbacks may be called from any
 * thread that uses the object they were given to, several at once. */
#ifndef MSIV2_BASE_H
#define MSIV2_BASE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MSIV2_API      __attribute__((visibility("default")))
#define MSIV2_MUST_USE __attribute__((warn_unused_result))

/* The class of a result. A class says who has to act, not which line failed. */
enum msiv2_rc {
	MSIV2_OK = 0,
	MSIV2_CONFIG,          /* the caller's options or input are wrong */
	MSIV2_UNSUPPORTED,     /* this host or build cannot do it (IMDS v1 only: META-07) */
	MSIV2_KEY_UNAVAILABLE, /* no key provider gave a key, or a key refused to sign (KEY-10) */
	MSIV2_ATTESTATION_FAILED, /* the key could not be attested as asked (ATT-01) */
	MSIV2_TRANSPORT,      /* no answer: refused, reset, name, server trust (NET-03, STS-06) */
	MSIV2_TIMEOUT,        /* the deadline passed, or the caller cancelled (NET-04) */
	MSIV2_IMDS_REFUSED,   /* IMDS answered with an error status (ISSUE-05) */
	MSIV2_IMDS_MALFORMED, /* IMDS answered what the protocol does not allow */
	MSIV2_CERT_INVALID,   /* the issued certificate fails a check (ISSUE-04) */
	MSIV2_STS_REFUSED,    /* the token service answered with an error (STS-04) */
	MSIV2_STS_MALFORMED,  /* the token service answered what is not a token answer (STS-03) */
	MSIV2_STORE,          /* the certificate store failed; reported, never fatal (STORE-06) */
	MSIV2_INTERNAL,       /* out of memory, or a defect in this library */
	MSIV2_RC_COUNT
};

/* The stable word for a class: "ok", "config", ..., "internal"; "unknown" when out of range. */
MSIV2_API const char *msiv2_rc_name(enum msiv2_rc rc);

/* What is known about a failure. Opaque; read it with the functions below. */
struct msiv2_error;

/* Makes an empty error object; NULL when memory is out. Free it with msiv2_error_free(). */
MSIV2_API struct msiv2_error *msiv2_error_new(void);
/* Frees an error object; NULL is allowed. */
MSIV2_API void msiv2_error_free(struct msiv2_error *err);

/* The class; MSIV2_OK in an error that was never set. */
MSIV2_API enum msiv2_rc msiv2_error_class(const struct msiv2_error *err);
/* Where it happened: a stage ("imds.issuecredential") or an option's name. Never NULL. */
MSIV2_API const char *msiv2_error_where(const struct msiv2_error *err);
/* What happened, for a person. Contains no token and no key (SEC-01). Never NULL. */
MSIV2_API const char *msiv2_error_message(const struct msiv2_error *err);
/* The HTTP status of the answer that refused, or 0. */
MSIV2_API int msiv2_error_http_status(const struct msiv2_error *err);
/* The service's own code ("invalid_client", "identity_not_found"), or "". Never NULL. */
MSIV2_API const char *msiv2_error_code(const struct msiv2_error *err);
/* The correlation id sent with the request (META-03), or "". Never NULL. */
MSIV2_API const char *msiv2_error_correlation_id(const struct msiv2_error *err);

/* A clock lent to a client or an emulator. All three functions are required. */
struct msiv2_clock {
	/* Wall time: seconds since 1970-01-01T00:00:00Z. Certificates and tokens are judged by it.
	 */
	int64_t (*now_s)(void *ctx);
	/* Monotonic time in microseconds from any origin. Deadlines and measurements use it. */
	int64_t (*mono_us)(void *ctx);
	/* Returns after wait_us microseconds of monotonic time, or sooner when it wants to. */
	void (*wait_us)(void *ctx, int64_t wait_us);
	void *ctx; /* handed to each function; borrowed */
};

/* How much a log line matters; a level includes those before it. */
enum msiv2_log_level { MSIV2_LOG_ERROR, MSIV2_LOG_WARN, MSIV2_LOG_INFO, MSIV2_LOG_DEBUG };

/* Receives one line of log without newline. Lines never contain tokens or keys (SEC-01). */
typedef void (*msiv2_log_fn)(void *ctx, enum msiv2_log_level level, const char *line);

#ifdef __cplusplus
}
#endif
#endif
