/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_watch.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "certificate_text.h"
#include "common/encoding.h"
#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "tree.h"

#define WHERE      "store"
#define FILE_MAX   ((size_t)1024 * 1024)
#define PLANTED    "another-alias.pem"
#define SHA256_LEN 32

/* ---- looking ---- */

static const char *type_of(const struct stat *facts)
{
	return S_ISREG(facts->st_mode)   ? "file"
	       : S_ISDIR(facts->st_mode) ? "folder"
	       : S_ISLNK(facts->st_mode) ? "link"
	                                 : "other";
}

/* What a file holds; one that cannot be read, or is too long, holds nothing we know of. */
static bool add_content(cJSON *row, const char *path)
{
	OWNED_STRUCT(bytes) content = {.secret = true};
	OWNED_STRUCT(bytes) hex = {0};
	uint8_t digest[SHA256_LEN];
	unsigned len = sizeof(digest);

	if (files_read(path, FILE_MAX, MSIV2_STORE, &content, NULL) != MSIV2_OK)
		bytes_clear(&content);
	if (EVP_Digest(bytes_text(&content), content.len, digest, &len, EVP_sha256(), NULL) != 1)
		return false;
	hex_encode(digest, sizeof(digest), &hex);
	return cJSON_AddStringToObject(row, "sha256", bytes_text(&hex)) &&
	       cJSON_AddBoolToObject(row, "certificate",
	                             holds_certificate(bytes_text(&content), content.len)) &&
	       cJSON_AddBoolToObject(row, "private_key",
	                             holds_private_key(bytes_text(&content), content.len));
}

static bool add_row(void *ctx, const char *relative, const char *path, const struct stat *facts)
{
	cJSON *rows = ctx;
	cJSON *row = cJSON_CreateObject();
	char mode[8];

	if (!cJSON_AddItemToArray(rows, row)) {
		cJSON_Delete(row);
		return false;
	}
	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)facts->st_mode & 07777U);
	return cJSON_AddStringToObject(row, "path", relative) &&
	       cJSON_AddStringToObject(row, "type", type_of(facts)) &&
	       cJSON_AddStringToObject(row, "mode", mode) &&
	       cJSON_AddNumberToObject(row, "size",
	                               S_ISREG(facts->st_mode) ? (double)facts->st_size : 0) &&
	       (!S_ISREG(facts->st_mode) || add_content(row, path));
}

static const char *path_of(const cJSON *row)
{
	return cJSON_GetObjectItemCaseSensitive(row, "path")->valuestring;
}

/* A copy in the order of paths. Few files: the simplest sort does. */
static cJSON *sorted(cJSON *rows)
{
	cJSON *out = cJSON_CreateArray();

	while (out && rows->child) {
		cJSON *first = rows->child;

		for (cJSON *row = first; row; row = row->next)
			if (strcmp(path_of(row), path_of(first)) < 0)
				first = row;
		(void)cJSON_AddItemToArray(out, cJSON_DetachItemViaPointer(rows, first));
	}
	return out;
}

enum msiv2_rc store_look(const char *dir, cJSON **out, struct msiv2_error *err)
{
	OWNED(cJSON) *rows = cJSON_CreateArray();

	if (!rows || !tree_walk(dir, add_row, rows))
		return err_set(err, MSIV2_INTERNAL, WHERE, "%s cannot be looked at", dir);
	*out = sorted(rows);
	return *out ? MSIV2_OK : err_no_memory(err, WHERE);
}

/* ---- changing ---- */

void store_locks_free(struct store_locks *locks)
{
	for (size_t i = 0; i < locks->count; i++)
		(void)fs_close(locks->fds[i]);
	locks->count = 0;
}

/* A change under way. */
struct change {
	const struct change_row *row;
	struct store_locks *locks;
	size_t done;
};

struct change_row {
	const char *action;
	/* What happens to a file; `entries` only to those with a certificate. False: it could
	 * not be done. */
	bool (*file)(struct change *change, const char *path, struct bytes *content);
	bool entries;
};

static bool write_back(const char *path, const void *data, size_t len)
{
	int fd = fs_open(path, O_WRONLY | O_TRUNC, 0);
	bool good = fd >= 0 && fs_write(fd, data, len) == (ssize_t)len;

	if (fd >= 0)
		(void)fs_close(fd);
	return good;
}

