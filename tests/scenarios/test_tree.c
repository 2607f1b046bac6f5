/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "sandbox.h"
#include "scarce.h"
#include "scenarios/runner/tree.h"
#include "tests/testing.h"

#define NOBODY     65534
#define FAULTS_MAX 1000

static int setup(void **state)
{
	static struct sandbox sandbox;

	sandbox_make(&sandbox);
	sandbox_folder(&sandbox, "tree");
	sandbox_folder(&sandbox, "tree/a");
	sandbox_folder(&sandbox, "tree/a/b");
	sandbox_write(&sandbox, "tree/one", "1", 1);
	sandbox_write(&sandbox, "tree/a/b/two", "2", 1);
	*state = &sandbox;
	return 0;
}

static int teardown(void **state)
{
	sandbox_drop(*state);
	return 0;
}

/* Removes a name of the sandbox. */
static void remove_name(void **state, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	tree_remove(path);
}

static bool is_there(void **state, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	return files_exists(path);
}

static void make_link(void **state, const char *target, const char *name)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	assert_int_equal(symlink(target, path), 0);
}

/* What a walk showed, one name a line. */
struct seen {
	struct bytes names;
	unsigned count;
	unsigned end_at; /* 0: never */
};

static bool note(void *ctx, const char *relative, const char *path, const struct stat *facts)
{
	struct seen *seen = ctx;

	assert_non_null(path);
	bytes_addf(&seen->names, "%s%s\n", relative,
	           S_ISDIR(facts->st_mode)   ? "/"
	           : S_ISLNK(facts->st_mode) ? "@"
	                                     : "");
	return ++seen->count != seen->end_at;
}

static bool look(void **state, const char *name, struct seen *seen)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, name, path);
	return tree_walk(path, note, seen);
}

static void a_walk_shows_everything_and_follows_no_link(void **state)
{
	struct seen seen = {0};
	const char *text;

	make_link(state, "a", "tree/link");
	make_link(state, "nowhere", "tree/a/broken");
	assert_true(look(state, "tree", &seen));
	text = bytes_text(&seen.names);
	assert_int_equal(seen.count, 7);
	assert_true(text_starts(text, "./\n"));
	assert_non_null(strstr(text, "\na/b/two\n"));
	assert_non_null(strstr(text, "\nlink@\n"));
	assert_non_null(strstr(text, "\na/broken@\n"));
	/* A folder before what is in it. */
	assert_true(strstr(text, "\na/\n") < strstr(text, "\na/b/\n"));
	assert_true(strstr(text, "\na/b/\n") < strstr(text, "\na/b/two\n"));
	bytes_free(&seen.names);
}

static void a_walk_ends_when_the_visitor_has_seen_enough(void **state)
{
	for (unsigned at = 1; at <= 5; at++) {
		struct seen seen = {.end_at = at};

		assert_false(look(state, "tree", &seen));
		assert_int_equal(seen.count, at);
		bytes_free(&seen.names);
	}
}

static void nothing_there_is_walked_and_removed_without_a_word(void **state)
{
	struct seen seen = {0};

	assert_true(look(state, "none", &seen));
	assert_int_equal(seen.count, 0);
	remove_name(state, "none");
	remove_name(state, "none/below");
	assert_true(is_there(state, "tree/one"));
}

