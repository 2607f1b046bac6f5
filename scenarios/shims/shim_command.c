/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim_command.h"

#include <pthread.h>

#include "common/mem.h"
#include "common/text.h"

#define MANY_MAX     256
#define OFFSET_MAX_S (INT64_C(1000) * 366 * 24 * 3600)

static const struct blame blame = {MSIV2_CONFIG, "command"};

typedef struct msiv2_token token;
DEFINE_OWNED(token, msiv2_token_free)
typedef struct msiv2_response response;
DEFINE_OWNED(response, msiv2_response_free)
typedef struct msiv2_key_info key_info;
DEFINE_OWNED(key_info, msiv2_key_info_free)

/* A command adds to a reply that begins with "ok":true; failing replaces it. */
typedef enum msiv2_rc (*command_fn)(struct shim_session *session, const cJSON *command,
                                    struct shim_reply *reply, struct msiv2_error *err);

static enum msiv2_rc read_request(const cJSON *command, struct msiv2_request *request,
                                  struct msiv2_error *err)
{
	const char *type = NULL;

	*request = (struct msiv2_request){0};
	TRY(json_need_string(command, "resource", &blame, &request->resource, err));
	TRY(json_may_string(command, "claims", &blame, &request->claims, err));
	TRY(json_may_string(command, "token_type", &blame, &type, err));
	request->force = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "force"));
	if (text_equal(type, "bearer"))
		request->token_type = MSIV2_TOKEN_BEARER;
	else if (type != NULL && !text_equal(type, "mtls_pop"))
		return err_blame(err, &blame, "no such token_type: %s", type);
	return MSIV2_OK;
}

static enum msiv2_rc client_of(struct shim_session *session, const cJSON *command,
                               struct msiv2_client **out, struct msiv2_error *err)
{
	return shim_session_client(session, cJSON_GetObjectItemCaseSensitive(command, "identity"),
	                           out, err);
}

static enum msiv2_rc do_start(struct shim_session *session, const cJSON *command,
                              struct shim_reply *reply, struct msiv2_error *err)
{
	(void)reply;
	return shim_session_start(session, command, err);
}

static enum msiv2_rc do_acquire(struct shim_session *session, const cJSON *command,
                                struct shim_reply *reply, struct msiv2_error *err)
{
	struct msiv2_client *client = NULL;
	struct msiv2_request request;
	OWNED(token) *got = NULL;

	TRY(read_request(command, &request, err));
	TRY(client_of(session, command, &client, err));
	TRY(msiv2_client_acquire(client, &request, &got, err));
	shim_reply_token(reply, got);
	return MSIV2_OK;
}

/* One of many who ask at the same time: the gate is locked until all are there. */
struct asker {
	pthread_t thread;
	pthread_mutex_t *gate;
	struct msiv2_client *client;
	const struct msiv2_request *request;
	token *got;
	struct msiv2_error err;
	enum msiv2_rc rc;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	(void)pthread_mutex_lock(asker->gate);
	(void)pthread_mutex_unlock(asker->gate);
	asker->rc = msiv2_client_acquire(asker->client, asker->request, &asker->got, &asker->err);
	return NULL;
}

static void add_result(struct shim_reply *reply, const cJSON *id, struct asker *asker)
{
	struct shim_reply result;

	shim_reply_begin(&result, id, asker->rc == MSIV2_OK);
	if (asker->rc == MSIV2_OK)
		shim_reply_token(&result, asker->got);
	else
		shim_reply_error(&result, &asker->err);
	shim_reply_add(reply, &result);
	msiv2_token_free(asker->got);
}

static enum msiv2_rc run_askers(struct asker *askers, int64_t n, struct msiv2_error *err)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	int64_t started = 0;

	(void)pthread_mutex_lock(&gate);
	for (; started < n; started++) {
		askers[started].gate = &gate;
		if (pthread_create(&askers[started].thread, NULL, ask, &askers[started]) != 0)
			break;
	}
	(void)pthread_mutex_unlock(&gate);
	for (int64_t i = 0; i < started; i++)
		(void)pthread_join(askers[i].thread, NULL);
	return started == n
	               ? MSIV2_OK
	               : err_set(err, MSIV2_INTERNAL, "acquire_many",
	                         "only %d of %d threads could be started", (int)started, (int)n);
}

static enum msiv2_rc do_acquire_many(struct shim_session *session, const cJSON *command,
                                     struct shim_reply *reply, struct msiv2_error *err)
{
	struct msiv2_client *client = NULL;
	struct msiv2_request request;
	struct asker *askers;
	enum msiv2_rc rc;
	int64_t n = 0;

	TRY(read_request(command, &request, err));
	TRY(json_need_integer(command, "n", 1, MANY_MAX, false, &blame, &n, err));
	TRY(client_of(session, command, &client, err));
	askers = mem_alloc((size_t)n * sizeof(*askers));
	if (askers == NULL)
		return err_no_memory(err, "acquire_many");
	for (int64_t i = 0; i < n; i++) {
		askers[i].client = client;
		askers[i].request = &request;
	}
	rc = run_askers(askers, n, err);
	for (int64_t i = 0; i < n; i++)
		add_result(reply, cJSON_GetObjectItemCaseSensitive(command, "id"), &askers[i]);
	mem_free(askers);
	return rc;
}

