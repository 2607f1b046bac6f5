/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "host_listeners.h"

#include <pthread.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "world.h"

#define WHERE "host listeners"

struct host_listener {
	struct host_listener *next;
	char *name;
	char *port_key;
	char *base;
	struct server *server;
};
static void host_listener_free(struct host_listener *listener);
DEFINE_OWNED_STRUCT(host_listener, host_listener_free)

struct host_listeners {
	struct server_options like;
	struct host_listener *first; /* in the order in which they were started */
	pthread_mutex_t lock;        /* of the list, not of what is done with servers */
};

static void host_listener_free(struct host_listener *listener)
{
	if (!listener)
		return;
	server_stop(&listener->server, 1);
	mem_free(listener->name);
	mem_free(listener->port_key);
	mem_free(listener->base);
	mem_free(listener);
}

enum msiv2_rc host_listeners_new(const struct server_options *like, struct host_listeners **out,
                                 struct msiv2_error *err)
{
	struct host_listeners *listeners = mem_alloc(sizeof(*listeners));

	*out = NULL;
	if (!listeners)
		return err_no_memory(err, WHERE);
	listeners->like = *like;
	pthread_mutex_init(&listeners->lock, NULL);
	*out = listeners;
	return MSIV2_OK;
}

void host_listeners_free(struct host_listeners *listeners)
{
	if (!listeners)
		return;
	while (listeners->first) {
		struct host_listener *listener = listeners->first;

		listeners->first = listener->next;
		host_listener_free(listener);
	}
	pthread_mutex_destroy(&listeners->lock);
	mem_free(listeners);
}

static void append(struct host_listeners *listeners, struct host_listener *listener)
{
	struct host_listener **link = &listeners->first;

	pthread_mutex_lock(&listeners->lock);
	while (*link)
		link = &(*link)->next;
	*link = listener;
	pthread_mutex_unlock(&listeners->lock);
}

enum msiv2_rc host_listeners_start(struct host_listeners *listeners, const struct config_host *host,
                                   const char *public_host, struct msiv2_error *err)
{
	OWNED_STRUCT(host_listener) *listener = mem_alloc(sizeof(*listener));
	struct server_options options = listeners->like;
	OWNED_STRUCT(bytes) key = {0};

	if (!listener)
		return err_no_memory(err, WHERE);
	bytes_addf(&key, "hosts.%s.imds_port", host->name);
	TRY(bytes_done(&key, WHERE, err));
	TRY(config_set_text(&listener->name, host->name, err));
	TRY(config_set_text(&listener->port_key, bytes_text(&key), err));
	options.host = listener->name;
	options.port_key = listener->port_key;
	options.port = (uint16_t)host->imds_port;
	TRY(server_start(&options, &listener->server, err));
	TRY(world_set_base(&listener->base, "http",
	                   public_host ? public_host : world_reachable(options.bind),
	                   server_port(listener->server), err));
	append(listeners, steal(&listener));
	return MSIV2_OK;
}

void host_listeners_stop(struct host_listeners *listeners, const char *name)
{
	struct host_listener **link = &listeners->first;
	struct host_listener *listener;

	pthread_mutex_lock(&listeners->lock);
	while (*link && !text_equal((*link)->name, name))
		link = &(*link)->next;
	listener = *link;
	if (listener)
		*link = listener->next;
	pthread_mutex_unlock(&listeners->lock);
	host_listener_free(listener);
}

size_t host_listeners_take(struct host_listeners *listeners, struct server **out)
{
	struct host_listener *listener = listeners->first;
	size_t count = 0;

	for (; listener && count < CONFIG_ITEMS_MAX; listener = listener->next)
		if (listener->server)
			out[count++] = steal(&listener->server);
	return count;
}

cJSON *host_listeners_json(struct host_listeners *listeners)
{
	OWNED(cJSON) *object = cJSON_CreateObject();
	bool whole = object != NULL;

	pthread_mutex_lock(&listeners->lock);
	for (const struct host_listener *l = listeners->first; l && whole; l = l->next)
		whole = cJSON_AddStringToObject(object, l->name, l->base) != NULL;
	pthread_mutex_unlock(&listeners->lock);
	return whole ? steal(&object) : NULL;
}
