/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Requests per second, endpoint by endpoint: kept connections and new ones, next to the bare web
 * server and to what the cores can sign.
 * usage: bench_load EMULATOR HELLO [ROUND-MS [RIVAL-PORT [ROW]]]
 * A rival is a token server on 127.0.0.1 that answers POST /token (script/bench starts one); its
 * port is 0 when there is none. With ROW only the rows whose names hold that text are run. */
#include <openssl/pem.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator_process.h"
#include "load.h"
#include "ref/csr.h"
#include "ref/issue.h"

#define IDENTITY_HEADERS                                                                           \
	"Host: 127.0.0.1\r\nMetadata: true\r\n"                                                    \
	"x-ms-client-request-id: 9d6f0f5c-7f6f-4a8b-9d3b-6a1f3f3d2b10\r\n"

extern char **environ;

/* What a client holds after issuance. */
struct holder {
	EVP_PKEY *key;
	struct issue issue;
	SSL_CTX *tls;
	char *token;
	struct bytes csr; /* base64 */
};

static void die(const char *what)
{
	fprintf(stderr, "bench_load: %s\n", what);
	exit(1);
}

static uint16_t port_of(const char *url)
{
	return (uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

/* A request with a body as it goes over the wire. */
static void add_post(struct bytes *out, const char *target, const char *headers, const char *type,
                     const char *body)
{
	bytes_addf(out, "POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
	           target, headers, type, strlen(body), body);
}

/* ---- becoming a holder of a certificate ---- */

static char *ask(const char *name, uint16_t port, SSL_CTX *tls, const struct bytes *request,
                 size_t *len)
{
	const struct load_plan plan = {.name = name,
	                               .port = port,
	                               .tls = tls,
	                               .request = bytes_text(request),
	                               .request_len = request->len,
	                               .status = 200,
	                               .threads = 1};

	return load_ask(&plan, len);
}

static void add_metadata_request(struct bytes *out)
{
	bytes_add_text(out, "GET /metadata/identity/getplatformmetadata?cred-api-version=2.0 "
	                    "HTTP/1.1\r\n" IDENTITY_HEADERS "\r\n");
}

static void add_issue_request(const struct holder *holder, struct bytes *out)
{
	OWNED_STRUCT(bytes) body = {0};

	bytes_addf(&body, "{\"csr\":\"%s\"}", bytes_text(&holder->csr));
	add_post(out, "/metadata/identity/issuecredential?cred-api-version=2.0", IDENTITY_HEADERS,
	         "application/json", bytes_text(&body));
}

static void add_token_request(const struct holder *holder, struct bytes *out)
{
	OWNED_STRUCT(bytes) target = {0};
	OWNED_STRUCT(bytes) body = {0};

	bytes_addf(&target, "/%s/oauth2/v2.0/token", holder->issue.tenant_id);
	bytes_addf(&body,
	           "client_id=%s&scope=https%%3A%%2F%%2Fvault.azure.net%%2F.default"
	           "&grant_type=client_credentials&token_type=mtls_pop",
	           holder->issue.client_id);
	add_post(out, bytes_text(&target),
	         "Host: localhost\r\nAccept: application/json\r\n"
	         "client-request-id: 9d6f0f5c-7f6f-4a8b-9d3b-6a1f3f3d2b10\r\n",
	         "application/x-www-form-urlencoded", bytes_text(&body));
}

static void get_certificate(struct holder *holder, const struct emulator_process *process)
{
	OWNED_STRUCT(bytes) request = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(metadata) host = {0};
	size_t len = 0;
	char *answer;

	holder->key = EVP_RSA_gen(2048);
	add_metadata_request(&request);
	answer = ask("metadata", port_of(process->imds), NULL, &request, &len);
	if (metadata_parse(answer, len, &host, NULL) != MSIV2_OK ||
	    csr_build(&host, holder->key, &der, NULL) != MSIV2_OK)
		die("no CSR");
	free(answer);
	base64_encode(der.data, der.len, &holder->csr);
	bytes_clear(&request);
	add_issue_request(holder, &request);
	answer = ask("issue", port_of(process->imds), NULL, &request, &len);
	if (issue_parse(answer, len, &holder->issue, NULL) != MSIV2_OK)
		die("no certificate");
	free(answer);
}

static void get_token(struct holder *holder, const struct emulator_process *process)
{
	static const struct blame blame = {MSIV2_INTERNAL, "token"};
	OWNED_STRUCT(bytes) request = {0};
	OWNED(cJSON) *json = NULL;
	const char *token = NULL;
	size_t len = 0;
	char *answer;

	holder->tls = SSL_CTX_new(TLS_client_method());
	if (SSL_CTX_load_verify_locations(holder->tls, process->ca, NULL) != 1 ||
	    SSL_CTX_use_certificate(holder->tls, holder->issue.certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(holder->tls, holder->key) != 1)
		die("no TLS context");
	SSL_CTX_set_verify(holder->tls, SSL_VERIFY_PEER, NULL);
	add_token_request(holder, &request);
	answer = ask("token", port_of(process->sts), holder->tls, &request, &len);
	if (json_parse_object(answer, len, &blame, &json, NULL) != MSIV2_OK ||
	    json_need_string(json, "access_token", &blame, &token, NULL) != MSIV2_OK)
		die("no token");
	holder->token = strdup(token);
	free(answer);
}

static void holder_free(struct holder *holder)
{
	SSL_CTX_free(holder->tls);
	EVP_PKEY_free(holder->key);
	issue_free(&holder->issue);
	bytes_free(&holder->csr);
	free(holder->token);
}

/* ---- the bare web server ---- */

struct hello {
	pid_t pid;
	int in;
	int port, tls_port;
};

static void hello_start(const char *binary, struct hello *out)
{
	char *argv[] = {(char *)(uintptr_t)binary, NULL};
	posix_spawn_file_actions_t actions;
	int in[2], from[2];
	FILE *ports;

	if (pipe(in) != 0 || pipe(from) != 0 || posix_spawn_file_actions_init(&actions) != 0)
		die("no pipe");
	(void)posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addclose(&actions, in[1]);
	(void)posix_spawn_file_actions_addclose(&actions, from[0]);
	if (posix_spawn(&out->pid, binary, &actions, NULL, argv, environ) != 0)
		die("cannot start the bare web server");
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(in[0]);
	(void)close(from[1]);
	out->in = in[1];
	ports = fdopen(from[0], "r");
	if (ports == NULL || fscanf(ports, "%d %d", &out->port, &out->tls_port) != 2)
		die("the bare web server did not start");
	(void)fclose(ports);
}

static void hello_stop(struct hello *hello)
{
	(void)close(hello->in);
	(void)waitpid(hello->pid, NULL, 0);
}

/* ---- measuring ---- */

static double per_second(const struct load_result *result)
{
	return (double)result->requests * 1e6 / (double)result->elapsed_us;
}

/* What one core signs by itself, by the clock: the ceiling of everything that signs a token. */
static double signatures_per_second(int64_t duration_us)
{
	static const unsigned char text[600] = {0};
	OWNED(EVP_PKEY) *key = EVP_RSA_gen(2048);
	int64_t start_us = clock_mono_us(clock_system());
	int64_t now_us = start_us;
	unsigned char signature[256];
	int64_t count = 0;

	for (; now_us < start_us + duration_us; count++) {
		OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(signature);

		if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
		    EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) != 1)
			die("no signature");
		now_us = clock_mono_us(clock_system());
	}
	return (double)count * 1e6 / (double)(now_us - start_us);
}

struct row {
	const char *name;
	uint16_t port;
	SSL_CTX *tls;
	struct bytes request; /* owned */
	/* Set where each answer costs the server one RS256 signature: the server, to see what else
	 * it costs. */
	const struct emulator_process *signer;
};

static void measure(const struct row *row, int64_t round_us, double ceiling)
{
	static const int threads[] = {1, 2, 8};
	struct load_plan plan = {.name = row->name,
	                         .port = row->port,
	                         .tls = row->tls,
	                         .request = bytes_text(&row->request),
	                         .request_len = row->request.len,
	                         .status = 200,
	                         .duration_us = round_us};
	double cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	struct load_result result;
	int64_t requests = 0, cpu_us = 0;
	double left = 0, best = 0;

	printf("%-26s", row->name);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++) {
		int64_t before_us = row->signer != NULL ? emulator_process_cpu_us(row->signer) : 0;

		plan.threads = threads[i];
		load_run(&plan, &result);
		requests += result.requests;
		cpu_us +=
		        row->signer != NULL ? emulator_process_cpu_us(row->signer) - before_us : 0;
		printf(" %8.0f", per_second(&result));
		if (per_second(&result) > best) {
			best = per_second(&result);
			left = cores - (double)result.client_cpu_us / (double)result.elapsed_us;
		}
	}
	printf("  %6lld / %6lld us", (long long)result.p50_us, (long long)result.p99_us);
	plan.threads = 2;
	plan.reconnect = true;
	load_run(&plan, &result);
	printf(" %8.0f", per_second(&result));
	if (row->signer != NULL)
		printf("  %5.1f %%, %5.1f %% of its CPU time", 100 * best / (ceiling * left),
		       100 * (double)requests * 1e6 / ceiling / (double)cpu_us);
	printf("\n");
	(void)fflush(stdout);
}

