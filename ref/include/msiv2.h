/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* libmsiv2: a reference client for Azure Managed Identity v2.
 *
 *     struct msiv2_options *options = msiv2_options_new();
 *     struct msiv2_client *client = NULL;
 *     struct msiv2_token *token = NULL;
 *     msiv2_client_new(options, &client, err);
 *     msiv2_client_acquire(client, &(struct msiv2_request){.resource = "https://vault.azure.net"},
 *                          &token, err);
 *
 * One client serves many threads. It makes one RSA key (KEY-01, KEY-04), gets one certificate for
 * it from its store or from IMDS (STORE-*, ISSUE-*), renews it in time (LIFE-*), and answers from
 * its token cache while it can (TOK-02). Nothing here returns a private key (KEY-05): there is no
 * function that could.
 *
 * Time. Every call that may talk to the network has one deadline for the whole of it (NET-04).
 * A deadline that cannot hold the next retry ends the call at once with what the service said.
 * Fork. A client belongs to the process that made it: in a forked child its calls fail as
 * MSIV2_CONFIG, and freeing it there leaves the parent's connections alone. Tokens, certificates
 * and errors may be read and freed anywhere, also after the client is gone.
 * Memory. Objects made by *_new() and by acquire, call, csr, certificate and probe are owned by the
 * caller and freed by the *_free() of their kind; texts returned by getters are borrowed from their
 * object. */
#ifndef MSIV2_H
#define MSIV2_H

#include <stddef.h>
#include <stdint.h>

#include "msiv2_base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct msiv2_options;
struct msiv2_client;
struct msiv2_token;
struct msiv2_certificate;
struct msiv2_csr;
struct msiv2_key_info;
struct msiv2_response;

/* Version of this library: "MAJOR.MINOR.PATCH". */
MSIV2_API const char *msiv2_version(void);

/* ---- options: set before msiv2_client_new(), copied by it ---- */

/* Which managed identity of the host (META-04). */
enum msiv2_identity_kind {
	MSIV2_IDENTITY_SYSTEM,
	MSIV2_IDENTITY_CLIENT_ID,
	MSIV2_IDENTITY_OBJECT_ID,
	MSIV2_IDENTITY_RESOURCE_ID
};

/* Defaults: system-assigned, IMDS base from the environment (NET-06), the system's trust anchors,
 * memory keys, the store "CurrentUser\\My", system clock, 60 s, silent. NULL when memory is out. */
MSIV2_API struct msiv2_options *msiv2_options_new(void);
/* Frees; NULL is allowed. */
MSIV2_API void msiv2_options_free(struct msiv2_options *options);

/* Selects an identity; `id` must be NULL for the system-assigned one, non-empty otherwise.
 * MSIV2_CONFIG when it is not (a client or object id must be a UUID). */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_identity(struct msiv2_options *options,
                                                                  enum msiv2_identity_kind kind,
                                                                  const char *id,
                                                                  struct msiv2_error *err);
/* Base address of IMDS, "http://HOST[:PORT]"; overrides the environment. Path and query are
 * ignored (NET-06). MSIV2_CONFIG when it is no http or https address. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_options_set_imds(struct msiv2_options *options, const char *base, struct msiv2_error *err);
/* PEM file with the only roots trusted for the token service and resources (STS-06). Read by
 * msiv2_client_new(). */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_trust_file(struct msiv2_options *options,
                                                                    const char *path,
                                                                    struct msiv2_error *err);
