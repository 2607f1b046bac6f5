/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where a TPM is, as tpm2-tss writes it: "swtpm:path=/run/tpm/sock",
 * "swtpm:host=127.0.0.1,port=2321", "device:/dev/tpmrm0", or any other TCTI module "NAME[:CONF]".
 * Pure.
 *
 * A swtpm is told apart from the rest because we talk to it ourselves (tpm_link.h). */
#ifndef REF_KEYS_TPM_ADDRESS_H
#define REF_KEYS_TPM_ADDRESS_H

#include "common/err.h"

#define TPM_ADDRESS_SIZE 256

enum tpm_way {
	TPM_WAY_UNIX,   /* a swtpm's UNIX socket */
	TPM_WAY_TCP,    /* a swtpm's TCP port */
	TPM_WAY_MODULE, /* a module of tpm2-tss */
};

struct tpm_address {
	enum tpm_way way;
	char text[TPM_ADDRESS_SIZE]; /* all of it */
	char path[108];              /* TPM_WAY_UNIX: as sockaddr_un has room for */
	char host[128];              /* TPM_WAY_TCP */
	char port[8];                /* TPM_WAY_TCP */
	char module[64];             /* TPM_WAY_MODULE: "device" */
};

/* MSIV2_KEY_UNAVAILABLE naming what is wrong: an unknown or repeated parameter of swtpm, both a
 * path and a host, a path a socket cannot have, something too long. */
MSIV2_MUST_USE enum msiv2_rc tpm_address_parse(const char *text, struct tpm_address *out,
                                               struct msiv2_error *err);

#endif
