/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Parts of the flow on their own, for people who look at them: certificate, CSR, probe. */
#include <string.h>

#include "acquisition.h"
#include "client_request.h"
#include "common/clock.h"
#include "common/encoding.h"
#include "common/mem.h"

struct msiv2_csr {
	struct bytes der;
	struct bytes base64;
	struct msiv2_timings timings;
};

DEFINE_OWNED_STRUCT(msiv2_csr, msiv2_csr_free)

enum msiv2_rc msiv2_client_certificate(struct msiv2_client *client,
                                       const struct msiv2_request *request,
                                       struct msiv2_certificate **out, struct msiv2_error *err)
{
	OWNED_STRUCT(binding) *binding = NULL;
	struct acquisition a;

	TRY(client_request_check_plain(client, request, err));
	TRY(client_request_begin(client, request, &a, err));
	a.claims = NULL; /* they are of the token leg */
	TRY(acquisition_binding(&a, &binding, err));
	*out = certificate_ref(binding_certificate(binding));
	return MSIV2_OK;
}

void msiv2_csr_free(struct msiv2_csr *csr)
{
	if (csr == NULL)
		return;
	bytes_free(&csr->der);
	bytes_free(&csr->base64);
	mem_free(csr);
}

enum msiv2_rc msiv2_client_csr(struct msiv2_client *client, const struct msiv2_request *request,
                               struct msiv2_csr **out, struct msiv2_error *err)
{
	OWNED_STRUCT(msiv2_csr) *csr = mem_alloc(sizeof(*csr));
	struct acquisition a;

	if (csr == NULL)
		return err_no_memory(err, "csr");
	TRY(client_request_check_plain(client, request, err));
	TRY(client_request_begin(client, request, &a, err));
	TRY(acquisition_csr(&a, &csr->der, err));
	csr->timings = a.timings;
	csr->timings.total_us = clock_mono_us(client->clock) - a.started_us;
	base64_encode(csr->der.data, csr->der.len, &csr->base64); /* CSR-06 */
	TRY(bytes_done(&csr->base64, "csr", err));
	*out = steal(&csr);
	return MSIV2_OK;
}

const uint8_t *msiv2_csr_der(const struct msiv2_csr *csr, size_t *len)
{
	if (len != NULL)
		*len = csr->der.len;
	return csr->der.data;
}

const char *msiv2_csr_base64(const struct msiv2_csr *csr)
{
	return bytes_text(&csr->base64);
}

void msiv2_csr_timings(const struct msiv2_csr *csr, struct msiv2_timings *out)
{
	*out = csr->timings;
}

enum msiv2_rc msiv2_client_probe(struct msiv2_client *client, const struct msiv2_request *request,
                                 struct msiv2_error *err)
{
	struct acquisition a;

	TRY(client_request_check_plain(client, request, err));
	TRY(client_request_begin(client, request, &a, err));
	return imds_probe(&client->imds, &a.errand, err);
}
