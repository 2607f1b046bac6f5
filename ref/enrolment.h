/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Enrolling the identity that attests a device's keys (HOUSE, docs/attestation.md): its public key
 * goes to an authority, which certifies it, and the certificate into the device. */
#ifndef REF_ENROLMENT_H
#define REF_ENROLMENT_H

#include "errand.h"
#include "keys/provider.h"
#include "net/http.h"

/* What an enrolment takes; all of it borrowed. */
struct enrolment {
	const struct key_provider *provider;
	const struct key_place *place;
	const char *authority; /* http or https address; its path is ignored */
	struct http_pool *pool;
	const struct errand *errand;
};

/* MSIV2_UNSUPPORTED for a kind that cannot be attested (ATT-02), MSIV2_CONFIG for an authority that
 * is no address, MSIV2_KEY_UNAVAILABLE when the device has no identity or does not keep the
 * certificate, MSIV2_ATTESTATION_FAILED when the authority refuses or answers anything but a
 * certificate of that identity; transport and timeout as http_send(). */
MSIV2_MUST_USE enum msiv2_rc enrolment_run(const struct enrolment *enrolment,
                                           struct msiv2_error *err);

#endif
