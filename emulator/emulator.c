/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The public face: a world, three listeners in front of it, and the file of its CA. */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/admin_guard.h"
#include "common/bytes.h"
#include "common/files.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "gate.h"
#include "http/server.h"
#include "http/tls_server.h"
#include "instruments/fault_run.h"
#include "instruments/journal_filter.h"
#include "roles/https.h"
#include "roles/imds.h"
#include "roles/role.h"
#include "settings.h"
#include "world.h"

#define WHERE             "emulator"
#define ADMIN_CONNECTIONS (2 * JOURNAL_WAITERS_MAX) /* waiting takes half of them at most */

/* ---- what the listeners do ---- */

/* World time, by which clients may judge their own. */
static void add_date(struct world *world, struct http_response *response)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format_http(world_now_s(world), text);
	http_add_header(response, "Date", text);
}

/* What answers on a listener, and which endpoint it would be. */
struct role {
	void (*answer)(struct world *world, const struct http_request *request,
	               struct http_response *response, struct journal_notes *notes);
	enum endpoint (*endpoint)(const struct http_request *request);
};

/* Runs a role with the faults that are planned for the exchange. */
static void run_role(struct world *world, const struct http_request *request,
                     struct http_response *response, const struct role *role,
                     struct journal_notes *notes)
{
	enum endpoint endpoint = role->endpoint(request);
	OWNED_STRUCT(fault_run) faults = {0};
	struct http_request with_faults = *request;

	fault_run_begin(&faults, world, request, endpoint);
	with_faults.faults = &faults;
	if (!fault_run_answer(&faults, endpoint, response, notes))
		role->answer(world, &with_faults, response, notes);
	add_date(world, response);
	fault_run_end(&faults, response, notes);
}

/* Runs a role and writes its exchange into the journal before the client sees the answer. */
static void journalled(struct msiv2_emulator *emulator, const struct http_request *request,
                       struct http_response *response, const struct role *role)
{
	const struct msiv2_clock *clock = clock_system();
	struct world *world = emulator->world;
	int64_t start_us = clock_mono_us(clock);
	struct journal_notes notes = {0};
	struct journal_times times;

	if (!gate_pass(&emulator->gate)) {
		response->status = 503;
		return;
	}
	run_role(world, request, response, role, &notes);
	times.mono_us = clock_mono_us(clock);
	times.duration_us = times.mono_us - start_us;
	times.world_s = world_now_s(world);
	journal_add(world->journal, request, response, &notes, &times);
}

static void handle_imds(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
	static const struct role role = {imds_answer, imds_endpoint};

	journalled(ctx, request, response, &role);
}

static void handle_sts(void *ctx, const struct http_request *request,
                       struct http_response *response)
{
	static const struct role role = {https_answer, https_endpoint};

	journalled(ctx, request, response, &role);
}

static void handle_admin(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
	struct msiv2_emulator *emulator = ctx;

	if (!gate_pass(&emulator->gate))
		response->status = 503;
	else if (admin_guard_passes(emulator->guard, request, response))
		admin_answer(emulator->world, request, response);
	add_date(emulator->world, response);
}

/* What is not HTTP is journalled like everything else. */
static void refuse_journalled(void *ctx, const struct http_request *request, int status,
                              struct http_response *response)
{
	const struct role_answer answer = {status, "invalid_request", 0,
	                                   "The request is not acceptable HTTP"};
	struct msiv2_emulator *emulator = ctx;
	const struct journal_times times = {.mono_us = clock_mono_us(clock_system()),
	                                    .world_s = world_now_s(emulator->world)};
	struct journal_notes notes = {0};
	OWNED_STRUCT(role_call) call = {0};

	role_call_init(&call, emulator->world, request, response, &notes);
	if (text_equal(request->listener, "imds"))
		imds_refuse(&call, &answer);
	else
		role_refuse(&call, &answer, "", NULL);
	add_date(emulator->world, response);
	journal_add(call.world->journal, request, response, &notes, &times);
}

