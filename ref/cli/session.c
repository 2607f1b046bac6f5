/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "session.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/text.h"

typedef struct msiv2_options client_options;
DEFINE_OWNED(client_options, msiv2_options_free)

static int64_t moved_now_s(void *ctx)
{
	const struct session *session = ctx;

	return clock_now_s(clock_system()) + session->clock_offset_s;
}

static int64_t system_mono_us(void *ctx)
{
	(void)ctx;
	return clock_mono_us(clock_system());
}

static void system_wait_us(void *ctx, int64_t wait_us)
{
	(void)ctx;
	clock_wait_us(clock_system(), wait_us);
}

static void log_to_stderr(void *ctx, enum msiv2_log_level level, const char *line)
{
	static const char *const words[] = {"error", "warning", "info", "debug"};

	(void)ctx;
	(void)fprintf(stderr, "msiv2: %s: %s\n", words[level], line);
}

/* What OpenSSL's own tools and curl heed; the library reads no variable for it. */
static const char *trust_file(const struct arguments *args)
{
	const char *variable = secure_getenv("SSL_CERT_FILE");

	if (args->ca != NULL)
		return args->ca;
	return text_empty(variable) ? NULL : variable;
}

/* The library names its own option; a person typed ours. */
static enum msiv2_rc named(enum msiv2_rc rc, const char *option, struct msiv2_error *err)
{
	return rc == MSIV2_OK ? rc : err_set(err, rc, option, "%s", err->message);
}

static enum msiv2_rc apply_keys(client_options *options, const struct arguments *args,
                                struct msiv2_error *err)
{
	static const char *const names[MSIV2_KEY_PLACES] = {
	        [MSIV2_KEY_NAME] = "--key-name",
	        [MSIV2_KEY_PKCS11_MODULE] = "--pkcs11-module",
	        [MSIV2_KEY_PKCS11_TOKEN] = "--pkcs11-token",
	        [MSIV2_KEY_PIN_FILE] = "--pin-file",
	        [MSIV2_KEY_TCTI] = "--tcti",
	};

	if (args->keys != NULL)
		TRY(named(msiv2_options_set_key_kinds(options, args->keys, err), "--keys", err));
	if (args->min_strength != NULL)
		TRY(named(msiv2_options_set_min_strength(options, args->min_strength, err),
		          "--min-strength", err));
	for (int i = 0; i < MSIV2_KEY_PLACES; i++) {
		if (args->key_places[i] != NULL)
			TRY(named(msiv2_options_set_key_place(options, (enum msiv2_key_place)i,
			                                      args->key_places[i], err),
			          names[i], err));
	}
	msiv2_options_set_attestation(options, args->attest);
	return MSIV2_OK;
}

static enum msiv2_rc apply_store(client_options *options, const struct arguments *args,
                                 struct msiv2_error *err)
{
	if (args->store != NULL)
		TRY(named(msiv2_options_set_store(options, args->store, err), "--store", err));
	if (args->store_root != NULL)
		TRY(named(msiv2_options_set_store_root(options, args->store_root, err),
		          "--store-root", err));
	return MSIV2_OK;
}

static enum msiv2_rc apply(client_options *options, const struct arguments *args,
                           struct msiv2_error *err)
{
	static const enum msiv2_log_level levels[] = {MSIV2_LOG_WARN, MSIV2_LOG_INFO,
	                                              MSIV2_LOG_DEBUG};

	TRY(named(msiv2_options_set_identity(options, args->identity_kind, args->identity_id, err),
	          "--identity", err));
	if (args->imds != NULL)
		TRY(named(msiv2_options_set_imds(options, args->imds, err), "--imds", err));
	if (trust_file(args) != NULL)
		TRY(named(msiv2_options_set_trust_file(options, trust_file(args), err), "--ca",
		          err));
	TRY(apply_keys(options, args, err));
	TRY(apply_store(options, args, err));
	if (args->verbosity > 0)
		msiv2_options_set_log(options, log_to_stderr, NULL,
		                      levels[args->verbosity < 2 ? args->verbosity : 2]);
	return MSIV2_OK;
}

enum msiv2_rc session_open(struct session *session, const struct arguments *args,
                           struct msiv2_error *err)
{
	OWNED(client_options) *options = msiv2_options_new();

	if (options == NULL)
		return err_no_memory(err, "msiv2");
	TRY(apply(options, args, err));
	if (args->clock_offset_s != 0) {
		session->clock_offset_s = args->clock_offset_s;
		session->clock = (struct msiv2_clock){.now_s = moved_now_s,
		                                      .mono_us = system_mono_us,
		                                      .wait_us = system_wait_us,
		                                      .ctx = session};
		msiv2_options_set_clock(options, &session->clock);
	}
	return msiv2_client_new(options, &session->client, err);
}

void session_close(struct session *session)
{
	msiv2_client_free(session->client);
	session->client = NULL;
}

struct msiv2_request session_request(const struct arguments *args)
{
	return (struct msiv2_request){.resource = args->resource,
	                              .token_type = args->type,
	                              .claims = args->claims,
	                              .force = args->force,
	                              .timeout_ms = args->timeout_ms};
}
