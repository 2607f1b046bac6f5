/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The faults of one exchange, from the plan to what happened: who asked for what is found out from
 * the request alone, then each stage of the exchange lets its faults happen. Every firing is noted
 * in exactly one event of the journal. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_RUN_H
#define EMULATOR_INSTRUMENTS_FAULT_RUN_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "common/bytes.h"
#include "common/own.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/fault_leaf.h"
#include "emulator/instruments/faults.h"
#include "emulator/instruments/journal.h"
#include "emulator/pki/jwt.h"
#include "emulator/world.h"

struct tls_plan;

struct fault_run {
	struct world *world;
	const struct http_request *request;
	struct fault_plan plan;
	struct jwt_editor editor; /* lets faults happen to a token; its ctx is this */
};

/* Plans for an exchange at an endpoint; the run stays where it is. */
void fault_run_begin(struct fault_run *run, struct world *world, const struct http_request *request,
                     enum endpoint endpoint);
/* Lets go of the plan. */
void fault_run_free(struct fault_run *run);
DEFINE_OWNED_VALUE(fault_run, fault_run_free)

/* A fault answers instead of the endpoint; true when it did. */
bool fault_run_answer(struct fault_run *run, enum endpoint endpoint, struct http_response *response,
                      struct journal_notes *notes);
/* The faults of the answer that was made, and of its way out; notes what fired in all. */
void fault_run_end(struct fault_run *run, struct http_response *response,
                   struct journal_notes *notes);

/* Inside an endpoint; `run` may be NULL. The faults of a certificate before it is signed. */
void fault_run_certificate(struct fault_run *run, struct fault_leaf *leaf);
/* The faults of the signed certificate's DER. */
void fault_run_der(struct fault_run *run, struct bytes *der);
/* The editor for a token that is issued; NULL when nothing is planned for one. */
const struct jwt_editor *fault_run_editor(const struct fault_run *run);

/* The faults of a handshake: when the client says hello, and (certificate not NULL) when it shows
 * its certificate. What fires is noted. */
void fault_run_handshake(struct world *world, const char *server_name, X509 *certificate,
                         struct tls_plan *tls, struct journal_notes *notes);

#endif