static void add_get(struct row *row, const char *target, const char *headers)
{
	bytes_addf(&row->request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, headers);
}

/* Every endpoint a client asks, then the ceilings. `wishes` ends with NULL: the rival's port, and
 * which rows. */
static void measure_all(const struct emulator_process *process, const struct holder *holder,
                        const struct hello *hello, char *const *wishes, int64_t round_us)
{
	const uint16_t imds = port_of(process->imds), sts = port_of(process->sts);
	double ceiling = signatures_per_second(round_us);
	struct row rows[] = {
	        {.name = "getplatformmetadata", .port = imds},
	        {.name = "issuecredential", .port = imds},
	        {.name = "token, mTLS", .port = sts, .tls = holder->tls, .signer = process},
	        {.name = "resource, mTLS", .port = sts, .tls = holder->tls},
	        {.name = "JWKS, mTLS", .port = sts, .tls = holder->tls},
	        {.name = "civetweb hello, HTTP", .port = (uint16_t)hello->port},
	        {.name = "civetweb hello, mTLS", .port = (uint16_t)hello->tls_port},
	        {.name = "oauth2-mock-server token"},
	};
	OWNED_STRUCT(bytes) text = {0};
	SSL_CTX *lax = SSL_CTX_new(TLS_client_method());

	add_metadata_request(&rows[0].request);
	add_issue_request(holder, &rows[1].request);
	add_token_request(holder, &rows[2].request);
	bytes_addf(&text, "Authorization: mtls_pop %s\r\n", holder->token);
	add_get(&rows[3], "/resource", bytes_text(&text));
	bytes_clear(&text);
	bytes_addf(&text, "/%s/discovery/v2.0/keys", holder->issue.tenant_id);
	add_get(&rows[4], bytes_text(&text), "");
	add_get(&rows[5], "/", "");
	add_get(&rows[6], "/", "");
	rows[6].tls = lax;
	rows[7].port = wishes[0] != NULL ? (uint16_t)strtoul(wishes[0], NULL, 10) : 0;
	add_post(&rows[7].request, "/token", "Host: localhost\r\n",
	         "application/x-www-form-urlencoded", "grant_type=client_credentials");
	printf("one core signs %.0f RS256 /s\n", ceiling);
	printf("%-26s %8s %8s %8s  %18s %9s  %s\n", "requests per second, kept", "1 conn",
	       "2 conns", "8 conns", "p50 / p99 of 8", "new conns",
	       "signing: of the ceiling of the cores left");
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		const char *only = wishes[0] != NULL ? wishes[1] : NULL;

		if (rows[i].port != 0 && (only == NULL || strstr(rows[i].name, only) != NULL))
			measure(&rows[i], round_us, ceiling);
		bytes_free(&rows[i].request);
	}
	SSL_CTX_free(lax);
}

int main(int argc, char **argv)
{
	struct emulator_process process;
	struct holder holder = {0};
	struct hello hello;
	int64_t round_us;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_load EMULATOR HELLO [ROUND-MS [RIVAL-PORT [ROW]]]\n");
		return 2;
	}
	round_us = (argc > 3 ? strtol(argv[3], NULL, 10) : 1000) * CLOCK_US_PER_MS;
	emulator_process_start(argv[1], &process);
	hello_start(argv[2], &hello);
	get_certificate(&holder, &process);
	get_token(&holder, &process);
	measure_all(&process, &holder, &hello, argv + (argc > 4 ? 4 : argc), round_us);
	holder_free(&holder);
	hello_stop(&hello);
	emulator_process_stop(&process);
	return 0;
}
