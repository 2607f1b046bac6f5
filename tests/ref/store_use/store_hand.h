/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Hands on a store: processes of their own that do what they are told, one order at a time, and can
 * be killed while they do it. */
#ifndef TESTS_REF_STORE_USE_STORE_HAND_H
#define TESTS_REF_STORE_USE_STORE_HAND_H

#include <sys/types.h>

#include "store_folder.h"
#include "store_model.h"

/* Everything that exists: each card of each alias. */
struct hand_deck {
	char aliases[MODEL_ALIASES][32];
	struct store_entry entries[MODEL_ALIASES][MODEL_CARDS];
	char files[MODEL_ALIASES][MODEL_CARDS][ENTRY_FILE_SIZE];
	EVP_PKEY *keys[MODEL_WHOS];
	uint8_t key_sha256[MODEL_WHOS][X509_SHA256_LEN];
};

/* Makes and frees them. */
void hand_deck_make(struct hand_deck *deck);
void hand_deck_free(struct hand_deck *deck);
/* What somebody asks of an alias at a time, in seconds from MODEL_NOW_S. */
struct store_want hand_deck_want(const struct hand_deck *deck, int alias, int64_t now_s,
                                 enum model_who who);
/* The card that a file of the alias is named for, or -1. */
int hand_deck_card(const struct hand_deck *deck, int alias, const char *file);

enum hand_verb { HAND_PUT, HAND_LOOKUP, HAND_REMOVE, HAND_DROP, HAND_VERBS };

struct hand_order {
	enum hand_verb verb;
	int alias;
	int card;          /* put; drop: the refused one, or -1 */
	unsigned verdicts; /* remove */
	int64_t now_s;
	enum model_who who;
};

struct hand_answer {
	enum msiv2_rc rc;
	int removed;
	int chosen; /* lookup: the card, or -1 */
	int strays; /* lookup: files that are no card of the alias */
	/* lookup: what was said of each card, or STORE_VERDICTS when it is not there */
	enum store_verdict verdicts[MODEL_CARDS];
	char message[200];
};

/* Does it in this process. */
void hand_do(const struct hand_deck *deck, struct store *store, const struct hand_order *order,
             struct hand_answer *answer);

struct hand {
	pid_t pid;
	int channel;
};

/* Starts one; fails the test when it cannot. */
void hand_start(struct hand *hand, const struct hand_deck *deck, const struct store_folder *folder);
/* Gives an order, and takes the answer. False: it died. */
bool hand_tell(const struct hand *hand, const struct hand_order *order);
bool hand_hear(const struct hand *hand, struct hand_answer *answer);
/* kill -9, and its end is awaited. */
void hand_kill(struct hand *hand);

#endif
