/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim_session.h"

#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"

#define OFFSET_MAX_S   (INT64_C(1000) * 366 * 24 * 3600)
#define SEED_MAX       INT64_C(9007199254740991) /* what JSON keeps exactly */
#define TIMEOUT_MAX_MS (INT64_C(24) * 3600 * 1000)

static const struct blame blame = {MSIV2_CONFIG, "start"};

struct shim_client {
	struct shim_client *next;
	enum msiv2_identity_kind kind;
	char *id; /* NULL for the system-assigned identity */
	struct msiv2_client *client;
};

typedef struct msiv2_options client_options;
DEFINE_OWNED(client_options, msiv2_options_free)
typedef struct msiv2_error client_error;
DEFINE_OWNED(client_error, msiv2_error_free)

static void client_end(struct shim_client *client)
{
	if (client == NULL)
		return;
	msiv2_client_free(client->client);
	mem_free(client->id);
	mem_free(client);
}

DEFINE_OWNED_STRUCT(shim_client, client_end)

/* Who comes next is another client: it does not pause as the one before did. */
static void take_next_seed(cJSON *settings)
{
	cJSON *seed = cJSON_GetObjectItemCaseSensitive(settings, "seed");

	if (cJSON_IsNumber(seed))
		cJSON_SetNumberValue(seed,
		                     seed->valuedouble < SEED_MAX ? seed->valuedouble + 1 : 0);
}

void shim_session_forget(struct shim_session *session)
{
	while (session->clients != NULL) {
		struct shim_client *client = session->clients;

		session->clients = client->next;
		client_end(client);
	}
	take_next_seed(session->settings);
}

void shim_session_free(struct shim_session *session)
{
	shim_session_forget(session);
	cJSON_Delete(session->settings);
	session->settings = NULL;
}

/* Standard error is evidence: what the client has to say goes there. */
static void log_to_stderr(void *ctx, enum msiv2_log_level level, const char *line)
{
	static const char *const words[] = {"error", "warning", "info", "debug"};

	(void)ctx;
	(void)fprintf(stderr, "%s: %s\n", words[level], line);
}

typedef enum msiv2_rc (*text_setter)(client_options *options, const char *text,
                                     struct msiv2_error *err);

/* An option given by a member that may be absent. */
static enum msiv2_rc set_text(client_options *options, const cJSON *settings, const char *name,
                              text_setter set, struct msiv2_error *err)
{
	const char *text = NULL;

	TRY(json_may_string(settings, name, &blame, &text, err));
	return text != NULL ? set(options, text, err) : MSIV2_OK;
}

#ifdef MSIV2_SHIM_HAS_STORE
static enum msiv2_rc set_store(client_options *options, const cJSON *settings,
                               struct msiv2_error *err)
{
	const char *folder = NULL;

	TRY(json_may_string(settings, "store", &blame, &folder, err));
	if (folder == NULL)
		return msiv2_options_set_store(options, "none", err);
	TRY(msiv2_options_set_store(options, "CurrentUser\\My", err));
	return msiv2_options_set_store_root(options, folder, err);
}
#else
static enum msiv2_rc set_store(client_options *options, const cJSON *settings,
                               struct msiv2_error *err)
{
	const char *folder = NULL;

	TRY(json_may_string(settings, "store", &blame, &folder, err));
	return msiv2_options_set_store(options, "none", err);
}
#endif

static enum msiv2_rc set_timeout(client_options *options, const cJSON *settings,
                                 struct msiv2_error *err)
{
	int64_t timeout_ms = 0;

	if (cJSON_GetObjectItemCaseSensitive(settings, "timeout_ms") == NULL)
		return MSIV2_OK;
	TRY(json_need_integer(settings, "timeout_ms", 1, TIMEOUT_MAX_MS, false, &blame, &timeout_ms,
	                      err));
	return msiv2_options_set_timeout_ms(options, timeout_ms, err);
}

/* The run's seed is for pauses; keys and ids stay random. */
static enum msiv2_rc set_seed(client_options *options, const cJSON *settings,
                              struct msiv2_error *err)
{
	int64_t seed = 0;

	if (cJSON_GetObjectItemCaseSensitive(settings, "seed") == NULL)
		return MSIV2_OK;
	TRY(json_need_integer(settings, "seed", 0, SEED_MAX, false, &blame, &seed, err));
	msiv2_options_set_pause_seed(options, (uint64_t)seed);
	return MSIV2_OK;
}

static enum msiv2_rc apply(client_options *options, const cJSON *settings, struct msiv2_error *err)
{
	static const struct {
		const char *member;
		text_setter set;
	} texts[] = {
	        {"imds", msiv2_options_set_imds},
	        {"ca", msiv2_options_set_trust_file},
	        {"keys", msiv2_options_set_key_kinds},
	        {"min_strength", msiv2_options_set_min_strength},
	};

