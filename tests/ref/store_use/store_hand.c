/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "store_hand.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the deck ---- */

static const char *kind_of(enum model_who who)
{
	return who == MODEL_HARDWARE ? "hardware" : "keyguard";
}

void hand_deck_make(struct hand_deck *deck)
{
	for (int who = 0; who < MODEL_WHOS; who++) {
		deck->keys[who] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		assert_non_null(deck->keys[who]);
		entry_key_sha256(deck->keys[who], deck->key_sha256[who]);
	}
	for (int alias = 0; alias < MODEL_ALIASES; alias++) {
		(void)snprintf(deck->aliases[alias], sizeof(deck->aliases[alias]),
		               "identity-%d#att=%d", alias / 2, alias % 2);
		for (int card = 0; card < MODEL_CARDS; card++) {
			const struct model_card *is = &model_cards()[card];
			const struct entry_recipe recipe = {
			        .alias = deck->aliases[alias],
			        .key_kind = kind_of(is->who),
			        .key = deck->keys[is->who],
			        .not_before_s = MODEL_NOW_S + is->not_before_s,
			        .not_after_s = MODEL_NOW_S + is->not_after_s,
			        .fresh = is->fresh,
			};

			entry_make(&recipe, &deck->entries[alias][card]);
			entry_file_name(&deck->entries[alias][card], deck->files[alias][card]);
		}
	}
}

void hand_deck_free(struct hand_deck *deck)
{
	for (int who = 0; who < MODEL_WHOS; who++)
		EVP_PKEY_free(deck->keys[who]);
	for (int alias = 0; alias < MODEL_ALIASES; alias++) {
		for (int card = 0; card < MODEL_CARDS; card++)
			store_entry_free(&deck->entries[alias][card]);
	}
}

struct store_want hand_deck_want(const struct hand_deck *deck, int alias, int64_t now_s,
                                 enum model_who who)
{
	return (struct store_want){.alias = deck->aliases[alias],
	                           .source = ENTRY_SOURCE,
	                           .client_id = ENTRY_CLIENT_ID,
	                           .now_s = MODEL_NOW_S + now_s,
	                           .key_kind = kind_of(who),
	                           .key_sha256 = deck->key_sha256[who]};
}

int hand_deck_card(const struct hand_deck *deck, int alias, const char *file)
{
	for (int card = 0; card < MODEL_CARDS; card++) {
		if (strcmp(deck->files[alias][card], file) == 0)
			return card;
	}
	return -1;
}

/* ---- what is done ---- */

static enum msiv2_rc look(const struct hand_deck *deck, struct store *store,
                          const struct hand_order *order, struct hand_answer *answer,
                          struct msiv2_error *err)
{
	const struct store_want want = hand_deck_want(deck, order->alias, order->now_s, order->who);
	OWNED_STRUCT(store_records) records = {0};
	size_t chosen;

	for (int card = 0; card < MODEL_CARDS; card++)
		answer->verdicts[card] = STORE_VERDICTS;
	TRY(store_read(store, want.alias, &records, err));
	chosen = store_select(&records, &want);
	answer->chosen = -1;
	for (size_t i = 0; i < records.count; i++) {
		int card = hand_deck_card(deck, order->alias, records.items[i].file);

		if (card < 0)
			answer->strays++;
		else
			answer->verdicts[card] = records.items[i].verdict;
		if (i == chosen)
			answer->chosen = card;
	}
	return MSIV2_OK;
}

static enum msiv2_rc clear(const struct hand_deck *deck, struct store *store,
                           const struct hand_order *order, struct hand_answer *answer,
                           struct msiv2_error *err)
{
	const struct store_want want = hand_deck_want(deck, order->alias, order->now_s, order->who);
	OWNED_STRUCT(store_records) records = {0};
	size_t removed = 0;

	TRY(store_read(store, want.alias, &records, err));
	(void)store_select(&records, &want);
	TRY(store_remove(store, want.alias, &records, order->verdicts, &removed, err));
	answer->removed = (int)removed;
	return MSIV2_OK;
}

static enum msiv2_rc drop(const struct hand_deck *deck, struct store *store,
                          const struct hand_order *order, struct hand_answer *answer,
                          struct msiv2_error *err)
{
	X509 *refused =
	        order->card >= 0 ? deck->entries[order->alias][order->card].certificate : NULL;
	size_t removed = 0;

	TRY(store_remove_alias(store, deck->aliases[order->alias], refused, &removed, err));
	answer->removed = (int)removed;
	return MSIV2_OK;
}

void hand_do(const struct hand_deck *deck, struct store *store, const struct hand_order *order,
             struct hand_answer *answer)
{
	const struct store_want want = hand_deck_want(deck, order->alias, order->now_s, order->who);
	struct msiv2_error err = {0};

	*answer = (struct hand_answer){0};
	if (order->verb == HAND_PUT)
		answer->rc =
		        store_put(store, &deck->entries[order->alias][order->card], &want, &err);
	else if (order->verb == HAND_LOOKUP)
		answer->rc = look(deck, store, order, answer, &err);
	else if (order->verb == HAND_REMOVE)
		answer->rc = clear(deck, store, order, answer, &err);
	else
		answer->rc = drop(deck, store, order, answer, &err);
	if (answer->rc != MSIV2_OK)
		(void)snprintf(answer->message, sizeof(answer->message), "%.80s: %.110s",
		               msiv2_error_where(&err), msiv2_error_message(&err));
}

/* ---- as another process ---- */

static void serve(const struct hand_deck *deck, const struct store_folder *folder, int channel)
{
	struct store *store = store_folder_open(folder);
	struct hand_order order;
	struct hand_answer answer;

	while (read(channel, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
		hand_do(deck, store, &order, &answer);
		if (send(channel, &answer, sizeof(answer), MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
			break;
	}
}

void hand_start(struct hand *hand, const struct hand_deck *deck, const struct store_folder *folder)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	hand->pid = fork();
	assert_true(hand->pid >= 0);
	if (hand->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ends[0]);
		serve(deck, folder, ends[1]);
		_exit(0);
	}
	(void)close(ends[1]);
	hand->channel = ends[0];
}

bool hand_tell(const struct hand *hand, const struct hand_order *order)
{
	return send(hand->channel, order, sizeof(*order), MSG_NOSIGNAL) == (ssize_t)sizeof(*order);
}

bool hand_hear(const struct hand *hand, struct hand_answer *answer)
{
	return recv(hand->channel, answer, sizeof(*answer), 0) == (ssize_t)sizeof(*answer);
}

void hand_kill(struct hand *hand)
{
	int status;

	assert_int_equal(kill(hand->pid, SIGKILL), 0);
	assert_int_equal(waitpid(hand->pid, &status, 0), hand->pid);
	(void)close(hand->channel);
	*hand = (struct hand){0};
}
