/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Random sequences of operations on one store by several processes, compared with a plain model
 * after each step. MSIV2_STORE_STEPS says how many (the long test: 100,000), MSIV2_STORE_SEED
 * which. A failure names the seed, and all that was done to the alias since it was last empty. */
#include "tests/testing.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/text.h"
#include "store_hand.h"

#define HANDS       3
#define TAIL        96 /* steps shown at most */
#define STEP_SIZE   112
#define KILL_US     1500
#define DAY_S       INT64_C(86400)
#define LOOK_AT_ALL 200 /* steps between looks at every alias */

/* What was done to an alias since it was last empty. */
struct tail {
	char steps[TAIL][STEP_SIZE];
	unsigned count;
};

struct match {
	struct store_folder folder;
	struct store *store; /* of the judge */
	struct hand_deck deck;
	struct hand hands[HANDS];
	struct model model;
	struct tail tails[MODEL_ALIASES];
	struct seeded seeded;
	uint64_t seed;
	long step;
	int harmed;      /* alias whose entry is being damaged */
	long counts[16]; /* by kind of step */
};

/* ---- words ---- */

__attribute__((format(printf, 3, 4))) static void note(struct match *match, int alias,
                                                       const char *fmt, ...)
{
	struct tail *tail = &match->tails[alias];
	char *text = tail->steps[tail->count % TAIL];
	int len = snprintf(text, STEP_SIZE, "%7ld  ", match->step);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text + len, STEP_SIZE - (size_t)len, fmt, args);
	va_end(args);
	tail->count++;
}