static void refuse_admin(void *ctx, const struct http_request *request, int status,
                         struct http_response *response)
{
	struct msiv2_emulator *emulator = ctx;

	(void)request;
	admin_problem(response, status, "the request is not acceptable HTTP");
	add_date(emulator->world, response);
}

/* A handshake that failed never becomes a request; the journal tells its alert. */
static void journal_alert(void *ctx, const struct tls_facts *tls)
{
	const struct http_request request = {
	        .listener = "sts", .method = "", .path = "", .tls = tls};
	const struct http_response response = {0};
	struct msiv2_emulator *emulator = ctx;
	const struct journal_times times = {.mono_us = clock_mono_us(clock_system()),
	                                    .world_s = world_now_s(emulator->world)};
	struct journal_notes notes = {.endpoint = ENDPOINT_TLS};

	role_note(notes.error, sizeof(notes.error), tls->alert);
	journal_add(emulator->world->journal, &request, &response, &notes, &times);
}

/* The faults of a handshake are an event of their own, whatever becomes of it. */
static void spoil_handshake(struct msiv2_emulator *emulator, const char *server_name,
                            X509 *certificate, struct tls_plan *plan)
{
	const struct tls_facts tls = {.server_name = server_name, .peer = certificate};
	const struct http_request request = {
	        .listener = "sts", .method = "", .path = "", .tls = &tls};
	const struct http_response response = {0};
	struct journal_notes notes = {.endpoint = ENDPOINT_TLS};
	struct journal_times times;

	if (!gate_pass(&emulator->gate))
		return;
	fault_run_handshake(emulator->world, server_name, certificate, plan, &notes);
	if (notes.fault_count == 0)
		return;
	times = (struct journal_times){.mono_us = clock_mono_us(clock_system()),
	                               .world_s = world_now_s(emulator->world)};
	journal_add(emulator->world->journal, &request, &response, &notes, &times);
}

static void spoil_hello(void *ctx, const char *server_name, struct tls_plan *plan)
{
	spoil_handshake(ctx, server_name, NULL, plan);
}

static void spoil_peer(void *ctx, const char *server_name, X509 *certificate, struct tls_plan *plan)
{
	spoil_handshake(ctx, server_name, certificate, plan);
}

/* ---- start ---- */

static enum msiv2_rc start_servers(struct msiv2_emulator *emulator, struct msiv2_error *err)
{
	struct world *world = emulator->world;
	const struct config *config = &world->start->config;
	struct server_options options = {
	        .bind = config->bind,
	        .connections = config->connections,
	        .body_limit = config->body_limit,
	        .request_timeout_ms = config->request_timeout_ms,
	        .log = world->log,
	        .ctx = emulator,
	        .refuse = refuse_journalled,
	};

	TRY(admin_guard_new(config, &emulator->guard, err));
	TRY(tls_server_new(ca_server(world->ca), ca_server_key(world->ca), &emulator->tls, err));
	emulator->watcher = (struct tls_watcher){
	        .hello = spoil_hello, .peer = spoil_peer, .failed = journal_alert, .ctx = emulator};
	tls_server_watch(emulator->tls, &emulator->watcher);
	options.name = "sts";
	options.port_key = "listen.sts_port";
	options.port = (uint16_t)config->sts_port;
	options.tls = emulator->tls;
	options.handle = handle_sts;
	TRY(server_start(&options, &emulator->servers[LISTENER_STS], err));
	options.tls = NULL;
	options.name = "imds";
	options.host = CONFIG_HOST_NAME;
	options.port_key = "listen.imds_port";
	options.port = (uint16_t)config->imds_port;
	options.handle = handle_imds;
	TRY(server_start(&options, &emulator->servers[LISTENER_IMDS], err));
	TRY(host_listeners_new(&options, &emulator->listeners, err));
	TRY(world_listen(world, emulator->listeners, err));
	options.name = "admin";
	options.host = NULL;
	options.bind = config->admin_bind;
	options.port_key = "listen.admin_port";
	options.port = (uint16_t)config->admin_port;
	options.connections = ADMIN_CONNECTIONS;
	options.handle = handle_admin;
	options.refuse = refuse_admin;
	return server_start(&options, &emulator->servers[LISTENER_ADMIN], err);
}

