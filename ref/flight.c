/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "flight.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/mem.h"

struct flight {
	struct flight *next;
	char *name;
	int aboard; /* who still looks at it, its leader included */
	bool landed;
	enum msiv2_rc rc;
	struct msiv2_error error;
	void *cargo;
};

void flight_board_init(struct flight_board *board)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&board->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&board->landed, &attr);
	(void)pthread_condattr_destroy(&attr);
	board->first = NULL;
}

void flight_board_destroy(struct flight_board *board)
{
	(void)pthread_cond_destroy(&board->landed);
	(void)pthread_mutex_destroy(&board->lock);
}

static struct flight *find(const struct flight_board *board, const char *name)
{
	struct flight *flight = board->first;

	while (flight != NULL && strcmp(flight->name, name) != 0)
		flight = flight->next;
	return flight;
}

int flight_board_aboard(struct flight_board *board, const char *name)
{
	const struct flight *flight;
	int aboard;

	(void)pthread_mutex_lock(&board->lock);
	flight = find(board, name);
	aboard = flight != NULL ? flight->aboard : 0;
	(void)pthread_mutex_unlock(&board->lock);
	return aboard;
}

static struct flight *take_off(struct flight_board *board, const char *name)
{
	struct flight *flight = mem_alloc(sizeof(*flight));

	if (flight == NULL)
		return NULL;
	flight->name = mem_strdup(name);
	if (flight->name == NULL) {
		mem_free(flight);
		return NULL;
	}
	flight->aboard = 1;
	flight->next = board->first;
	board->first = flight;
	return flight;
}

static void unlist(struct flight_board *board, const struct flight *flight)
{
	struct flight **link = &board->first;

	while (*link != flight)
		link = &(*link)->next;
	*link = flight->next;
}

/* One less aboard; the last one frees it. The board is locked. */
static void leave(struct flight *flight, const struct flight_plan *plan)
{
	if (--flight->aboard > 0)
		return;
	if (flight->cargo != NULL)
		plan->cargo_free(flight->cargo);
	mem_free(flight->name);
	mem_free(flight);
}

/* The result for one who is aboard; then that one leaves. The board is locked. */
static enum msiv2_rc collect(struct flight *flight, const struct flight_plan *plan, void **cargo,
                             struct msiv2_error *err)
{
	enum msiv2_rc rc = flight->rc;

	if (rc == MSIV2_OK)
		*cargo = plan->cargo_ref(flight->cargo);
	else if (err != NULL)
		*err = flight->error;
	leave(flight, plan);
	return rc;
}

/* Does the work. The board is locked on entry and on return, not in between. */
static enum msiv2_rc lead(struct flight_board *board, struct flight *flight,
                          const struct flight_plan *plan, void **cargo, struct msiv2_error *err)
{
	(void)pthread_mutex_unlock(&board->lock);
	flight->rc = plan->fly(plan->ctx, &flight->cargo, &flight->error);
	(void)pthread_mutex_lock(&board->lock);
	unlist(board, flight);
	flight->landed = true;
	(void)pthread_cond_broadcast(&board->landed);
	return collect(flight, plan, cargo, err);
}

static void nap(struct flight_board *board, const struct patience *patience)
{
	int64_t until_us =
	        clock_mono_us(clock_system()) + patience_nap_us(patience, CLOCK_US_PER_S);
	struct timespec until = {.tv_sec = until_us / CLOCK_US_PER_S,
	                         .tv_nsec = until_us % CLOCK_US_PER_S * 1000};

	(void)pthread_cond_timedwait(&board->landed, &board->lock, &until);
}

/* Waits for the one who flies. The board is locked. *again: nothing was learnt, try again. */
static enum msiv2_rc ride(struct flight_board *board, struct flight *flight,
                          const struct flight_plan *plan, const struct patience *patience,
                          const char *where, void **cargo, bool *again, struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;

	flight->aboard++;
	while (!flight->landed && rc == MSIV2_OK) {
		nap(board, patience);
		if (!flight->landed)
			rc = patience_check(patience, where, err);
	}
	if (rc != MSIV2_OK) {
		leave(flight, plan);
		return rc;
	}
	*again = flight->rc == MSIV2_TIMEOUT;
	if (*again) {
		leave(flight, plan);
		return patience_check(patience, where, err);
	}
	return collect(flight, plan, cargo, err);
}

enum msiv2_rc flight_share(struct flight_board *board, const char *name,
                           const struct flight_plan *plan, const struct patience *patience,
                           const char *where, void **cargo, struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;
	bool again = true;

	(void)pthread_mutex_lock(&board->lock);
	while (again && rc == MSIV2_OK) {
		struct flight *flight = find(board, name);

		again = false;
		if (flight != NULL) {
			rc = ride(board, flight, plan, patience, where, cargo, &again, err);
			continue;
		}
		flight = take_off(board, name);
		rc = flight != NULL ? lead(board, flight, plan, cargo, err)
		                    : err_no_memory(err, where);
	}
	(void)pthread_mutex_unlock(&board->lock);
	return rc;
}
