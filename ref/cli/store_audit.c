/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_audit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/fs.h"
#include "common/text.h"
#include "common/x509.h"
#include "ref/store/folder.h"

#define WHERE        "store"
#define FOLDER_NAME  32 /* digits of an alias's folder */
#define FOLDER_DEPTH 2  /* SCOPE/My below the root */

__attribute__((format(printf, 3, 4))) static void blame(struct store_audit *audit, const char *path,
                                                        const char *fmt, ...)
{
	char words[400];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	audit->problem(audit->ctx, path, words);
}

/* STORE-11: ours, and not more open than that. */
static void judge_owner(struct store_audit *audit, const char *path, const struct stat *st,
                        mode_t mode)
{
	if (st->st_uid != audit->owner)
		blame(audit, path, "belongs to user %u, not to user %u", (unsigned)st->st_uid,
		      (unsigned)audit->owner);
	if ((st->st_mode & 07777 & ~mode) != 0)
		blame(audit, path, "is open to others: mode %04o, not %04o",
		      (unsigned)(st->st_mode & 07777), (unsigned)mode);
}

/* False: there is nothing to go into. A link does only for a user's root. */
static bool judge_folder(struct store_audit *audit, const char *path, bool root)
{
	struct stat st;

	if ((root ? stat(path, &st) : fs_lstat(path, &st)) != 0) {
		if (errno != ENOENT)
			blame(audit, path, "%s", strerror(errno));
		return false;
	}
	audit->folders++;
	if (!S_ISDIR(st.st_mode)) {
		blame(audit, path, "%s",
		      S_ISLNK(st.st_mode) ? "is a link, not a folder" : "is no folder");
		return false;
	}
	judge_owner(audit, path, &st, root ? 0755 : 0700);
	return true;
}

/* ---- files ---- */

static bool is_lock(const char *name)
{
	return strcmp(name, "write.lock") == 0 || strcmp(name, "mint.lock") == 0;
}

static bool judge_file(struct store_audit *audit, const char *path)
{
	struct stat st;

	if (fs_lstat(path, &st) != 0) {
		blame(audit, path, "%s", strerror(errno));
		return false;
	}
	audit->files++;
	if (!S_ISREG(st.st_mode)) {
		blame(audit, path, "%s", S_ISLNK(st.st_mode) ? "is a link" : "is no regular file");
		return false;
	}
	judge_owner(audit, path, &st, 0600);
	if (st.st_nlink != 1)
		blame(audit, path, "has %u names: somebody made a hard link",
		      (unsigned)st.st_nlink);
	return true;
}

static bool read_whole(const char *path, struct bytes *out)
{
	uint8_t part[4096];
	int fd = fs_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	ssize_t n = 1;

	if (fd < 0)
		return false;
	while (n > 0 && out->len <= ENTRY_MAX_LEN) {
		n = fs_read(fd, part, sizeof(part));
		if (n > 0)
			bytes_add(out, part, (size_t)n);
	}
	(void)fs_close(fd);
	return n >= 0 && !out->failed;
}

/* The file says whose certificate it holds in its name, too. */
static void judge_name(struct store_audit *audit, const char *path, const char *name,
                       const struct store_entry *entry)
{
	uint8_t thumbprint[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) wanted = {0};

	if (x509_sha256(entry->certificate, thumbprint, NULL) != MSIV2_OK)
		return;
	hex_encode(thumbprint, sizeof(thumbprint), &wanted);
	bytes_add_text(&wanted, ".pem");
	if (!wanted.failed && strcmp(bytes_text(&wanted), name) != 0)
		blame(audit, path, "holds another certificate than its name says");
}

static void judge_entry(struct store_audit *audit, const char *path, const char *name)
{
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error err = {0};

	if (!read_whole(path, &text)) {
		blame(audit, path, "cannot be read: %s", strerror(errno));
		return;
	}
	if (store_entry_decode(text.data, text.len, &entry, &err) != MSIV2_OK) {
		blame(audit, path, "%s", msiv2_error_message(&err));
		return;
	}
	judge_name(audit, path, name, &entry);
	audit->entry(audit->ctx, path, &entry);
}

static void look_at_file(struct store_audit *audit, const char *path, const char *name)
{
	size_t len = strlen(name);

	if (!judge_file(audit, path) || is_lock(name))
		return;
	if (len > 4 && strcmp(name + len - 4, ".pem") == 0)
		judge_entry(audit, path, name);
	else
		blame(audit, path,
		      "does not belong here: left by a write that was cut short, or "
		      "somebody else's");
}

/* ---- folders ---- */

typedef enum msiv2_rc look_fn(struct store_audit *audit, const char *path, const char *name,
                              struct msiv2_error *err);

static enum msiv2_rc each(struct store_audit *audit, const char *path, look_fn *look,
                          struct msiv2_error *err)
{
	DIR *folder = opendir(path);
	struct dirent *found;
	enum msiv2_rc rc = MSIV2_OK;

	if (folder == NULL) {
		blame(audit, path, "cannot be read: %s", strerror(errno));
		return MSIV2_OK;
	}
	while (rc == MSIV2_OK && (found = readdir(folder)) != NULL) {
		OWNED_STRUCT(bytes) below = {0};

		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		bytes_addf(&below, "%s/%s", path, found->d_name);
		rc = bytes_done(&below, WHERE, err);
		if (rc == MSIV2_OK)
			rc = look(audit, bytes_text(&below), found->d_name, err);
	}
	(void)closedir(folder);
	return rc;
}

static enum msiv2_rc look_in_alias(struct store_audit *audit, const char *path, const char *name,
                                   struct msiv2_error *err)
{
	(void)err;
	look_at_file(audit, path, name);
	return MSIV2_OK;
}

static enum msiv2_rc look_in_store(struct store_audit *audit, const char *path, const char *name,
                                   struct msiv2_error *err)
{
	if (strlen(name) != FOLDER_NAME || strspn(name, "0123456789abcdef") != FOLDER_NAME) {
		blame(audit, path, "does not belong here");
		return MSIV2_OK;
	}
	return judge_folder(audit, path, false) ? each(audit, path, look_in_alias, err) : MSIV2_OK;
}

/* The path without its last `names` names. */
static void cut(const char *path, int names, struct bytes *out)
{
	size_t len = strlen(path);

	for (int i = 0; i < names; i++) {
		while (len > 0 && path[len - 1] != '/')
			len--;
		while (len > 1 && path[len - 1] == '/')
			len--;
	}
	bytes_add(out, path, len);
}

enum msiv2_rc store_audit(const char *path, struct store_audit *audit, struct msiv2_error *err)
{
	for (int names = FOLDER_DEPTH; names > 0; names--) {
		OWNED_STRUCT(bytes) above = {0};

		cut(path, names, &above);
		TRY(bytes_done(&above, WHERE, err));
		if (!judge_folder(audit, bytes_text(&above), names == FOLDER_DEPTH))
			return MSIV2_OK;
	}
	return judge_folder(audit, path, false) ? each(audit, path, look_in_store, err) : MSIV2_OK;
}
