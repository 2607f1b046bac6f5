/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client in front of a running emulator that writes down what it sees on the wire, whatever that
 * is: for tests that show the effect of faults. */
#ifndef TESTS_EMULATOR_FAULT_BENCH_H
#define TESTS_EMULATOR_FAULT_BENCH_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "emulator/include/msiv2_emulator.h"
#include "emulator/instruments/journal.h"

struct fault_bench {
	struct msiv2_emulator *emulator;
	EVP_PKEY *key;     /* the client's */
	X509 *certificate; /* issued without any fault */
	char *token;       /* bound to it, for the same resource */
};

/* What was seen of one exchange. */
struct fault_seen {
	struct bytes raw; /* everything that came */
	const char *body; /* in raw; "" = none */
	int status;       /* 0 = no answer */
	bool reset;       /* the connection ended with a TCP reset */
	bool handshake;   /* TLS was agreed on */
	bool asked;       /* the server asked for a certificate */
	long verdict;     /* on the server's certificate, X509_V_OK = good */
	int alert;        /* the number of the alert that came, 0 = none */
	int64_t first_ms; /* until the first byte of the answer, or the end */
	int64_t whole_ms; /* until the end */
};

/* Starts an emulator with config_text (NULL = defaults), and gets a certificate and a token. */
void fault_bench_start(struct fault_bench *bench, const char *config_text);
/* Stops it. */
void fault_bench_stop(struct fault_bench *bench);
/* One exchange with an endpoint, on a connection of its own. A new CSR goes to issuecredential. */
void fault_bench_see(struct fault_bench *bench, enum endpoint endpoint, struct fault_seen *seen);
/* Frees. */
void fault_seen_free(struct fault_seen *seen);
DEFINE_OWNED_VALUE(fault_seen, fault_seen_free)

/* Asks the admin interface; fails the test unless it answers with `status`. *answer (owned) may be
 * NULL. */
void fault_bench_admin(struct fault_bench *bench, const char *method, const char *target,
                       const char *body, int status, cJSON **answer);
/* A text member of a JSON object in the body that was seen; "" when there is none. Copied to out.
 */
void fault_seen_text(const struct fault_seen *seen, const char *name, struct bytes *out);
/* The certificate in the body; NULL when there is none that can be read. Owned by the caller. */
X509 *fault_seen_certificate(const struct fault_seen *seen);

#endif
