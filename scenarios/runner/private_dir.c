/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "private_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/text.h"
#include "tree.h"

#define WHERE      "private folder"
#define PREFIX     "msiv2r"
#define SUFFIX_LEN 7 /* ".XXXXXX" */
#define TRIES      8
#define FIRST_FREE 3

/* Waits for the end of its input. Then kills who is of the folder $1, in rounds, since who is
 * killed may just have started another; then removes it, also what a scenario made read-only. Of
 * the folder is who lives there (stage.c) or is a device of it (device.c): whoever else was told
 * where the CA is has it in the environment, too, and is none of ours. */
static const char keeper_script[] =
        "trap '' HUP INT TERM\n"
        "read -r word\n"
        "for round in 1 2 3; do\n"
        "	for file in $(grep -lsazF -e \"HOME=$1/\" -e \"TMPDIR=$1/\" \\\n"
        "		-e \"MSIV2_DEVICE=$1/\" /proc/[0-9]*/environ); do\n"
        "		pid=${file#/proc/}\n"
        "		kill -KILL \"${pid%/environ}\"\n"
        "	done\n"
        "done\n"
        "chmod -R u+rwX -- \"$1\"\n"
        "rm -rf -- \"$1\"\n";

/* ---- the keeper ---- */

static int set_files(posix_spawn_file_actions_t *files, int in_fd)
{
	int rc = posix_spawn_file_actions_adddup2(files, in_fd, STDIN_FILENO);

	rc = rc ? rc
	        : posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	rc = rc ? rc
	        : posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(files, FIRST_FREE);
}

/* A group of its own: what a terminal says to ours is not for it. */
static int spawn_keeper(const char *path, int in_fd, pid_t *keeper)
{
	const char *const words[] = {"sh", "-c", keeper_script, "msiv2-keeper", path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = set_files(&files, in_fd);
	rc = rc ? rc : posix_spawnattr_setpgroup(&attributes, 0);
	rc = rc ? rc : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	/* posix_spawn() does not write to what argv points to. */
	rc = rc ? rc
	        : posix_spawn(keeper, "/bin/sh", &files, &attributes, (char *const *)words,
	                      environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void await(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED) != 0 && errno == EINTR)
		;
}

static enum msiv2_rc start_keeper(struct private_dir *dir, struct msiv2_error *err)
{
	int ends[2];
	int rc;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, MSIV2_INTERNAL, WHERE, "no pipe: %s", strerror(errno));
	rc = spawn_keeper(bytes_text(&dir->path), ends[0], &dir->keeper);
	(void)fs_close(ends[0]);
	dir->keeper_fd = ends[1];
	if (rc == 0)
		return MSIV2_OK;
	(void)fs_close(ends[1]);
	dir->keeper = 0;
	return err_set(err, MSIV2_INTERNAL, WHERE, "no /bin/sh to keep it: %s", strerror(rc));
}

/* Has it do what it is there for. */
static void let_keeper_clear(struct private_dir *dir)
{
	(void)fs_close(dir->keeper_fd);
	await(dir->keeper);
	dir->keeper = 0;
}

/* ---- what dead runs left ---- */

/* Does at once what that run's keeper would have done. */
static void clear(const char *path)
{
	pid_t keeper;
	int nothing = fs_open("/dev/null", O_RDONLY, 0);

	if (nothing < 0)
		return;
	if (spawn_keeper(path, nothing, &keeper) == 0)
		await(keeper);
	(void)fs_close(nothing);
}

static bool is_ours(int fd)
{
	struct stat facts;

	return fs_stat(fd, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid();
}

struct search {
	const char *parent;
};

/* Clears the folder of that name when nobody has it locked. */
static bool visit(void *ctx, const char *name)
{
	const struct search *search = ctx;
	OWNED_STRUCT(bytes) path = {0};
	int fd;

	if (!text_starts(name, PREFIX ".") || strlen(name) != strlen(PREFIX) + SUFFIX_LEN)
		return true;
	bytes_addf(&path, "%s/%s", search->parent, name);
	fd = fs_open(bytes_text(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return true;
	if (!path.failed && is_ours(fd) && fs_lock(fd, LOCK_EX | LOCK_NB) == 0)
		clear(bytes_text(&path));
	(void)fs_close(fd);
	return true;
}

/* As tree_make_private() does. */
static const char *parent(void)
{
	const char *dir = getenv("TMPDIR");

	return text_empty(dir) ? "/tmp" : dir;
}

static void sweep(void)
{
	struct search search = {parent()};
	int fd = fs_open(search.parent, O_RDONLY | O_DIRECTORY, 0);

	/* What cannot be listed cannot be cleared; making a folder there says why. */
	if (fd >= 0) {
		(void)fs_list(fd, visit, &search);
		(void)fs_close(fd);
	}
}

/* ---- making ---- */

/* The folder is locked, and is still there: somebody else may have found it before it was. */
static bool lock(struct private_dir *dir)
{
	struct stat here;
	struct stat there;

	dir->lock_fd = fs_open(bytes_text(&dir->path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (dir->lock_fd < 0)
		return false;
	if (fs_lock(dir->lock_fd, LOCK_EX) == 0 && fs_stat(dir->lock_fd, &here) == 0 &&
	    fs_lstat(bytes_text(&dir->path), &there) == 0 && here.st_ino == there.st_ino)
		return true;
	(void)fs_close(dir->lock_fd);
	return false;
}

enum msiv2_rc private_dir_make(struct private_dir *dir, struct msiv2_error *err)
{
	*dir = (struct private_dir){0};
	/* The keeper's grep would take each line for a pattern of its own. */
	if (strchr(parent(), '\n'))
		return err_set(err, MSIV2_CONFIG, "TMPDIR", "has more than one line");
	sweep();
	for (int i = 0; i < TRIES; i++) {
		TRY(tree_make_private(PREFIX, &dir->path, err));
		if (lock(dir))
			return start_keeper(dir, err);
		tree_remove(bytes_text(&dir->path));
		bytes_clear(&dir->path);
	}
	return err_set(err, MSIV2_INTERNAL, WHERE, "cannot be locked: %s", strerror(errno));
}

void private_dir_remove(struct private_dir *dir)
{
	if (dir->keeper > 0)
		let_keeper_clear(dir);
	if (dir->path.len > 0) {
		/* What a keeper that was killed has left, or was too deep for it. */
		tree_remove(bytes_text(&dir->path));
		(void)fs_close(dir->lock_fd);
	}
	bytes_free(&dir->path);
}
