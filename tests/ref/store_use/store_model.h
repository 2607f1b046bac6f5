/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a store should hold, as plain arrays: the model that test_store_model compares a real one
 * with. Aliases and certificates are few and known beforehand, so that an entry is two numbers.
 * Written from the rules (STORE-04, -05, -07, -10), not from the code it judges. */
#ifndef TESTS_REF_STORE_USE_STORE_MODEL_H
#define TESTS_REF_STORE_USE_STORE_MODEL_H

#include "entry_maker.h"
#include "ref/store/selection.h"

#define MODEL_ALIASES 5
#define MODEL_CARDS   8

/* Whose key is at hand. */
enum model_who {
	MODEL_OURS,     /* keyguard, the key most cards are of */
	MODEL_STRANGER, /* keyguard, another key: each makes orphans of the other's */
	MODEL_HARDWARE, /* hardware */
	MODEL_WHOS
};

/* A certificate of every alias. */
struct model_card {
	const char *name;
	enum model_who who;
	int64_t not_before_s; /* seconds from MODEL_NOW_S */
	int64_t not_after_s;
	bool fresh;
};

#define MODEL_NOW_S INT64_C(1795000000)

enum model_state { MODEL_ABSENT, MODEL_GOOD, MODEL_CORRUPT };

struct model {
	enum model_state states[MODEL_ALIASES][MODEL_CARDS];
};

/* The cards, MODEL_CARDS of them; no two end at the same time. */
const struct model_card *model_cards(void);
/* What a lookup at `now_s` (seconds from MODEL_NOW_S) has to say of a card that is there. */
enum store_verdict model_verdict(const struct model *model, int alias, int card, int64_t now_s,
                                 enum model_who who);
/* Which card is chosen, or -1. */
int model_chosen(const struct model *model, int alias, int64_t now_s, enum model_who who);

/* An entry is written, and what is of no use then is removed. */
void model_put(struct model *model, int alias, int card, int64_t now_s, enum model_who who);
/* Entries of these verdicts are removed; returns how many. */
int model_remove(struct model *model, int alias, unsigned verdicts, int64_t now_s,
                 enum model_who who);
/* The alias is dropped, because of a refused card or (-1) for no reason; returns how many. */
int model_drop(struct model *model, int alias, int refused);
/* Nothing is left of it. */
bool model_is_empty(const struct model *model, int alias);

#endif
