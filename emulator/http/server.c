/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "server.h"

#include <civetweb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/mem.h"
#include "common/text.h"
#include "connections.h"
#include "door.h"
#include "linger.h"
#include "spoil.h"
#include "tls_server.h"
#ifdef MSIV2_TLS_SHIM
#include "tls_shim/tls_shim.h"
#endif

#define SERVER_ADDRESS_SIZE 80
#define SERVER_REASON_SIZE  256
#define SERVER_READ_SIZE    4096
#define SERVER_SILENT       499 /* what the library is told of a request without an answer */
#define SERVERS_MAX         72

struct server {
	struct server_options options;
	struct mg_context *web;
	struct door *door;
	uint16_t port;
	pthread_t starter;               /* the thread that starts it */
	char reason[SERVER_REASON_SIZE]; /* the library's first words to that thread */
};

/* The library counts its users without a lock, so it is initialised once and never left. */
static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static unsigned library_features;

static void init_library(void)
{
#ifdef MSIV2_TLS_SHIM
	/* Without them the library cannot find OpenSSL 3; calling them keeps them linked. */
	if (!tls_shim_ssl() || !tls_shim_crypto())
		return;
#endif
	library_features = mg_init_library(MG_FEATURES_TLS);
}

/* ---- requests ---- */

/* The header is given more than once. */
static bool is_repeated(const struct http_request *request, const char *name)
{
	size_t count = 0;

	(void)http_header(request, name, &count);
	return count > 1;
}

/* Reads the body: whole, cut at the limit, or shorter than promised. */
static void read_body(struct mg_connection *conn, const struct mg_request_info *info,
                      const struct server *server, struct http_request *request, struct bytes *body)
{
	size_t limit = (size_t)server->options.body_limit;
	char piece[SERVER_READ_SIZE];
	bool chunked = mg_get_header(conn, "Transfer-Encoding") != NULL;

	/* Two lengths (RFC 9112 6.3): whatever is read, what follows on the connection cannot be
	 * trusted. */
	if (is_repeated(request, "Content-Length") ||
	    (chunked && http_header(request, "Content-Length", NULL))) {
		request->body_truncated = true;
		return;
	}
	if (info->content_length <= 0 && !chunked)
		return;
	if (info->content_length > (long long)limit) {
		request->body_too_large = true;
		return;
	}
	for (;;) {
		int n = mg_read(conn, piece, sizeof(piece));

		if (n <= 0) {
			/* The library ends a chunked body with 0 and a broken one with less. */
			request->body_truncated =
			        chunked ? n < 0 : (long long)body->len < info->content_length;
			break;
		}
		if (body->len + (size_t)n > limit) {
			request->body_too_large = true;
			break;
		}
		bytes_add(body, piece, (size_t)n);
	}
	if (body->failed)
		request->body_truncated = true;
	request->body = body->data;
	request->body_len = body->len;
}

/* The path of an absolute-form target starts after its authority. */
static const char *path_of(const char *target)
{
	const char *authority = strstr(target, "://");
	const char *path;

	if (target[0] == '/' || !authority)
		return target;
	path = strchr(authority + 3, '/');
	return path ? path : "/";
}

static void fill_request(const struct server *server, const struct mg_request_info *info,
                         struct http_header headers[MG_MAX_HEADERS],
                         char address[SERVER_ADDRESS_SIZE], struct http_request *request)
{
	int count = info->num_headers < MG_MAX_HEADERS ? info->num_headers : MG_MAX_HEADERS;

	for (int i = 0; i < count; i++)
		headers[i] = (struct http_header){info->http_headers[i].name,
		                                  info->http_headers[i].value};
	(void)snprintf(address, SERVER_ADDRESS_SIZE, "%s:%d", info->remote_addr, info->remote_port);
	*request = (struct http_request){
	        .listener = server->options.name,
	        .host = server->options.host,
	        .method = info->request_method ? info->request_method : "",
	        .path = info->request_uri ? path_of(info->request_uri) : "",
	        .query = info->query_string,
	        .headers = headers,
	        .header_count = count > 0 ? (size_t)count : 0,
	        .peer_address = address,
	};
}

/* ---- responses ---- */

