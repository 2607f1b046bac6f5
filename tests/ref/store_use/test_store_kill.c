/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* STORE-09: processes that change a store are killed at random moments. Afterwards the store opens,
 * no other entry is lost, at most what was in flight is missing, and the dead one's lock is free.
 *
 * MSIV2_STORE_KILLS says how often (the long test: 10,000), MSIV2_STORE_SEED when. */
#include "tests/testing.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "entry_maker.h"
#include "store_folder.h"

#define WRITERS    4
#define CARDS      6 /* certificates of an alias: the first OLD ones end sooner */
#define OLD        3
#define SHARED     2 /* of them are put into the alias that all share */
#define NOW_S      INT64_C(1795000000)
#define DAY_S      INT64_C(86400)
#define KILL_US    3000 /* at most so long after its birth or its last operation */
#define KEY_KIND   "keyguard"
#define NEIGHBOURS 3

/* What a writer tells the world about itself, in memory that outlives it. */
struct ledger {
	atomic_uint present; /* a bit for each card, as of the last operation that ended */
	atomic_uint gains;   /* what the operation in flight may add */
	atomic_uint losses;  /* ... and remove */
	atomic_uint shared;  /* as present, of the alias that all share and nobody removes from */
	atomic_uint shared_gains;
	atomic_ulong done;
	atomic_ulong busy; /* times it did not get a lock in time */
	pid_t judge;       /* who must not end when something fails */
	char trouble[256];
};

struct deck {
	char alias[32];
	struct store_entry cards[CARDS];
	char files[CARDS][ENTRY_FILE_SIZE];
};

struct yard {
	struct store_folder folder;
	struct store *store;
	EVP_PKEY *key;
	uint8_t key_sha256[X509_SHA256_LEN];
	struct deck decks[WRITERS];
	struct deck shared[WRITERS]; /* of one alias; each writer has its own cards */
	struct deck neighbour;
	struct ledger *ledgers;
	pid_t writers[WRITERS];
	struct seeded seeded;
	uint64_t seed;
	unsigned long kills_in_flight;
};

/* ---- the writer ---- */

static struct store_want want_of(const struct yard *yard, const struct deck *deck, int64_t now_s)
{
	return (struct store_want){.alias = deck->alias,
	                           .source = ENTRY_SOURCE,
	                           .client_id = ENTRY_CLIENT_ID,
	                           .now_s = now_s,
	                           .key_kind = KEY_KIND,
	                           .key_sha256 = yard->key_sha256};
}

static void give_up(struct ledger *ledger, const char *what, const struct msiv2_error *err)
{
	(void)snprintf(ledger->trouble, sizeof(ledger->trouble), "%.40s: %.80s: %.120s", what,
	               msiv2_error_where(err), msiv2_error_message(err));
	if (getpid() == ledger->judge)
		fail_msg("%s", ledger->trouble);
	_exit(1);
}

/* False: somebody else had the lock for too long, and nothing was done (STORE-09). */
static bool put(const struct yard *yard, struct store *store, const struct deck *deck,
                struct ledger *ledger, unsigned card, int64_t now_s)
{
	const struct store_want want = want_of(yard, deck, now_s);
	struct msiv2_error err = {0};

	if (store_put(store, &deck->cards[card], &want, &err) == MSIV2_OK)
		return true;
	if (strstr(msiv2_error_message(&err), "somebody else has been writing") == NULL)
		give_up(ledger, "put", &err);
	atomic_fetch_add(&ledger->busy, 1);
	return false;
}

static unsigned old_cards(void)
{
	return (1U << OLD) - 1;
}

/* Puts one; with `later` at a time when the old ones are stale, so that they are pruned. */
static void put_own(const struct yard *yard, struct store *store, int me, unsigned card, bool later)
{
	struct ledger *ledger = &yard->ledgers[me];
	unsigned losses = later ? old_cards() : 0;

	atomic_store(&ledger->losses, losses);
	atomic_store(&ledger->gains, 1U << card);
	if (put(yard, store, &yard->decks[me], ledger, card, later ? NOW_S + 10 * DAY_S : NOW_S))
		atomic_store(&ledger->present,
		             (atomic_load(&ledger->present) & ~losses) | 1U << card);
}

