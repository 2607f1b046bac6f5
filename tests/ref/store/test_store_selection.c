/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Which entry is used and why the others are not. */
#include "tests/testing.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "store_bench.h"

#define HOUR_S INT64_C(3600)

struct shelf {
	struct store_bench bench;
	struct store_records records;
	struct store_want want;
	uint8_t key_sha256[X509_SHA256_LEN];
};

static int open_shelf(void **state)
{
	static struct shelf shelf;

	shelf = (struct shelf){0};
	store_bench_open(&shelf.bench);
	shelf.want = store_bench_want(&shelf.bench);
	assert_int_equal(x509_key_sha256(shelf.bench.key, shelf.key_sha256, NULL), MSIV2_OK);
	shelf.want.key_kind = "keyguard";
	shelf.want.key_sha256 = shelf.key_sha256;
	shelf.records.items = mem_alloc(8 * sizeof(*shelf.records.items));
	*state = &shelf;
	return 0;
}

static int close_shelf(void **state)
{
	struct shelf *shelf = *state;

	store_records_free(&shelf->records);
	store_bench_close(&shelf->bench);
	return 0;
}

static struct store_record *add(struct shelf *shelf, const struct entry_recipe *recipe)
{
	struct store_record *record = &shelf->records.items[shelf->records.count++];
	char name[] = "a";

	name[0] = (char)('a' + shelf->records.count - 1);
	*record = (struct store_record){.file = mem_strdup(name), .readable = true};
	store_bench_entry(&shelf->bench, recipe, &record->entry);
	return record;
}

static void assert_verdicts(struct shelf *shelf, const enum store_verdict *verdicts, size_t chosen)
{
	assert_int_equal(store_select(&shelf->records, &shelf->want), chosen);
	for (size_t i = 0; i < shelf->records.count; i++)
		if (shelf->records.items[i].verdict != verdicts[i])
			fail_msg("%zu is %s, not %s", i,
			         store_verdict_name(shelf->records.items[i].verdict),
			         store_verdict_name(verdicts[i]));
}

static enum store_verdict judge_one(struct shelf *shelf)
{
	assert_int_equal(shelf->records.count, 1);
	(void)store_select(&shelf->records, &shelf->want);
	return shelf->records.items[0].verdict;
}

static void nothing_is_chosen_of_nothing(void **state)
{
	struct shelf *shelf = *state;

	assert_int_equal(store_select(&shelf->records, &shelf->want), 0);
}

/* STORE-10 */
static void the_newest_not_after_wins_whatever_the_order(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){.until_s = 5 * BENCH_DAY_S, .stored_s = 9});
	(void)add(shelf, &(struct entry_recipe){.until_s = 7 * BENCH_DAY_S, .stored_s = 1});
	(void)add(shelf, &(struct entry_recipe){.until_s = 6 * BENCH_DAY_S, .stored_s = 8});
	assert_verdicts(shelf, (enum store_verdict[]){STORE_SPARE, STORE_CHOSEN, STORE_SPARE}, 1);
}

/* Three that end together, two of them issued in one second. */
static void of_equals_the_newer_wins_then_the_fresh_one(void **state)
{
	struct shelf *shelf = *state;
	const int64_t until_s = 7 * BENCH_DAY_S;

	(void)add(shelf, &(struct entry_recipe){
	                         .from_s = -2, .until_s = until_s, .stored_s = 9, .fresh = true});
	(void)add(shelf, &(struct entry_recipe){
	                         .from_s = -1, .until_s = until_s, .stored_s = 1, .fresh = true});
	(void)add(shelf, &(struct entry_recipe){.from_s = -1, .until_s = until_s, .stored_s = 2});
	assert_verdicts(shelf, (enum store_verdict[]){STORE_SPARE, STORE_CHOSEN, STORE_SPARE}, 1);
	shelf->records.items[1].entry.fresh = false;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_SPARE, STORE_SPARE, STORE_CHOSEN}, 2);
}