/* As the library decides it, so that what is announced is what happens. */
static bool keeps_alive(const struct mg_connection *conn, const struct mg_request_info *info)
{
	const char *connection = mg_get_header(conn, "Connection");

	if (connection)
		return strcasestr(connection, "keep-alive") != NULL;
	return text_equal(info->http_version, "1.1");
}

/* Appends the whole answer as it goes on the wire. */
static void print_response(const char *method, const struct http_response *response,
                           bool keep_alive, struct bytes *out)
{
	const char *type =
	        response->content_type ? response->content_type : "application/json; charset=utf-8";
	int64_t length = (int64_t)response->body.len + response->wire.length_off;

	bytes_addf(out, "HTTP/1.1 %d %s\r\n", response->status,
	           mg_get_response_code_text(NULL, response->status));
	for (size_t i = 0; i < response->header_count; i++)
		bytes_addf(out, "%s: %s\r\n", response->headers[i].name,
		           response->headers[i].value);
	bytes_add(out, response->head.data, response->head.len);
	if (type[0] != '\0')
		bytes_addf(out, "Content-Type: %s\r\n", type);
	bytes_addf(out, "Content-Length: %lld\r\nConnection: %s\r\n\r\n",
	           (long long)(length > 0 ? length : 0), keep_alive ? "keep-alive" : "close");
	if (!text_equal(method, "HEAD"))
		bytes_add(out, response->body.data, response->body.len);
}

static void send_plainly(void *ctx, const void *data, size_t len)
{
	(void)mg_write(ctx, data, len);
}

/* The exchange's socket, looked for when it is first asked for. */
struct line {
	const struct server *server;
	struct mg_connection *conn;
	int fd; /* a duplicate; -1 = there is none */
	bool looked;
};

static int line_fd(struct line *line)
{
	const struct mg_request_info *info = mg_get_request_info(line->conn);

	if (!line->looked)
		line->fd = connections_duplicate(line->server->options.bind, line->server->port,
		                                 info->remote_addr, (uint16_t)info->remote_port);
	line->looked = true;
	return line->fd;
}

static void line_free(struct line *line)
{
	if (line->looked && line->fd >= 0)
		(void)fs_close(line->fd);
}
DEFINE_OWNED_VALUE(line, line_free)

static bool client_left(void *ctx)
{
	return !linger(line_fd(ctx), 0);
}

/* False when the connection cannot go on. */
static bool send_response(struct line *line, const struct http_response *response,
                          const struct bytes *out)
{
	struct spoil_line spoil = {.send = send_plainly, .ctx = line->conn};

	if (!spoil_is_planned(&response->wire)) {
		send_plainly(line->conn, out->data, out->len);
		return response->wire.length_off == 0;
	}
	spoil.fd = line_fd(line);
	spoil.patience_ms = line->server->options.request_timeout_ms;
	return spoil_send(&spoil, &response->wire, out->data, out->len);
}

static void write_response(struct line *line, const char *method,
                           const struct http_response *response, bool keep_alive)
{
	OWNED_STRUCT(bytes) out = {.secret = true};

	if (response->status == 0) {
		spoil_cut(line_fd(line));
		keep_alive = false;
	} else {
		print_response(method, response, keep_alive, &out);
		if (bytes_done(&out, "http", NULL) == MSIV2_OK)
			keep_alive &= send_response(line, response, &out);
	}
	/* The library would read on after an answer that says "close". */
	if (!keep_alive)
		mg_disable_connection_keep_alive(line->conn);
}

/* A blank stands between a header's name and its colon (RFC 9112 5.1: 400, and nothing else). The
 * library reads over blanks, but it reads in place: where the name ends it has put a NUL for the
 * colon, or for each blank and then the colon. The value begins behind that, and is empty where it
 * begins right there. */
static bool has_blank_before_colon(const struct mg_request_info *info)
{
	for (int i = 0; i < info->num_headers && i < MG_MAX_HEADERS; i++) {
		const char *after = info->http_headers[i].name;

		after += strlen(after) + 1;
		if (info->http_headers[i].value > after && *after == '\0')
			return true;
	}
	return false;
}

