/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What is behind the public face. */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "emulator/admin/admin_guard.h"
#include "emulator/gate.h"
#include "emulator/host_listeners.h"
#include "emulator/http/server.h"
#include "emulator/http/tls_server.h"
#include "emulator/include/msiv2_emulator.h"
#include "emulator/world.h"

enum { LISTENER_IMDS, LISTENER_STS, LISTENER_ADMIN, LISTENER_COUNT };

struct msiv2_emulator {
	struct gate gate; /* open once the world's addresses are known */
	struct world *world;
	SSL_CTX *tls;
	struct tls_watcher watcher;
	struct server *servers[LISTENER_COUNT];
	struct host_listeners *listeners; /* of further hosts */
	struct admin_guard *guard;
	char *ca_file;
	bool ca_file_is_private; /* removed at stop */
	char *ready;
};

#endif
