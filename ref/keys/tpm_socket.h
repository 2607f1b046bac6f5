/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The socket of a swtpm: connected, written and read within a caller's patience.
 *
 * A swtpm serves one connection at a time and lets few others wait; connecting waits its turn in
 * the kernel. Errors: MSIV2_TIMEOUT at the deadline, otherwise MSIV2_KEY_UNAVAILABLE. */
#ifndef REF_KEYS_TPM_SOCKET_H
#define REF_KEYS_TPM_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "ref/net/patience.h"
#include "tpm_address.h"

/* Connects to an address of TPM_WAY_UNIX or TPM_WAY_TCP; *fd is the caller's to close. A host that
 * is a name is looked up, which the deadline does not bound. */
MSIV2_MUST_USE enum msiv2_rc tpm_socket_connect(const struct tpm_address *address,
                                                const struct patience *patience, int *fd,
                                                struct msiv2_error *err);
/* Sends all of it. */
MSIV2_MUST_USE enum msiv2_rc tpm_socket_send(int fd, const struct patience *patience,
                                             const void *data, size_t len, struct msiv2_error *err);
/* Receives exactly len bytes. */
MSIV2_MUST_USE enum msiv2_rc tpm_socket_receive(int fd, const struct patience *patience, void *out,
                                                size_t len, struct msiv2_error *err);

#endif