/* Hands a request over, and says whether the connection may go on. */
static bool judge_request(struct mg_connection *conn, const struct server *server,
                          struct http_request *request, struct bytes *body,
                          struct http_response *response)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	const char *expect = mg_get_header(conn, "Expect");

	if (has_blank_before_colon(info)) {
		server->options.refuse(server->options.ctx, request, 400, response);
		return false;
	}
	if (expect && text_equal_nocase(expect, "100-continue"))
		(void)mg_write(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	read_body(conn, info, server, request, body);
	door_serving((uint16_t)info->remote_port);
	server->options.handle(server->options.ctx, request, response);
	return keeps_alive(conn, info) && !request->body_truncated;
}

static int on_request(struct mg_connection *conn)
{
	const struct server *server = mg_get_user_data(mg_get_context(conn));
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct http_header headers[MG_MAX_HEADERS];
	char address[SERVER_ADDRESS_SIZE];
	struct http_request request;
	struct tls_facts tls;
	OWNED_STRUCT(http_response) response = {0};
	OWNED_STRUCT(bytes) body = {.secret = true};
	OWNED_STRUCT(line) line = {.server = server, .conn = conn};
	bool goes_on;

	fill_request(server, info, headers, address, &request);
	request.client_left = client_left;
	request.client_ctx = &line;
	if (server->options.tls && tls_server_current()) {
		tls_server_facts(tls_server_current(), &tls);
		request.tls = &tls;
	}
	goes_on = judge_request(conn, server, &request, &body, &response);
	write_response(&line, request.method, &response, goes_on);
	door_served();
	return response.status > 0 ? response.status : SERVER_SILENT;
}

/* What the library itself would refuse: garbage, unknown methods, too many headers. Its texts of a
 * request that it could not read are those of the one before, at places where others have been
 * written since, without an end: they are not looked at. */
static int on_error(struct mg_connection *conn, int status, const char *message)
{
	const struct server *server = mg_get_user_data(mg_get_context(conn));
	const struct mg_request_info *info = mg_get_request_info(conn);
	char address[SERVER_ADDRESS_SIZE];
	struct http_request request = {.method = "", .path = "", .peer_address = address};
	OWNED_STRUCT(http_response) response = {0};
	OWNED_STRUCT(line) line = {.server = server, .conn = conn};

	(void)message;
	if (!server || !info)
		return 1;
	request.listener = server->options.name;
	request.host = server->options.host;
	(void)snprintf(address, sizeof(address), "%s:%d", info->remote_addr, info->remote_port);
	server->options.refuse(server->options.ctx, &request, status, &response);
	write_response(&line, request.method, &response, false);
	return 0;
}

static int on_message(const struct mg_connection *conn, const char *message)
{
	struct server *server = mg_get_user_data(mg_get_context(conn));

	if (!server)
		return 1;
	/* The first one says why, those after it say that. */
	if (pthread_equal(pthread_self(), server->starter) && server->reason[0] == '\0')
		(void)snprintf(server->reason, sizeof(server->reason), "%s", message);
	else
		log_line(&server->options.log, MSIV2_LOG_DEBUG, "%s: %s", server->options.name,
		         message);
	return 1;
}

/* ---- threads and their connections ---- */

static void *on_thread(const struct mg_context *web, int type)
{
	const struct server *server = mg_get_user_data(web);

	if (type == 1) /* a worker */
		door_take_seat(server->door);
	return NULL;
}

static int on_connection(const struct mg_connection *conn, void **data)
{
	(void)conn;
	(void)data;
	door_arrived();
	return 0;
}

static void on_close(const struct mg_connection *conn)
{
	(void)conn;
	door_left();
}

/* ---- start and stop ---- */

/* Asked once at start, where the context is wanted, and once at the end, where it stays ours. */
static int on_tls_context(void **ctx, void *user_data)
{
	struct server *server = user_data;

	*ctx = server->options.tls;
	return 1;
}

/* The port that a listener on port 0 was given. */
static enum msiv2_rc find_port(struct server *server, struct msiv2_error *err)
{
	struct mg_server_port port = {0};

	if (mg_get_server_ports(server->web, 1, &port) != 1 || port.port <= 0)
		return err_set(err, MSIV2_INTERNAL, server->options.port_key, "no port");
	server->port = (uint16_t)port.port;
	door_open(server->door, server->options.bind, server->port);
	return MSIV2_OK;
}

