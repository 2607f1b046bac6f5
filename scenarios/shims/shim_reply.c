/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim_reply.h"

#include "common/text.h"

static void check(struct shim_reply *reply, const cJSON *added)
{
	reply->failed = reply->failed || added == NULL;
}

static cJSON *object(struct shim_reply *reply, const char *name)
{
	cJSON *made = cJSON_AddObjectToObject(reply->tree, name);

	check(reply, made);
	return made;
}

static void add_text(struct shim_reply *reply, cJSON *to, const char *name, const char *text)
{
	check(reply, cJSON_AddStringToObject(to, name, text));
}

static void add_number(struct shim_reply *reply, cJSON *to, const char *name, double number)
{
	check(reply, cJSON_AddNumberToObject(to, name, number));
}

void shim_reply_begin(struct shim_reply *reply, const cJSON *id, bool ok)
{
	cJSON *copy = id != NULL ? cJSON_Duplicate(id, false) : cJSON_CreateNull();

	*reply = (struct shim_reply){.tree = cJSON_CreateObject()};
	if (!cJSON_AddItemToObject(reply->tree, "id", copy)) {
		cJSON_Delete(copy);
		reply->failed = true;
	}
	check(reply, cJSON_AddBoolToObject(reply->tree, "ok", ok));
}

static void add_words(struct shim_reply *reply, const char *name, const char *const *words)
{
	cJSON *list = cJSON_AddArrayToObject(reply->tree, name);

	check(reply, list);
	for (; *words != NULL; words++) {
		cJSON *word = cJSON_CreateString(*words);

		if (!cJSON_AddItemToArray(list, word)) {
			cJSON_Delete(word);
			reply->failed = true;
		}
	}
}

void shim_reply_hello(struct shim_reply *reply, bool virtual_time)
{
	static const char *const keys[] = {"memory", "keyguard", "hardware", NULL};
	static const char *const features[] = {"virtual_time",
	                                       "acquire_many",
	                                       "restart",
	                                       "drop_memory",
	                                       "describe_key",
	                                       "call",
	                                       "claims",
	                                       "clock",
	                                       "attestation",
	                                       "min_strength",
	                                       "force",
	                                       "bearer",
	                                       "probe",
	                                       "user_assigned",
	                                       "persistent_keys",
#ifdef MSIV2_SHIM_HAS_STORE
	                                       "store",
#endif
	                                       NULL};

	*reply = (struct shim_reply){.tree = cJSON_CreateObject()};
	add_number(reply, reply->tree, "protocol", 1);
	add_text(reply, reply->tree, "name", "msiv2-ref");
	add_text(reply, reply->tree, "version", msiv2_version());
	add_words(reply, "keys", keys);
	add_words(reply, "features", virtual_time ? features : features + 1);
}

void shim_reply_token(struct shim_reply *reply, const struct msiv2_token *token)
{
	const struct msiv2_certificate *cert = msiv2_token_certificate(token);
	cJSON *part = object(reply, "certificate");

	add_text(reply, reply->tree, "token_type", msiv2_token_type(token));
	add_number(reply, reply->tree, "expires_on", (double)msiv2_token_expires_on(token));
	add_text(reply, reply->tree, "client_id", msiv2_token_client_id(token));
	add_text(reply, reply->tree, "tenant_id", msiv2_token_tenant_id(token));
	add_text(reply, reply->tree, "source", msiv2_token_from_cache(token) ? "cache" : "network");
	add_text(reply, part, "sha256", msiv2_certificate_sha256(cert));
	add_number(reply, part, "not_after", (double)msiv2_certificate_not_after(cert));
#ifdef MSIV2_SHIM_HAS_STORE
	add_text(reply, part, "origin", msiv2_certificate_origin(cert));
#endif
	part = object(reply, "key");
	add_text(reply, part, "kind", msiv2_certificate_key_kind(cert));
	add_number(reply, part, "bits", msiv2_certificate_key_bits(cert));
}

void shim_reply_status(struct shim_reply *reply, int status)
{
	add_number(reply, reply->tree, "status", status);
}

void shim_reply_key(struct shim_reply *reply, const struct msiv2_key_info *info)
{
	cJSON *part = object(reply, "key");

	add_text(reply, part, "kind", msiv2_key_info_kind(info));
	add_number(reply, part, "bits", msiv2_key_info_bits(info));
	add_text(reply, part, "sha256", msiv2_key_info_sha256(info));
}

void shim_reply_error(struct shim_reply *reply, const struct msiv2_error *err)
{
	cJSON *part = object(reply, "error");

	add_text(reply, part, "class", msiv2_rc_name(msiv2_error_class(err)));
	add_text(reply, part, "where", msiv2_error_where(err));
	add_number(reply, part, "http_status", msiv2_error_http_status(err));
	add_text(reply, part, "code", msiv2_error_code(err));
	add_text(reply, part, "message", msiv2_error_message(err));
}

void shim_reply_add(struct shim_reply *reply, struct shim_reply *result)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(reply->tree, "results");

	if (list == NULL)
		list = cJSON_AddArrayToObject(reply->tree, "results");
	reply->failed = reply->failed || result->failed;
	if (!cJSON_AddItemToArray(list, result->tree)) {
		cJSON_Delete(result->tree);
		reply->failed = true;
	}
	result->tree = NULL;
}

void shim_reply_free(struct shim_reply *reply)
{
	cJSON_Delete(reply->tree);
	reply->tree = NULL;
}
