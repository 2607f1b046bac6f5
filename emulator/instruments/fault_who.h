/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Who asks for what, for the matching of faults: read from the request before any role has seen it.
 * Nothing is verified, and what cannot be read is not known. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_WHO_H
#define EMULATOR_INSTRUMENTS_FAULT_WHO_H

#include <openssl/x509.h>

#include "common/bytes.h"
#include "common/own.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/fault.h"
#include "emulator/query.h"
#include "emulator/world.h"

struct fault_who {
	struct fault_subject subject; /* points into the rest; stays where it is */
	struct query query;
	struct bytes sha256;
	char client_id[JOURNAL_ID_SIZE];
	char host[JOURNAL_ID_SIZE];
};

/* Reads a request to an endpoint. */
void fault_who_ask(struct fault_who *who, struct world *world, const struct http_request *request,
                   enum endpoint endpoint);
/* Reads a handshake; both may be NULL. */
void fault_who_ask_tls(struct fault_who *who, const char *server_name, X509 *certificate);
/* Frees. */
void fault_who_free(struct fault_who *who);
DEFINE_OWNED_VALUE(fault_who, fault_who_free)

#endif
