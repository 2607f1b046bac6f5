/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a disk may hold after the power went off: of a folder that was not synced any of the changes
 * since, in any combination; of a file that was not synced anything. Fed by fs_fault.h. */
#ifndef TESTS_REF_STORE_DISK_MODEL_H
#define TESTS_REF_STORE_DISK_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "fs_fault.h"

struct disk_model;

/* A disk that holds the tree at `root` durably; the caller frees it. */
struct disk_model *disk_model_new(const char *root);
/* Frees. */
void disk_model_free(struct disk_model *disk);
/* Takes part in what is done: for fs_fault_watch(); ctx is the disk. */
void disk_model_watch(void *ctx, const struct fs_call *call);
/* How many changes there were. */
size_t disk_model_changes(const struct disk_model *disk);

/* What became of a file's bytes that were never synced. */
enum disk_loss { DISK_EMPTY, DISK_ZEROES, DISK_HALF, DISK_WHOLE, DISK_LOSSES };

/* One way the power can go off: after so many changes, with these of the unsynced changes of
 * folders on the disk (bit 1 << i: the ith of them). */
struct disk_cut {
	size_t after;
	unsigned kept;
	enum disk_loss loss;
};
/* How many changes of folders are unsynced then. */
size_t disk_model_pending(const struct disk_model *disk, size_t after);
/* Makes at `root`, an empty folder, what the disk holds after the cut. */
void disk_model_restore(const struct disk_model *disk, const struct disk_cut *cut,
                        const char *root);

#endif
