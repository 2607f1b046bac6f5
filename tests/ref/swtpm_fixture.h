/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A private swtpm for a test: its directory, its process, and another program on the same TPM.
 * Everything is under one directory that is gone afterwards. Functions fail the test when they
 * cannot do what they say. */
#ifndef TESTS_REF_SWTPM_FIXTURE_H
#define TESTS_REF_SWTPM_FIXTURE_H

#include <sys/types.h>
#include <tss2/tss2_esys.h>

/* As TPM2_TRANSIENT_FIRST and TPM2_PERSISTENT_FIRST, which shift a signed number too far. */
#define FIRST_TRANSIENT  0x80000000U
#define FIRST_PERSISTENT 0x81000000U

struct swtpm {
	char dir[40];    /* of everything */
	char socket[56]; /* in it */
	char tcti[72];   /* what a client is told */
	pid_t pid;       /* 0 = not running */
};

/* Makes the directory and starts a TPM in it. It answers from now on: its socket listens before it
 * is born, so nothing waits. It ends when this process does, however that comes. */
void swtpm_make(struct swtpm *swtpm);
/* Starts one on the state that is there. */
void swtpm_start(struct swtpm *swtpm);
/* Ends it by a signal (SIGTERM, SIGKILL) and waits until it is gone; the state stays. */
void swtpm_end(struct swtpm *swtpm, int signal);
/* Makes it stand still, or go on. */
void swtpm_freeze(const struct swtpm *swtpm);
void swtpm_thaw(const struct swtpm *swtpm);
/* Ends it, forgets the state, starts a new one: another machine's TPM. */
void swtpm_wipe(struct swtpm *swtpm);
/* Ends it and removes everything. */
void swtpm_drop(struct swtpm *swtpm);

/* Another program on the same TPM, with tpm2-tss's own TCTI. */
struct foreign_client {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

/* Connects. Close it before a client of ours is to have its turn. */
void foreign_open(const struct swtpm *swtpm, struct foreign_client *client);
/* Disconnects; what it loaded stays in the TPM. */
void foreign_close(struct foreign_client *client);
/* Handles from `first` on, at most 200. */
unsigned foreign_count(const struct swtpm *swtpm, TPM2_HANDLE first);
/* Makes a primary key of the owner hierarchy by a template; password NULL = none. */
ESYS_TR foreign_primary(struct foreign_client *client, const TPM2B_PUBLIC *template,
                        const char *password);
/* Makes it persistent at a handle; the transient object is flushed. */
void foreign_persist(struct foreign_client *client, ESYS_TR key, TPM2_HANDLE handle);
/* A P-256 signing key nobody would take for ours. */
void foreign_template(TPM2B_PUBLIC *out);
/* The modulus or x at a persistent handle into out (256 bytes); its length. */
size_t foreign_public(const struct swtpm *swtpm, TPM2_HANDLE handle, uint8_t *out);

#endif
