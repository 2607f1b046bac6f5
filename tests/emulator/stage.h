/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A world and one exchange in front of it, without sockets: roles are called as the functions they
 * are. The base clock stands still at STAGE_NOW_S. */
#ifndef TESTS_EMULATOR_STAGE_H
#define TESTS_EMULATOR_STAGE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/journal.h"
#include "emulator/rule.h"
#include "emulator/world.h"

#define STAGE_NOW_S       INT64_C(1795230000) /* 2026-11-21T03:00:00Z */
#define STAGE_TENANT      "72f988bf-0000-4000-8000-00000000aaaa"
#define STAGE_SYSTEM      "a1a1a1a1-0000-4000-8000-000000000001"
#define STAGE_SYSTEM_OID  "b1b1b1b1-0000-4000-8000-000000000001"
#define STAGE_USER        "a2a2a2a2-0000-4000-8000-000000000002"
#define STAGE_USER_OID    "b2b2b2b2-0000-4000-8000-000000000002"
#define STAGE_CORRELATION "0f0e0d0c-0b0a-4909-8807-060504030201"
#define STAGE_METADATA    "/metadata/identity/getplatformmetadata"
#define STAGE_ISSUE       "/metadata/identity/issuecredential"
#define STAGE_TOKEN       "/" STAGE_TENANT "/oauth2/v2.0/token"
#define STAGE_HEADERS     16

struct stage {
	struct world *world;
	int64_t now_s;   /* what the base clock says */
	int64_t mono_us; /* its monotonic time; waiting moves it on */
	struct msiv2_clock clock;
	EVP_PKEY *key; /* the client's */

	struct http_header headers[STAGE_HEADERS];
	struct http_request request;
	struct tls_facts tls;
	struct http_response response;
	struct journal_notes notes;
	cJSON *json; /* the answer's body, when it is JSON */
};

/* Makes the world of the default configuration plus config_text (NULL = nothing). */
void stage_new(struct stage *stage, const char *config_text);
/* Frees everything. */
void stage_free(struct stage *stage);

/* Starts another request; what was there before is forgotten. */
void stage_begin(struct stage *stage, const char *listener, const char *method, const char *path,
                 const char *query);
/* Adds a header; texts are borrowed. */
void stage_header(struct stage *stage, const char *name, const char *value);
/* Sets the body; the text is borrowed. */
void stage_body(struct stage *stage, const char *text);
/* Presents a client certificate; NULL = a TLS connection without one. */
void stage_peer(struct stage *stage, X509 *peer);

/* Run the role; afterwards response, notes and json tell. */
void stage_imds(struct stage *stage);
void stage_https(struct stage *stage);
void stage_admin(struct stage *stage);

/* A text member of the answer; "" when it is not there. */
const char *stage_text(const struct stage *stage, const char *name);
/* The value of a response header, or NULL. */
const char *stage_answer_header(const struct stage *stage, const char *name);
/* The rule has a finding, and it decided the answer or not. */
bool stage_found(const struct stage *stage, enum rule_id rule, bool rejected);
/* The rule has no finding. */
bool stage_silent(const struct stage *stage, enum rule_id rule);
/* Changes the configuration or fails the test. */
void stage_change(struct stage *stage, const char *patch_text);
/* Sets the profile or fails the test. */
void stage_profile(struct stage *stage, const char *profile);
/* Sets a mode or fails the test. */
void stage_mode(struct stage *stage, const char *rule, const char *mode);

/* Appends {"csr":"..."} with a good CSR for that client id and cuId, signed by the stage's key. */
void stage_csr_body(const struct stage *stage, const char *client_id, const char *cu_id,
                    struct bytes *out);
/* The same for an identity of another tenant. */
void stage_csr_body_in(const struct stage *stage, const char *tenant, const char *client_id,
                       const char *cu_id, struct bytes *out);
/* A certificate issued to that identity by asking issuecredential. Owned by the caller. */
X509 *stage_issue(struct stage *stage, const char *client_id);

#endif
