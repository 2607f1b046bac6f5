/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The power goes off after each change of the disk, in every way the disk may take it: no other
 * entry is lost, half an entry is never used, and what a put said was written is there. */
#include "tests/testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "disk_model.h"
#include "store_scene.h"

static void check_cut(struct store_scene *scene, enum scene_change change,
                      const struct disk_model *disk, const struct disk_cut *cut)
{
	bool finished = cut->after == disk_model_changes(disk);
	char root[] = "/tmp/msiv2-power-XXXXXX";
	OWNED_STRUCT(store) *store = NULL;
	enum scene_outcome outcome;
	char told[120];

	(void)snprintf(told, sizeof(told), "%s, power off after %zu changes, kept %x, loss %d",
	               scene_change_name(change), cut->after, cut->kept, (int)cut->loss);
	assert_non_null(mkdtemp(root));
	disk_model_restore(disk, cut, root);
	assert_int_equal(store_new(STORE_SCOPE_CURRENT_USER, root, clock_system(), &store, NULL),
	                 MSIV2_OK);
	outcome = store_scene_check(scene, store, change, told);
	if (finished && outcome != SCENE_NEW)
		fail_msg("%s: it had been said to be done", told);
	store_scene_check_next(scene, store, told);
	store_bench_wipe(root);
}

/* Returns the number of cuts tried. */
static size_t cut_everywhere(enum scene_change change)
{
	struct store_scene scene;
	struct disk_model *disk;
	size_t cuts = 0;

	store_scene_open(&scene);
	disk = disk_model_new(scene.bench.root);
	fs_fault_watch(disk_model_watch, disk);
	assert_int_equal(store_scene_change(&scene, change, NULL), MSIV2_OK);
	fs_fault_watch(NULL, NULL);
	for (size_t after = 0; after <= disk_model_changes(disk); after++) {
		size_t pending = disk_model_pending(disk, after);

		assert_true(pending <= 8);
		for (unsigned kept = 0; kept < 1u << pending; kept++) {
			for (enum disk_loss loss = 0; loss < DISK_LOSSES; loss++, cuts++) {
				const struct disk_cut cut = {after, kept, loss};

				check_cut(&scene, change, disk, &cut);
			}
		}
	}
	disk_model_free(disk);
	store_scene_close(&scene);
	return cuts;
}

static void no_power_cut_loses_another_entry(void **state)
{
	(void)state;
	for (enum scene_change change = 0; change < SCENE_CHANGES; change++) {
		size_t cuts = cut_everywhere(change);

		print_message("%s: %zu ways\n", scene_change_name(change), cuts);
		assert_true(cuts > 30);
	}
}

/* A put that failed, then one that went well, then the power goes. True as long as there is an nth
 * call to fail. */
static bool put_after_failure_at(unsigned nth)
{
	struct store_scene scene;
	struct disk_model *disk;
	size_t pending;
	bool fired;

	store_scene_open(&scene);
	disk = disk_model_new(scene.bench.root);
	fs_fault_watch(disk_model_watch, disk);
	fs_fault_arm(FS_FAULT_FAIL, nth, EIO);
	if (store_scene_change(&scene, SCENE_PUT_FIRST, NULL) != MSIV2_OK) {
		(void)fs_fault_disarm();
		assert_int_equal(store_scene_change(&scene, SCENE_PUT_FIRST, NULL), MSIV2_OK);
	}
	(void)fs_fault_disarm();
	fired = fs_fault_fired();
	fs_fault_watch(NULL, NULL);
	pending = disk_model_pending(disk, disk_model_changes(disk));
	assert_true(pending <= 8);
	for (unsigned kept = 0; kept < 1u << pending; kept++) {
		const struct disk_cut cut = {disk_model_changes(disk), kept, DISK_EMPTY};

		check_cut(&scene, SCENE_PUT_FIRST, disk, &cut);
	}
	disk_model_free(disk);
	store_scene_close(&scene);
	return fired;
}

/* Folders that somebody made, but could not or did not live to sync, are synced by who writes
 * first. */
static void an_entry_outlives_the_power_whoever_made_its_folders(void **state)
{
	unsigned nth = 1;

	(void)state;
	while (put_after_failure_at(nth))
		nth++;
	assert_true(nth > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_power_cut_loses_another_entry),
	        cmocka_unit_test(an_entry_outlives_the_power_whoever_made_its_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