/* A file of our own in the folder for temporary files; nobody else's file is ever taken. */
static enum msiv2_rc write_private_ca(struct msiv2_emulator *emulator, struct msiv2_error *err)
{
	const char *pem = emulator->world->ca_pem;
	const char *dir = getenv("TMPDIR");
	OWNED_STRUCT(bytes) path = {0};
	char id[UUID_TEXT_SIZE];
	bool whole;
	int fd;

	if (!rng_uuid(emulator->world->rng, id))
		return err_set(err, MSIV2_INTERNAL, WHERE, "no randomness");
	bytes_addf(&path, "%s/msiv2-ca-%s.pem", text_empty(dir) ? "/tmp" : dir, id);
	TRY(bytes_done(&path, WHERE, err));
	/* Known before it exists, so that no failure leaves it behind. */
	TRY(config_set_text(&emulator->ca_file, bytes_text(&path), err));
	fd = fs_open(emulator->ca_file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, MSIV2_CONFIG, emulator->ca_file, "cannot be created: %s",
		               strerror(errno));
	emulator->ca_file_is_private = true;
	errno = ENOSPC; /* what a short write means */
	whole = fs_write(fd, pem, strlen(pem)) == (ssize_t)strlen(pem);
	if (!whole)
		(void)err_set(err, MSIV2_CONFIG, emulator->ca_file, "cannot be written: %s",
		              strerror(errno));
	(void)fs_close(fd);
	if (!whole)
		return MSIV2_CONFIG;
	return MSIV2_OK;
}

/* The ready line is read in other folders than this. */
static enum msiv2_rc set_ca_file(struct msiv2_emulator *emulator, const char *path,
                                 struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) whole = {0};
	char folder[PATH_MAX];

	if (path[0] != '/') {
		if (!getcwd(folder, sizeof(folder)))
			return err_set(err, MSIV2_CONFIG, path, "the current folder is gone: %s",
			               strerror(errno));
		bytes_addf(&whole, "%s/", text_equal(folder, "/") ? "" : folder);
	}
	bytes_add_text(&whole, path);
	TRY(bytes_done(&whole, WHERE, err));
	return config_set_text(&emulator->ca_file, bytes_text(&whole), err);
}

static enum msiv2_rc write_ca(struct msiv2_emulator *emulator, struct msiv2_error *err)
{
	const struct config *config = &emulator->world->start->config;
	const char *pem = emulator->world->ca_pem;
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) old = {0};

	if (!config->ca_out && !config->state_dir)
		return write_private_ca(emulator, err);
	if (config->ca_out)
		bytes_add_text(&path, config->ca_out);
	else
		bytes_addf(&path, "%s/ca.pem", config->state_dir);
	TRY(bytes_done(&path, WHERE, err));
	TRY(set_ca_file(emulator, bytes_text(&path), err));
	/* A file that is already right is left alone: replacing costs two syncs. */
	if (files_exists(bytes_text(&path)) &&
	    files_read(bytes_text(&path), CONFIG_FILE_MAX, MSIV2_CONFIG, &old, NULL) == MSIV2_OK &&
	    text_equal(bytes_text(&old), pem))
		return MSIV2_OK;
	return files_replace(bytes_text(&path), pem, strlen(pem), 0644, MSIV2_CONFIG, err);
}

