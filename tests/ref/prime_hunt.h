/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Hunts for an RSA key's primes in bytes: any run of half the modulus' length that divides the
 * modulus, read with either end first. Nobody has to know the primes to find them. */
#ifndef TESTS_REF_PRIME_HUNT_H
#define TESTS_REF_PRIME_HUNT_H

#include <openssl/evp.h>
#include <stddef.h>

/* Primes of the key found in these bytes, at any offset. */
unsigned prime_hunt_bytes(EVP_PKEY *public_key, const void *data, size_t len);
/* The same in each regular file below a directory. */
unsigned prime_hunt_files(EVP_PKEY *public_key, const char *dir);
/* The same in all writable memory of this process: what its core image would hold. Call it while no
 * other thread runs. */
unsigned prime_hunt_memory(EVP_PKEY *public_key);

#endif