/* Key kinds to try, in order: "windows" (keyguard, hardware, memory: KEY-02), "linux" (memory:
 * KEY-03, the default), or a comma-separated list of kinds. MSIV2_CONFIG for anything else. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_key_kinds(struct msiv2_options *options,
                                                                   const char *kinds,
                                                                   struct msiv2_error *err);
/* The weakest kind that will do (KEY-06): a host below it is MSIV2_KEY_UNAVAILABLE before anybody
 * is asked for a certificate. MSIV2_CONFIG for an unknown kind. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_min_strength(struct msiv2_options *options,
                                                                      const char *kind,
                                                                      struct msiv2_error *err);
/* Where keys are. */
enum msiv2_key_place {
	MSIV2_KEY_NAME,          /* name of the key in its device: "msiv2" */
	MSIV2_KEY_PKCS11_MODULE, /* path; else MSIV2_PKCS11_MODULE, else SoftHSM2's when it is there
	                          */
	MSIV2_KEY_PKCS11_TOKEN,  /* label; else MSIV2_PKCS11_TOKEN, else "msiv2" */
	MSIV2_KEY_PIN_FILE,      /* file with the PIN; else the PIN itself in MSIV2_PKCS11_PIN */
	MSIV2_KEY_TCTI,  /* how to reach the TPM; else MSIV2_TCTI, else device:/dev/tpmrm0 */
	MSIV2_KEY_PLACES /* how many there are */
};
/* Sets one of them. MSIV2_CONFIG when the value is empty. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_key_place(struct msiv2_options *options,
                                                                   enum msiv2_key_place what,
                                                                   const char *value,
                                                                   struct msiv2_error *err);
/* Has keys attested that can be (ATT-01): failing to is an error then, MSIV2_ATTESTATION_FAILED.
 * Memory keys cannot be (ATT-02) and are used without, which is logged. The token of the
 * attestation service is kept until five minutes before it runs out (ATT-04). Default: not. */
MSIV2_API void msiv2_options_set_attestation(struct msiv2_options *options, bool wanted);
/* Where certificates outlive the process (docs/store.md): "CurrentUser\\My" (the default),
 * "LocalMachine\\My" (services that run as root) or "none". It holds certificates and the names of
 * keys, never keys (STORE-03). Only keys that outlive the process themselves take part: a client of
 * memory keys never touches it (STORE-08). A store that cannot be used never fails a call: the
 * first trouble of a client is a WARN line of its log (STORE-06). MSIV2_CONFIG for another word. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_options_set_store(struct msiv2_options *options, const char *scope, struct msiv2_error *err);
/* The folder the store is in, instead of $XDG_DATA_HOME/msiv2 or ~/.local/share/msiv2 for the user
 * and /var/lib/msiv2 for the machine. MSIV2_CONFIG when it is empty; msiv2_client_new() says
 * MSIV2_CONFIG when it cannot be meant. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_store_root(struct msiv2_options *options,
                                                                    const char *folder,
                                                                    struct msiv2_error *err);
/* Lends a clock; it must outlive the client. NULL = the system's. */
MSIV2_API void msiv2_options_set_clock(struct msiv2_options *options,
                                       const struct msiv2_clock *clock);
/* Draws the lengths of pauses (STS-05, LIFE-02) from this seed, so that a test can repeat them.
 * Clients that share one ask at the same moment; without it the system draws. Keys and ids never
 * come from it. */
MSIV2_API void msiv2_options_set_pause_seed(struct msiv2_options *options, uint64_t seed);
/* Default deadline of one call in milliseconds, > 0. MSIV2_CONFIG otherwise. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_options_set_timeout_ms(struct msiv2_options *options,
                                                                    int64_t timeout_ms,
                                                                    struct msiv2_error *err);
/* Receives log lines up to `level`. */
MSIV2_API void msiv2_options_set_log(struct msiv2_options *options, msiv2_log_fn log, void *ctx,
                                     enum msiv2_log_level level);

/* ---- the client ---- */

/* Makes a client; asks nobody and makes no key yet. Reads the trust file, and for IMDS the variable
 * AZURE_POD_IDENTITY_AUTHORITY_HOST unless the options name a base (NET-06). `options` may be NULL:
 * all defaults. The client is thread-safe. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_new(const struct msiv2_options *options,
                                                        struct msiv2_client **out,
                                                        struct msiv2_error *err);
/* Frees the client, its key and its caches; no call may be running. NULL is allowed. */
MSIV2_API void msiv2_client_free(struct msiv2_client *client);