static enum msiv2_rc make_ready(struct msiv2_emulator *emulator, struct msiv2_error *err)
{
	const struct world *world = emulator->world;
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) text = {0};

	cJSON_AddBoolToObject(json, "ready", true);
	cJSON_AddStringToObject(json, "imds", world->imds_base);
	cJSON_AddStringToObject(json, "sts", world->sts_base);
	cJSON_AddStringToObject(json, "resource", world->resource_url);
	cJSON_AddStringToObject(json, "admin", world->admin_base);
	cJSON_AddStringToObject(json, "ca", emulator->ca_file);
	if (world->start->config.host_count > 0 &&
	    !cJSON_AddItemToObject(json, "hosts", host_listeners_json(emulator->listeners)))
		return err_no_memory(err, WHERE);
	cJSON_AddNumberToObject(json, "pid", (double)getpid());
	json_print(json, &text);
	TRY(bytes_done(&text, WHERE, err));
	return config_set_text(&emulator->ready, bytes_text(&text), err);
}

static enum msiv2_rc start(struct msiv2_emulator *emulator,
                           const struct msiv2_emulator_options *options, struct msiv2_error *err)
{
	const struct log log = {options->log, options->log_ctx, options->log_level};
	OWNED_STRUCT(config) config = {0};
	struct server **servers = emulator->servers;

	TRY(settings_read(&config, options, err));
	TRY(world_new(&config, options->clock, &log, &emulator->world, err));
	TRY(start_servers(emulator, err));
	TRY(world_set_ports(emulator->world, server_port(servers[LISTENER_IMDS]),
	                    server_port(servers[LISTENER_STS]),
	                    server_port(servers[LISTENER_ADMIN]), err));
	TRY(write_ca(emulator, err));
	TRY(make_ready(emulator, err));
	gate_open(&emulator->gate);
	return MSIV2_OK;
}

enum msiv2_rc msiv2_emulator_start(const struct msiv2_emulator_options *options,
                                   struct msiv2_emulator **out, struct msiv2_error *err)
{
	struct msiv2_emulator *emulator = mem_alloc(sizeof(*emulator));
	enum msiv2_rc rc;

	*out = NULL;
	if (!emulator)
		return err_no_memory(err, WHERE);
	gate_init(&emulator->gate);
	rc = start(emulator, options, err);
	if (rc != MSIV2_OK) {
		msiv2_emulator_stop(emulator);
		return rc;
	}
	*out = emulator;
	return MSIV2_OK;
}

/* All at once: each takes its time to end its connections. */
static void stop_servers(struct msiv2_emulator *emulator)
{
	struct server *servers[LISTENER_COUNT + CONFIG_ITEMS_MAX];
	size_t count = LISTENER_COUNT;

	memcpy(servers, emulator->servers, sizeof(emulator->servers));
	if (emulator->listeners)
		count += host_listeners_take(emulator->listeners, servers + count);
	server_stop(servers, count);
	host_listeners_free(emulator->listeners);
}

/* A fault that never fired shows that a run was not what it was meant to be. */
static void report_unfired(struct world *world)
{
	OWNED(cJSON) *list = faults_unfired(world->faults);
	const cJSON *fault;

	cJSON_ArrayForEach(fault, list)
	{
		const cJSON *matched = cJSON_GetObjectItemCaseSensitive(fault, "matched");

		log_line(&world->log, MSIV2_LOG_WARN,
		         "fault %s (%s) never fired; it matched %.0f times",
		         cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, "id")),
		         cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, "fault")),
		         matched->valuedouble);
	}
}

void msiv2_emulator_stop(struct msiv2_emulator *emulator)
{
	if (!emulator)
		return;
	gate_give_up(&emulator->gate);
	if (emulator->world) {
		journal_close(emulator->world->journal);
		world_stop(emulator->world);
	}
	stop_servers(emulator);
	if (emulator->world && emulator->ready)
		report_unfired(emulator->world);
	SSL_CTX_free(emulator->tls);
	admin_guard_free(emulator->guard);
	if (emulator->ca_file && emulator->ca_file_is_private)
		(void)fs_unlink(emulator->ca_file);
	world_free(emulator->world);
	mem_free(emulator->ca_file);
	mem_free(emulator->ready);
	gate_free(&emulator->gate);
	mem_free(emulator);
}