static void of_equals_the_one_stored_last_wins_then_the_smaller_name(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){.stored_s = 1});
	(void)add(shelf, &(struct entry_recipe){.stored_s = 2});
	(void)add(shelf, &(struct entry_recipe){.stored_s = 2});
	assert_verdicts(shelf, (enum store_verdict[]){STORE_SPARE, STORE_CHOSEN, STORE_SPARE}, 1);
	/* Within a second the file itself tells. */
	shelf->records.items[2].stamp.changed_ns = 1;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_SPARE, STORE_SPARE, STORE_CHOSEN}, 2);
	shelf->records.items[0].entry.stored_at_s += 2;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_CHOSEN, STORE_SPARE, STORE_SPARE}, 0);
}

/* STORE-05, RFC 5280: to the second. */
static void the_validity_is_judged_to_the_second(void **state)
{
	static const struct {
		int64_t now_s; /* after notBefore; the lifetime is 7 days */
		enum store_verdict verdict;
	} rows[] = {
	        {-1, STORE_FUTURE},
	        {0, STORE_CHOSEN},
	        {6 * BENCH_DAY_S - 1, STORE_CHOSEN},
	        {6 * BENCH_DAY_S, STORE_STALE},
	        {7 * BENCH_DAY_S, STORE_STALE},
	        {7 * BENCH_DAY_S + 1, STORE_EXPIRED},
	        {INT64_C(4000000000), STORE_EXPIRED},
	        {-BENCH_NOW_S, STORE_FUTURE},
	};
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){0});
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		shelf->want.now_s = BENCH_NOW_S + rows[i].now_s;
		assert_int_equal(judge_one(shelf), rows[i].verdict);
	}
}

static void what_is_no_entry_is_corrupt_and_what_could_not_be_read_is_not(void **state)
{
	struct shelf *shelf = *state;
	struct store_record *record = add(shelf, &(struct entry_recipe){0});

	shelf->want.alias = "other#att=0";
	assert_int_equal(judge_one(shelf), STORE_CORRUPT);
	shelf->want.alias = NULL;
	assert_int_equal(judge_one(shelf), STORE_CHOSEN);
	record->readable = false;
	assert_int_equal(judge_one(shelf), STORE_CORRUPT);
	record->trouble = true;
	assert_int_equal(judge_one(shelf), STORE_UNREAD);
}

/* STORE-07 */
static void another_key_of_the_same_kind_makes_an_orphan(void **state)
{
	struct shelf *shelf = *state;
	const struct store_want want = shelf->want;

	(void)add(shelf, &(struct entry_recipe){.key = shelf->bench.other_key});
	(void)add(shelf, &(struct entry_recipe){.kind = "hardware"});
	assert_verdicts(shelf, (enum store_verdict[]){STORE_ORPHAN, STORE_OTHER_KEY}, 2);
	/* As long as the key is not known nobody is an orphan. */
	shelf->want.key_kind = NULL;
	shelf->want.key_sha256 = NULL;
	(void)store_select(&shelf->records, &shelf->want);
	assert_true(shelf->records.items[0].verdict <= STORE_SPARE);
	assert_true(shelf->records.items[1].verdict <= STORE_SPARE);
	shelf->want = want;
	shelf->want.key_kind = "hardware";
	assert_verdicts(shelf, (enum store_verdict[]){STORE_OTHER_KEY, STORE_CHOSEN}, 1);
}

/* STORE-07 */
static void an_entry_whose_key_is_gone_is_an_orphan(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){0});
	(void)add(shelf, &(struct entry_recipe){.kind = "hardware"});
	shelf->want.key_sha256 = NULL;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_ORPHAN, STORE_OTHER_KEY}, 2);
}

