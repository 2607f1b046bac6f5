/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "acl.h"
#include "common/fs.h"
#include "common/mem.h"
#include "folder_internal.h"

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NONBLOCK)

void folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		(void)fs_close(folder->fd);
	mem_free(folder->path);
	*folder = (struct folder)FOLDER_NONE;
}

enum msiv2_rc folder_fail(const struct folder *folder, const char *name, const char *what,
                          struct msiv2_error *err)
{
	char reason[128];
	int saved = errno;

	return err_set(err, MSIV2_STORE, FOLDER_WHERE, "%s%s%s: %s: %s", folder->path,
	               name != NULL ? "/" : "", name != NULL ? name : "", what,
	               strerror_r(saved, reason, sizeof(reason)));
}

static enum msiv2_rc refuse(const struct folder *folder, const char *why, struct msiv2_error *err)
{
	return err_set(err, MSIV2_STORE, FOLDER_WHERE, "%s: %s", folder->path, why);
}

/* STORE-11 for the machine: an ACL can grant what the mode does not show. */
static enum msiv2_rc check_acl(const struct folder *folder, unsigned granted,
                               struct msiv2_error *err)
{
	enum acl_answer answer = acl_examine(folder->fd, granted);

	if (answer == ACL_GRANTS)
		return refuse(folder, "an ACL opens it to others", err);
	if (answer == ACL_UNKNOWN)
		return folder_fail(folder, NULL, "cannot read its ACL", err);
	return MSIV2_OK;
}

/* Others may do nothing in it that is among `forbidden` (of 077). */
static enum msiv2_rc check(const struct folder *folder, const struct folder_rule *rule,
                           mode_t forbidden, struct msiv2_error *err)
{
	struct stat st;

	if (fs_stat(folder->fd, &st) != 0)
		return folder_fail(folder, NULL, "cannot examine", err);
	if (st.st_uid != rule->owner)
		return err_set(err, MSIV2_STORE, FOLDER_WHERE, "%s: belongs to user %u, not to %u",
		               folder->path, (unsigned)st.st_uid, (unsigned)rule->owner);
	if ((st.st_mode & forbidden) != 0)
		return err_set(err, MSIV2_STORE, FOLDER_WHERE, "%s: is open to others (mode %04o)",
		               folder->path, (unsigned)(st.st_mode & 07777));
	return rule->machine ? check_acl(folder, forbidden & 7, err) : MSIV2_OK;
}

static enum msiv2_rc set_path(struct folder *folder, const char *above, const char *name,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_add_text(&path, above);
	if (name != NULL && (path.len == 0 || path.data[path.len - 1] != '/'))
		bytes_add_text(&path, "/");
	if (name != NULL)
		bytes_add_text(&path, name);
	TRY(bytes_done(&path, FOLDER_WHERE, err));
	folder->path = mem_strdup(bytes_text(&path));
	return folder->path != NULL ? MSIV2_OK : err_no_memory(err, FOLDER_WHERE);
}

/* Opens one step below; made and its name synced when absent and `make`. */
static enum msiv2_rc step(const struct folder *in, const char *name, bool make, struct folder *out,
                          struct msiv2_error *err)
{
	TRY(set_path(out, in->path, name, err));
	out->fd = fs_openat(in->fd, name, OPEN_FLAGS | O_NOFOLLOW, 0);
	if (out->fd < 0 && errno == ENOENT) {
		if (!make)
			return MSIV2_OK;
		if (fs_mkdirat(in->fd, name, 0700) == 0)
			TRY(folder_sync(in, err));
		else if (errno != EEXIST)
			return folder_fail(out, NULL, "cannot make the folder", err);
		out->fd = fs_openat(in->fd, name, OPEN_FLAGS | O_NOFOLLOW, 0);
	}
	if (out->fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return refuse(out, "not a folder, or a symbolic link", err);
	return out->fd >= 0 ? MSIV2_OK : folder_fail(out, NULL, "cannot open", err);
}

enum msiv2_rc folder_enter(const struct folder *in, const char *name,
                           const struct folder_rule *rule, bool make, struct folder *out,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(folder) folder = FOLDER_NONE;

	*out = (struct folder)FOLDER_NONE;
	TRY(step(in, name, make, &folder, err));
	if (folder.fd < 0)
		return MSIV2_OK;
	TRY(check(&folder, rule, 077, err));
	*out = folder;
	folder = (struct folder)FOLDER_NONE;
	return MSIV2_OK;
}

/* The machine's store: every step from "/" on is root's and nobody else's to change. */
static enum msiv2_rc walk(const char *path, const struct folder_rule *rule, bool make,
                          struct folder *out, struct msiv2_error *err)
{
	OWNED_STRUCT(folder) at = FOLDER_NONE;
	const char *rest = path;

