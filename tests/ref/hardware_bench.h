/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What tests of hardware keys share: opening, signing, judging. */
#ifndef TESTS_REF_HARDWARE_BENCH_H
#define TESTS_REF_HARDWARE_BENCH_H

#include <stdbool.h>

#include "ref/keys/provider.h"
#include "swtpm_fixture.h"

/* A place on this TPM with the system's clock and the default name. */
struct key_place hardware_bench_place(const struct swtpm *swtpm);
/* The key of a place; fails the test when there is none. Owned by the caller. */
struct key *hardware_bench_open(const struct key_place *place);
/* The same, within a minute, with everything told. */
enum msiv2_rc hardware_bench_try(const struct key_place *place, struct key **out,
                                 enum key_lack *lack, struct msiv2_error *err);
/* One PSS SHA-256 signature, not judged. */
enum msiv2_rc hardware_bench_sign(struct key *key, struct msiv2_error *err);
/* A signature of the key's is made, is right, and is wrong for another digest; by OpenSSL. */
bool hardware_bench_signs(struct key *key, enum key_padding padding, const EVP_MD *md);

#endif