static void a_removed_tree_is_gone_with_all_that_is_in_it(void **state)
{
	char path[SANDBOX_PATH];

	sandbox_path(*state, "tree/fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	remove_name(state, "tree");
	assert_false(is_there(state, "tree"));
	sandbox_write(*state, "file", "x", 1);
	remove_name(state, "file");
	assert_false(is_there(state, "file"));
}

static void what_links_lead_to_stays(void **state)
{
	char path[SANDBOX_PATH];
	struct stat facts;

	sandbox_folder(*state, "mine");
	sandbox_write(*state, "mine/file", "x", 1);
	sandbox_path(*state, "mine", path);
	assert_int_equal(chmod(path, 0750), 0);
	make_link(state, path, "tree/a/folder");
	make_link(state, "../../mine/file", "tree/a/file");
	make_link(state, "..", "tree/a/up");
	make_link(state, ".", "tree/a/self");
	remove_name(state, "tree");
	assert_false(is_there(state, "tree"));
	assert_true(is_there(state, "mine/file"));
	/* Nor is a link the root of what is removed. */
	make_link(state, path, "root");
	remove_name(state, "root");
	assert_false(is_there(state, "root"));
	assert_true(is_there(state, "mine/file"));
	assert_int_equal(fs_lstat(path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0750);
}

/* Makes a chain of `levels` folders with a file in the last one; paths grow too long to be used. */
static void dig(void **state, const char *name, int levels)
{
	char path[SANDBOX_PATH];
	int dir;

	sandbox_path(*state, name, path);
	dir = fs_open(path, O_RDONLY | O_DIRECTORY, 0);
	assert_true(dir >= 0);
	for (int i = 0; i < levels; i++) {
		int below;

		assert_int_equal(fs_mkdirat(dir, "folder", 0700), 0);
		below = fs_openat(dir, "folder", O_RDONLY | O_DIRECTORY, 0);
		assert_true(below >= 0);
		(void)fs_close(dir);
		dir = below;
	}
	(void)fs_close(fs_openat(dir, "file", O_WRONLY | O_CREAT, 0600));
	(void)fs_close(dir);
}

static void depth_is_no_obstacle(void **state)
{
	static const int levels[] = {15, 16, 17, 32, 33, 100, 1500};

	for (size_t i = 0; i < TEXT_COUNT(levels); i++) {
		sandbox_folder(*state, "deep");
		/* A name the removal itself would use. */
		sandbox_folder(*state, "deep/deep.0");
		sandbox_write(*state, "deep/deep.0/file", "x", 1);
		dig(state, "deep", levels[i]);
		remove_name(state, "deep");
		if (is_there(state, "deep"))
			fail_msg("%d levels", levels[i]);
	}
}

static void what_is_too_deep_for_a_walk_is_told(void **state)
{
	struct seen seen = {0};

	sandbox_folder(*state, "deep");
	dig(state, "deep", 100);
	assert_true(look(state, "deep", &seen));
	assert_int_equal(seen.count, 102);
	bytes_free(&seen.names);
	sandbox_folder(*state, "deeper");
	dig(state, "deeper", 200);
	seen = (struct seen){0};
	assert_false(look(state, "deeper", &seen));
	assert_in_range(seen.count, 100, 200);
	bytes_free(&seen.names);
}

/* Does it as somebody whom modes concern; true when it went well. */
static bool as_nobody(bool (*what)(const char *path), const char *path)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(2);
		_exit(what(path) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 2);
	return WEXITSTATUS(status) == 0;
}

static bool shut_in(const char *path)
{
	return mkdir(path, 0700) == 0 && chdir(path) == 0 && mkdir("a", 0700) == 0 &&
	       mkdir("a/b", 0700) == 0 && mkdir("a/b/c", 0) == 0 && mkdir("z", 0700) == 0 &&
	       mkdir("z/z", 0700) == 0 && chmod("a/b", 0500) == 0 && chmod("a", 0) == 0 &&
	       chmod("z", 0100) == 0 && chmod(path, 0) == 0;
}

static bool remove_it(const char *path)
{
	tree_remove(path);
	return !files_exists(path);
}

static void modes_are_no_obstacle(void **state)
{
	const struct sandbox *sandbox = *state;
	char path[SANDBOX_PATH];

	assert_int_equal(chmod(sandbox->dir, 0777), 0);
	sandbox_path(sandbox, "shut", path);
	assert_true(as_nobody(shut_in, path));
	assert_true(is_there(state, "shut"));
	assert_true(as_nobody(remove_it, path));
}

/* One folder that is shut does not hide the others. */
static bool walk_past(const char *path)
{
	struct seen seen = {0};
	bool whole;
	bool all;

	if (mkdir(path, 0700) != 0 || chdir(path) != 0 || mkdir("shut", 0) != 0 ||
	    mkdir("b", 0700) != 0 || mkdir("c", 0700) != 0 || mkdir("b/b", 0700) != 0)
		return false;
	whole = tree_walk(path, note, &seen);
	all = seen.count == 5;
	bytes_free(&seen.names);
	tree_remove(path);
	return !whole && all;
}

static void a_folder_that_is_shut_is_told_and_hides_no_other(void **state)
{
	const struct sandbox *sandbox = *state;
	char path[SANDBOX_PATH];

	assert_int_equal(chmod(sandbox->dir, 0777), 0);
	sandbox_path(sandbox, "shut", path);
	assert_true(as_nobody(walk_past, path));
}

/* Somebody else's folder in it: there is no way, and no endless attempt. */
static void what_cannot_be_removed_stays(void **state)
{
	const struct sandbox *sandbox = *state;
	char path[SANDBOX_PATH];

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(sandbox->dir, 0755), 0);
	sandbox_path(sandbox, "tree", path);
	assert_int_equal(chmod(path, 0755), 0);
	assert_false(as_nobody(remove_it, path));
	assert_true(is_there(state, "tree/a/b/two"));
}

