/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "door.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "common/clock.h"
#include "common/mem.h"
#include "connections.h"

#define LOOK_US (20 * CLOCK_US_PER_MS) /* between two looks while every seat is taken */

enum seat_state {
	SEAT_FREE,
	SEAT_WAITING, /* for a handshake or a request */
	SEAT_SERVING
};

/* Of one worker thread. */
struct door_seat {
	struct door *door;
	enum seat_state state;
	uint16_t peer_port; /* while serving */
};

struct door {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* full, or closing */
	struct log log;
	const char *bind; /* NULL = not open */
	uint16_t port;
	bool closing;
	bool has_watchman;
	pthread_t watchman;
	size_t count; /* of seats */
	size_t given; /* to threads */
	size_t taken; /* by connections */
	struct door_seat *seats;
};

/* The web server tells its callbacks of a handshake nothing but the thread they run on. */
static _Thread_local struct door_seat *mine;

struct door *door_new(size_t seats, const struct log *log)
{
	OWNED_STRUCT(door) *door = mem_alloc(sizeof(*door));
	pthread_condattr_t monotonic;

	if (door == NULL)
		return NULL;
	(void)pthread_mutex_init(&door->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&door->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	door->log = *log;
	door->count = seats;
	door->seats = mem_alloc(seats * sizeof(*door->seats));
	return door->seats != NULL ? steal(&door) : NULL;
}

void door_free(struct door *door)
{
	if (door == NULL)
		return;
	door_close(door);
	(void)pthread_cond_destroy(&door->changed);
	(void)pthread_mutex_destroy(&door->lock);
	mem_free(door->seats);
	mem_free(door);
}

/* ---- the watchman: a thread that exists from the first time every seat is taken ---- */

/* Waits under the lock; wait_us < 0 = until something changes. */
static void watch(struct door *door, int64_t wait_us)
{
	int64_t until_us = clock_mono_us(clock_system()) + wait_us;
	const struct timespec until = {.tv_sec = until_us / CLOCK_US_PER_S,
	                               .tv_nsec = until_us % CLOCK_US_PER_S * 1000};

	if (wait_us < 0)
		(void)pthread_cond_wait(&door->changed, &door->lock);
	else
		(void)pthread_cond_timedwait(&door->changed, &door->lock, &until);
}

static bool is_being_served(void *ctx, uint16_t peer_port)
{
	const struct door *door = ctx;

	for (size_t i = 0; i < door->given; i++)
		if (door->seats[i].state == SEAT_SERVING && door->seats[i].peer_port == peer_port)
			return true;
	return false;
}

/* Sends connections away if others wait for a thread; false when there is room after all: of a
 * handshake that failed nobody tells that the connection left. Under the lock, so that those being
 * served are known. */
static bool make_room(struct door *door)
{
	size_t connected = connections_count(door->bind, door->port);
	const struct connections_idle idle = {
	        .idle_ms = DOOR_GRACE_MS,
	        .most = connected > door->count ? connected - door->count : 0,
	        .spared = is_being_served,
	        .ctx = door};
	size_t gone = connections_shutdown_idle(door->bind, door->port, &idle);

	if (gone > 0)
		log_line(&door->log, MSIV2_LOG_DEBUG,
		         "port %u: every thread is taken: %zu silent connections were ended",
		         (unsigned)door->port, gone);
	return connected < door->count;
}

static void *keep_watch(void *ctx)
{
	struct door *door = ctx;

	(void)pthread_mutex_lock(&door->lock);
	while (!door->closing) {
		bool full = door->taken == door->count && door->bind != NULL;

		if (full && make_room(door))
			full = false;
		watch(door, full ? LOOK_US : -1);
	}
	(void)pthread_mutex_unlock(&door->lock);
	return NULL;
}

/* Under the lock, with every seat taken. Without a thread for it there is no watch, and the
 * listener's time limit is all there is. */
static void call_watchman(struct door *door)
{
	if (!door->has_watchman && !door->closing)
		door->has_watchman = pthread_create(&door->watchman, NULL, keep_watch, door) == 0;
	(void)pthread_cond_signal(&door->changed);
}

void door_open(struct door *door, const char *bind, uint16_t port)
{
	(void)pthread_mutex_lock(&door->lock);
	door->bind = bind;
	door->port = port;
	(void)pthread_mutex_unlock(&door->lock);
}

void door_close(struct door *door)
{
	bool has_watchman;

	(void)pthread_mutex_lock(&door->lock);
	door->closing = true;
	has_watchman = door->has_watchman;
	door->has_watchman = false;
	(void)pthread_cond_signal(&door->changed);
	(void)pthread_mutex_unlock(&door->lock);
	if (has_watchman)
		(void)pthread_join(door->watchman, NULL);
}

/* ---- the threads behind the door ---- */

void door_take_seat(struct door *door)
{
	(void)pthread_mutex_lock(&door->lock);
	mine = door->given < door->count ? &door->seats[door->given++] : NULL;
	if (mine != NULL)
		mine->door = door;
	(void)pthread_mutex_unlock(&door->lock);
}

static void change(enum seat_state state, uint16_t peer_port)
{
	struct door *door;

	if (mine == NULL)
		return;
	door = mine->door;
	(void)pthread_mutex_lock(&door->lock);
	door->taken += (mine->state == SEAT_FREE && state != SEAT_FREE);
	door->taken -= (mine->state != SEAT_FREE && state == SEAT_FREE);
	mine->state = state;
	mine->peer_port = peer_port;
	if (door->taken == door->count && state == SEAT_WAITING)
		call_watchman(door);
	(void)pthread_mutex_unlock(&door->lock);
}

void door_arrived(void)
{
	change(SEAT_WAITING, 0);
}

void door_serving(uint16_t peer_port)
{
	change(SEAT_SERVING, peer_port);
}

void door_served(void)
{
	change(SEAT_WAITING, 0);
}

void door_left(void)
{
	change(SEAT_FREE, 0);
}