/* What is asked of the token service (STS-02): bound to the certificate, or not. */
enum msiv2_token_type { MSIV2_TOKEN_MTLS_POP, MSIV2_TOKEN_BEARER };

/* One acquisition. Zero-initialise, then set what differs from the default. */
struct msiv2_request {
	const char *resource;             /* required: "https://vault.azure.net" */
	enum msiv2_token_type token_type; /* default mtls_pop */
	const char *claims;               /* a claims challenge to pass on (STS-02), or NULL */
	bool force;                       /* do not answer from the token cache */
	int64_t timeout_ms;               /* 0 = the client's default */
	/* Polled during waits and transfers; true ends the call as MSIV2_TIMEOUT (NET-04).
	 * Optional. */
	bool (*cancelled)(void *ctx);
	void *cancelled_ctx;
};

/* Gets a token: from the cache, or by the flow of PROTOCOL.md section 0. Any error class. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_acquire(struct msiv2_client *client,
                                                            const struct msiv2_request *request,
                                                            struct msiv2_token **out,
                                                            struct msiv2_error *err);

/* Frees; NULL is allowed. */
MSIV2_API void msiv2_token_free(struct msiv2_token *token);
/* The token itself: a secret. Print it only when asked by name (SEC-01). */
MSIV2_API const char *msiv2_token_secret(const struct msiv2_token *token);
/* "mtls_pop" or "Bearer": also the Authorization scheme (TOK-03). */
MSIV2_API const char *msiv2_token_type(const struct msiv2_token *token);
/* Expiry, seconds since 1970. */
MSIV2_API int64_t msiv2_token_expires_on(const struct msiv2_token *token);
/* client_id of the identity (ISSUE-02). */
MSIV2_API const char *msiv2_token_client_id(const struct msiv2_token *token);
/* tenant_id of the identity (ISSUE-02). */
MSIV2_API const char *msiv2_token_tenant_id(const struct msiv2_token *token);
/* True when it came from the cache and nobody was asked. */
MSIV2_API bool msiv2_token_from_cache(const struct msiv2_token *token);
/* The certificate it was requested with; borrowed. */
MSIV2_API const struct msiv2_certificate *msiv2_token_certificate(const struct msiv2_token *token);

/* How long each leg took, in microseconds; -1 = not taken. A leg taken twice (STS-05) adds up. */
struct msiv2_timings {
	int64_t key_us, metadata_us, csr_us, issue_us, token_us, resource_us, total_us;
	int64_t attestation_us;
	int64_t store_us; /* reading, writing and cleaning it, and waiting at its mint gate */
};
/* Legs of the acquisition that got the token: of the one that was shared, when several callers
 * asked for the same at once; none when it came from the cache. The total is this caller's own. */
MSIV2_API void msiv2_token_timings(const struct msiv2_token *token, struct msiv2_timings *out);

/* ---- the binding certificate (public part) ---- */

