/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A desk for tests of the client's side of attestation: an attestation service of any manners, a
 * paper key, and a virtual clock, on which waiting takes no time. */
#ifndef TESTS_REF_ATTESTATION_DESK_H
#define TESTS_REF_ATTESTATION_DESK_H

#include <pthread.h>

#include "paper_key.h"
#include "paper_maa.h"
#include "ref/attestation.h"
#include "throwaway_ca.h"
#include "virtual_clock.h"

enum attestation_step { STEP_NONCE, STEP_TOKEN, STEP_COUNT };

struct attestation_desk {
	struct throwaway_ca ca;
	struct scripted_peer *peer;
	struct virtual_clock clock;
	X509_STORE *trust;
	struct attestation *attestation;
	struct errand errand;
	struct key *inner;
	struct paper_script script;
	struct key *key;
	char endpoint[96];
	struct attested *attested;
	struct msiv2_error err;
	char log[8000];
	/* for the peer */
	int64_t lifetime_s;
	enum attestation_step bad_step;
	int bad_answers; /* so many first answers of that step are bad_status */
	int bad_status;
	const char *headers;
	const char *body;
	enum peer_manners manners;
	/* seen */
	pthread_mutex_t lock;
	int counts[STEP_COUNT];
	char target[STEP_COUNT][256];
	char head[STEP_COUNT][1024];
	char sent[STEP_COUNT][1024];
	bool certificate;
};

/* CMocka setup: *state is a desk with a service that believes everything. */
int attestation_desk_setup(void **state);
/* Stops the service and frees the desk. */
int attestation_desk_teardown(void **state);

/* Asks for a token for a key; desk->attested or desk->err has what came of it. */
enum msiv2_rc attestation_desk_ask_for(struct attestation_desk *desk, const char *endpoint,
                                       struct key *key);
/* The same for the desk's own key and service. */
enum msiv2_rc attestation_desk_ask(struct attestation_desk *desk);
/* Asks, and fails the test unless that fails in this class, at "attestation", with the errand's
 * correlation id. */
void attestation_desk_expect(struct attestation_desk *desk, enum msiv2_rc rc);
/* How many requests of a step came. */
int attestation_desk_count(struct attestation_desk *desk, enum attestation_step step);
/* How long was waited so far, by the virtual clock. */
int64_t attestation_desk_waited_s(struct attestation_desk *desk);

#endif
