/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Just enough of IMDS and a token service, over scripted peers, to drive the client into every
 * corner. Good answers unless the test's script says otherwise; judges nothing (the emulator does).
 */
#ifndef TESTS_REF_FAKE_CLOUD_H
#define TESTS_REF_FAKE_CLOUD_H

#include <pthread.h>
#include <stdint.h>

#include "common/err.h"
#include "ref/include/msiv2.h"
#include "scripted_peer.h"
#include "throwaway_ca.h"
#include "virtual_clock.h"

enum leg { LEG_METADATA, LEG_PROBE, LEG_ISSUE, LEG_TOKEN, LEG_RESOURCE, LEG_COUNT };

struct fake_cloud {
	struct throwaway_ca ca;
	struct scripted_peer *imds;
	struct scripted_peer *sts; /* and resource */
	struct virtual_clock clock;

	/* ---- set by the test before requests come; see fake_cloud_publish() ---- */
	/* Decides about request number nth (1 = the first) of a leg: true when it filled in the
	 * answer itself. NULL = everything is answered well. */
	bool (*script)(struct fake_cloud *cloud, enum leg leg, int nth,
	               const struct peer_request *request, struct peer_answer *answer);
	/* Decides about TLS connection number n; NULL = all are welcome. */
	enum peer_greeting (*greet)(struct fake_cloud *cloud, int connection);
	int64_t certificate_lifetime_s;
	int64_t token_lifetime_s;
	const char *endpoint; /* instead of the token service's own address */
	const char *token_type;
	const char *tenant_id;

	/* ---- seen; read with the functions below ---- */
	pthread_mutex_t lock;
	int counts[LEG_COUNT];
	int bypasses; /* issuances with bypass_cache=true */
	char target[LEG_COUNT][1024];
	char head[LEG_COUNT][2048];
	char body[LEG_COUNT][8192];
};

#define CLOUD_CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define CLOUD_TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"
#define CLOUD_RESOURCE  "https://vault.azure.net"

/* Starts IMDS and a TLS token service of at most `tls_max` (0 = any). */
void fake_cloud_start(struct fake_cloud *cloud, int tls_max);
/* Before and after requests that come from another process: orders what the test and the peers'
 * threads write and read, which nothing else does then. */
void fake_cloud_publish(struct fake_cloud *cloud);
/* Stops both. */
void fake_cloud_stop(struct fake_cloud *cloud);

/* How many requests of a leg came. */
int fake_cloud_count(struct fake_cloud *cloud, enum leg leg);
/* Fails the test unless exactly so many requests came since the last time it was asked. */
void fake_cloud_expect(struct fake_cloud *cloud, int metadata, int issue, int token);
/* Fails the test unless the last request of a leg had this text in its target, head or body. */
void fake_cloud_expect_text(struct fake_cloud *cloud, enum leg leg, const char *text);

/* A status and a JSON body, for scripts. Always true. */
bool fake_cloud_says(struct peer_answer *answer, int status, const char *body);

/* A client of this cloud on the system's clock, or on the cloud's virtual one. */
struct msiv2_client *fake_cloud_client(struct fake_cloud *cloud, bool virtual_time);

#endif
