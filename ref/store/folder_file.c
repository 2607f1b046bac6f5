/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/mem.h"
#include "common/rng.h"
#include "common/text.h"
#include "folder.h"
#include "folder_internal.h"

#define LEFTOVER_TAIL ".new"
#define WHY_SIZE      160

/* An open file as an owned local. */
struct folder_file {
	int fd;
};

static void folder_file_close(struct folder_file *file)
{
	if (file->fd >= 0)
		(void)fs_close(file->fd);
	file->fd = -1;
}
DEFINE_OWNED_VALUE(folder_file, folder_file_close)

void folder_names_free(struct folder_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		mem_free(names->items[i]);
	mem_free(names->items);
	*names = (struct folder_names){0};
}

/* A list on its way. */
struct listing {
	bool (*wanted)(const char *name);
	struct folder_names names;
	size_t room;
	bool failed;
};

static bool list_one(void *ctx, const char *name)
{
	struct listing *listing = ctx;
	struct folder_names *names = &listing->names;

	if (!listing->wanted(name))
		return true;
	if (names->count == listing->room) {
		size_t room = listing->room == 0 ? 8 : 2 * listing->room;
		char **items = mem_resize(names->items, room * sizeof(*items));

		if (items == NULL)
			return !(listing->failed = true);
		names->items = items;
		listing->room = room;
	}
	names->items[names->count] = mem_strdup(name);
	listing->failed = names->items[names->count] == NULL;
	names->count += !listing->failed;
	return !listing->failed;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum msiv2_rc folder_list(const struct folder *folder, bool (*wanted)(const char *name),
                          struct folder_names *out, struct msiv2_error *err)
{
	struct listing listing = {.wanted = wanted};
	int rc = fs_list(folder->fd, list_one, &listing);
	OWNED_STRUCT(folder_names) names = listing.names;

	if (rc != 0)
		return folder_fail(folder, NULL, "cannot list", err);
	if (listing.failed)
		return err_no_memory(err, FOLDER_WHERE);
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items), by_name);
	*out = steal(&names);
	return MSIV2_OK;
}

static struct store_stamp stamp_of(const struct stat *st)
{
	return (struct store_stamp){
	        .device = (uint64_t)st->st_dev,
	        .inode = (uint64_t)st->st_ino,
	        .size = (int64_t)st->st_size,
	        .changed_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
	};
}

static const char *complaint(const struct stat *st, const struct folder_rule *rule, size_t max_len)
{
	if (S_ISLNK(st->st_mode))
		return "a symbolic link";
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != rule->owner)
		return "belongs to somebody else";
	if (st->st_nlink > 1)
		return "has several names";
	if ((st->st_mode & 077) != 0)
		return "open to others";
	return (uint64_t)st->st_size > max_len ? "too long" : NULL;
}

static enum folder_reading refused(const char *wrong, char why[WHY_SIZE])
{
	(void)snprintf(why, WHY_SIZE, "%s", wrong);
	return FOLDER_REFUSED;
}

static enum folder_reading trouble(const char *what, char why[WHY_SIZE])
{
	char reason[96];
	int saved = errno;

	if (saved == ENOENT)
		return FOLDER_GONE;
	(void)snprintf(why, WHY_SIZE, "%s: %s", what, strerror_r(saved, reason, sizeof(reason)));
	return FOLDER_TROUBLE;
}

/* Reads what is open already; a file that grows meanwhile is no file of ours. */
static enum folder_reading read_open(int fd, size_t max_len, struct bytes *out, char why[WHY_SIZE])
{
	uint8_t block[4096];
	size_t total = 0;
	ssize_t got;

	while ((got = fs_read(fd, block, sizeof(block))) > 0) {
		total += (size_t)got;
		if (total > max_len)
			return refused("too long", why);
		bytes_add(out, block, (size_t)got);
	}
	return got == 0 ? FOLDER_READ : trouble("cannot read", why);
}

/* Examined by name first, so that a device or a FIFO is never even opened; then, opened, again. */
static enum folder_reading read_file(const struct folder *folder, const char *name,
                                     const struct folder_rule *rule, size_t max_len,
                                     struct bytes *out, struct store_stamp *stamp,
                                     char why[WHY_SIZE])
{
	OWNED_STRUCT(folder_file) file = {-1};
	const char *wrong;
	struct stat st;

	if (fs_statat(folder->fd, name, &st) != 0)
		return trouble("cannot examine", why);
	*stamp = stamp_of(&st);
	wrong = complaint(&st, rule, max_len);
	if (wrong != NULL)
		return refused(wrong, why);
	file.fd = fs_openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (file.fd < 0)
		return trouble("cannot open", why);
	if (fs_stat(file.fd, &st) != 0)
		return trouble("cannot examine", why);
	*stamp = stamp_of(&st);
	if (st.st_nlink == 0)
		return FOLDER_GONE;
	wrong = complaint(&st, rule, max_len);
	return wrong != NULL ? refused(wrong, why) : read_open(file.fd, max_len, out, why);
}

