/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Answers of an attestation service that believes everything, for scripts of peers. */
#ifndef TESTS_REF_PAPER_MAA_H
#define TESTS_REF_PAPER_MAA_H

#include <stdint.h>

#include "common/bytes.h"
#include "scripted_peer.h"

#define PAPER_NONCE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/* Appends {"token":"..."}: a JWT number nth that ends at `exp_s`. */
void paper_maa_add_token(struct bytes *out, int nth, int64_t exp_s);
/* Appends the token alone. */
void paper_maa_add_jwt(struct bytes *out, int nth, int64_t exp_s);
/* Answers a request below .../attest/ well; false when it is for something else. */
bool paper_maa_answer(const struct peer_request *request, int nth, int64_t exp_s,
                      struct peer_answer *answer);

#endif