static void put_shared(const struct yard *yard, struct store *store, int me, unsigned card)
{
	struct ledger *ledger = &yard->ledgers[me];

	atomic_store(&ledger->shared_gains, 1U << card);
	if (put(yard, store, &yard->shared[me], ledger, card, NOW_S))
		atomic_fetch_or(&ledger->shared, 1U << card);
	atomic_store(&ledger->shared_gains, 0);
}

static void remove_one(const struct yard *yard, struct store *store, int me, unsigned card)
{
	const struct deck *deck = &yard->decks[me];
	struct ledger *ledger = &yard->ledgers[me];
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error err = {0};

	if (store_read(store, deck->alias, &records, &err) != MSIV2_OK)
		give_up(ledger, "read", &err);
	for (size_t i = 0; i < records.count; i++)
		records.items[i].verdict = strcmp(records.items[i].file, deck->files[card]) == 0
		                                   ? STORE_REFUSED
		                                   : STORE_SPARE;
	atomic_store(&ledger->losses, 1U << card);
	if (store_remove(store, deck->alias, &records, 1U << STORE_REFUSED, NULL, &err) != MSIV2_OK)
		give_up(ledger, "remove", &err);
	atomic_fetch_and(&ledger->present, ~(1U << card));
}

static void remove_all(const struct yard *yard, struct store *store, int me)
{
	struct ledger *ledger = &yard->ledgers[me];
	struct msiv2_error err = {0};

	atomic_store(&ledger->losses, (1U << CARDS) - 1);
	if (store_remove_alias(store, yard->decks[me].alias, NULL, NULL, &err) != MSIV2_OK)
		give_up(ledger, "remove alias", &err);
	atomic_store(&ledger->present, 0);
}

static void write_for_ever(const struct yard *yard, int me, uint64_t seed)
{
	struct store *store = store_folder_open(&yard->folder);
	struct ledger *ledger = &yard->ledgers[me];
	struct seeded seeded = {seed};

	for (;;) {
		unsigned card = (unsigned)seeded_below(&seeded, CARDS);
		uint64_t dice = seeded_below(&seeded, 16);

		if (dice < 8)
			put_own(yard, store, me, card, false);
		else if (dice < 10)
			put_own(yard, store, me, OLD + card % (CARDS - OLD), true);
		else if (dice < 12)
			put_shared(yard, store, me, card % SHARED);
		else if (dice < 15)
			remove_one(yard, store, me, card);
		else
			remove_all(yard, store, me);
		atomic_store(&ledger->gains, 0);
		atomic_store(&ledger->losses, 0);
		atomic_fetch_add(&ledger->done, 1);
	}
}

/* ---- what is there ---- */

/* The cards that are there, as bits; fails on what is no card of the decks. */
static unsigned seen_of(struct yard *yard, const struct deck *decks, size_t deck_count, size_t mine)
{
	OWNED_STRUCT(store_records) records = {0};
	struct msiv2_error err = {0};
	unsigned seen = 0;

	if (store_read(yard->store, decks[mine].alias, &records, &err) != MSIV2_OK)
		fail_msg("seed %llu: %s: %s", (unsigned long long)yard->seed,
		         msiv2_error_where(&err), msiv2_error_message(&err));
	for (size_t i = 0; i < records.count; i++) {
		bool known = false;

		if (!records.items[i].readable)
			fail_msg("seed %llu: %s of %s: %s", (unsigned long long)yard->seed,
			         records.items[i].file, decks[mine].alias, records.items[i].why);
		for (size_t d = 0; d < deck_count; d++) {
			for (unsigned card = 0; card < CARDS; card++) {
				if (strcmp(records.items[i].file, decks[d].files[card]) != 0)
					continue;
				known = true;
				seen |= d == mine ? 1U << card : 0;
			}
		}
		assert_true(known);
	}
	return seen;
}