__attribute__((format(printf, 3, 4))) static void lose(const struct match *match, int alias,
                                                       const char *fmt, ...)
{
	const struct tail *tail = &match->tails[alias];
	unsigned first = tail->count > TAIL ? tail->count - TAIL : 0;
	char words[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	print_error("MSIV2_STORE_SEED=%llu, step %ld, alias %s: %s\n",
	            (unsigned long long)match->seed, match->step, match->deck.aliases[alias],
	            words);
	print_error("done to it since it was empty%s:\n", first > 0 ? " (the end)" : "");
	for (unsigned i = first; i < tail->count; i++)
		print_error("  %s\n", tail->steps[i % TAIL]);
	fail();
}

static uint64_t roll(struct match *match, uint64_t below)
{
	return seeded_below(&match->seeded, below);
}

static int any_alias(struct match *match)
{
	return (int)roll(match, MODEL_ALIASES);
}

static int64_t any_time(struct match *match)
{
	static const int64_t times[] = {-10 * DAY_S, -DAY_S,        0,         0,         0,
	                                DAY_S / 2,   DAY_S,         DAY_S + 1, 3 * DAY_S, 5 * DAY_S,
	                                6 * DAY_S,   7 * DAY_S + 1, 40 * DAY_S};

	return times[roll(match, TEXT_COUNT(times))];
}

/* ---- comparing ---- */

static void judge_card(const struct match *match, const struct hand_order *order, int card,
                       enum store_verdict said)
{
	bool there = match->model.states[order->alias][card] != MODEL_ABSENT;
	enum store_verdict right =
	        there ? model_verdict(&match->model, order->alias, card, order->now_s, order->who)
	              : STORE_VERDICTS;

	if (said != right)
		lose(match, order->alias, "%s is \"%s\", not \"%s\"", model_cards()[card].name,
		     there ? store_verdict_name(right) : "absent",
		     said < STORE_VERDICTS ? store_verdict_name(said) : "absent");
}

static void judge_lookup(const struct match *match, const struct hand_order *order,
                         const struct hand_answer *answer)
{
	int chosen = model_chosen(&match->model, order->alias, order->now_s, order->who);

	if (answer->rc != MSIV2_OK)
		lose(match, order->alias, "lookup failed: %s", answer->message);
	if (answer->strays > 0)
		lose(match, order->alias, "%d entries that nobody wrote", answer->strays);
	for (int card = 0; card < MODEL_CARDS; card++)
		judge_card(match, order, card, answer->verdicts[card]);
	if (answer->chosen != chosen)
		lose(match, order->alias, "card %d is chosen, not %d", answer->chosen, chosen);
}

/* Our own eyes on an alias, at a time when most cards are good. */
static void compare(struct match *match, int alias)
{
	const struct hand_order order = {.verb = HAND_LOOKUP, .alias = alias, .who = MODEL_OURS};
	struct hand_answer answer;

	hand_do(&match->deck, match->store, &order, &answer);
	judge_lookup(match, &order, &answer);
	if (model_is_empty(&match->model, alias))
		match->tails[alias].count = 0;
}

/* ---- one order, carried out by one hand ---- */

static void put_order(struct match *match, struct hand_order *order)
{
	const struct model_card *is;

	order->verb = HAND_PUT;
	order->card = (int)roll(match, MODEL_CARDS);
	is = &model_cards()[order->card];
	order->who = is->who; /* who writes an entry holds its key */
	/* Nobody writes what is stale (ISSUE-07). */
	if (is->not_after_s - order->now_s <= DAY_S)
		order->now_s = 0;
}

static struct hand_order any_order(struct match *match)
{
	struct hand_order order = {.alias = any_alias(match),
	                           .now_s = any_time(match),
	                           .who = (enum model_who)roll(match, MODEL_WHOS)};
	uint64_t dice = roll(match, 20);

	if (dice < 11) {
		put_order(match, &order);
	} else if (dice < 16) {
		order.verb = HAND_LOOKUP;
	} else if (dice < 19) {
		order.verb = HAND_REMOVE;
		order.verdicts = (unsigned)roll(match, 1U << STORE_VERDICTS);
	} else {
		order.verb = HAND_DROP;
		order.card = (int)roll(match, MODEL_CARDS + 1) - 1;
	}
	return order;
}

static void note_order(struct match *match, const struct hand_order *order, const char *how)
{
	static const char *const verbs[HAND_VERBS] = {"put", "lookup", "remove", "drop"};
	bool about_card = order->verb == HAND_PUT || (order->verb == HAND_DROP && order->card >= 0);

	note(match, order->alias, "%s %s verdicts %#x at %lld who %d%s", verbs[order->verb],
	     about_card ? model_cards()[order->card].name : "-", order->verdicts,
	     (long long)order->now_s, (int)order->who, how);
}

/* Does to the model what the order says; how many entries that removes, or -1 if nobody counts. */
static int follow(struct model *model, const struct hand_order *order)
{
	if (order->verb == HAND_PUT)
		model_put(model, order->alias, order->card, order->now_s, order->who);
	else if (order->verb == HAND_REMOVE)
		return model_remove(model, order->alias, order->verdicts, order->now_s, order->who);
	else if (order->verb == HAND_DROP)
		return model_drop(model, order->alias, order->card);
	return -1;
}

static void play_order(struct match *match)
{
	const struct hand_order order = any_order(match);
	const struct hand *hand = &match->hands[roll(match, HANDS)];
	struct hand_answer answer;
	int removed;

	note_order(match, &order, "");
	if (!hand_tell(hand, &order) || !hand_hear(hand, &answer))
		lose(match, order.alias, "the process that did it died");
	if (order.verb == HAND_LOOKUP) {
		judge_lookup(match, &order, &answer);
		return;
	}
	if (answer.rc != MSIV2_OK)
		lose(match, order.alias, "failed: %s", answer.message);
	removed = follow(&match->model, &order);
	if (removed >= 0 && removed != answer.removed)
		lose(match, order.alias, "removed %d, not %d", removed, answer.removed);
	compare(match, order.alias);
}

/* ---- kill -9 ---- */

static void see(struct match *match, int alias, bool there[MODEL_CARDS])
{
	const struct hand_order order = {.verb = HAND_LOOKUP, .alias = alias};
	struct hand_answer answer;

	hand_do(&match->deck, match->store, &order, &answer);
	if (answer.rc != MSIV2_OK || answer.strays > 0)
		lose(match, alias, "after a kill: %d strays, %s", answer.strays, answer.message);
	for (int card = 0; card < MODEL_CARDS; card++)
		there[card] = answer.verdicts[card] < STORE_VERDICTS;
}

/* Each card is as before or as after; and nothing is removed before the new entry is there. */
static void settle(struct match *match, const struct hand_order *order, const struct model *after)
{
	enum model_state *states = match->model.states[order->alias];
	const enum model_state *next = after->states[order->alias];
	bool there[MODEL_CARDS];
	bool written;

	see(match, order->alias, there);
	written = order->verb != HAND_PUT || there[order->card];
	for (int card = 0; card < MODEL_CARDS; card++) {
		bool was = states[card] != MODEL_ABSENT;
		bool becomes = next[card] != MODEL_ABSENT;

		if (there[card] != was && there[card] != becomes)
			lose(match, order->alias, "after a kill %s is %s", model_cards()[card].name,
			     there[card] ? "there" : "lost");
		if (was && !there[card] && !written)
			lose(match, order->alias, "%s was removed before %s was there",
			     model_cards()[card].name, model_cards()[order->card].name);
		if (!there[card])
			states[card] = MODEL_ABSENT;
		else if (!was)
			states[card] = next[card];
	}
	/* A corrupt entry that is written again is good or still corrupt: ask it. */
	if (order->verb == HAND_PUT && states[order->card] == MODEL_CORRUPT) {
		struct hand_order look = {.verb = HAND_LOOKUP, .alias = order->alias};
		struct hand_answer answer;

		hand_do(&match->deck, match->store, &look, &answer);
		if (answer.verdicts[order->card] != STORE_CORRUPT)
			states[order->card] = MODEL_GOOD;
	}
}

static void play_kill(struct match *match)
{
	struct hand_order order = any_order(match);
	struct hand *hand = &match->hands[roll(match, HANDS)];
	struct model after = match->model;

	note_order(match, &order, ", killed");
	(void)follow(&after, &order);
	assert_true(hand_tell(hand, &order));
	/* Not a wait for anything: a random moment is what is tested. */
	clock_wait_us(clock_system(), (int64_t)roll(match, KILL_US));
	hand_kill(hand);
	hand_start(hand, &match->deck, &match->folder);
	if (order.verb != HAND_LOOKUP)
		settle(match, &order, &after);
	compare(match, order.alias);
}

/* ---- all at once ---- */

/* Each hand writes another certificate of one alias; a lock that is not had in time leaves things
 * as they are (STORE-09). */
static void play_rush(struct match *match)
{
	static const int cards[HANDS] = {0, 1, 4};
	struct hand_order orders[HANDS];
	int alias = any_alias(match);

	for (int i = 0; i < HANDS; i++) {
		orders[i] = (struct hand_order){.verb = HAND_PUT,
		                                .alias = alias,
		                                .card = cards[i],
		                                .now_s = DAY_S / 2,
		                                .who = MODEL_OURS};
		note_order(match, &orders[i], ", together");
		assert_true(hand_tell(&match->hands[i], &orders[i]));
	}
	for (int i = 0; i < HANDS; i++) {
		struct hand_answer answer;

		if (!hand_hear(&match->hands[i], &answer))
			lose(match, alias, "a process died");
		if (answer.rc == MSIV2_OK)
			model_put(&match->model, alias, orders[i].card, orders[i].now_s,
			          orders[i].who);
		else if (answer.rc != MSIV2_STORE ||
		         strstr(answer.message, "somebody else has been writing") == NULL)
			lose(match, alias, "failed: %s", answer.message);
	}
	compare(match, alias);
}

/* ---- damage ---- */

static void path_of(const struct match *match, int alias, int card, char out[256])
{
	uint8_t digest[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) folder = {0};
	const char *name = match->deck.aliases[alias];

	assert_int_equal(EVP_Digest(name, strlen(name), digest, NULL, EVP_sha256(), NULL), 1);
	hex_encode(digest, sizeof(digest) / 2, &folder);
	(void)snprintf(out, 256, "%s/%s/%s", store_path(match->store), bytes_text(&folder),
	               match->deck.files[alias][card]);
}

static void cut_short(struct match *match, int fd, off_t len)
{
	assert_int_equal(ftruncate(fd, (off_t)roll(match, (uint64_t)len)), 0);
}

static void flip_bit(struct match *match, int fd, off_t len)
{
	off_t at = (off_t)roll(match, (uint64_t)len);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte = (uint8_t)(byte ^ (1U << roll(match, 8)));
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void add_byte(struct match *match, int fd, off_t len)
{
	uint8_t byte = (uint8_t)roll(match, 256);

	assert_int_equal(pwrite(fd, &byte, 1, len), 1);
}

/* A whole entry, but of another alias. */
static void replace(struct match *match, int fd, off_t len)
{
	int other = (match->harmed + 1 + (int)roll(match, MODEL_ALIASES - 1)) % MODEL_ALIASES;
	OWNED_STRUCT(bytes) text = {0};
	int card = (int)roll(match, MODEL_CARDS);

	(void)len;
	assert_int_equal(store_entry_encode(&match->deck.entries[other][card], &text, NULL),
	                 MSIV2_OK);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, text.data, text.len, 0), text.len);
}