	TRY(set_path(&at, "/", NULL, err));
	at.fd = fs_open("/", OPEN_FLAGS, 0);
	if (at.fd < 0)
		return folder_fail(&at, NULL, "cannot open", err);
	TRY(check(&at, rule, 022, err));
	while (*(rest += strspn(rest, "/")) != '\0') {
		OWNED_STRUCT(folder) next = FOLDER_NONE;
		OWNED(mem_text) *name = mem_strndup(rest, strcspn(rest, "/"));

		if (name == NULL)
			return err_no_memory(err, FOLDER_WHERE);
		TRY(step(&at, name, make, &next, err));
		if (next.fd < 0)
			return MSIV2_OK;
		TRY(check(&next, rule, 022, err));
		folder_close(&at);
		at = next;
		next = (struct folder)FOLDER_NONE;
		rest += strlen(name);
	}
	*out = at;
	at = (struct folder)FOLDER_NONE;
	return MSIV2_OK;
}

/* The user's: the system finds the way, through links of the user's own choice. */
static enum msiv2_rc open_plainly(const char *path, const struct folder_rule *rule,
                                  struct folder *out, struct msiv2_error *err)
{
	OWNED_STRUCT(folder) folder = FOLDER_NONE;

	TRY(set_path(&folder, path, NULL, err));
	folder.fd = fs_open(path, OPEN_FLAGS, 0);
	if (folder.fd < 0)
		return errno == ENOENT ? MSIV2_OK : folder_fail(&folder, NULL, "cannot open", err);
	TRY(check(&folder, rule, 022, err));
	*out = folder;
	folder = (struct folder)FOLDER_NONE;
	return MSIV2_OK;
}

/* mkdir -p; whatever is there already is judged by opening it. */
static enum msiv2_rc make_way(const char *path, struct msiv2_error *err)
{
	for (const char *end = path + 1;; end++) {
		OWNED_STRUCT(folder) made = FOLDER_NONE;

		end += strcspn(end, "/");
		made.path = mem_strndup(path, (size_t)(end - path));
		if (made.path == NULL)
			return err_no_memory(err, FOLDER_WHERE);
		if (fs_mkdir(made.path, 0700) == 0) {
			made.fd = fs_open(made.path, OPEN_FLAGS, 0);
			if (made.fd < 0)
				return folder_fail(&made, NULL, "cannot open", err);
			TRY(folder_sync_above(&made, err));
		} else if (errno != EEXIST) {
			return folder_fail(&made, NULL, "cannot make the folder", err);
		}
		if (*end == '\0')
			return MSIV2_OK;
	}
}

enum msiv2_rc folder_open(const char *path, const struct folder_rule *rule, bool make,
                          struct folder *out, struct msiv2_error *err)
{
	*out = (struct folder)FOLDER_NONE;
	if (rule->machine)
		return walk(path, rule, make, out, err);
	TRY(open_plainly(path, rule, out, err));
	if (out->fd >= 0 || !make)
		return MSIV2_OK;
	TRY(make_way(path, err));
	TRY(open_plainly(path, rule, out, err));
	if (out->fd < 0)
		return err_set(err, MSIV2_STORE, FOLDER_WHERE, "%s: gone as soon as it was made",
		               path);
	return MSIV2_OK;
}

enum msiv2_rc folder_sync(const struct folder *folder, struct msiv2_error *err)
{
	if (fs_sync(folder->fd) != 0)
		return folder_fail(folder, NULL, "cannot sync", err);
	return MSIV2_OK;
}

enum msiv2_rc folder_sync_above(const struct folder *folder, struct msiv2_error *err)
{
	struct folder above = {fs_openat(folder->fd, "..", OPEN_FLAGS, 0), folder->path};
	bool done = above.fd >= 0 && fs_sync(above.fd) == 0;
	int saved = errno;

	if (above.fd >= 0)
		(void)fs_close(above.fd);
	errno = saved;
	return done ? MSIV2_OK : folder_fail(folder, NULL, "cannot sync the folder above", err);
}