static enum msiv2_rc do_call(struct shim_session *session, const cJSON *command,
                             struct shim_reply *reply, struct msiv2_error *err)
{
	struct msiv2_client *client = NULL;
	struct msiv2_request request;
	struct msiv2_call call = {0};
	OWNED(response) *answer = NULL;

	TRY(read_request(command, &request, err));
	TRY(json_need_string(command, "url", &blame, &call.url, err));
	TRY(client_of(session, command, &client, err));
	TRY(msiv2_client_call(client, &request, &call, &answer, err));
	shim_reply_token(reply, msiv2_response_token(answer));
	shim_reply_status(reply, msiv2_response_status(answer));
	return MSIV2_OK;
}

static enum msiv2_rc do_probe(struct shim_session *session, const cJSON *command,
                              struct shim_reply *reply, struct msiv2_error *err)
{
	struct msiv2_client *client = NULL;

	(void)reply;
	TRY(client_of(session, command, &client, err));
	return msiv2_client_probe(client, NULL, err);
}

static enum msiv2_rc do_describe_key(struct shim_session *session, const cJSON *command,
                                     struct shim_reply *reply, struct msiv2_error *err)
{
	struct msiv2_client *client = NULL;
	OWNED(key_info) *info = NULL;

	TRY(client_of(session, command, &client, err));
	TRY(msiv2_client_key(client, NULL, &info, err));
	shim_reply_key(reply, info);
	return MSIV2_OK;
}

static enum msiv2_rc do_clock(struct shim_session *session, const cJSON *command,
                              struct shim_reply *reply, struct msiv2_error *err)
{
	int64_t offset_s = 0;

	(void)reply;
	TRY(json_need_integer(command, "offset_s", -OFFSET_MAX_S, OFFSET_MAX_S, false, &blame,
	                      &offset_s, err));
	shim_clock_set(session->clock, offset_s);
	return MSIV2_OK;
}

/* A new process and one that forgot what was in its memory know the same: what is stored. */
static enum msiv2_rc do_forget(struct shim_session *session, const cJSON *command,
                               struct shim_reply *reply, struct msiv2_error *err)
{
	(void)command;
	(void)reply;
	(void)err;
	shim_session_forget(session);
	return MSIV2_OK;
}

static enum msiv2_rc do_nothing(struct shim_session *session, const cJSON *command,
                                struct shim_reply *reply, struct msiv2_error *err)
{
	(void)session;
	(void)command;
	(void)reply;
	(void)err;
	return MSIV2_OK;
}

static const struct command_row {
	const char *word;
	command_fn run;
	bool any_time; /* also before start */
	bool last;
} commands[] = {
        {"start", do_start, true, false},
        {"acquire", do_acquire, false, false},
        {"acquire_many", do_acquire_many, false, false},
        {"call", do_call, false, false},
        {"probe", do_probe, false, false},
        {"describe_key", do_describe_key, false, false},
        {"clock", do_clock, false, false},
        {"restart", do_forget, false, false},
        {"drop_memory", do_forget, false, false},
        {"quit", do_nothing, true, true},
};

static enum msiv2_rc find(const struct shim_session *session, const cJSON *command,
                          const struct command_row **row, struct msiv2_error *err)
{
	const char *word = NULL;
	int64_t id = 0;

	TRY(json_need_integer(command, "id", 0, INT32_MAX, false, &blame, &id, err));
	TRY(json_need_string(command, "command", &blame, &word, err));
	for (size_t i = 0; i < TEXT_COUNT(commands); i++) {
		if (text_equal(commands[i].word, word))
			*row = &commands[i];
	}
	if (*row == NULL)
		return err_set(err, MSIV2_UNSUPPORTED, "command", "no such command: %s", word);
	if (session->settings == NULL && !(*row)->any_time)
		return err_blame(err, &blame, "%s comes before start", word);
	return MSIV2_OK;
}

void shim_command_run(struct shim_session *session, const struct bytes *line,
                      struct shim_reply *reply, bool *quit)
{
	OWNED(cJSON) *command = NULL;
	const struct command_row *row = NULL;
	const cJSON *id = NULL;
	struct msiv2_error err = {0};
	enum msiv2_rc rc = json_parse_object(line->data, line->len, &blame, &command, &err);

	*reply = (struct shim_reply){0};
	if (rc == MSIV2_OK) {
		id = cJSON_GetObjectItemCaseSensitive(command, "id");
		rc = find(session, command, &row, &err);
	}
	if (rc == MSIV2_OK) {
		shim_reply_begin(reply, id, true);
		rc = row->run(session, command, reply, &err);
		*quit = row->last;
	}
	if (rc != MSIV2_OK) {
		shim_reply_free(reply);
		shim_reply_begin(reply, id, false);
		shim_reply_error(reply, &err);
	}
}