enum msiv2_rc folder_read(const struct folder *folder, const char *name,
                          const struct folder_rule *rule, size_t max_len, struct bytes *out,
                          struct store_stamp *stamp, enum folder_reading *reading,
                          char why[WHY_SIZE], struct msiv2_error *err)
{
	*stamp = (struct store_stamp){0};
	why[0] = '\0';
	*reading = read_file(folder, name, rule, max_len, out, stamp, why);
	return bytes_done(out, FOLDER_WHERE, err);
}

static enum msiv2_rc fill(const struct folder *folder, const char *name, int fd,
                          const uint8_t *data, size_t len, struct msiv2_error *err)
{
	/* The mode of creation is cut by the umask; the one asked for is meant. */
	if (fs_chmod(fd, 0600) != 0)
		return folder_fail(folder, name, "cannot set the mode", err);
	while (len > 0) {
		ssize_t put = fs_write(fd, data, len);

		if (put < 0)
			return folder_fail(folder, name, "cannot write", err);
		data += put;
		len -= (size_t)put;
	}
	if (fs_sync(fd) != 0)
		return folder_fail(folder, name, "cannot sync", err);
	return MSIV2_OK;
}

/* Leaves the whole file under the name `beside`, or nothing. */
static enum msiv2_rc write_beside(const struct folder *folder, const char *beside, const char *name,
                                  const void *data, size_t len, struct msiv2_error *err)
{
	int fd = fs_openat(folder->fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	enum msiv2_rc rc;

	if (fd < 0)
		return folder_fail(folder, name, "cannot create a file beside it", err);
	rc = fill(folder, name, fd, data, len, err);
	if (fs_close(fd) != 0 && rc == MSIV2_OK)
		rc = folder_fail(folder, name, "cannot close", err);
	if (rc != MSIV2_OK)
		(void)fs_unlinkat(folder->fd, beside);
	return rc;
}

enum msiv2_rc folder_write(const struct folder *folder, const char *name, const void *data,
                           size_t len, struct msiv2_error *err)
{
	char unique[UUID_TEXT_SIZE];
	char beside[sizeof(unique) + sizeof(LEFTOVER_TAIL)];
	struct stat before;
	bool replaces = fs_statat(folder->fd, name, &before) == 0;
	enum msiv2_rc rc;

	if (!rng_uuid(rng_system(), unique))
		return err_set(err, MSIV2_INTERNAL, FOLDER_WHERE, "no randomness");
	(void)snprintf(beside, sizeof(beside), "%s%s", unique, LEFTOVER_TAIL);
	TRY(write_beside(folder, beside, name, data, len, err));
	if (fs_renameat(folder->fd, beside, name) != 0) {
		rc = folder_fail(folder, name, "cannot rename", err);
		(void)fs_unlinkat(folder->fd, beside);
		return rc;
	}
	rc = folder_sync(folder, err);
	if (rc != MSIV2_OK && !replaces)
		(void)fs_unlinkat(folder->fd, name);
	return rc;
}

bool folder_is_leftover(const char *name)
{
	size_t len = strlen(name);

	return len == UUID_TEXT_SIZE - 1 + strlen(LEFTOVER_TAIL) &&
	       text_equal(name + UUID_TEXT_SIZE - 1, LEFTOVER_TAIL);
}

static bool is_same_file(const struct stat *st, const struct store_stamp *stamp)
{
	struct store_stamp now = stamp_of(st);

	return now.device == stamp->device && now.inode == stamp->inode &&
	       now.size == stamp->size && now.changed_ns == stamp->changed_ns;
}

enum msiv2_rc folder_remove(const struct folder *folder, const char *name,
                            const struct store_stamp *stamp, bool *removed, struct msiv2_error *err)
{
	struct stat st;

	*removed = false;
	if (stamp != NULL) {
		if (fs_statat(folder->fd, name, &st) != 0)
			return errno == ENOENT ? MSIV2_OK
			                       : folder_fail(folder, name, "cannot examine", err);
		if (!is_same_file(&st, stamp))
			return MSIV2_OK;
	}
	if (fs_unlinkat(folder->fd, name) == 0)
		*removed = true;
	else if (errno != ENOENT)
		return folder_fail(folder, name, "cannot remove", err);
	return MSIV2_OK;
}
