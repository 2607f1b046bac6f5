/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Something that signs, as the benchmark sees it: our key, our key through the bridge, or the bare
 * device next to which both are judged. One session per thread. */
#ifndef BENCH_SIGNER_H
#define BENCH_SIGNER_H

#include "ref/keys/provider.h"

struct signer {
	const char *name;
	/* Opens what one thread needs; exits the program with a message when it cannot. */
	void *(*open)(void *shared);
	/* Signs a SHA-256 digest of 32 zero bytes; exits when it cannot. */
	void (*sign)(void *session, enum key_padding padding);
	/* Closes it. */
	void (*close)(void *session);
	void *shared;
};

/* Ends the program with a message. */
void signer_die(const char *what) __attribute__((noreturn));

/* OpenSSL's own RSA on one of its keys, nothing in between: the ceiling of memory keys. */
struct signer signer_openssl(EVP_PKEY *pkey);
/* C_Sign on the key of that name in a PKCS#11 token, nothing in between: the ceiling of keyguard
 * keys. */
struct signer signer_pkcs11(const struct key_place *place);
/* Esys_Sign on a persistent handle: the ceiling of hardware keys. */
struct signer signer_esys(const struct key_place *place);
/* key_sign() on a key of ours. */
struct signer signer_key(struct key *key);
/* EVP_DigestSign through the bridge, as CSR and TLS sign. */
struct signer signer_bridge(EVP_PKEY *pkey);

#endif
