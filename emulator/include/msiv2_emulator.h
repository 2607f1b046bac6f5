/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator as a library: a fake IMDS, token service and protected resource inside your own
 * process. NOT FOR PRODUCTION: it hands certificates and tokens to whoever asks.
 *
 *     struct msiv2_emulator_options options = {0};
 *     struct msiv2_emulator *emulator = NULL;
 *
 *     if (msiv2_emulator_start(&options, &emulator, err) != MSIV2_OK)
 *             ...
 *     run_client(msiv2_emulator_imds(emulator), msiv2_emulator_ca_file(emulator));
 *     assert(msiv2_emulator_count(emulator, "token") == 1);
 *     msiv2_emulator_stop(emulator);
 *
 * An emulator is a value: start as many as you like in one process, each with its own ports, keys,
 * clock, rules and journal. When msiv2_emulator_start() returns, every listener answers.
 *
 * Ownership. Options are read during the call only; the clock and the log's context are borrowed
 * until stop. Text returned as `const char *` belongs to the emulator and lives until stop; text
 * returned through `char **` is freed with msiv2_emulator_text_free().
 *
 * Threads. Everything except start and stop may be called from any thread at any time. Stop may
 * be called once, when no other call on this emulator is running; clients may be connected.
 *
 * Errors. MSIV2_CONFIG for anything in the options (`where` names the option or the full path of
 * the configuration key), MSIV2_UNSUPPORTED when the installed web server library has no usable
 * TLS, MSIV2_INTERNAL when memory, threads or descriptors are out. */
#ifndef MSIV2_EMULATOR_H
#define MSIV2_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msiv2_base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct msiv2_emulator;

/* The key type of the CA and of the TLS server. */
enum msiv2_emulator_key {
	MSIV2_EMULATOR_KEY_UNSET, /* as the configuration says; P-256 when it says nothing */
	MSIV2_EMULATOR_KEY_EC,
	MSIV2_EMULATOR_KEY_RSA
};

/* One rule's mode: {"META-03/correlation-id", "reject"}. */
struct msiv2_emulator_rule {
	const char *rule; /* "ID", "ID/name" or "name" */
	const char *mode; /* "reject", "note" or "off" */
};

/* One configuration key: {"host.personality", "slow"}. Texts stand as they are, other values as
 * JSON. */
struct msiv2_emulator_setting {
	const char *key;
	const char *value;
};

/* Everything is optional: `{0}` is a complete default emulator. In order of strength: what is set
 * here, `settings`, `environment`, config_text, config_file. */
struct msiv2_emulator_options {
	const char *config_file; /* a file of JSON, see docs/emulator.md */
	const char *config_text; /* JSON of the same form */
	/* Variables as in environ(7), up to a NULL: MSIV2_EMULATOR_KEY=VALUE, the key in capitals
	 * with "__" for a dot. Others are left alone. NULL = no environment is looked at. */
	const char *const *environment;
	const struct msiv2_emulator_setting *settings; /* in order, the later ones win */
	size_t setting_count;

	const char *bind;           /* address of IMDS and HTTPS; NULL = "127.0.0.1" */
	uint16_t imds_port;         /* 0 = any free port */
	uint16_t sts_port;          /* 0 = any free port */
	uint16_t admin_port;        /* 0 = any free port */
	const char *admin_bind;     /* address of the admin interface; NULL = "127.0.0.1" */
	const char *admin_key_file; /* file with the bearer key it asks for; NULL = no key */

	const char *state_dir; /* keeps CA and token keys (0700, files 0600); NULL = memory only */
	const char *ca_out;    /* where the CA certificates are written as PEM; NULL = ca.pem in
	                          state_dir, else a private file that is removed at stop */
	const char *const *names; /* extra names of the HTTPS server: DNS names or IP addresses */
	size_t name_count;
	enum msiv2_emulator_key ca_key;

	const char *profile; /* "default", "strict", "lenient"; NULL = as the configuration says */
	const struct msiv2_emulator_rule *rules; /* applied after the profile, in order */
	size_t rule_count;

	const char *faults_file; /* JSON array of faults, see docs/faults.md; replaces the
	                            configuration's */
	int64_t seed; /* of whatever faults leave to chance; 0 = as the configuration says */

	const struct msiv2_clock
	        *clock; /* where the world's clock starts from; NULL = the system */

	msiv2_log_fn log; /* NULL = silent. Lines never contain tokens or keys (SEC-01) */
	void *log_ctx;
	enum msiv2_log_level log_level; /* lines above it are dropped */
};

/* Starts an emulator; *out is stopped with msiv2_emulator_stop(). err may be NULL. On failure
 * nothing is left running and *out is NULL. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_start(const struct msiv2_emulator_options *options, struct msiv2_emulator **out,
                     struct msiv2_error *err);
/* Closes every connection, stops and frees; takes less than a second. NULL is allowed. */
MSIV2_API void msiv2_emulator_stop(struct msiv2_emulator *emulator);

