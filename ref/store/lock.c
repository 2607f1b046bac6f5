/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/mem.h"
#include "common/rng.h"

#define WHERE          "store"
#define FIRST_NAP_US   INT64_C(1000)
#define LONGEST_NAP_US INT64_C(20000)
#define MARK_SIZE      96 /* what the holder writes into the file */

struct store_lock {
	int fd;
	char holder[UUID_TEXT_SIZE];
	uint64_t step;
};

static enum msiv2_rc fail(const struct store_lock_file *file, const char *what,
                          struct msiv2_error *err)
{
	char reason[128];
	int saved = errno;

	return err_set(err, MSIV2_STORE, WHERE, "%s/%s: %s: %s", file->folder, file->name, what,
	               strerror_r(saved, reason, sizeof(reason)));
}

static const char *complaint(const struct stat *st, uid_t owner)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != owner)
		return "belongs to somebody else";
	if ((st->st_mode & 077) != 0)
		return "open to others";
	return st->st_nlink > 1 ? "has several names" : NULL;
}

static enum msiv2_rc open_file(const struct store_lock_file *file, struct store_lock *lock,
                               struct msiv2_error *err)
{
	const char *wrong;
	struct stat st;

	lock->fd =
	        fs_openat(file->dir, file->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (lock->fd < 0)
		return fail(file, "cannot open the lock", err);
	if (fs_stat(lock->fd, &st) != 0)
		return fail(file, "cannot examine the lock", err);
	wrong = complaint(&st, file->owner);
	if (wrong != NULL)
		return err_set(err, MSIV2_STORE, WHERE, "%s/%s: %s", file->folder, file->name,
		               wrong);
	return MSIV2_OK;
}

static void close_file(struct store_lock *lock)
{
	if (lock->fd >= 0)
		(void)fs_close(lock->fd);
	lock->fd = -1;
}

/* Somebody may have removed or replaced the file while we waited: a lock on what has no name any
 * more excludes nobody. */
static bool has_its_name(const struct store_lock_file *file, const struct store_lock *lock)
{
	struct stat named, held;

	return fs_statat(file->dir, file->name, &named) == 0 && fs_stat(lock->fd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/* One attempt, without waiting. */
static enum msiv2_rc attempt(const struct store_lock_file *file, struct store_lock *lock,
                             bool *held, struct msiv2_error *err)
{
	*held = false;
	if (lock->fd < 0)
		TRY(open_file(file, lock, err));
	if (fs_lock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return fail(file, "cannot lock", err);
		return MSIV2_OK;
	}
	*held = has_its_name(file, lock);
	if (!*held)
		close_file(lock);
	return MSIV2_OK;
}

/* What a waiter knows. Times are of the monotonic axis, but a lent clock may return early from a
 * wait, so the naps count as well. */
struct watch {
	int64_t began_us;
	int64_t napped_us;
	int64_t progress_us; /* when the holder's mark last changed */
	char mark[MARK_SIZE];
};

static int64_t watched_us(const struct watch *watch, const struct patience *patience)
{
	int64_t passed = clock_mono_us(patience->clock) - watch->began_us;

	return passed > watch->napped_us ? passed : watch->napped_us;
}

/* Looks before it judges: after a stop of our own the holder gets its due. */
static bool is_stalled(struct watch *watch, const struct store_lock *lock,
                       const struct patience *patience, int64_t stall_ms)
{
	char mark[MARK_SIZE] = "";

	if (lock->fd >= 0 && fs_read_at(lock->fd, mark, sizeof(mark), 0) >= 0 &&
	    memcmp(mark, watch->mark, sizeof(mark)) != 0) {
		memcpy(watch->mark, mark, sizeof(mark));
		watch->progress_us = watched_us(watch, patience);
	}
	return watched_us(watch, patience) - watch->progress_us >= stall_ms * CLOCK_US_PER_MS;
}

static int64_t next_nap_us(const struct watch *watch, const struct patience *patience,
                           int64_t wait_ms)
{
	int64_t nap = watch->napped_us + FIRST_NAP_US;
	int64_t left = wait_ms > INT64_MAX / CLOCK_US_PER_MS
	                       ? INT64_MAX
	                       : wait_ms * CLOCK_US_PER_MS - watched_us(watch, patience);

	nap = nap < LONGEST_NAP_US ? nap : LONGEST_NAP_US;
	return nap < left ? nap : left;
}

static enum msiv2_rc wait_for(const struct store_lock_file *file, struct store_lock *lock,
                              const struct patience *patience, int64_t wait_ms, int64_t stall_ms,
                              enum store_lock_end *end, struct msiv2_error *err)
{
	struct watch watch = {.began_us = clock_mono_us(patience->clock)};
	bool held;

	for (;;) {
		int64_t nap_us;

		TRY(attempt(file, lock, &held, err));
		nap_us = next_nap_us(&watch, patience, wait_ms);
		*end = STORE_LOCK_HELD;
		if (held)
			return MSIV2_OK;
		*end = STORE_LOCK_STALLED;
		if (stall_ms > 0 && is_stalled(&watch, lock, patience, stall_ms))
			return MSIV2_OK;
		*end = STORE_LOCK_BUSY;
		if (nap_us <= 0)
			return MSIV2_OK;
		TRY(patience_wait(patience, nap_us, WHERE, err));
		watch.napped_us += nap_us;
	}
}

enum msiv2_rc store_lock_take(const struct store_lock_file *file, const struct patience *patience,
                              int64_t wait_ms, int64_t stall_ms, enum store_lock_end *end,
                              struct store_lock **out, struct msiv2_error *err)
{
	OWNED_STRUCT(store_lock) *lock = mem_alloc(sizeof(*lock));

	*out = NULL;
	if (lock == NULL)
		return err_no_memory(err, WHERE);
	lock->fd = -1;
	if (!rng_uuid(rng_system(), lock->holder))
		return err_set(err, MSIV2_INTERNAL, WHERE, "no randomness");
	TRY(wait_for(file, lock, patience, wait_ms, stall_ms, end, err));
	if (*end != STORE_LOCK_HELD)
		return MSIV2_OK;
	store_lock_progress(lock);
	*out = steal(&lock);
	return MSIV2_OK;
}

void store_lock_progress(struct store_lock *lock)
{
	char mark[MARK_SIZE] = "";

	if (lock == NULL)
		return;
	lock->step++;
	(void)snprintf(mark, sizeof(mark), "holder %s step %" PRIu64 " process %ld\n", lock->holder,
	               lock->step, (long)getpid());
	(void)fs_write_at(lock->fd, mark, strlen(mark), 0);
}

void store_lock_release(struct store_lock *lock)
{
	if (lock == NULL)
		return;
	/* By word, not only by closing: a child that was forked meanwhile shares the description.
	 */
	if (lock->fd >= 0)
		(void)fs_lock(lock->fd, LOCK_UN);
	close_file(lock);
	mem_free(lock);
}