static void expect_between(const struct yard *yard, const char *alias, unsigned least,
                           unsigned seen, unsigned most)
{
	if ((least & ~seen) == 0 && (seen & ~most) == 0)
		return;
	fail_msg("seed %llu: of %s there is %#x; at least %#x and at most %#x is expected",
	         (unsigned long long)yard->seed, alias, seen, least, most);
}

/* After its writer's death. What is there is what the next one starts from. */
static void check_writer(struct yard *yard, int who)
{
	struct ledger *ledger = &yard->ledgers[who];
	unsigned present = atomic_load(&ledger->present);
	unsigned gains = atomic_load(&ledger->gains);
	unsigned losses = atomic_load(&ledger->losses);
	unsigned shared = atomic_load(&ledger->shared);
	unsigned shared_gains = atomic_load(&ledger->shared_gains);
	unsigned seen;

	if (ledger->trouble[0] != '\0')
		fail_msg("seed %llu: writer %d: %s", (unsigned long long)yard->seed, who,
		         ledger->trouble);
	yard->kills_in_flight += (gains | losses | shared_gains) != 0;
	seen = seen_of(yard, &yard->decks[who], 1, 0);
	/* Nothing is pruned before the new entry is there. */
	if ((gains & ~seen) != 0)
		losses = 0;
	expect_between(yard, yard->decks[who].alias, present & ~(losses & ~gains), seen,
	               present | gains);
	atomic_store(&ledger->present, seen);
	seen = seen_of(yard, yard->shared, WRITERS, (size_t)who);
	expect_between(yard, yard->shared[who].alias, shared, seen, shared | shared_gains);
	atomic_store(&ledger->shared, seen);
	atomic_store(&ledger->gains, 0);
	atomic_store(&ledger->losses, 0);
	atomic_store(&ledger->shared_gains, 0);
}

static void check_neighbour(struct yard *yard)
{
	unsigned all = (1U << NEIGHBOURS) - 1;

	expect_between(yard, yard->neighbour.alias, all, seen_of(yard, &yard->neighbour, 1, 0),
	               all);
}

/* ---- life and death ---- */

static void start_writer(struct yard *yard, int who)
{
	uint64_t seed = seeded_below(&yard->seeded, UINT64_MAX);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_for_ever(yard, who, seed);
		_exit(2);
	}
	yard->writers[who] = pid;
}

static void kill_writer(struct yard *yard, int who)
{
	int status;

	assert_int_equal(kill(yard->writers[who], SIGKILL), 0);
	assert_int_equal(waitpid(yard->writers[who], &status, 0), yard->writers[who]);
	yard->writers[who] = 0;
}

static void make_deck(struct yard *yard, struct deck *deck, const char *alias)
{
	(void)snprintf(deck->alias, sizeof(deck->alias), "%s", alias);
	for (unsigned card = 0; card < CARDS; card++) {
		const struct entry_recipe recipe = {
		        .alias = deck->alias,
		        .key_kind = KEY_KIND,
		        .key = yard->key,
		        .not_before_s = NOW_S - DAY_S,
		        .not_after_s = NOW_S + (card < OLD ? 5 : 30) * DAY_S + card,
		};

		entry_make(&recipe, &deck->cards[card]);
		entry_file_name(&deck->cards[card], deck->files[card]);
	}
}

static void free_deck(struct deck *deck)
{
	for (unsigned card = 0; card < CARDS; card++)
		store_entry_free(&deck->cards[card]);
}

