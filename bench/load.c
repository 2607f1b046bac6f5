/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "samples.h"

#define ANSWER_MAX ((size_t)256 * 1024)

/* One thread's connection and what it has measured. */
struct caller {
	const struct load_plan *plan;
	pthread_t thread;
	int fd;
	SSL *ssl;
	char *answer; /* ANSWER_MAX + 1 bytes */
	size_t head_len, body_len;
	int64_t until_us;
	int64_t requests, errors, max_us;
	struct samples samples;
};

static void die(const struct load_plan *plan, const char *what)
{
	fprintf(stderr, "load: %s: %s\n", plan->name, what);
	exit(1);
}

/* ---- one connection ---- */

static bool caller_connect(struct caller *caller)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	                               .sin_port = htons(caller->plan->port),
	                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;

	caller->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (caller->fd < 0 || connect(caller->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return false;
	(void)setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (caller->plan->tls == NULL)
		return true;
	caller->ssl = SSL_new(caller->plan->tls);
	return caller->ssl != NULL && SSL_set_fd(caller->ssl, caller->fd) == 1 &&
	       SSL_set_tlsext_host_name(caller->ssl, "localhost") == 1 &&
	       SSL_connect(caller->ssl) == 1;
}

static void caller_close(struct caller *caller)
{
	if (caller->ssl != NULL)
		(void)SSL_shutdown(caller->ssl);
	SSL_free(caller->ssl);
	caller->ssl = NULL;
	if (caller->fd >= 0)
		(void)close(caller->fd);
	caller->fd = -1;
}

static bool caller_send(struct caller *caller)
{
	const char *data = caller->plan->request;
	size_t left = caller->plan->request_len;

	while (left > 0) {
		ssize_t put = caller->ssl != NULL ? SSL_write(caller->ssl, data, (int)left)
		                                  : send(caller->fd, data, left, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		data += put;
		left -= (size_t)put;
	}
	return true;
}

/* The length of head and body, once both are there; false while they are not. */
static bool answer_is_whole(struct caller *caller, size_t len)
{
	static const char field[] = "Content-Length:";
	const char *end, *line;

	caller->answer[len] = '\0';
	end = strstr(caller->answer, "\r\n\r\n");
	if (end == NULL)
		return false;
	caller->head_len = (size_t)(end - caller->answer) + 4;
	line = strcasestr(caller->answer, field);
	if (line == NULL || line > end)
		die(caller->plan, "an answer without Content-Length");
	caller->body_len = strtoul(line + strlen(field), NULL, 10);
	return len >= caller->head_len + caller->body_len;
}

static bool caller_receive(struct caller *caller)
{
	size_t len = 0;

	for (;;) {
		size_t room = ANSWER_MAX - len;
		ssize_t got = caller->ssl != NULL
		                      ? SSL_read(caller->ssl, caller->answer + len, (int)room)
		                      : recv(caller->fd, caller->answer + len, room, 0);

		if (got <= 0)
			return false;
		len += (size_t)got;
		if (answer_is_whole(caller, len))
			return true;
		if (len == ANSWER_MAX)
			die(caller->plan, "an answer without end");
	}
}

static void check_status(const struct caller *caller)
{
	int status = (int)strtol(caller->answer + strcspn(caller->answer, " "), NULL, 10);

	if (status == caller->plan->status)
		return;
	fprintf(stderr, "load: %s: answered %d: %.300s\n", caller->plan->name, status,
	        caller->answer + caller->head_len);
	exit(1);
}

/* Asks once; false when the connection ended instead. */
static bool caller_ask(struct caller *caller)
{
	if (caller->fd < 0 && !caller_connect(caller))
		return false;
	if (!caller_send(caller) || !caller_receive(caller))
		return false;
	check_status(caller);
	return true;
}

/* ---- many ---- */

static void *ask_on(void *arg)
{
	struct caller *caller = arg;
	int64_t now_us = clock_mono_us(clock_system());

	while (now_us < caller->until_us) {
		int64_t start_us = now_us;
		bool answered = caller_ask(caller);

		if (!answered || caller->plan->reconnect)
			caller_close(caller);
		now_us = clock_mono_us(clock_system());
		caller->requests += answered;
		caller->errors += !answered;
		samples_add(&caller->samples, now_us - start_us);
		if (now_us - start_us > caller->max_us)
			caller->max_us = now_us - start_us;
	}
	caller_close(caller);
	return NULL;
}

static int64_t cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * CLOCK_US_PER_S +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static struct caller *caller_new(const struct load_plan *plan, int64_t until_us)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (caller == NULL || (caller->answer = malloc(ANSWER_MAX + 1)) == NULL)
		die(plan, "out of memory");
	caller->plan = plan;
	caller->until_us = until_us;
	caller->fd = -1;
	return caller;
}

static void caller_free(struct caller *caller)
{
	free(caller->answer);
	free(caller);
}

/* Every caller gives the same share of the samples, which is enough for percentiles. */
static void add_up(struct caller *caller, int threads, struct samples *all, struct load_result *out)
{
	size_t share = SAMPLES_MAX / (size_t)threads;

	out->requests += caller->requests;
	out->errors += caller->errors;
	if (caller->max_us > out->max_us)
		out->max_us = caller->max_us;
	for (size_t i = 0; i < caller->samples.count && i < share; i++)
		samples_add(all, caller->samples.value[i]);
}

void load_run(const struct load_plan *plan, struct load_result *out)
{
	struct caller *callers[LOAD_THREADS_MAX];
	int64_t start_us = clock_mono_us(clock_system());
	int64_t cpu_start_us = cpu_us();
	struct samples *all = calloc(1, sizeof(*all));

	if (all == NULL)
		die(plan, "out of memory");
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < plan->threads; i++) {
		callers[i] = caller_new(plan, start_us + plan->duration_us);
		if (pthread_create(&callers[i]->thread, NULL, ask_on, callers[i]) != 0)
			die(plan, "no thread");
	}
	for (int i = 0; i < plan->threads; i++) {
		(void)pthread_join(callers[i]->thread, NULL);
		add_up(callers[i], plan->threads, all, out);
		caller_free(callers[i]);
	}
	out->elapsed_us = clock_mono_us(clock_system()) - start_us;
	out->client_cpu_us = cpu_us() - cpu_start_us;
	out->p50_us = samples_percentile(all, 50);
	out->p99_us = samples_percentile(all, 99);
	free(all);
}

char *load_ask(const struct load_plan *plan, size_t *len)
{
	struct caller *caller = caller_new(plan, 0);
	char *body = malloc(ANSWER_MAX + 1);

	if (body == NULL || !caller_ask(caller))
		die(plan, "no answer");
	*len = caller->body_len;
	memcpy(body, caller->answer + caller->head_len, caller->body_len);
	body[caller->body_len] = '\0';
	caller_close(caller);
	caller_free(caller);
	return body;
}