/* HOUSE: two devices have a key of one name each. */
static void a_key_of_another_device_makes_no_orphan(void **state)
{
	const struct entry_recipe here = {.key = NULL, .device = "a"};
	struct shelf *shelf = *state;
	struct entry_recipe there = {.key = shelf->bench.other_key, .device = "b"};
	struct entry_recipe lost = {.key = shelf->bench.other_key, .device = "a"};
	struct entry_recipe old = {.key = shelf->bench.other_key};

	(void)add(shelf, &here);
	(void)add(shelf, &there);
	(void)add(shelf, &lost);
	(void)add(shelf, &old);
	shelf->want.device = "a";
	assert_verdicts(shelf,
	                (enum store_verdict[]){STORE_CHOSEN, STORE_OTHER_DEVICE, STORE_ORPHAN,
	                                       STORE_ORPHAN},
	                0);
	/* Not known which one it is: the key alone says what may be used, and nothing what may go.
	 */
	shelf->want.device = NULL;
	assert_verdicts(shelf,
	                (enum store_verdict[]){STORE_CHOSEN, STORE_OTHER_DEVICE, STORE_OTHER_DEVICE,
	                                       STORE_ORPHAN},
	                0);
	/* The key is gone from this device. */
	shelf->want.device = "a";
	shelf->want.key_sha256 = NULL;
	assert_verdicts(shelf,
	                (enum store_verdict[]){STORE_ORPHAN, STORE_OTHER_DEVICE, STORE_ORPHAN,
	                                       STORE_ORPHAN},
	                4);
	/* The device has another name by now: it is the key that counts. */
	shelf->want.device = "c";
	shelf->want.key_sha256 = shelf->key_sha256;
	assert_int_equal(store_select(&shelf->records, &shelf->want), 0);
	assert_false(store_verdict_removes(STORE_OTHER_DEVICE));
}

static void a_key_of_another_name_has_entries_of_its_own(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){.key = shelf->bench.other_key, .key_name = "mine"});
	(void)add(shelf, &(struct entry_recipe){0});
	shelf->want.key_name = "msiv2-key";
	assert_verdicts(shelf, (enum store_verdict[]){STORE_OTHER_KEY, STORE_CHOSEN}, 1);
	shelf->want.key_name = "mine";
	assert_verdicts(shelf, (enum store_verdict[]){STORE_ORPHAN, STORE_OTHER_KEY}, 2);
	/* The name is known before the key is. */
	shelf->want.key_kind = NULL;
	shelf->want.key_sha256 = NULL;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_CHOSEN, STORE_OTHER_KEY}, 0);
	assert_false(store_verdict_removes(STORE_OTHER_KEY));
}

static void another_imds_has_entries_of_its_own(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){.source = "http://169.254.169.254"});
	assert_int_equal(judge_one(shelf), STORE_OTHER_SOURCE);
	/* Its business while it lasts, and nobody's when it is over. */
	shelf->want.now_s = BENCH_NOW_S + 6 * BENCH_DAY_S + HOUR_S;
	assert_int_equal(judge_one(shelf), STORE_OTHER_SOURCE);
	shelf->want.now_s = BENCH_NOW_S + 8 * BENCH_DAY_S;
	assert_int_equal(judge_one(shelf), STORE_EXPIRED);
	shelf->want.now_s = BENCH_NOW_S;
	shelf->want.source = NULL;
	assert_int_equal(judge_one(shelf), STORE_CHOSEN);
}