static void open_yard(struct yard *yard)
{
	char alias[32];

	yard->store = store_folder_open(&yard->folder);
	yard->seed = (uint64_t)store_folder_number("MSIV2_STORE_SEED", 20261121);
	yard->seeded.at = yard->seed;
	yard->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	entry_key_sha256(yard->key, yard->key_sha256);
	for (int i = 0; i < WRITERS; i++) {
		(void)snprintf(alias, sizeof(alias), "writer-%d#att=0", i);
		make_deck(yard, &yard->decks[i], alias);
		make_deck(yard, &yard->shared[i], "shared#att=0");
	}
	make_deck(yard, &yard->neighbour, "neighbour#att=1");
	yard->ledgers = mmap(NULL, WRITERS * sizeof(*yard->ledgers), PROT_READ | PROT_WRITE,
	                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(yard->ledgers, MAP_FAILED);
	for (int i = 0; i < WRITERS; i++)
		yard->ledgers[i].judge = getpid();
	for (unsigned card = 0; card < NEIGHBOURS; card++)
		(void)put(yard, yard->store, &yard->neighbour, &yard->ledgers[0], card, NOW_S);
}

static void close_yard(struct yard *yard)
{
	for (int i = 0; i < WRITERS; i++) {
		free_deck(&yard->decks[i]);
		free_deck(&yard->shared[i]);
	}
	free_deck(&yard->neighbour);
	EVP_PKEY_free(yard->key);
	store_free(yard->store);
	(void)munmap(yard->ledgers, WRITERS * sizeof(*yard->ledgers));
}

/* A lock that outlived its holder would make this one fail. */
static void check_locks_are_free(struct yard *yard)
{
	for (int i = 0; i < WRITERS; i++) {
		put_own(yard, yard->store, i, CARDS - 1, false);
		put_shared(yard, yard->store, i, SHARED - 1);
		assert_string_equal(yard->ledgers[i].trouble, "");
	}
}

static void kill_many(struct store_folder *folder, long kills)
{
	struct yard *yard = test_calloc(1, sizeof(*yard));
	unsigned long operations = 0, busy = 0;

	yard->folder = *folder;
	open_yard(yard);
	for (int i = 0; i < WRITERS; i++)
		start_writer(yard, i);
	for (long i = 0; i < kills; i++) {
		int who = (int)seeded_below(&yard->seeded, WRITERS);

		/* Not a wait for anything: a random moment is what is tested. */
		clock_wait_us(clock_system(), (int64_t)seeded_below(&yard->seeded, KILL_US));
		kill_writer(yard, who);
		check_writer(yard, who);
		check_neighbour(yard);
		start_writer(yard, who);
	}
	for (int i = 0; i < WRITERS; i++) {
		kill_writer(yard, i);
		check_writer(yard, i);
		operations += atomic_load(&yard->ledgers[i].done);
		busy += atomic_load(&yard->ledgers[i].busy);
	}
	check_locks_are_free(yard);
	print_message("%ld kills, %lu of them inside an operation; %lu operations ended, %lu of "
	              "them without the lock\n",
	              kills + WRITERS, yard->kills_in_flight, operations, busy);
	/* Otherwise nothing was shown. */
	assert_true(yard->kills_in_flight * 4 >= (unsigned long)kills);
	assert_true(operations > 10 * busy);
	close_yard(yard);
	test_free(yard);
}

static void nothing_but_what_was_in_flight_is_lost_by_kills(void **state)
{
	struct store_folder folder;

	(void)state;
	assert_true(store_folder_make(&folder, NULL));
	kill_many(&folder, store_folder_number("MSIV2_STORE_KILLS", 240));
	store_folder_drop(&folder);
}

static void the_same_holds_on_a_small_file_system_in_memory(void **state)
{
	struct store_folder folder;

	(void)state;
	if (!store_folder_make(&folder, "size=4m,mode=0700"))
		skip();
	kill_many(&folder, store_folder_number("MSIV2_STORE_KILLS", 240) / 2);
	store_folder_drop(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_but_what_was_in_flight_is_lost_by_kills),
	        cmocka_unit_test(the_same_holds_on_a_small_file_system_in_memory),
	};

	return cmocka_run_group_tests_name("store_kill", tests, NULL, NULL);
}
