/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_model.h"

#define DAY_S      INT64_C(86400)
#define CLOSE_S    DAY_S /* STORE-05 */
#define VERDICT(v) (1U << (v))

const struct model_card *model_cards(void)
{
	static const struct model_card cards[MODEL_CARDS] = {
	        {"week", MODEL_OURS, -DAY_S, 7 * DAY_S, false},
	        {"longer", MODEL_OURS, -DAY_S, 8 * DAY_S, false},
	        {"short", MODEL_OURS, -5 * DAY_S, 2 * DAY_S, false},
	        {"future", MODEL_OURS, 4 * DAY_S, 20 * DAY_S, false},
	        {"fresh", MODEL_OURS, DAY_S / 2, 7 * DAY_S + DAY_S / 2, true},
	        {"stranger", MODEL_STRANGER, -DAY_S, 7 * DAY_S + 1, false},
	        {"hardware", MODEL_HARDWARE, -DAY_S, 7 * DAY_S + 2, false},
	        {"hard-short", MODEL_HARDWARE, -5 * DAY_S, 2 * DAY_S + 1, false},
	};

	return cards;
}

static bool is_guarded(enum model_who who)
{
	return who != MODEL_HARDWARE;
}

enum store_verdict model_verdict(const struct model *model, int alias, int card, int64_t now_s,
                                 enum model_who who)
{
	const struct model_card *is = &model_cards()[card];

	if (model->states[alias][card] == MODEL_CORRUPT)
		return STORE_CORRUPT;
	if (now_s > is->not_after_s)
		return STORE_EXPIRED;
	if (is->not_after_s - now_s <= CLOSE_S)
		return STORE_STALE;
	if (now_s < is->not_before_s)
		return STORE_FUTURE;
	if (is_guarded(is->who) != is_guarded(who))
		return STORE_OTHER_KEY;
	if (is->who != who)
		return STORE_ORPHAN;
	return model_chosen(model, alias, now_s, who) == card ? STORE_CHOSEN : STORE_SPARE;
}

static bool would_do(const struct model *model, int alias, int card, int64_t now_s,
                     enum model_who who)
{
	const struct model_card *is = &model_cards()[card];

	return model->states[alias][card] == MODEL_GOOD && is->who == who &&
	       now_s >= is->not_before_s && is->not_after_s - now_s > CLOSE_S;
}

int model_chosen(const struct model *model, int alias, int64_t now_s, enum model_who who)
{
	int best = -1;

	for (int card = 0; card < MODEL_CARDS; card++) {
		if (would_do(model, alias, card, now_s, who) &&
		    (best < 0 || model_cards()[card].not_after_s > model_cards()[best].not_after_s))
			best = card;
	}
	return best;
}

int model_remove(struct model *model, int alias, unsigned verdicts, int64_t now_s,
                 enum model_who who)
{
	const struct model before = *model;
	int removed = 0;

	for (int card = 0; card < MODEL_CARDS; card++) {
		if (before.states[alias][card] == MODEL_ABSENT ||
		    (verdicts & VERDICT(model_verdict(&before, alias, card, now_s, who))) == 0)
			continue;
		model->states[alias][card] = MODEL_ABSENT;
		removed++;
	}
	return removed;
}

void model_put(struct model *model, int alias, int card, int64_t now_s, enum model_who who)
{
	const unsigned useless = VERDICT(STORE_CORRUPT) | VERDICT(STORE_EXPIRED) |
	                         VERDICT(STORE_STALE) | VERDICT(STORE_ORPHAN);

	model->states[alias][card] = MODEL_GOOD;
	(void)model_remove(model, alias, useless, now_s, who);
}

/* STS-05: what was issued past the cache after the refused one has replaced it already. */
static bool replaces(int card, int refused)
{
	const struct model_card *cards = model_cards();

	return refused >= 0 && card != refused && cards[card].fresh &&
	       cards[card].not_before_s >= cards[refused].not_before_s;
}

int model_drop(struct model *model, int alias, int refused)
{
	int removed = 0;

	for (int card = 0; card < MODEL_CARDS; card++) {
		enum model_state *state = &model->states[alias][card];

		if (*state == MODEL_ABSENT || (*state == MODEL_GOOD && replaces(card, refused)))
			continue;
		*state = MODEL_ABSENT;
		removed++;
	}
	return removed;
}

bool model_is_empty(const struct model *model, int alias)
{
	for (int card = 0; card < MODEL_CARDS; card++) {
		if (model->states[alias][card] != MODEL_ABSENT)
			return false;
	}
	return true;
}