	for (size_t i = 0; i < TEXT_COUNT(texts); i++)
		TRY(set_text(options, settings, texts[i].member, texts[i].set, err));
	TRY(set_store(options, settings, err));
	TRY(set_timeout(options, settings, err));
	TRY(set_seed(options, settings, err));
	msiv2_options_set_attestation(
	        options, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(settings, "attest")));
	msiv2_options_set_log(options, log_to_stderr, NULL, MSIV2_LOG_INFO);
	return MSIV2_OK;
}

enum msiv2_rc shim_session_start(struct shim_session *session, const cJSON *settings,
                                 struct msiv2_error *err)
{
	OWNED(client_options) *options = msiv2_options_new();
	int64_t offset_s = 0;

	if (session->settings != NULL)
		return err_blame(err, &blame, "it was started before");
	if (options == NULL)
		return err_no_memory(err, "start");
	TRY(apply(options, settings, err));
	if (cJSON_GetObjectItemCaseSensitive(settings, "clock_offset_s") != NULL)
		TRY(json_need_integer(settings, "clock_offset_s", -OFFSET_MAX_S, OFFSET_MAX_S,
		                      false, &blame, &offset_s, err));
	session->settings = cJSON_Duplicate(settings, true);
	if (session->settings == NULL)
		return err_no_memory(err, "start");
	shim_clock_set(session->clock, offset_s);
	return MSIV2_OK;
}

/* ---- clients ---- */

static const char *const kinds[] = {
        [MSIV2_IDENTITY_SYSTEM] = "system",
        [MSIV2_IDENTITY_CLIENT_ID] = "client_id",
        [MSIV2_IDENTITY_OBJECT_ID] = "object_id",
        [MSIV2_IDENTITY_RESOURCE_ID] = "resource_id",
};

static enum msiv2_rc read_identity(const cJSON *identity, enum msiv2_identity_kind *kind,
                                   const char **id, struct msiv2_error *err)
{
	static const struct blame wrong = {MSIV2_CONFIG, "identity"};
	const char *word = NULL;

	*kind = MSIV2_IDENTITY_SYSTEM;
	*id = NULL;
	if (identity == NULL || cJSON_IsNull(identity))
		return MSIV2_OK;
	TRY(json_need_string(identity, "kind", &wrong, &word, err));
	TRY(json_may_string(identity, "id", &wrong, id, err));
	for (size_t i = 0; i < TEXT_COUNT(kinds); i++) {
		if (text_equal(word, kinds[i])) {
			*kind = (enum msiv2_identity_kind)i;
			return MSIV2_OK;
		}
	}
	return err_blame(err, &wrong, "no such kind: %s", word);
}

/* A device says of its keys only what an authority has enrolled it for. What fails here fails the
 * attestation, which is what is judged. */
static void enrol(const cJSON *settings, struct msiv2_client *client)
{
	static const char *const devices[] = {"keyguard", "hardware"};
	const char *authority =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(settings, "authority"));
	const char *listed =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(settings, "keys"));
	OWNED(client_error) *err = msiv2_error_new();

	if (authority == NULL || listed == NULL || err == NULL)
		return;
	for (size_t i = 0; i < TEXT_COUNT(devices); i++)
		if (strstr(listed, devices[i]) != NULL &&
		    msiv2_client_enrol_key(client, NULL, devices[i], authority, err) != MSIV2_OK)
			log_to_stderr(NULL, MSIV2_LOG_WARN, msiv2_error_message(err));
}

static enum msiv2_rc client_begin(struct shim_session *session, enum msiv2_identity_kind kind,
                                  const char *id, struct shim_client **out, struct msiv2_error *err)
{
	OWNED(client_options) *options = msiv2_options_new();
	OWNED_STRUCT(shim_client) *made = mem_alloc(sizeof(*made));

	if (options == NULL || made == NULL)
		return err_no_memory(err, "client");
	made->kind = kind;
	made->id = mem_strdup(id);
	if (id != NULL && made->id == NULL)
		return err_no_memory(err, "client");
	TRY(apply(options, session->settings, err));
	TRY(msiv2_options_set_identity(options, kind, id, err));
	msiv2_options_set_clock(options, &session->clock->lent);
	TRY(msiv2_client_new(options, &made->client, err));
	enrol(session->settings, made->client);
	*out = steal(&made);
	return MSIV2_OK;
}

enum msiv2_rc shim_session_client(struct shim_session *session, const cJSON *identity,
                                  struct msiv2_client **out, struct msiv2_error *err)
{
	struct shim_client *client = session->clients;
	enum msiv2_identity_kind kind;
	const char *id;

	TRY(read_identity(identity, &kind, &id, err));
	while (client != NULL && (client->kind != kind || !text_equal(client->id, id)))
		client = client->next;
	if (client == NULL) {
		TRY(client_begin(session, kind, id, &client, err));
		client->next = session->clients;
		session->clients = client;
	}
	*out = client->client;
	return MSIV2_OK;
}