static void a_walk_tells_what_failed(void **state)
{
	for (int what = SCARCE_MEMORY; what <= SCARCE_FILES; what++) {
		bool happened = true;

		for (unsigned nth = 1; happened; nth++) {
			struct seen seen = {0};
			bool whole;

			scarce_at((enum scarce)what, nth);
			whole = look(state, "tree", &seen);
			happened = scarce_end();
			/* The notes of the test may have been what failed. */
			assert_true(whole != happened || seen.names.failed);
			assert_in_range(nth, 1, FAULTS_MAX);
			bytes_free(&seen.names);
		}
	}
}

static void private_folders_are_new_and_ours(void **state)
{
	OWNED_STRUCT(bytes) one = {0};
	OWNED_STRUCT(bytes) two = {0};
	const struct sandbox *sandbox = *state;
	struct stat facts;

	assert_int_equal(setenv("TMPDIR", sandbox->dir, 1), 0);
	assert_int_equal(tree_make_private("x", &one, NULL), MSIV2_OK);
	assert_int_equal(tree_make_private("x", &two, NULL), MSIV2_OK);
	assert_string_not_equal(bytes_text(&one), bytes_text(&two));
	assert_true(text_starts(bytes_text(&one), sandbox->dir));
	assert_int_equal(fs_lstat(bytes_text(&one), &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0700);
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) other = {0};
	struct msiv2_error err = {0};

	assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
	assert_int_equal(tree_make_private("x", &path, &err), MSIV2_CONFIG);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_true(text_starts(err.where, "/nowhere/at/all/x."));
	assert_int_equal(tree_make(((struct sandbox *)*state)->dir, "tree/one", &other, &err),
	                 MSIV2_CONFIG);
	assert_non_null(strstr(err.where, "tree/one"));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_TREE(a_walk_shows_everything_and_follows_no_link),
	        IN_TREE(a_walk_ends_when_the_visitor_has_seen_enough),
	        IN_TREE(nothing_there_is_walked_and_removed_without_a_word),
	        IN_TREE(a_removed_tree_is_gone_with_all_that_is_in_it),
	        IN_TREE(what_links_lead_to_stays),
	        IN_TREE(depth_is_no_obstacle),
	        IN_TREE(what_is_too_deep_for_a_walk_is_told),
	        IN_TREE(modes_are_no_obstacle),
	        IN_TREE(a_folder_that_is_shut_is_told_and_hides_no_other),
	        IN_TREE(what_cannot_be_removed_stays),
	        IN_TREE(a_walk_tells_what_failed),
	        IN_TREE(private_folders_are_new_and_ours),
	        IN_TREE(a_folder_that_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
