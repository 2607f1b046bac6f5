/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "client_desk.h"

#include <openssl/ssl.h>

const struct msiv2_request client_desk_vault = {.resource = CLOUD_RESOURCE};

static int setup_with(void **state, int tls_max)
{
	struct client_desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, tls_max);
	desk->client = fake_cloud_client(&desk->cloud, true);
	desk->err = msiv2_error_new();
	*state = desk;
	return 0;
}

int client_desk_setup(void **state)
{
	return setup_with(state, 0);
}

int client_desk_setup_tls_1_2(void **state)
{
	return setup_with(state, TLS1_2_VERSION);
}

int client_desk_teardown(void **state)
{
	struct client_desk *desk = *state;
	bool presented_again;

	msiv2_token_free(desk->token);
	msiv2_error_free(desk->err);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	presented_again = desk->presented_again;
	X509_free(desk->refused);
	test_free(desk);
	return presented_again ? -1 : 0;
}

enum msiv2_rc client_desk_acquire(struct client_desk *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, desk->err);
}

void client_desk_expect_token(struct client_desk *desk, const struct msiv2_request *request,
                              int metadata, int issue, int token)
{
	assert_int_equal(client_desk_acquire(desk, request), MSIV2_OK);
	fake_cloud_expect(&desk->cloud, metadata, issue, token);
}

bool client_desk_refuse_tokens(struct fake_cloud *cloud, enum leg leg, int nth,
                               const struct peer_request *request, struct peer_answer *answer)
{
	struct client_desk *desk = (struct client_desk *)cloud; /* its first member */

	(void)nth;
	if (leg != LEG_TOKEN)
		return false;
	if (desk->refused != NULL && X509_cmp(desk->refused, request->certificate) == 0)
		desk->presented_again = true;
	if (desk->refusals == 0)
		return false;
	desk->refusals--;
	X509_free(desk->refused);
	desk->refused = X509_dup(request->certificate);
	return fake_cloud_says(answer, 401, desk->refusal);
}
