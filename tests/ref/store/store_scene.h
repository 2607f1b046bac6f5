/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A store with something of everything in it, the changes that can be made to it, and what must
 * hold of it however a change ended. */
#ifndef TESTS_REF_STORE_STORE_SCENE_H
#define TESTS_REF_STORE_STORE_SCENE_H

#include "store_bench.h"

/* What is done to the scene. */
enum scene_change {
	SCENE_PUT,          /* a new entry into the alias, which is pruned */
	SCENE_PUT_FIRST,    /* a new entry of an alias that has no folder yet */
	SCENE_PUT_AGAIN,    /* the good entry again */
	SCENE_REMOVE,       /* the spent ones */
	SCENE_REMOVE_ALIAS, /* all of the alias */
	SCENE_CHANGES
};

struct store_scene {
	struct store_bench bench;
	struct store_entry kept;      /* good, in the alias */
	struct store_entry expired;   /* in the alias; besides, there are a file of junk and a dead
	                                 writer's leftover */
	struct store_entry neighbour; /* good, of another alias */
	struct store_entry next;      /* what is put */
	struct store_entry first;     /* what is put where there is no folder yet */
	char leftover[200];           /* path of the neighbour's leftover */
};

/* Sets the scene in a folder of its own. */
void store_scene_open(struct store_scene *scene);
/* Clears it away. */
void store_scene_close(struct store_scene *scene);
/* "put", ... */
const char *scene_change_name(enum scene_change change);
/* Makes the change. */
enum msiv2_rc store_scene_change(struct store_scene *scene, enum scene_change change,
                                 struct msiv2_error *err);

/* Of the change, what is to be seen in `store`. */
enum scene_outcome {
	SCENE_OLD, /* the entry in flight is not there */
	SCENE_NEW  /* it is; nothing that was to be removed is there */
};
/* Fails the test, naming `told`, unless the store opens, each entry that the change does not
 * concern is there and good, and what the change concerns is there whole or not at all. Tells how
 * it ended.
 */
enum scene_outcome store_scene_check(struct store_scene *scene, struct store *store,
                                     enum scene_change change, const char *told);
/* Fails the test unless the store takes the new entry now, removes what is spent of the alias, and
 * leaves nothing else behind in it. */
void store_scene_check_next(struct store_scene *scene, struct store *store, const char *told);

/* Leftovers in the whole store that the scene did not set. */
size_t store_scene_leftovers(const struct store_scene *scene);

#endif