/* The certificate the client holds: one of the store, or a new one, when it has none or a stale one
 * (STORE-02, STORE-05); no token request. From the middle of its life on it is renewed before it is
 * handed out; when that fails, which is a WARN line of the log, the old one is handed out while it
 * is not stale (LIFE-02). `request` may be NULL; its timeout, cancellation and `force` (always a
 * new one, past IMDS's cache: ISSUE-06) count, its resource, type and claims do not. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_certificate(struct msiv2_client *client,
                                                                const struct msiv2_request *request,
                                                                struct msiv2_certificate **out,
                                                                struct msiv2_error *err);
/* Frees; NULL is allowed. */
MSIV2_API void msiv2_certificate_free(struct msiv2_certificate *cert);
/* PEM text. */
MSIV2_API const char *msiv2_certificate_pem(const struct msiv2_certificate *cert);
/* SHA-256 of the DER in lower-case hex. */
MSIV2_API const char *msiv2_certificate_sha256(const struct msiv2_certificate *cert);
/* The same in base64url: the x5t#S256 of RFC 8705 section 3.1. */
MSIV2_API const char *msiv2_certificate_x5t_s256(const struct msiv2_certificate *cert);
/* "DC=tenant,CN=client" in DER order. */
MSIV2_API const char *msiv2_certificate_subject(const struct msiv2_certificate *cert);
/* As the subject. */
MSIV2_API const char *msiv2_certificate_issuer(const struct msiv2_certificate *cert);
/* Start of its validity, seconds since 1970. */
MSIV2_API int64_t msiv2_certificate_not_before(const struct msiv2_certificate *cert);
/* End of its validity, seconds since 1970. */
MSIV2_API int64_t msiv2_certificate_not_after(const struct msiv2_certificate *cert);
/* Where the client has it from: "issued" (by IMDS) or "store". */
MSIV2_API const char *msiv2_certificate_origin(const struct msiv2_certificate *cert);
/* Legs of getting it; the total is from the start of the call that got it. */
MSIV2_API void msiv2_certificate_timings(const struct msiv2_certificate *cert,
                                         struct msiv2_timings *out);
/* The token service this certificate is for (ISSUE-02). */
MSIV2_API const char *msiv2_certificate_endpoint(const struct msiv2_certificate *cert);
/* "SystemAssigned" or "UserAssigned" as IMDS said. */
MSIV2_API const char *msiv2_certificate_identity_type(const struct msiv2_certificate *cert);
/* The kind of the key behind it: "keyguard", "hardware" or "memory". */
MSIV2_API const char *msiv2_certificate_key_kind(const struct msiv2_certificate *cert);
/* The size of that key in bits. */
MSIV2_API int msiv2_certificate_key_bits(const struct msiv2_certificate *cert);

/* ---- the CSR, for inspection ---- */

/* Makes the key if needed, asks IMDS for the platform metadata, and signs a CSR; issues nothing.
 * `request` may be NULL; only its timeout and cancellation count. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_csr(struct msiv2_client *client,
                                                        const struct msiv2_request *request,
                                                        struct msiv2_csr **out,
                                                        struct msiv2_error *err);
/* Frees; NULL is allowed. */
MSIV2_API void msiv2_csr_free(struct msiv2_csr *csr);
/* DER bytes; *len receives their number. */
MSIV2_API const uint8_t *msiv2_csr_der(const struct msiv2_csr *csr, size_t *len);
/* The one-line base64 sent to IMDS (CSR-06). */
MSIV2_API const char *msiv2_csr_base64(const struct msiv2_csr *csr);
/* Legs of the call that made it. */
MSIV2_API void msiv2_csr_timings(const struct msiv2_csr *csr, struct msiv2_timings *out);

/* ---- the key, for inspection and setting machines up ---- */

/* Finds or makes the key that an acquisition would use, and has it sign once with each padding.
 * MSIV2_KEY_UNAVAILABLE when there is none, or it does not sign. `request` may be NULL; only its
 * timeout and cancellation count. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_key(struct msiv2_client *client,
                                                        const struct msiv2_request *request,
                                                        struct msiv2_key_info **out,
                                                        struct msiv2_error *err);
/* Frees; NULL is allowed. */
MSIV2_API void msiv2_key_info_free(struct msiv2_key_info *info);
/* "keyguard", "hardware" or "memory". */
MSIV2_API const char *msiv2_key_info_kind(const struct msiv2_key_info *info);
/* 3, 2 or 1 in the order of the kinds: more is stronger (KEY-02). */
MSIV2_API int msiv2_key_info_strength(const struct msiv2_key_info *info);
/* Size of the modulus. */
MSIV2_API int msiv2_key_info_bits(const struct msiv2_key_info *info);
/* The public half as PEM (SubjectPublicKeyInfo). */
MSIV2_API const char *msiv2_key_info_pem(const struct msiv2_key_info *info);
/* SHA-256 of the DER of that, in lower-case hex. */
MSIV2_API const char *msiv2_key_info_sha256(const struct msiv2_key_info *info);
/* Where it lives, for a person. */
MSIV2_API const char *msiv2_key_info_location(const struct msiv2_key_info *info);
/* How it is protected, for a person. */
MSIV2_API const char *msiv2_key_info_protection(const struct msiv2_key_info *info);
/* It outlives the process. */
MSIV2_API bool msiv2_key_info_persistent(const struct msiv2_key_info *info);
/* It can be attested: its kind knows how, and its device is enrolled. */
MSIV2_API bool msiv2_key_info_attestable(const struct msiv2_key_info *info);