static bool corrupt(struct change *change, const char *path, struct bytes *content)
{
	(void)change;
	content->data[content->len / 2] ^= 1;
	return write_back(path, content->data, content->len);
}

static bool halve(struct change *change, const char *path, struct bytes *content)
{
	(void)change;
	return write_back(path, content->data, content->len / 2);
}

static bool fill_with_garbage(struct change *change, const char *path, struct bytes *content)
{
	(void)change;
	for (size_t i = 0; i < content->len; i++)
		content->data[i] = (uint8_t)(i * 167 + 13);
	return write_back(path, content->data, content->len);
}

static bool open_to_others(struct change *change, const char *path, struct bytes *content)
{
	(void)change;
	(void)content;
	return chmod(path, 0644) == 0;
}

static bool take_away(struct change *change, const char *path, struct bytes *content)
{
	(void)change;
	(void)content;
	return fs_unlink(path) == 0;
}

/* Both kinds of lock a client may use; both are the file's, not this process's. */
static bool lock(struct change *change, const char *path, struct bytes *content)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd;

	(void)content;
	if (change->locks->count >= STORE_LOCKS_MAX)
		return false;
	fd = fs_open(path, O_RDWR, 0);
	if (fd < 0)
		return false;
	change->locks->fds[change->locks->count++] = fd;
	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static const struct change_row change_rows[] = {
        {"corrupt", corrupt, true},           {"truncate", halve, true},
        {"garbage", fill_with_garbage, true}, {"open", open_to_others, true},
        {"remove", take_away, false},         {"lock", lock, false},
};

static bool change_file(void *ctx, const char *relative, const char *path, const struct stat *facts)
{
	struct change *change = ctx;
	OWNED_STRUCT(bytes) content = {.secret = true};

	(void)relative;
	if (!S_ISREG(facts->st_mode))
		return true;
	if (change->row->entries &&
	    (files_read(path, FILE_MAX, MSIV2_STORE, &content, NULL) != MSIV2_OK ||
	     !holds_certificate(bytes_text(&content), content.len)))
		return true;
	if (!change->row->file(change, path, &content))
		return false;
	change->done++;
	return true;
}

/* The folder itself is locked as well: clients may use it. */
static bool lock_folder(const char *dir, struct store_locks *locks)
{
	int fd = fs_open(dir, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 || locks->count >= STORE_LOCKS_MAX)
		return false;
	locks->fds[locks->count++] = fd;
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static enum msiv2_rc plant(const char *dir, const char *certificate, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_addf(&path, "%s/" PLANTED, dir);
	TRY(bytes_done(&path, WHERE, err));
	TRY(files_make_dir(dir, 0700, MSIV2_CONFIG, err));
	return files_replace(bytes_text(&path), certificate, strlen(certificate), 0600,
	                     MSIV2_CONFIG, err);
}

enum msiv2_rc store_change(const char *dir, const char *action, const char *certificate,
                           struct store_locks *locks, struct msiv2_error *err)
{
	struct change change = {.locks = locks};

	if (text_equal(action, "plant"))
		return plant(dir, certificate, err);
	if (text_equal(action, "readonly")) {
		TRY(files_make_dir(dir, 0700, MSIV2_CONFIG, err));
		return chmod(dir, 0500) == 0
		               ? MSIV2_OK
		               : err_set(err, MSIV2_CONFIG, WHERE, "cannot become read-only");
	}
	for (size_t i = 0; i < TEXT_COUNT(change_rows); i++)
		if (text_equal(change_rows[i].action, action))
			change.row = &change_rows[i];
	if (!change.row)
		return err_set(err, MSIV2_CONFIG, WHERE, "%s is no action", action);
	if (!tree_walk(dir, change_file, &change) ||
	    (change.row->file == lock && !lock_folder(dir, locks)))
		return err_set(err, MSIV2_CONFIG, WHERE, "%s could not be done", action);
	return change.done > 0 ? MSIV2_OK
	                       : err_set(err, MSIV2_CONFIG, WHERE, "nothing to %s", action);
}