/* STORE-01 */
static void subject_and_issuer_are_what_is_asked_for(void **state)
{
	struct shelf *shelf = *state;

	(void)add(shelf, &(struct entry_recipe){.issuer = "NOT FOR PRODUCTION"});
	shelf->want.client_id = "6D1A1F2B-5B0C-4A6E-9A55-0C7F3D2E1B10";
	shelf->want.tenant_id = "0F8C6F0A-2D0F-4D8E-8A53-1B4F5F1C2D3E";
	shelf->want.issuer = "CN=not for production";
	assert_int_equal(judge_one(shelf), STORE_CHOSEN);
	shelf->want.issuer = "CN=somebody";
	assert_int_equal(judge_one(shelf), STORE_OTHER_SUBJECT);
	shelf->want.issuer = NULL;
	shelf->want.tenant_id = BENCH_CLIENT;
	assert_int_equal(judge_one(shelf), STORE_OTHER_SUBJECT);
	shelf->want.tenant_id = NULL;
	shelf->want.client_id = BENCH_TENANT;
	assert_int_equal(judge_one(shelf), STORE_OTHER_SUBJECT);
}

/* STS-05 */
static void a_refused_certificate_is_not_chosen_again(void **state)
{
	struct shelf *shelf = *state;
	uint8_t refused[X509_SHA256_LEN];
	struct store_record *best = add(shelf, &(struct entry_recipe){.until_s = 7 * BENCH_DAY_S});

	(void)add(shelf, &(struct entry_recipe){.until_s = 6 * BENCH_DAY_S});
	assert_int_equal(x509_sha256(best->entry.certificate, refused, NULL), MSIV2_OK);
	shelf->want.not_sha256 = refused;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_REFUSED, STORE_CHOSEN}, 1);
	shelf->want.fresh = true;
	assert_verdicts(shelf, (enum store_verdict[]){STORE_REFUSED, STORE_REFUSED}, 2);
	(void)add(shelf, &(struct entry_recipe){.until_s = 5 * BENCH_DAY_S, .fresh = true});
	assert_verdicts(shelf, (enum store_verdict[]){STORE_REFUSED, STORE_REFUSED, STORE_CHOSEN},
	                2);
}

static void each_verdict_has_a_word_of_its_own_and_four_remove(void **state)
{
	unsigned removing = 0;

	(void)state;
	for (enum store_verdict a = 0; a < STORE_VERDICTS; a++) {
		removing += store_verdict_removes(a);
		assert_true(strlen(store_verdict_name(a)) > 3);
		for (enum store_verdict b = 0; b < a; b++)
			assert_string_not_equal(store_verdict_name(a), store_verdict_name(b));
	}
	assert_int_equal(removing, 4);
	assert_true(store_verdict_removes(STORE_CORRUPT));
	assert_true(store_verdict_removes(STORE_EXPIRED));
	assert_true(store_verdict_removes(STORE_STALE));
	assert_true(store_verdict_removes(STORE_ORPHAN));
	assert_string_equal(store_verdict_name(STORE_VERDICTS), "unknown");
	assert_false(store_verdict_removes(STORE_VERDICTS));
}

#define on_a_shelf(test) cmocka_unit_test_setup_teardown(test, open_shelf, close_shelf)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        on_a_shelf(nothing_is_chosen_of_nothing),
	        on_a_shelf(the_newest_not_after_wins_whatever_the_order),
	        on_a_shelf(of_equals_the_newer_wins_then_the_fresh_one),
	        on_a_shelf(of_equals_the_one_stored_last_wins_then_the_smaller_name),
	        on_a_shelf(the_validity_is_judged_to_the_second),
	        on_a_shelf(what_is_no_entry_is_corrupt_and_what_could_not_be_read_is_not),
	        on_a_shelf(another_key_of_the_same_kind_makes_an_orphan),
	        on_a_shelf(an_entry_whose_key_is_gone_is_an_orphan),
	        on_a_shelf(a_key_of_another_device_makes_no_orphan),
	        on_a_shelf(a_key_of_another_name_has_entries_of_its_own),
	        on_a_shelf(another_imds_has_entries_of_its_own),
	        on_a_shelf(subject_and_issuer_are_what_is_asked_for),
	        on_a_shelf(a_refused_certificate_is_not_chosen_again),
	        cmocka_unit_test(each_verdict_has_a_word_of_its_own_and_four_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