/* How a signature is padded. */
enum msiv2_key_padding {
	MSIV2_KEY_PSS,  /* RSASSA-PSS with SHA-256: CSR, TLS 1.3 and 1.2 */
	MSIV2_KEY_PKCS1 /* RSASSA-PKCS1-v1_5 with SHA-256: TLS 1.2 peers that know no PSS */
};
/* How long the signature of that padding took, in microseconds; it has been verified. */
MSIV2_API int64_t msiv2_key_info_sign_us(const struct msiv2_key_info *info,
                                         enum msiv2_key_padding padding);

/* Has the identity that attests keys of `kind` ("keyguard" or "hardware") certified by the
 * authority at an http or https address, and keeps the certificate in the device
 * (docs/attestation.md: HOUSE). MSIV2_UNSUPPORTED for memory keys, MSIV2_ATTESTATION_FAILED when
 * the authority refuses. `request` as above. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_client_enrol_key(struct msiv2_client *client, const struct msiv2_request *request,
                       const char *kind, const char *authority, struct msiv2_error *err);
/* Removes the key of `kind` from its device; nothing to remove is MSIV2_OK. A client that holds
 * the key finds out when it signs next. MSIV2_KEY_UNAVAILABLE when the device does not let it. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc
msiv2_client_remove_key(struct msiv2_client *client, const char *kind, struct msiv2_error *err);

/* ---- probe (META-08) ---- */

/* MSIV2_OK: this host speaks v2. MSIV2_UNSUPPORTED: it answered otherwise. Transport errors as
 * usual. `request` may be NULL (default timeout). */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_probe(struct msiv2_client *client,
                                                          const struct msiv2_request *request,
                                                          struct msiv2_error *err);

/* ---- calling a protected resource over mTLS ---- */

struct msiv2_call {
	const char *url;          /* required, https */
	const char *method;       /* NULL = GET, or POST when there is a body */
	const char *body;         /* NULL = none */
	const char *content_type; /* of the body; NULL = application/json */
};

/* Acquires a token (as acquire) and calls the URL with it and the certificate it is bound to. An
 * HTTP status of the resource, whatever it is, is MSIV2_OK: read it from the response. */
MSIV2_API MSIV2_MUST_USE enum msiv2_rc msiv2_client_call(struct msiv2_client *client,
                                                         const struct msiv2_request *request,
                                                         const struct msiv2_call *call,
                                                         struct msiv2_response **out,
                                                         struct msiv2_error *err);
/* Frees; NULL is allowed. */
MSIV2_API void msiv2_response_free(struct msiv2_response *response);
/* HTTP status. */
MSIV2_API int msiv2_response_status(const struct msiv2_response *response);
/* Body, NUL-terminated; *len receives its length. At most 1 MiB (NET-04). */
MSIV2_API const char *msiv2_response_body(const struct msiv2_response *response, size_t *len);
/* A header's value by case-insensitive name, or NULL. */
MSIV2_API const char *msiv2_response_header(const struct msiv2_response *response,
                                            const char *name);
/* The token that was used; borrowed from the response. */
MSIV2_API const struct msiv2_token *msiv2_response_token(const struct msiv2_response *response);
/* Time the resource took, microseconds. */
MSIV2_API int64_t msiv2_response_time_us(const struct msiv2_response *response);

#ifdef __cplusplus
}
#endif
#endif
