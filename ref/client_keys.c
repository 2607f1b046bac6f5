/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client's keys on their own, for people who set machines up and look at them. */
#include <string.h>

#include "acquisition.h"
#include "client_request.h"
#include "common/text.h"
#include "enrolment.h"
#include "key_info.h"

enum msiv2_rc msiv2_client_key(struct msiv2_client *client, const struct msiv2_request *request,
                               struct msiv2_key_info **out, struct msiv2_error *err)
{
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;
	struct acquisition a;
	enum msiv2_rc rc;

	TRY(client_request_check_plain(client, request, err));
	TRY(client_request_begin(client, request, &a, err));
	TRY(keyring_get(client->keyring, &a.errand, &key, &pkey, err));
	rc = key_info_new(key, client->clock, out, err);
	if (rc == MSIV2_KEY_UNAVAILABLE)
		keyring_drop(client->keyring, key); /* KEY-08 */
	return rc;
}

static enum msiv2_rc find_provider(const char *kind, const struct key_provider **out,
                                   struct msiv2_error *err)
{
	*out = kind != NULL ? hierarchy_provider(kind, strlen(kind)) : NULL;
	if (*out == NULL)
		return err_set(err, MSIV2_CONFIG, "key kind",
		               "must be keyguard, hardware or memory");
	return MSIV2_OK;
}

enum msiv2_rc msiv2_client_enrol_key(struct msiv2_client *client,
                                     const struct msiv2_request *request, const char *kind,
                                     const char *authority, struct msiv2_error *err)
{
	const struct http_pool_config config = {.clock = client->clock, .trust = client->trust};
	OWNED_STRUCT(http_pool) *pool = NULL;
	struct enrolment enrolment = {.authority = authority};
	struct key_place place;
	struct acquisition a;

	TRY(client_request_check_plain(client, request, err));
	TRY(find_provider(kind, &enrolment.provider, err));
	if (text_empty(authority))
		return err_set(err, MSIV2_CONFIG, "authority", "is required");
	TRY(client_request_begin(client, request, &a, err));
	TRY(http_pool_new(&config, &pool, err));
	place = key_settings_place(&client->keys, client->clock, &client->log);
	enrolment.place = &place;
	enrolment.pool = pool;
	enrolment.errand = &a.errand;
	return enrolment_run(&enrolment, err);
}

enum msiv2_rc msiv2_client_remove_key(struct msiv2_client *client, const char *kind,
                                      struct msiv2_error *err)
{
	const struct key_provider *provider = NULL;
	struct key_place place;

	TRY(client_request_check_plain(client, NULL, err));
	TRY(find_provider(kind, &provider, err));
	place = key_settings_place(&client->keys, client->clock, &client->log);
	return provider->remove(&place, err);
}