static enum msiv2_rc start_web(struct server *server, struct msiv2_error *err)
{
	const struct server_options *options = &server->options;
	char address[SERVER_ADDRESS_SIZE], threads[24], timeout[24];
	bool ipv6 = strchr(options->bind, ':') != NULL;
	const char *settings[] = {
	        "listening_ports", address, "num_threads", threads, "request_timeout_ms", timeout,
	        "enable_keep_alive", "yes", "tcp_nodelay", "1", "keep_alive_timeout_ms", timeout,
	        "connection_queue", "128", "listen_backlog", "256", "decode_url", "no",
	        /* With no document root the library never looks at files. */
	        NULL};
	const struct mg_callbacks callbacks = {
	        .begin_request = on_request,
	        .init_thread = on_thread,
	        .init_connection = on_connection,
	        .connection_closed = on_close,
	        .log_message = on_message,
	        .http_error = on_error,
	        .external_ssl_ctx = options->tls ? on_tls_context : NULL,
	};
	struct mg_init_data init = {&callbacks, server, settings};
	sigset_t all, old;

	(void)snprintf(address, sizeof(address), "%s%s%s:%u%s", ipv6 ? "[" : "", options->bind,
	               ipv6 ? "]" : "", (unsigned)options->port, options->tls ? "s" : "");
	(void)snprintf(threads, sizeof(threads), "%lld", (long long)options->connections);
	(void)snprintf(timeout, sizeof(timeout), "%lld", (long long)options->request_timeout_ms);
	/* The library's threads inherit the mask: signals are the program's business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	server->web = mg_start2(&init, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!server->web)
		return err_set(err, MSIV2_CONFIG, options->port_key,
		               "cannot listen on %s port %u: %s", options->bind,
		               (unsigned)options->port, server->reason);
	return find_port(server, err);
}

enum msiv2_rc server_start(const struct server_options *options, struct server **out,
                           struct msiv2_error *err)
{
	struct server *server;
	enum msiv2_rc rc;

	*out = NULL;
	pthread_once(&library_once, init_library);
	if (strchr(options->bind, ':') && !mg_check_feature(MG_FEATURES_IPV6))
		return err_set(err, MSIV2_CONFIG, "listen.bind",
		               "the installed libcivetweb has no IPv6; give --bind an IPv4 "
		               "address instead of %s",
		               options->bind);
	if (options->tls && !(library_features & MG_FEATURES_TLS))
		return err_set(err, MSIV2_UNSUPPORTED, options->name,
		               "the installed libcivetweb has no usable TLS");
	server = mem_alloc(sizeof(*server));
	if (!server)
		return err_no_memory(err, options->name);
	server->options = *options;
	server->starter = pthread_self();
	server->door = door_new((size_t)options->connections, &options->log);
	rc = server->door != NULL ? start_web(server, err) : err_no_memory(err, options->name);
	if (rc != MSIV2_OK) {
		server_stop(&server, 1);
		return rc;
	}
	*out = server;
	return MSIV2_OK;
}

uint16_t server_port(const struct server *server)
{
	return server->port;
}

size_t server_connections(const struct server *server)
{
	return connections_count(server->options.bind, server->port);
}

static void *stop_web(void *ctx)
{
	mg_stop(ctx);
	return NULL;
}

/* Joins the thread, ending connections that still came in through the door while it closed. */
static void join_stopper(pthread_t thread, const struct server *server)
{
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		connections_shutdown(server->options.bind, server->port, false);
		clock_wait_us(clock_system(), 5 * CLOCK_US_PER_MS);
	}
}

void server_stop(struct server *const *servers, size_t count)
{
	pthread_t threads[SERVERS_MAX];
	bool running[SERVERS_MAX] = {false};

	for (size_t i = 0; i < count && i < SERVERS_MAX; i++) {
		if (!servers[i] || !servers[i]->web)
			continue;
		door_close(servers[i]->door);
		connections_shutdown(servers[i]->options.bind, servers[i]->port, true);
		running[i] = pthread_create(&threads[i], NULL, stop_web, servers[i]->web) == 0;
		if (!running[i])
			mg_stop(servers[i]->web);
	}
	for (size_t i = 0; i < count && i < SERVERS_MAX; i++) {
		if (running[i])
			join_stopper(threads[i], servers[i]);
		if (servers[i])
			door_free(servers[i]->door);
		mem_free(servers[i]);
	}
}
