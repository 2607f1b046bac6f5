/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The way to a TPM: a TCTI of our own, in front of a swtpm's socket or of a module of tpm2-tss.
 *
 * Why not tpm2-tss's module for swtpm: it waits for an answer without a limit, so a swtpm that
 * stands still would hang its caller, and it writes with SIGPIPE. And a swtpm serves one connection
 * at a time: this link connects when a command is to be sent and is let go after each operation
 * (tpm_link_release()), so that processes take turns operation by operation. Other modules stay
 * open; the kernel's resource manager (/dev/tpmrm0) keeps their objects apart. Deadlines hold for
 * swtpm and for modules that heed the timeout of receive, as `device` does.
 *
 * Not thread-safe: one operation at a time (tpm_context.h). */
#ifndef REF_KEYS_TPM_LINK_H
#define REF_KEYS_TPM_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <tss2/tss2_tcti.h>

#include "common/err.h"
#include "ref/net/patience.h"
#include "tpm_address.h"

/* Every answer starts with tag (2), size (4), response code (4), big-endian. */
#define TPM_HEADER_LEN 10

struct tpm_link {
	TSS2_TCTI_CONTEXT_COMMON_V2 tcti; /* first: what ESYS sees */
	struct tpm_address address;
	const struct patience *patience; /* borrowed, of the operation under way */
	TSS2_TCTI_CONTEXT *module;       /* TPM_WAY_MODULE, open */
	int fd;                          /* swtpm, connected; or -1 */
	uint8_t header[TPM_HEADER_LEN];  /* of an answer whose size was asked for first */
	bool header_read;
	bool denied;                /* the device is there and may not be opened */
	struct msiv2_error trouble; /* why transmit or receive failed, when they did */
};

/* Prepares; connects to nothing. */
void tpm_link_init(struct tpm_link *link, const struct tpm_address *address);
/* What ESYS is made with. */
TSS2_TCTI_CONTEXT *tpm_link_tcti(struct tpm_link *link);
/* Lets others have the TPM: closes the connection of a swtpm, keeps a module. */
void tpm_link_release(struct tpm_link *link);
/* Closes everything; the next command connects anew. */
void tpm_link_close(struct tpm_link *link);

#endif