/* The configuration that would be started, as JSON that config_text accepts; nothing is started. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_config(const struct msiv2_emulator_options *options, char **out,
                      struct msiv2_error *err);

/* The same with {"value":...,"from":"..."} in the place of each value. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_config_origins(const struct msiv2_emulator_options *options, char **out,
                              struct msiv2_error *err);

/* Base of the fake IMDS: "http://127.0.0.1:PORT", no trailing slash. */
MSIV2_API const char *msiv2_emulator_imds(const struct msiv2_emulator *emulator);
/* Base of the token service, the mtls_authentication_endpoint: "https://localhost:PORT". */
MSIV2_API const char *msiv2_emulator_sts(const struct msiv2_emulator *emulator);
/* The protected resource: "https://localhost:PORT/resource". */
MSIV2_API const char *msiv2_emulator_resource(const struct msiv2_emulator *emulator);
/* Base of the admin interface: "http://127.0.0.1:PORT". */
MSIV2_API const char *msiv2_emulator_admin(const struct msiv2_emulator *emulator);
/* The certificates a client has to trust, as PEM: root, then issuer. */
MSIV2_API const char *msiv2_emulator_ca_pem(const struct msiv2_emulator *emulator);
/* The file that holds them. */
MSIV2_API const char *msiv2_emulator_ca_file(const struct msiv2_emulator *emulator);
/* The ready line: one JSON object, no newline. */
MSIV2_API const char *msiv2_emulator_ready(const struct msiv2_emulator *emulator);

/* World time in seconds since 1970. */
MSIV2_API int64_t msiv2_emulator_now_s(const struct msiv2_emulator *emulator);
/* Moves world time by delta_s, forward or back. MSIV2_CONFIG when it would leave the years 1970 to
 * 9999. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_advance(struct msiv2_emulator *emulator, int64_t delta_s, struct msiv2_error *err);
/* Sets world time; it goes on from there unless frozen. MSIV2_CONFIG as above. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_set_time(struct msiv2_emulator *emulator, int64_t now_s, struct msiv2_error *err);
/* Stops world time, or lets it go on from where it stands. */
MSIV2_API void msiv2_emulator_freeze(struct msiv2_emulator *emulator, bool frozen);
/* A clock that tells world time, to lend to a client; it lives until stop. Its waits advance
 * nothing and return at once when world time is frozen. */
MSIV2_API const struct msiv2_clock *msiv2_emulator_clock(struct msiv2_emulator *emulator);

/* Sets the mode of a rule. MSIV2_CONFIG when the rule or the mode is unknown. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_emulator_set_rule(struct msiv2_emulator *emulator,
                                                               const char *rule, const char *mode,
                                                               struct msiv2_error *err);

/* Sets what the host does with attestation tokens: "off" (ignores them), "optional" (looks at those
 * that come) or "required" (issues no certificate without one). MSIV2_CONFIG for another word. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_set_attestation(struct msiv2_emulator *emulator, const char *mode,
                               struct msiv2_error *err);

/* Revokes one certificate by the SHA-256 of its DER in hex: the token service answers
 * invalid_client for it from now on. MSIV2_CONFIG when it is not 64 hex digits. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_revoke(struct msiv2_emulator *emulator, const char *sha256, struct msiv2_error *err);
/* Revokes every certificate issued until now. */
MSIV2_API void msiv2_emulator_revoke_all(struct msiv2_emulator *emulator);

/* How often an endpoint was asked since start or reset: "getplatformmetadata", "probe",
 * "issuecredential", "token", "resource", "openid-configuration", "keys", "attest-nonce",
 * "attest-keyguard", "attest-tpm", "maa-certs" or "unknown"; 0 for another name. Complete as soon
 * as the client has its answer. */
MSIV2_API uint64_t msiv2_emulator_count(const struct msiv2_emulator *emulator,
                                        const char *endpoint);
/* Waits up to timeout_ms, in real time, until nobody is connected to IMDS or the token service, so
 * that the journal has all that clients did who are gone: a handshake that failed is written down
 * after the client has noticed. False when somebody still is. */
MSIV2_API bool msiv2_emulator_settle(const struct msiv2_emulator *emulator, int64_t timeout_ms);
/* The journal as JSON {"events":[...],"dropped":n,"next":seq}. `query` is that of GET /journal
 * ("endpoint=token&status=200"); NULL = everything. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_emulator_journal(const struct msiv2_emulator *emulator,
                                                              const char *query, char **out,
                                                              struct msiv2_error *err);
/* Asks the admin interface without a socket: every route of docs/emulator.md. `target` is path and
 * query ("/journal?endpoint=token"), `body` the request's body or NULL. *status is the HTTP status,
 * *answer the body, freed with msiv2_emulator_text_free(). No key is needed, and changes are
 * journalled as those that come over the wire. MSIV2_CONFIG when the target is no path. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_emulator_admin_call(struct msiv2_emulator *emulator, const char *method, const char *target,
                          const char *body, int *status, char **answer, struct msiv2_error *err);
/* Journal, counts, revocations, attestation, clock and rules as they were at start. Keys stay. */
MSIV2_API void msiv2_emulator_reset(struct msiv2_emulator *emulator);

/* Frees text that came through a `char **`; NULL is allowed. */
MSIV2_API void msiv2_emulator_text_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