static void play_damage(struct match *match)
{
	static const struct {
		const char *name;
		void (*harm)(struct match *match, int fd, off_t len);
	} harms[] = {{"cut short", cut_short},
	             {"a bit flipped", flip_bit},
	             {"a byte added", add_byte},
	             {"another's entry", replace}};
	int alias = any_alias(match);
	int card = (int)roll(match, MODEL_CARDS);
	size_t which = (size_t)roll(match, TEXT_COUNT(harms));
	struct stat st;
	char path[256];
	int fd;

	if (match->model.states[alias][card] != MODEL_GOOD)
		return;
	match->harmed = alias;
	path_of(match, alias, card, path);
	note(match, alias, "damage %s: %s", model_cards()[card].name, harms[which].name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		lose(match, alias, "%s cannot be opened", path);
	harms[which].harm(match, fd, st.st_size);
	assert_int_equal(close(fd), 0);
	match->model.states[alias][card] = MODEL_CORRUPT;
	compare(match, alias);
}

/* ---- the match ---- */

static void play(struct match *match)
{
	static const struct {
		const char *name;
		unsigned share; /* of 1000 */
		void (*play)(struct match *match);
	} kinds[] = {{"orders", 810, play_order},
	             {"damages", 130, play_damage},
	             {"rushes", 30, play_rush},
	             {"kills", 30, play_kill}};
	uint64_t dice = roll(match, 1000);

	for (size_t i = 0; i < TEXT_COUNT(kinds); i++) {
		if (dice < kinds[i].share) {
			match->counts[i]++;
			kinds[i].play(match);
			return;
		}
		dice -= kinds[i].share;
	}
}

static void start(struct match *match, uint64_t seed)
{
	assert_true(store_folder_make(&match->folder, NULL));
	match->store = store_folder_open(&match->folder);
	match->seed = seed;
	match->seeded.at = seed;
	hand_deck_make(&match->deck);
	for (int i = 0; i < HANDS; i++)
		hand_start(&match->hands[i], &match->deck, &match->folder);
}

static void end(struct match *match)
{
	for (int i = 0; i < HANDS; i++)
		hand_kill(&match->hands[i]);
	hand_deck_free(&match->deck);
	store_free(match->store);
	store_folder_drop(&match->folder);
}

static void a_store_does_what_a_plain_model_does(void **state)
{
	struct match *match = test_calloc(1, sizeof(*match));
	long steps = store_folder_number("MSIV2_STORE_STEPS", 3000);

	(void)state;
	start(match, (uint64_t)store_folder_number("MSIV2_STORE_SEED", 20261121));
	for (match->step = 1; match->step <= steps; match->step++) {
		play(match);
		for (int alias = 0; match->step % LOOK_AT_ALL == 0 && alias < MODEL_ALIASES;
		     alias++)
			compare(match, alias);
	}
	print_message(
	        "seed %llu: %ld steps: %ld orders, %ld damages, %ld rushes of %d, %ld kills\n",
	        (unsigned long long)match->seed, steps, match->counts[0], match->counts[1],
	        match->counts[2], HANDS, match->counts[3]);
	end(match);
	test_free(match);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_store_does_what_a_plain_model_does),
	};

	return cmocka_run_group_tests_name("store_model", tests, NULL, NULL);
}
